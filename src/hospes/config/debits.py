"""Direct debit by the operator's own bank: `[direct_debit]` in `operator.toml`."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from stdnum.eu import at_02


@dataclass(frozen=True)
class DirectDebitRules:
    """
    How the operator collects; without a creditor identifier (the bank gives it, as NL12ZZZ123456780000) it does not.

    notice_days: so many days before a collection is announced; the law's own period is 14. submit_days: so many bank days before
    the day of collection its file is made; the bank wants it one bank day before at the latest.
    """

    creditor_id: str = ""
    notice_days: int = 14
    submit_days: int = 2

    @property
    def is_offered(self) -> bool:
        return bool(self.creditor_id)


def read_direct_debit(path: Path) -> DirectDebitRules:
    """Read it; what is not in the file has its default. Raises ImproperlyConfigured for what cannot be."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("direct_debit", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name}: {error}") from None
    known = {field.name: field.type for field in fields(DirectDebitRules)}
    for name, value in raw.items():
        if name not in known:
            raise ImproperlyConfigured(f"{path.name}: [direct_debit] knows no '{name}'")
        if type(value) is not known[name]:
            raise ImproperlyConfigured(f"{path.name}: '{name}' in [direct_debit] is not of the right kind")
    made = DirectDebitRules(**raw)
    where = f"{path.name}: [direct_debit]"
    if made.creditor_id and not at_02.is_valid(made.creditor_id):
        raise ImproperlyConfigured(f"{where}: 'creditor_id' is no SEPA creditor identifier")
    if not 1 <= made.notice_days <= 60 or not 1 <= made.submit_days <= 10:
        raise ImproperlyConfigured(f"{where}: 'notice_days' is from 1 to 60, 'submit_days' from 1 to 10")
    return made
