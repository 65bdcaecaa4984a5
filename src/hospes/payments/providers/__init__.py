"""
Payment providers, in our words.

A provider is asked outside of transactions. Its notices are hints only: what it says when it is asked is
the truth. A create that broke off may have worked all the same, so it is repeated with the same idempotency
key; once that may have lapsed (`KEY_HOLDS`), `find` first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from hospes.payments.models import Payment

#: Providers remember an idempotency key for an hour at least; half of that is safe.
KEY_HOLDS: Final = timedelta(minutes=30)


class ProviderError(Exception):
    """The provider did not do what was asked. `code` is the status that it answered with, for the log."""

    def __init__(self, said: str = "", *, code: int | None = None) -> None:
        super().__init__(said)
        self.code = code


class ProviderUnavailable(ProviderError):
    """The provider cannot be reached, is too busy, or says what we do not understand: try again later."""


class ProviderRefused(ProviderError):
    """The provider will not do this, however often it is asked; the message is the provider's."""


class UnknownCharge(ProviderRefused):
    """The provider knows no payment by this reference."""


class NotANotice(Exception):
    """What came to the address for notices is not from the provider, or is no notice; says which, and nothing of what came."""


@dataclass(frozen=True)
class Transfer:
    """Where who pays is to transfer it to at their own bank, what to mention, and the last day (None: the provider says none)."""

    name: str
    account: str
    bic: str
    reference: str
    until: date | None


@dataclass(frozen=True)
class Charge:
    """
    A payment as the provider knows it.

    state: one of Payment.State. method: "ideal", "paypal", "creditcard", "directdebit", "banktransfer", whatever the provider
    calls those, or else the provider's own word; empty until it was chosen. checkout_url: where to pay, only while that can be
    done. paid_at: aware, only when paid. holder, account: who paid from which account (an IBAN or the last four characters of
    one, a PayPal address, the last four digits of a card), only when paid (P13) and only as far as the provider tells.
    order_key: what was given to `create` or `collect`. country: of which the card is, or the account whose number is not told,
    where the provider tells. charged_back_cents: how much the payer's bank took back of it. payer, mandate: what the provider
    calls who paid, and the leave to collect that they gave with it. transfer: who pays chose to transfer it, and that did not
    come yet: it is pending.
    """

    reference: str
    state: str
    cents: int
    method: str
    checkout_url: str | None
    paid_at: datetime | None
    holder: str | None
    account: str | None
    order_key: str
    country: str = ""
    charged_back_cents: int = 0
    payer: str = ""
    mandate: str = ""
    transfer: Transfer | None = None


@dataclass(frozen=True)
class Repayment:
    """
    Money that goes back to who paid, as the provider knows it.

    state: one of Refund.State, never requested. key: what was given to `refund`.
    """

    reference: str
    state: str
    cents: int
    key: str


@dataclass(frozen=True)
class Dispute:
    """
    Money of a charge that the payer's bank took back, as the provider knows it.

    charge: the reference of the payment. reversed_at: when it was given back after all; None as long as it was not.
    """

    reference: str
    charge: str
    cents: int
    reason: str
    at: datetime
    reversed_at: datetime | None = None


class PaymentProvider(Protocol):
    """What every provider can do. All methods may raise ProviderUnavailable."""

    def create(
        self,
        *,
        cents: int,
        description: str,
        return_url: str,
        notice_url: str,
        order_key: str,
        language: str,
        idempotency_key: str,
        payer: str = "",
    ) -> Charge:
        """
        Ask for a payment of so many euro cents; the same idempotency key and arguments give the same charge
        again, perhaps as it was when it was made: how it stands by now, `fetch` says.

        The description is what the payer reads, on their statement too where the way of paying allows. `notice_url`: where
        notices about this payment are to come, for a provider that has an address for each; others have one (`noticed`).
        `payer`: who pays gives leave to collect later payments with this one. Raises ProviderRefused.
        """

    def new_payer(self, *, key: str) -> str:
        """Have the provider know somebody who gives leave to collect, without a name; returns what it calls them."""

    def collect(
        self,
        *,
        cents: int,
        description: str,
        notice_url: str,
        order_key: str,
        payer: str,
        mandate: str,
        idempotency_key: str,
    ) -> Charge:
        """
        Collect so many cents by leave that was given; the same idempotency key and arguments give the same charge again.

        Of a card it may be paid or have failed at once. Raises ProviderRefused, also when the leave was ended.
        """

    def may_collect(self, payer: str, mandate: str) -> bool:
        """Whether leave to collect holds (yet)."""

    def end_mandate(self, payer: str, mandate: str) -> None:
        """End leave to collect; that it was ended before, or is not known, is no error."""

    def fetch(self, reference: str) -> Charge:
        """
        A charge as it is now; raises UnknownCharge.

        A notice may be about a part of a payment that has a reference of its own: the charge has the one that `create` gave.
        """

    def cancel(self, reference: str) -> Charge:
        """
        Cancel a charge and return it, canceled or expired; one that is over already, whichever way, is returned as it is.

        Raises UnknownCharge, and ProviderRefused when it cannot be cancelled (any more) but is not over
        either.
        """

    def find(self, order_key: str, *, since: datetime | None = None) -> Charge | None:
        """
        The newest charge with this order key, or None.

        Charges from before `since` (by the provider's clock: leave a margin) are not looked at: without it this
        may take several requests. Nor are, in any case, those before the newest thousand.
        """

    def refund(self, reference: str, *, cents: int, description: str, key: str) -> Repayment:
        """
        Pay back so many cents of a charge, in the way in which it was paid; the same key pays back once. Not every provider
        passes on the description.

        Raises ProviderRefused when it cannot be (any more): not paid, too old, more than is left.
        """

    def refunds(self, reference: str) -> list[Repayment]:
        """What was or is being paid back of a charge, the oldest first; raises UnknownCharge."""

    def chargebacks(self, reference: str) -> list[Dispute]:
        """What was taken back of a charge, the oldest first; raises UnknownCharge."""

    def recent_chargebacks(self, *, since: datetime) -> list[Dispute]:
        """What was taken back of any charge from a moment on (by the provider's clock), the newest first."""

    def noticed(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> str:
        """
        What is to be fetched after something came to the one address for all notices: a reference, or "" for nothing of ours.

        `headers` are looked up without regard to case. Asks nobody. Raises NotANotice when it is not signed by the provider, or
        not at this time, or when the provider has an address for each payment instead.
        """


#: By the name in the setting HOSPES_PAYMENT_PROVIDER.
_PROVIDERS: Final = {
    "mollie": "hospes.payments.providers.mollie.from_settings",
    "stripe": "hospes.payments.providers.stripe.from_settings",
}


def provider() -> PaymentProvider:
    """The provider that the settings choose."""
    made: PaymentProvider = import_string(_PROVIDERS[settings.HOSPES_PAYMENT_PROVIDER])()
    return made


#: What a provider does not offer of what is offered to customers, by its name.
_WITHOUT: Final[Mapping[str, frozenset[str]]] = {"stripe": frozenset({"banktransfer"})}


def takes(method: str) -> bool:
    """Whether the provider that the settings choose takes a way of paying."""
    return method not in _WITHOUT.get(settings.HOSPES_PAYMENT_PROVIDER, frozenset())


#: The states in which nothing more happens to a charge.
OVER: Final = frozenset(
    state.value
    for state in (Payment.State.PAID, Payment.State.FAILED, Payment.State.CANCELED, Payment.State.EXPIRED)
)
