"""Paying several invoices at once: begun within the customer's own rows, booked for billing."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.billing import payments as billing
from hospes.billing.models import OPEN, Invoice
from hospes.kernel import journal
from hospes.payments.models import UNDECIDED, Payment
from hospes.payments.together.models import PaymentShare

Acting = Callable[[], AbstractContextManager[Any]]


class NotTogether(Exception):
    """These invoices cannot be paid at once; the message is fit to show to the customer."""


class StillHandled(NotTogether):
    """One of them is being paid, and it is not known yet how that ends."""


def of_invoices(invoice_ids: Sequence[int]) -> Q:
    """Payments of any of these invoices, by themselves or with others."""
    return Q(invoice_id__in=invoice_ids) | Q(
        pk__in=PaymentShare.objects.filter(invoice_id__in=invoice_ids).values("payment_id")
    )


def live(invoice_ids: Sequence[int]) -> list[Payment]:
    """What was begun for any of these invoices and may yet be paid, the first first."""
    found = Payment.objects.filter(of_invoices(invoice_ids), state__in=UNDECIDED, replaced_at=None)
    return list(found.order_by("pk"))


def claim(*, customer_id: int, numbers: Sequence[str], now: datetime) -> tuple[Payment, str, bool]:
    """
    The payment of what is open on these invoices: the one that was begun, or a new one instead of others that were begun.

    Returns it, what it is of by number, and whether it was made just now. Raises NotTogether.
    """
    invoices = list(
        Invoice.objects.filter(OPEN, customer_id=customer_id, number__in=list(numbers)).order_by(
            "due_on", "pk"
        )
    )
    if len(invoices) < 2:
        raise NotTogether(_("Choose at least two invoices that are open."))
    wanted = {invoice.pk: invoice.open_cents for invoice in invoices}
    label = f"{invoices[0].number} +{len(invoices) - 1}"
    begun = live(list(wanted))
    for payment in begun:
        if payment.state == Payment.State.PENDING:
            raise StillHandled(
                _(
                    "One of these invoices is being paid already. As soon as we hear how that ended, you see it."
                )
            )
        shares = PaymentShare.objects.filter(payment_id=payment.pk)
        if dict(shares.values_list("invoice_id", "cents")) == wanted:
            return payment, label, False
    _let_go(begun, now)
    return _made(customer_id, invoices, now), label, True


def _made(customer_id: int, invoices: Sequence[Invoice], now: datetime) -> Payment:
    first = invoices[0].number
    attempt = (
        Payment.objects.filter(customer_id=customer_id, idempotency_key__startswith=f"{first}+").count() + 1
    )
    try:
        with transaction.atomic():
            payment = Payment.objects.create(
                customer_id=customer_id, cents=sum(invoice.open_cents for invoice in invoices), created_at=now,
                idempotency_key=f"{first}+{len(invoices) - 1}-{attempt}",
            )  # fmt: skip
            for invoice in invoices:
                PaymentShare.objects.create(
                    payment_id=payment.pk,
                    customer_id=customer_id,
                    invoice_id=invoice.pk,
                    cents=invoice.open_cents,
                )
    except IntegrityError:
        raise StillHandled(_("This was begun in another window just now. Please try again.")) from None
    journal.record(
        "payment.begun", at=now, table="payments_payment", object_id=payment.pk, customer_id=customer_id
    )
    return payment


def make_way(invoice_id: int, now: datetime) -> bool:
    """Let go of what was begun for this invoice with others; False when that is being handled already."""
    begun = [payment for payment in live([invoice_id]) if payment.invoice_id is None]
    if any(payment.state == Payment.State.PENDING for payment in begun):
        return False
    _let_go(begun, now)
    return True


def _let_go(payments: Sequence[Payment], now: datetime) -> None:
    from hospes.payments.jobs import let_go

    for payment in payments:
        Payment.objects.filter(pk=payment.pk).update(replaced_at=now)
        let_go.enqueue(payment_id=payment.pk)


# --- booking --------------------------------------------------------------------------------------------------------------


def lock(payment_id: int) -> None:
    """Lock the invoices that a payment is of, in the order of their ids, so that two of them never wait for each other."""
    ids = PaymentShare.objects.filter(payment_id=payment_id).values_list("invoice_id", flat=True)
    for invoice_id in sorted(ids):
        billing.lock(invoice_id)


def take(payment: Payment, *, cents: int, paid_at: datetime, paid_with: str, now: datetime) -> int:
    """Book money on the invoices that a payment is of, the one that is due first first; returns how much of it they took."""
    left = cents
    for share in (
        PaymentShare.objects.with_related("invoice")
        .filter(payment_id=payment.pk)
        .order_by("invoice__due_on", "invoice_id")
    ):
        taken = billing.take_payment(
            invoice_id=share.invoice_id,
            cents=min(left, share.cents),
            paid_at=paid_at,
            paid_with=paid_with,
            now=now,
        )
        PaymentShare.objects.filter(pk=share.pk).update(paid_cents=taken)
        left -= taken
    return cents - left


def invoices_of(payment_id: int) -> list[int]:
    """The invoices that a payment of several is of."""
    return list(PaymentShare.objects.filter(payment_id=payment_id).values_list("invoice_id", flat=True))


def shares(payment_id: int) -> list[tuple[int, int]]:
    """What a payment paid of each of its invoices, in cents; the one that is due last first."""
    found = PaymentShare.objects.filter(payment_id=payment_id, paid_cents__gt=0)
    return list(found.order_by("-invoice__due_on", "-invoice_id").values_list("invoice_id", "paid_cents"))


def paid_of(payment_id: int, invoice_id: int) -> int | None:
    """How much of an invoice a payment of several paid; None where it is of no several."""
    found = PaymentShare.objects.filter(payment_id=payment_id, invoice_id=invoice_id)
    return found.values_list("paid_cents", flat=True).first()
