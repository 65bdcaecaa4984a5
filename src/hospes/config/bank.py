"""What the operator says of its bank: `[bank]` in `operator.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from stdnum import iban
from stdnum.exceptions import ValidationError


@dataclass(frozen=True)
class Bank:
    """
    accounts: the operator's own (IBAN); statements of others are refused. payout_accounts: from which the payment provider
    transfers what it collected; payout_names: how it is called there, which alone proves nothing, so a person is asked.
    """

    accounts: tuple[str, ...]
    payout_accounts: tuple[str, ...] = ()
    payout_names: tuple[str, ...] = ()


_NAMES = ("accounts", "payout_accounts", "payout_names")


def read_bank(path: Path, *, usual: str) -> Bank:
    """
    Read it; `usual`, the account that stands on invoices, is always one of the operator's own.

    Raises ImproperlyConfigured for what is no list of account numbers.
    """
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("bank", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name}: {error}") from None
    for name in sorted(set(raw) - set(_NAMES)):
        raise ImproperlyConfigured(f"{path.name}: [bank] knows no '{name}'")
    for name in _NAMES:
        listed = raw.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(each, str) and each.strip() for each in listed):
            raise ImproperlyConfigured(f"{path.name}: [bank] '{name}' is a list of texts")
    own = [
        _account(usual, path, "the account on invoices"),
        *(_account(a, path, "accounts") for a in raw.get("accounts", [])),
    ]
    payouts = tuple(_account(a, path, "payout_accounts") for a in raw.get("payout_accounts", []))
    if set(own) & set(payouts):
        raise ImproperlyConfigured(f"{path.name}: [bank] an own account cannot be the payment provider's")
    return Bank(tuple(dict.fromkeys(own)), payouts, tuple(raw.get("payout_names", [])))


def _account(said: str, path: Path, name: str) -> str:
    try:
        return str(iban.validate(said))
    except ValidationError:
        raise ImproperlyConfigured(f"{path.name}: [bank] '{name}' has a number that is no IBAN") from None
