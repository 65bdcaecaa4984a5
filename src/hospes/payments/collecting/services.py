"""
Leave to collect, from the first payment to its end; and what is collected by it. The provider is asked between transactions.

An invoice is announced first and collected on its day, once: what failed is for the customer to pay, and for the reminders.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from hospes.billing import payments as billing
from hospes.billing.collection import Collection as WillBeCollected
from hospes.billing.models import OPEN, Invoice
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.payments.collecting.models import LIVE, Collection, CollectWish, Payer, ProviderMandate
from hospes.payments.models import UNDECIDED, Payment
from hospes.payments.providers import Charge
from hospes.payments.together import services as together

journal.register({
    "collecting.given": _("Leave to collect invoices given"), "collecting.ended": _("Leave to collect invoices ended"),
    "collecting.announced": _("Collection of an invoice announced"), "collecting.begun": _("Collection of an invoice begun"),
    "collecting.failed": _("Invoice could not be collected"), "collecting.withdrawn": _("Invoice not collected after all"),
})  # fmt: skip

#: So long a page of the provider that somebody opened is left alone before the invoice is collected instead.
AT_THE_TILL: Final = timedelta(hours=1)

_State, _Why = Collection.State, ProviderMandate.Why

#: Other ways in which an invoice may be being collected: whoever has one registers here, and such an invoice is left to it.
_elsewhere: list[Callable[[int], bool]] = []


def register_other_way(is_collected: Callable[[int], bool]) -> None:
    """Say how to know whether an invoice (by its id) is collected in another way; asked within billing."""
    if is_collected not in _elsewhere:
        _elsewhere.append(is_collected)


def collection_of(invoice: Invoice, today: date) -> WillBeCollected | None:
    """How an open invoice is going to be collected by leave at the provider, for who asks the customer to pay it."""
    if not invoice.open_cents or invoice.is_credit_note:
        return None
    held = Collection.objects.filter(invoice_id=invoice.pk).exclude(state=_State.WITHDRAWN).first()
    if held is not None:
        return WillBeCollected(held.collect_on) if held.state in LIVE else None
    leave = ProviderMandate.objects.filter(
        customer_id=invoice.customer_id, state=ProviderMandate.State.ACTIVE
    )
    if not leave.exists() or _is_elsewhere(invoice.pk):
        return None
    return WillBeCollected(max(invoice.due_on, _soonest(today)))


# --- leave ----------------------------------------------------------------------------------------------------------------


def given(payment: Payment, charge: Charge, now: datetime) -> None:
    """A first payment was made: keep the leave that came with it, once. The customer's earlier leave ends by that."""
    wish = CollectWish.objects.filter(payment_id=payment.pk).first()
    if wish is None or not charge.mandate or ProviderMandate.objects.filter(payment_id=payment.pk).exists():
        return
    for earlier in ProviderMandate.objects.filter(
        customer_id=payment.customer_id, state=ProviderMandate.State.ACTIVE
    ):
        end(mandate_id=earlier.pk, why=_Why.REPLACED, now=now)
    method = {"ideal": "directdebit"}.get(charge.method, charge.method)
    made = ProviderMandate.objects.create(
        customer_id=payment.customer_id,
        payment_id=payment.pk,
        reference=charge.mandate,
        method=method,
        given_at=now,
    )
    _noted("collecting.given", made, now)
    _tell("payments.collecting_given", str(made.pk), made.customer_id, made.pk, now)


@transaction.atomic
def end(*, mandate_id: int, why: str, now: datetime) -> bool:
    """
    End leave to collect, and withdraw what was announced by it; False when it had ended. The provider hears of it from a job.

    What was asked of the provider already cannot be stopped here.
    """
    from hospes.payments.collecting.jobs import revoke

    held = ProviderMandate.objects.select_for_update().get(pk=mandate_id)
    if held.state != ProviderMandate.State.ACTIVE:
        return False
    ProviderMandate.objects.filter(pk=mandate_id).update(
        state=ProviderMandate.State.ENDED, ended_at=now, ended_why=why
    )
    for each in Collection.objects.filter(mandate_id=mandate_id, state=_State.ANNOUNCED):
        withdraw(each, now)
    _noted("collecting.ended", held, now)
    revoke.enqueue_once(f"revoke:{mandate_id}", mandate_id=mandate_id)
    return True


