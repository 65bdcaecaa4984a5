"""Beginning payments, and booking what the provider says became of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from hospes.kernel import clock, journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.models import LIVE, UNDECIDED, Notice, PaidFrom, Payment
from hospes.payments.providers import Charge, PaymentProvider
from hospes.sales import services as sales
from hospes.sales.models import Order

journal.register({
    "payment.begun": _("Payment begun"), "payment.booked": _("Payment booked"), "payment.ended": _("Payment not made"),
    "payment.surplus": _("Paid twice: to be paid back"), "payment.account_stored": _("Account number stored"),
})  # fmt: skip


#: How far the provider's clock may be behind ours.
MARGIN = timedelta(minutes=10)


class PaymentRefused(Exception):
    """The payment cannot be begun; the message is fit to show to the customer."""


@dataclass(frozen=True)
class Addresses:
    """Where the provider sends the customer back to, and where it sends notices about a payment (by its idempotency key)."""

    back: str
    notices: Callable[[str], str]


def begin(
    *,
    provider: PaymentProvider,
    order_id: int,
    customer_id: int,
    addresses: Addresses,
    language: str,
    actor: Actor,
    now: datetime,
) -> str:
    """
    Begin paying an order and return the address of the provider's page; again (also at once) gives the same page.

    The provider is called between two transactions. Whatever breaks off in between is taken up by the next call with the
    same idempotency key. Raises PaymentRefused, or what the provider raises.
    """
    with acting(Purpose.BILLING, actor=actor, customer=customer_id):
        payment, description, is_new = _claim(order_id, now)
        if payment.checkout_url:
            return payment.checkout_url
    # An earlier attempt may have broken off after the provider made it, longer ago than its idempotency keys hold.
    charge = (None if is_new else provider.find(payment.idempotency_key, since=payment.created_at - MARGIN)) or provider.create(
        cents=payment.cents, description=description, return_url=addresses.back,
        notice_url=addresses.notices(payment.idempotency_key), order_key=payment.idempotency_key, language=language,
        idempotency_key=payment.idempotency_key,
    )  # fmt: skip
    with acting(Purpose.BILLING, actor=actor, customer=customer_id):
        unknown = Payment.objects.filter(pk=payment.pk, reference=None)
        unknown.update(reference=charge.reference, checkout_url=charge.checkout_url or "")
    if not charge.checkout_url:
        raise PaymentRefused(_("This payment was already handled. We are looking up how it ended."))
    return charge.checkout_url


def _claim(order_id: int, now: datetime) -> tuple[Payment, str, bool]:
    """The live payment of an order, made if there is none; the order's number; whether it was made just now."""
    order = Order.objects.get(pk=order_id)
    if order.state != Order.State.AWAITING_PAYMENT:
        raise PaymentRefused(_("This order does not have to be paid (any more)."))
    live = Payment.objects.filter(order_id=order_id, state__in=LIVE)
    if (payment := live.first()) is None:
        attempt = Payment.objects.filter(order_id=order_id).count() + 1
        try:
            with transaction.atomic():
                payment = Payment.objects.create(
                    customer_id=order.customer_id, order_id=order_id, cents=order.total_cents, created_at=now,
                    idempotency_key=f"{order.number}-{attempt}",
                )  # fmt: skip
        except IntegrityError:  # somebody else was faster: theirs is the one
            return live.get(), order.number, False
        journal.record(
            "payment.begun",
            at=now,
            table="payments_payment",
            object_id=payment.pk,
            customer_id=order.customer_id,
        )
        return payment, order.number, True
    return payment, order.number, False


def note(*, reference: str, now: datetime) -> int | None:
    """
    Store a provider's notice once, and have it looked into; None when one about the same payment is waiting already.

    Runs before anybody knows whose payment it is, so outside of any purpose: a notice holds no personal data.
    """
    from hospes.payments.jobs import apply_notice

    try:
        with transaction.atomic():
            notice = Notice.objects.create(reference=reference, received_at=now)
            apply_notice.enqueue(notice_id=notice.pk)
    except IntegrityError:  # the one that waits will be looked into after this moment, so it tells the same
        return None
    return notice.pk


def book(charge: Charge, *, now: datetime) -> str:
    """
    Bring our books to what the provider says of a payment, and return what happened: booked, surplus, ended, same, unknown.

    Acts for billing. Harmless to repeat, and in any order: a payment that is paid stays paid.
    """
    payment = _locked(charge)
    if payment is None:
        return "unknown"
    if payment.state in (Payment.State.PAID, Payment.State.SURPLUS) or payment.state == charge.state:
        return "same"
    if charge.state != Payment.State.PAID:
        if payment.state not in UNDECIDED:  # it was asked before that one ended, and is told after it
            return "same"
        Payment.objects.filter(pk=payment.pk).update(state=charge.state)
        if charge.state not in LIVE:
            _journal("payment.ended", payment, now)
            return "ended"
        return "same"
    return _book_paid(payment, charge, now)


def _locked(charge: Charge) -> Payment | None:
    known = Payment.objects.filter(reference=charge.reference).first()
    if known is None and charge.order_key:  # its making broke off before we heard the reference
        known = Payment.objects.filter(idempotency_key=charge.order_key, reference=None).first()
    if known is None:
        return None
    Order.objects.select_for_update().get(
        pk=known.order_id
    )  # before its payments, so that two of them never wait for each other
    payment = Payment.objects.select_for_update().get(pk=known.pk)
    if payment.reference is None:
        Payment.objects.filter(pk=payment.pk).update(reference=charge.reference)
    return payment


def _book_paid(payment: Payment, charge: Charge, now: datetime) -> str:
    paid_at = charge.paid_at or now
    awaited = Order.objects.filter(pk=payment.order_id, state=Order.State.AWAITING_PAYMENT).exists()
    if (
        not awaited or charge.cents != payment.cents
    ):  # paid with another one, or cancelled: the money came all the same
        Payment.objects.filter(pk=payment.pk).update(
            state=Payment.State.SURPLUS, paid_at=paid_at, method=charge.method
        )
        _journal("payment.surplus", payment, now)
        return "surplus"
    # Another one may be open in a second window; it is let go of, so that this one can be the live one.
    Payment.objects.filter(order_id=payment.order_id, state__in=UNDECIDED).exclude(pk=payment.pk).update(
        state=Payment.State.CANCELED
    )
    Payment.objects.filter(pk=payment.pk).update(
        state=Payment.State.PAID, paid_at=paid_at, method=charge.method
    )
    _journal("payment.booked", payment, now)
    sales.mark_paid(
        order_id=payment.order_id, paid_with=charge.method, paid_at=paid_at, today=clock.day_of(now), now=now
    )
    if charge.account:
        PaidFrom.objects.get_or_create(
            payment_id=payment.pk,
            defaults={
                "customer_id": payment.customer_id, "holder": charge.holder or "", "account": charge.account, "stored_at": now,
            },
        )  # fmt: skip
        _journal("payment.account_stored", payment, now)
    return "booked"


def _journal(action: str, payment: Payment, now: datetime) -> None:
    journal.record(
        action,
        at=now,
        table="payments_payment",
        object_id=payment.pk,
        customer_id=payment.customer_id,
        changed=["state"],
    )
