"""How patient the daily reconciliation is: `[reconciliation]` in `operator.toml`."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Patience:
    """
    After how many days something that does not agree is a difference that a person looks at. Until then it is on its way.

    provider_days: until the payment provider shows what we booked. refund_days: until money that goes back through it is gone.
    payout_days: until it pays out what came in. arrival_days: until what it paid out is on a bank statement, and money that
    a colleague moved by hand. statement_days: how old the last bank statement may be. suspense_days: how long money at the bank
    may wait to be divided. old_days: how long a difference may stand before `hospes check` says so. window_days: how far back
    each day looks once more.
    """

    provider_days: int = 2
    refund_days: int = 10
    payout_days: int = 8
    arrival_days: int = 4
    statement_days: int = 5
    suspense_days: int = 7
    old_days: int = 7
    window_days: int = 35


_MOST: Final = 366


def read_patience(path: Path) -> Patience:
    """Read it; what is not in the file has its default. Raises ImproperlyConfigured for what cannot be."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("reconciliation", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name}: {error}") from None
    where = f"{path.name}: [reconciliation]"
    known = {field.name for field in fields(Patience)}
    for name, value in raw.items():
        if name not in known:
            raise ImproperlyConfigured(f"{where} knows no '{name}'")
        if type(value) is not int or not 0 <= value <= _MOST:
            raise ImproperlyConfigured(f"{where}: '{name}' is a number of days, from 0 to {_MOST}")
    made = Patience(**raw)
    longest = max(
        made.provider_days, made.refund_days, made.payout_days, made.arrival_days, made.suspense_days
    )
    if made.window_days <= longest:
        raise ImproperlyConfigured(f"{where}: 'window_days' is longer than the others")
    return made