def withdraw(held: Collection, now: datetime) -> None:
    """What was announced is not collected after all."""
    Collection.objects.filter(pk=held.pk, state=_State.ANNOUNCED).update(state=_State.WITHDRAWN, over_at=now)
    _noted("collecting.withdrawn", held, now)


# --- announced ------------------------------------------------------------------------------------------------------------


def to_be_announced(*, today: date, after: int = 0, limit: int = 500) -> list[int]:
    """Open invoices of customers who gave leave, due within the days of the announcement, that nobody saw to yet."""
    days = timedelta(days=settings.HOSPES_OPERATOR.collect_notice_days)
    leave = ProviderMandate.objects.filter(
        customer_id=OuterRef("customer_id"), state=ProviderMandate.State.ACTIVE
    )
    tried = Collection.objects.filter(invoice_id=OuterRef("pk")).exclude(state=_State.WITHDRAWN)
    found = Invoice.objects.filter(
        OPEN, Exists(leave), ~Exists(tried), due_on__lte=today + days, pk__gt=after
    )
    return list(found.order_by("pk").values_list("pk", flat=True)[:limit])


@transaction.atomic
def announce(*, invoice_id: int, now: datetime) -> Collection | None:
    """Tell the customer on which day an invoice is collected, not before it is due; None where it is not (any more)."""
    invoice = billing.lock(invoice_id)
    mandate = ProviderMandate.objects.filter(
        customer_id=invoice.customer_id, state=ProviderMandate.State.ACTIVE
    ).first()
    tried = Collection.objects.filter(invoice_id=invoice_id).exclude(state=_State.WITHDRAWN)
    if mandate is None or not invoice.open_cents or tried.exists() or _is_elsewhere(invoice_id):
        return None
    # Who transfers it is not told that it is collected; when that comes to nothing, it is announced after it.
    if any(each.state == Payment.State.PENDING for each in together.live([invoice_id])):
        return None
    made = Collection.objects.create(
        customer_id=invoice.customer_id, invoice_id=invoice_id, mandate_id=mandate.pk, cents=invoice.open_cents,
        collect_on=max(invoice.due_on, _soonest(clock.day_of(now))), announced_at=now,
    )  # fmt: skip
    _announced(made, now)
    return made


def _soonest(today: date) -> date:
    return today + timedelta(days=settings.HOSPES_OPERATOR.collect_notice_days)


def _announced(held: Collection, now: datetime) -> None:
    _noted("collecting.announced", held, now)
    # Announced anew with another day, it is told anew.
    _tell("payments.collecting_announced", f"{held.pk}:{held.collect_on}", held.customer_id, held.pk, now)


def _is_elsewhere(invoice_id: int) -> bool:
    return any(is_collected(invoice_id) for is_collected in _elsewhere)


# --- collected ------------------------------------------------------------------------------------------------------------


def due(*, today: date, limit: int = 500) -> list[int]:
    """Collections whose day has come, and those that broke off before the provider answered."""
    found = Collection.objects.filter(state__in=LIVE, collect_on__lte=today)
    announced = found.filter(state=_State.ANNOUNCED)
    broken_off = found.filter(state=_State.BEGUN, payment__reference=None, payment__state__in=UNDECIDED)
    pks = [*announced.values_list("pk", flat=True)[:limit], *broken_off.values_list("pk", flat=True)[:limit]]
    return sorted(pks)


