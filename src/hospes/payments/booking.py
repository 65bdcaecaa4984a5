"""Bringing our books to what the provider says became of a payment. All of this acts for billing."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.billing import payments as billing
from hospes.billing.ledger import services as ledger
from hospes.billing.models import Invoice
from hospes.billing.tax.services import note_place
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.payments import unpaid
from hospes.payments.balances import services as balances
from hospes.payments.collecting import services as collecting
from hospes.payments.models import CAME_IN, LIVE, UNDECIDED, PaidFrom, Payment, TransferTo
from hospes.payments.providers import Charge, Transfer
from hospes.payments.rules import document_of, key_of_found
from hospes.payments.together import services as together
from hospes.sales import services as sales
from hospes.sales.models import Order

journal.register({
    "payment.booked": _("Payment booked"), "payment.ended": _("Payment not made"),
    "payment.surplus": _("More was paid than was open: the customer’s balance"),
    "payment.account_stored": _("Account number stored"),
})  # fmt: skip


def book(charge: Charge, *, now: datetime) -> str:
    """
    Bring our books to what the provider says of a payment, and return what happened: booked, surplus, ended, same, unknown.

    Harmless to repeat, and in any order: a payment that is paid stays paid.
    """
    payment = _locked(charge)
    if payment is None:
        return "unknown"
    if charge.transfer is not None and payment.state in UNDECIDED:
        _keep_transfer(payment, charge.transfer, now)
    if payment.state in (Payment.State.PAID, Payment.State.SURPLUS) or payment.state == charge.state:
        if payment.state == Payment.State.OPEN and charge.method != payment.method:  # it was chosen meanwhile
            Payment.objects.filter(pk=payment.pk).update(method=charge.method)
        return "same"
    if charge.state != Payment.State.PAID:
        if payment.state not in UNDECIDED:  # it was asked before that one ended, and is told after it
            return "same"
        Payment.objects.filter(pk=payment.pk).update(state=charge.state)
        if charge.state not in LIVE:
            noted("payment.ended", payment, now)
            collecting.ended(payment, now)
            return "ended"
        return "same"
    done = _book_paid(payment, charge, now)
    if done == "booked":
        collecting.given(payment, charge, now)
    collecting.ended(payment, now)
    return done


def _locked(charge: Charge) -> Payment | None:
    known = Payment.objects.filter(reference=charge.reference).first()
    if known is None and charge.order_key:  # its making broke off before we heard the reference
        known = Payment.objects.filter(idempotency_key=charge.order_key, reference=None).first()
    if known is None:
        return None
    payment = locked(known)
    if payment.reference is None:
        Payment.objects.filter(pk=payment.pk).update(reference=charge.reference)
    return payment


def locked(known: Payment) -> Payment:
    """A payment that nobody else changes until the end of the transaction, after what it is of."""
    # Before its payments, so that two of them never wait for each other.
    if known.order_id is not None:
        Order.objects.select_for_update().get(pk=known.order_id)
    elif known.invoice_id is not None:
        billing.lock(known.invoice_id)
    else:
        together.lock(known.pk)
    return Payment.objects.select_for_update().get(pk=known.pk)


def shares(payment: Payment) -> list[tuple[int, int]]:
    """Which invoices a payment paid, and how much of each at most, in cents; what is opened again first comes first."""
    if payment.state != Payment.State.PAID:
        return []
    if payment.invoice_id is not None:
        return [(payment.invoice_id, payment.cents - payment.surplus_cents)]
    if payment.order_id is None:
        return together.shares(payment.pk)
    of_order = Invoice.objects.filter(origin=f"order:{payment.order_id}").values_list("pk", flat=True)
    return [(pk, payment.cents) for pk in of_order]


def _book_paid(payment: Payment, charge: Charge, now: datetime) -> str:
    if payment.order_id is None:
        return _book_invoices(payment, charge, now)
    paid_at = charge.paid_at or now
    order = Order.objects.get(pk=payment.order_id or 0)
    is_all_of_it = charge.cents == payment.cents
    if not (  # paid with another one, or cancelled: the money came all the same
        is_all_of_it
        and (order.state == Order.State.AWAITING_PAYMENT or unpaid.revive(order, paid_at=paid_at, now=now))
    ):
        _all_surplus(payment, charge, paid_at, now)
        unpaid.give_back(order, payment, now=now)
        return "surplus"
    _let_go_of_others(payment, now)
    Payment.objects.filter(pk=payment.pk).update(
        state=Payment.State.PAID, paid_at=paid_at, method=charge.method, replaced_at=None, refusal=""
    )
    in_the_ledger([payment.pk], now=now)
    noted("payment.booked", payment, now)
    sales.mark_paid(
        order_id=payment.order_id or 0,
        paid_with=charge.method,
        paid_at=paid_at,
        today=clock.day_of(now),
        now=now,
    )
    _keep_account(payment, charge, now)
    return "booked"


def _book_invoices(payment: Payment, charge: Charge, now: datetime) -> str:
    """
    Book money for an invoice or several: as much as is open by now, also when that is only a part; the rest is the customer's.

    Nothing may be open any more: it was paid twice, or credited meanwhile.
    """
    paid_at = charge.paid_at or now
    came: dict[str, Any] = {"cents": charge.cents, "paid_at": paid_at, "paid_with": charge.method, "now": now}
    if payment.invoice_id is not None:
        taken = billing.take_payment(invoice_id=payment.invoice_id, **came)
    else:
        taken = together.take(payment, **came)
    if not taken:
        _all_surplus(payment, charge, paid_at, now)
        return "surplus"
    _let_go_of_others(payment, now)
    Payment.objects.filter(pk=payment.pk).update(
        state=Payment.State.PAID, replaced_at=None, surplus_cents=charge.cents - taken, paid_at=paid_at, method=charge.method,
        refusal="",
    )  # fmt: skip
    in_the_ledger([payment.pk], now=now, cents=charge.cents)
    noted("payment.booked", payment, now)
    if charge.cents > taken:
        _to_the_balance(payment, charge.cents - taken, now)
        noted("payment.surplus", payment, now, changed="surplus_cents")
    _keep_account(payment, charge, now)
    return "booked"


def _all_surplus(payment: Payment, charge: Charge, paid_at: datetime, now: datetime) -> None:
    """What came in pays nothing: the customer has it with us."""
    came = charge.cents if charge.cents != payment.cents else 0
    Payment.objects.filter(pk=payment.pk).update(
        state=Payment.State.SURPLUS, surplus_cents=came, paid_at=paid_at, method=charge.method, refusal=""
    )
    in_the_ledger([payment.pk], now=now, cents=charge.cents)
    _to_the_balance(payment, charge.cents, now)
    noted("payment.surplus", payment, now)


def _to_the_balance(payment: Payment, cents: int, now: datetime) -> None:
    """What came in more than was owed, the customer has with us."""
    balances.change(
        balances.Kind.SURPLUS, customer_id=payment.customer_id, cents=cents, origin=f"payment:{payment.pk}",
        payment_id=payment.pk, now=now,
    )  # fmt: skip


def book_as_surplus(charge: Charge, *, customer_id: int, now: datetime) -> Payment:
    """
    Book money that is of nothing that we asked, all of it on the balance of a customer; its reference can be booked only once.

    Raises IntegrityError when it was booked at this moment.
    """
    payment = Payment.objects.create(
        customer_id=customer_id, reference=charge.reference, idempotency_key=key_of_found(charge.reference), cents=charge.cents,
        state=Payment.State.SURPLUS, method=charge.method, created_at=now, paid_at=charge.paid_at or now,
    )  # fmt: skip
    in_the_ledger([payment.pk], now=now)
    _to_the_balance(payment, payment.cents, now)
    noted("payment.surplus", payment, now)
    return payment


def in_the_ledger(payment_ids: Sequence[int], *, now: datetime, cents: int | None = None) -> int:
    """
    Book money that came in; what was booked already stays as it is. Returns of how many payments.

    `cents`: what really came, where that may be something else than what was asked.
    """
    came = Payment.objects.filter(pk__in=payment_ids, state__in=CAME_IN, paid_at__isnull=False).order_by(
        "paid_at", "pk"
    )
    return ledger.post([_receipt(payment, cents) for payment in came], now=now)


def _receipt(payment: Payment, cents: int | None) -> ledger.Posting:
    assert payment.paid_at is not None  # noqa: S101  # for the type checker: the filter sees to it
    return ledger.receipt(
        origin=f"payment:{payment.pk}", customer_id=payment.customer_id,
        cents=payment.surplus or payment.cents if cents is None else cents, on=clock.day_of(payment.paid_at),
        document=document_of(payment.reference or "", payment.idempotency_key),
        is_surplus=payment.state == Payment.State.SURPLUS, surplus_cents=payment.surplus_cents,
    )  # fmt: skip


def _let_go_of_others(payment: Payment, now: datetime) -> None:
    """
    Have what is open in a second window cancelled at the provider, so that this one can be the live one.

    Its state stays what the provider says: should it be paid all the same, that comes to light.
    """
    from hospes.payments.jobs import let_go

    if payment.order_id is not None:
        same = Q(order_id=payment.order_id)
    else:
        of = together.invoices_of(payment.pk) if payment.invoice_id is None else [payment.invoice_id]
        same = together.of_invoices(of)
    others = Payment.objects.filter(same, state__in=UNDECIDED).exclude(pk=payment.pk)
    for pk in others.order_by("pk").values_list("pk", flat=True):
        let_go.enqueue(payment_id=pk)
    others.filter(replaced_at=None).update(replaced_at=now)


def _keep_transfer(payment: Payment, said: Transfer, now: datetime) -> None:
    """Where to transfer it to: shown and mailed to who pays, until it came or is over."""
    held, is_new = TransferTo.objects.get_or_create(
        payment_id=payment.pk,
        defaults={
            "customer_id": payment.customer_id, "name": said.name[:140], "account": said.account, "bic": said.bic,
            "reference": said.reference, "until": said.until,
        },
    )  # fmt: skip
    if is_new:
        messaging.enqueue(
            "payments.transfer_to", key=f"payment:{payment.pk}:transfer", customer_id=payment.customer_id, about_id=held.pk,
            now=now,
        )  # fmt: skip


def _keep_account(payment: Payment, charge: Charge, now: datetime) -> None:
    if charge.account:
        PaidFrom.objects.get_or_create(
            payment_id=payment.pk,
            defaults={
                "customer_id": payment.customer_id, "holder": charge.holder or "", "account": charge.account, "stored_at": now,
            },
        )  # fmt: skip
        noted("payment.account_stored", payment, now)
        if re.match("[A-Z]{2}[0-9]{2}", charge.account):  # an IBAN; of a wallet it is an e-mail address
            note_place(customer_id=payment.customer_id, kind="bank", country=charge.account[:2], now=now)
    if charge.country:
        note_place(customer_id=payment.customer_id, kind="card", country=charge.country, now=now)


def noted(action: str, payment: Payment, now: datetime, *, changed: str = "state") -> None:
    """Write down what became of a payment."""
    journal.record(
        action,
        at=now,
        table="payments_payment",
        object_id=payment.pk,
        customer_id=payment.customer_id,
        changed=[changed],
    )
