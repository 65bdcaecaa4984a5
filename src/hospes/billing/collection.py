"""Whether an open invoice is collected by itself: whoever collects registers that here, so that nobody is asked to pay it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from hospes.billing.models import Invoice


@dataclass(frozen=True)
class Collection:
    """On which day an invoice is collected, and from which account (masked)."""

    on: date
    account: str


_finders: list[Callable[[Invoice], Collection | None]] = []


def register(finder: Callable[[Invoice], Collection | None]) -> None:
    """Have somebody asked whether they collect an invoice."""
    if finder not in _finders:
        _finders.append(finder)


def collection_of(invoice: Invoice) -> Collection | None:
    """How an open invoice is collected; None where it is to be paid by the customer."""
    found = (finder(invoice) for finder in _finders)
    return next((each for each in found if each is not None), None)
