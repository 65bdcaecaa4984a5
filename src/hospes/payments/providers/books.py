"""
What the provider keeps of our money, in our words: what moved, what it paid out to the bank, and what it charged for that.

It is only looked at, outside of transactions; what is compared with it stands in `payments.reconciling`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from hospes.payments.providers import Charge


class NoBooks(Exception):
    """What this provider keeps is not read: its side cannot be compared."""


@dataclass(frozen=True)
class Moved:
    """
    Money of ours that moved at the provider; `cents` above zero is ours, below zero went.

    kind: "payment", "refund", "chargeback", "payout" (to the bank), or "other". about: the provider's reference of the payment,
    refund or chargeback that it is of; of anything else its own.
    """

    reference: str
    kind: str
    about: str
    cents: int
    at: datetime


@dataclass(frozen=True)
class Costs:
    """What the provider kept for itself of a month (its first day), in cents: without VAT, and the VAT that it charged."""

    month: date
    net_cents: int
    vat_cents: int


@dataclass(frozen=True)
class PaidOut:
    """
    Money that the provider transfers to our bank: `cents` is what arrives, `number` what stands on the bank statement.

    state: "pending", "paidout" or "failed". made_at: aware. settled_on: the day of the transfer; None as long as there was none.
    """

    reference: str
    number: str
    state: str
    cents: int
    made_at: datetime
    settled_on: date | None
    costs: tuple[Costs, ...]


@dataclass(frozen=True)
class Part:
    """A line of what was paid out: a payment, refund or chargeback, and the cents that it brought or took."""

    kind: str
    about: str
    cents: int


class ProviderBooks(Protocol):
    """What every provider can tell of what it keeps. All methods may raise ProviderUnavailable; pages come the newest first."""

    def movements(self, *, since: datetime) -> Iterator[Sequence[Moved]]:
        """What moved from a moment on (by the provider's clock), a page at a time."""

    def charges(self, *, since: datetime) -> Iterator[Sequence[Charge]]:
        """Payments that were begun from a moment on, as they are now, a page at a time."""

    def paid_out(self, *, since: datetime) -> Iterator[Sequence[PaidOut]]:
        """What was made ready for the bank from a moment on, a page at a time."""

    def parts(self, reference: str) -> Sequence[Part]:
        """All lines of what was paid out."""


#: By the name in the setting HOSPES_PAYMENT_PROVIDER.
_BOOKS: Final = {"mollie": "hospes.payments.providers.mollie_books.from_settings"}


def provider_books() -> ProviderBooks:
    """The books of the provider that the settings choose; raises NoBooks for one whose books are not read."""
    name = settings.HOSPES_PAYMENT_PROVIDER
    if not has_books():
        raise NoBooks(f"the books of {name} are not read")
    made: ProviderBooks = import_string(_BOOKS[name])()
    return made


def has_books() -> bool:
    """Whether the side of the provider that the settings choose can be compared."""
    return settings.HOSPES_PAYMENT_PROVIDER in _BOOKS
