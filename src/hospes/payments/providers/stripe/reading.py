"""What Stripe's answers mean, in our words. What is not as the API says raises KeyError, TypeError or ValueError."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hospes.payments.models import Payment, Refund
from hospes.payments.providers import Charge, Dispute, Repayment

Said = Mapping[str, Any]

#: A PaymentIntent that waits for a way of paying had one that failed: we never make one without.
_INTENT_STATES = {
    "succeeded": Payment.State.PAID, "processing": Payment.State.PENDING, "requires_capture": Payment.State.PENDING,
    "requires_action": Payment.State.PENDING, "requires_confirmation": Payment.State.PENDING,
    "canceled": Payment.State.CANCELED, "requires_payment_method": Payment.State.FAILED,
}  # fmt: skip
_REFUND_STATES = {
    "pending": Refund.State.SENT, "requires_action": Refund.State.SENT, "succeeded": Refund.State.DONE,
    "failed": Refund.State.FAILED, "canceled": Refund.State.FAILED,
}  # fmt: skip
#: Ways of paying that have a word of ours.
_METHODS = {"card": "creditcard", "sepa_debit": "directdebit", "customer_balance": "banktransfer"}


def text(said: Said, name: str) -> str:
    """A text that has to be there."""
    value = said[name]
    if not isinstance(value, str) or not value:
        raise TypeError(name)
    return value


def of_session(session: Said) -> Charge:
    """A Checkout Session, with its PaymentIntent and that one's newest attempt expanded."""
    intent = session.get("payment_intent") or {}
    state = _state_of_session(session, intent)
    charge = _charge(
        session, intent, reference=text(session, "id"), state=state, cents=_cents(session, "amount_total")
    )
    return replace(charge, checkout_url=text(session, "url") if state == Payment.State.OPEN else None)


def _state_of_session(session: Said, intent: Said) -> str:
    status = session["status"]
    if status == "open":
        return Payment.State.OPEN.value
    if status == "expired":
        return Payment.State.EXPIRED.value
    if status != "complete":
        raise ValueError("status")
    if session["payment_status"] == "paid":
        return Payment.State.PAID.value
    return _INTENT_STATES[intent["status"]].value


def of_intent(intent: Said) -> Charge:
    """A PaymentIntent by which something was collected, with its newest attempt expanded."""
    state = _INTENT_STATES[intent["status"]].value
    return _charge(intent, intent, reference=text(intent, "id"), state=state, cents=_cents(intent, "amount"))


def _charge(of: Said, intent: Said, *, reference: str, state: str, cents: int) -> Charge:
    is_paid = state == Payment.State.PAID
    attempt = intent.get("latest_charge") or {} if is_paid else {}
    details = attempt.get("payment_method_details") or {}
    kind = str(details.get("type") or "")
    of_kind = details.get(kind) or {}
    holder, account = _paid_from(kind, of_kind, attempt)
    return Charge(
        reference=reference, state=state, cents=cents, method=_METHODS.get(kind, kind), checkout_url=None,
        paid_at=_paid_at(attempt, intent) if is_paid else None, holder=holder, account=account, order_key=order_key(of),
        country=_country(of_kind), payer=_id(of.get("customer")), mandate=_mandate(intent, of_kind) if is_paid else "",
    )  # fmt: skip


def _paid_at(attempt: Said, intent: Said) -> datetime:
    """When the money came, which of a debit is days after it was asked for; of nothing paid, when that was asked."""
    booked = attempt.get("balance_transaction")
    for each in (booked if isinstance(booked, Mapping) else {}, attempt, intent):
        if each.get("created") is not None:
            return moment(each["created"])
    raise KeyError("created")


def _paid_from(kind: str, details: Said, attempt: Said) -> tuple[str | None, str | None]:
    """Holder and account. Of cards and accounts Stripe tells the last four characters only."""
    name = (attempt.get("billing_details") or {}).get("name")
    holder = details.get("verified_name") or details.get("payer_name") or name
    account = (
        details.get("payer_email") if kind == "paypal" else details.get("last4") or details.get("iban_last4")
    )
    return (str(holder) if holder else None, str(account) if account else None) if details else (None, None)


def _country(details: Said) -> str:
    """Of the card or the account; of iDEAL it is in the bank's BIC, since of the account's number only the end is told."""
    bic = str(details.get("bic") or "")
    return str(details.get("country") or (bic[4:6] if len(bic) in (8, 11) else ""))


def _mandate(intent: Said, details: Said) -> str:
    """What later payments can be collected with: of iDEAL the direct debit that came of it."""
    if intent.get("setup_future_usage") != "off_session":
        return ""
    return _id(details.get("generated_sepa_debit")) or _id(intent.get("payment_method"))


def of_refund(refund: Said) -> Repayment:
    """A Refund."""
    return Repayment(
        reference=text(refund, "id"), state=_REFUND_STATES[refund["status"]].value, cents=_cents(refund, "amount"),
        key=str((refund.get("metadata") or {}).get("refund", "")),
    )  # fmt: skip


def of_dispute(dispute: Said, reference: str) -> Dispute | None:
    """A Dispute, of the charge with this reference; None as long as no money was taken: the bank asks first, sometimes."""
    moved = sorted(dispute["balance_transactions"], key=lambda each: int(each["created"]))
    taken = [each for each in moved if int(each["amount"]) < 0]
    given = [each for each in moved if int(each["amount"]) > 0]
    if not taken:
        return None
    return Dispute(
        reference=text(dispute, "id"), charge=reference, cents=-sum(_cents(each, "amount") for each in taken),
        reason=str(dispute.get("reason") or ""), at=moment(taken[0]["created"]),
        reversed_at=moment(given[-1]["created"]) if given else None,
    )  # fmt: skip


def is_disputed(intent: Said) -> bool:
    """Whether the payer's bank asked about a payment, or took it back."""
    return bool((intent.get("latest_charge") or {}).get("disputed"))


def with_charged_back(charge: Charge, cents: int) -> Charge:
    """The charge, of which so much was taken back."""
    return replace(charge, charged_back_cents=cents)


def order_key(said: Said) -> str:
    """What was given when it was made; of what was made by hand nothing."""
    return str((said.get("metadata") or {}).get("order", ""))


def moment(seconds: Any) -> datetime:
    """A moment, of the seconds since 1970 that Stripe counts in."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise TypeError("a moment")
    return datetime.fromtimestamp(seconds, UTC)


def _cents(said: Said, name: str) -> int:
    cents: Any = said[name]
    if said["currency"] != "eur" or not isinstance(cents, int) or isinstance(cents, bool):
        raise ValueError("not an amount in euros")
    return cents


def _id(value: Any) -> str:
    """The id of something that may be expanded."""
    return str((value.get("id") if isinstance(value, Mapping) else value) or "")
