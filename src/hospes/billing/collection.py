"""Whether an open invoice is collected by itself: whoever collects registers that here, so that nobody is asked to pay it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from hospes.billing.models import Invoice


@dataclass(frozen=True)
class Collection:
    """
    On which day an invoice is collected; by the operator's own bank from which account (masked), by which mandate, and as which
    creditor (the payment provider has its own: those are "").
    """

    on: date
    account: str = ""
    mandate: str = ""
    creditor: str = ""


Finder = Callable[[Invoice, date], Collection | None]

_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Have somebody asked whether they collect an invoice."""
    if finder not in _finders:
        _finders.append(finder)


def collection_of(invoice: Invoice, *, today: date) -> Collection | None:
    """How an open invoice is collected, seen from a day; None where it is to be paid by the customer."""
    found = (finder(invoice, today) for finder in _finders)
    return next((each for each in found if each is not None), None)