@transaction.atomic
def begin(*, collection_id: int, now: datetime) -> Collection | None:
    """
    Make the payment by which an invoice is collected, before the provider is asked; again gives the same one.

    None where nothing is to be asked: it was paid meanwhile, somebody is paying just now, more is open than was announced.
    """
    from hospes.payments import services

    held = Collection.objects.get(pk=collection_id)
    invoice = billing.lock(held.invoice_id)
    # Before the collection, as who ends it does: so those two never wait for each other.
    leave = ProviderMandate.objects.select_for_update().get(pk=held.mandate_id)
    held = Collection.objects.select_for_update().get(pk=collection_id)
    if held.state == _State.BEGUN:
        return held if _is_unanswered(held) else None
    if held.state != _State.ANNOUNCED or held.collect_on > clock.day_of(now):
        return None
    if not invoice.open_cents or leave.state != ProviderMandate.State.ACTIVE or _is_elsewhere(invoice.pk):
        withdraw(held, now)
        return None
    if _is_being_paid(invoice.pk, now):
        return None
    if invoice.open_cents > held.cents:
        held.cents, held.collect_on = invoice.open_cents, _soonest(clock.day_of(now))
        Collection.objects.filter(pk=held.pk).update(
            cents=held.cents, collect_on=held.collect_on, announced_at=now
        )
        _announced(held, now)
        return None
    payment = services.claim_invoice(invoice.pk, now)
    Collection.objects.filter(pk=held.pk).update(state=_State.BEGUN, payment_id=payment.pk, begun_at=now)
    _noted("collecting.begun", held, now)
    return Collection.objects.get(pk=held.pk)


def _is_unanswered(held: Collection) -> bool:
    return Payment.objects.filter(pk=held.payment_id or 0, reference=None, state__in=UNDECIDED).exists()


def _is_being_paid(invoice_id: int, now: datetime) -> bool:
    """Whether somebody pays it at this moment; a page that was left alone for long is let go of."""
    from hospes.payments.jobs import let_go

    begun = together.live([invoice_id])
    if any(each.state == Payment.State.PENDING or now - each.created_at < AT_THE_TILL for each in begun):
        return True
    for each in begun:
        Payment.objects.filter(pk=each.pk).update(replaced_at=now)
        let_go.enqueue(payment_id=each.pk)
    return False


def payer_of(customer_id: int) -> str:
    """What the provider calls a customer; "" where it does not know them."""
    found = Payer.objects.filter(customer_id=customer_id).values_list("reference", flat=True)
    return found.first() or ""


@transaction.atomic
def refused(*, collection_id: int, why: str, now: datetime) -> None:
    """The provider does not collect it: the payment is over, and the customer is told."""
    held = Collection.objects.get(pk=collection_id)
    over = Payment.objects.filter(pk=held.payment_id or 0, state__in=UNDECIDED, reference=None)
    if over.update(state=Payment.State.FAILED, refusal=why[:200] or "?"):
        ended(Payment.objects.get(pk=held.payment_id or 0), now)


def ended(payment: Payment, now: datetime) -> None:
    """What became of a payment by which an invoice was collected; of any other payment nothing."""
    held = Collection.objects.filter(payment_id=payment.pk, state=_State.BEGUN).first()
    if held is None:
        return
    state = Payment.objects.values_list("state", flat=True).get(pk=payment.pk)
    if state in UNDECIDED:
        return
    is_paid = state in (Payment.State.PAID, Payment.State.SURPLUS)
    Collection.objects.filter(pk=held.pk).update(state=_State.PAID if is_paid else _State.FAILED, over_at=now)
    if not is_paid:
        _noted("collecting.failed", held, now)
        _tell("payments.collecting_failed", str(held.pk), held.customer_id, held.pk, now)
        from hospes.payments.collecting.jobs import look_after

        look_after.enqueue_once(f"leave:{held.mandate_id}", mandate_id=held.mandate_id)


def _tell(kind: str, key: str, customer_id: int, about_id: int, now: datetime) -> None:
    messaging.enqueue(kind, key=f"{kind}:{key}", customer_id=customer_id, about_id=about_id, now=now)


def _noted(action: str, row: Collection | ProviderMandate, now: datetime) -> None:
    journal.record(
        action, at=now, table=row._meta.db_table, object_id=row.pk, customer_id=row.customer_id, changed=["state"]
    )  # fmt: skip
