"""The operator: who runs this installation. Read from `operator.toml`; P90 says what must be in it."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

#: As many as an order keeps of the version of a text.
LONGEST_VERSION = 20

#: Nobody waits longer than this for the payment of an order.
LONGEST_UNPAID = 100

#: So many days the database lets the prices of a customer's own quote hold.
LONGEST_QUOTE = 366


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
    quote_reminder_days: int
    order_unpaid_days: int
    order_reminder_days: int
    payment_days: int
    pay_link_days: int
    collect_notice_days: int
    four_eyes_above_cents: int
    business_notice_days: int
    consumer_lead_days: int
    business_lead_days: int
    renewal_notice_days: int
    terms_version: str
    processing_version: str

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
    for name in ("terms_version", "processing_version"):
        if not 0 < len(raw[name].strip()) <= LONGEST_VERSION:
            raise ImproperlyConfigured(f"{path.name}: '{name}' has 1 to {LONGEST_VERSION} characters")
    if not 0 <= raw["quote_days"] <= LONGEST_QUOTE:
        raise ImproperlyConfigured(f"{path.name}: 'quote_days' is from 0 to {LONGEST_QUOTE}")
    if not 2 <= raw["order_unpaid_days"] <= LONGEST_UNPAID:
        raise ImproperlyConfigured(f"{path.name}: 'order_unpaid_days' is from 2 to {LONGEST_UNPAID}")
    if not 1 <= raw["order_reminder_days"] < raw["order_unpaid_days"]:
        raise ImproperlyConfigured(
            f"{path.name}: 'order_reminder_days' is at least 1 and less than 'order_unpaid_days', so that everybody is reminded"
            " of an order before it is cancelled"
        )
    if (
        raw["business_lead_days"] > raw["business_notice_days"]
    ):  # nobody gets an invoice of what they can still do without
        raise ImproperlyConfigured(
            f"{path.name}: 'business_lead_days' is at most 'business_notice_days', so that a company has cancelled before it"
            " is invoiced"
        )
    return Operator(**{field.name: raw[field.name] for field in fields(Operator)})


#: The operator's own texts: a file of each in each language, such as `terms.nl.txt`.
TEXTS = ("terms", "processing")
LANGUAGES = ("nl", "en")


def read_texts(folder: Path) -> dict[str, str]:
    """Read what customers agree to, by name and language ("terms.nl"); raises ImproperlyConfigured when one is not there."""
    texts = {}
    for name in (f"{text}.{language}" for text in TEXTS for language in LANGUAGES):
        path = folder / f"{name}.txt"
        try:
            texts[name] = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ImproperlyConfigured(f"{path.name}: cannot be read in {folder}") from None
        if not texts[name]:
            raise ImproperlyConfigured(f"{path.name}: is empty")
    return texts
