"""The operator: who runs this installation. Read from `operator.toml`; P90 says what must be in it."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Operator:
    """Names and numbers of the operator, as they stand on invoices and in the statement. Numbers must be valid in form."""

    name: str
    street: str
    postcode: str
    town: str
    country: str
    email: str
    privacy_email: str
    phone: str
    website: str
    kvk: str
    vat_number: str
    iban: str
    accent: str
    quote_days: int
    payment_days: int

    @property
    def vat(self) -> str:
        return self.vat_number

    @property
    def address_lines(self) -> list[str]:
        return [self.street, f"{self.postcode} {self.town}"]


def read_operator(path: Path) -> Operator:
    """Read the operator's file; raises ImproperlyConfigured that names what is missing or of the wrong kind."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))["operator"]
    except OSError:
        raise ImproperlyConfigured(f"{path.name}: cannot be read") from None
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ImproperlyConfigured(f"{path.name}: {error}") from None
    for field in fields(Operator):
        if not isinstance(raw.get(field.name), field.type if isinstance(field.type, type) else object):
            raise ImproperlyConfigured(f"{path.name}: '{field.name}' is missing or not of the right kind")
    return Operator(**{field.name: raw[field.name] for field in fields(Operator)})
