"""What staff can do from a customer's page. Each verb runs inside `working_on()`, leaves an entry, and is done once."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connections

from hospes.billing import jobs as billing
from hospes.billing.models import Invoice, StuckCharge
from hospes.kernel import journal
from hospes.kernel.acting import Scene, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging
from hospes.payments import jobs as payments
from hospes.payments import unpaid
from hospes.payments.models import Payment
from hospes.sales import dropping, withdrawals
from hospes.sales import jobs as sales
from hospes.sales.models import Order
from hospes.services import kinds, requests, services, tasks
from hospes.services.models import By, Service, State, Task
from hospes.services.services import Asked

#: A form that was shown longer ago than this can be sent again.
_REMEMBERED: Final = timedelta(days=2)


def mail_again(*, scene: Scene, invoice: Invoice, once: str, now: datetime) -> bool:
    """Have an invoice mailed once more; False when this very form was carried out already. Acts for billing."""
    if not _first(scene, f"mail:{invoice.pk}:{once}", now):
        return False
    # The twin may not send messages: the customer, who acts by it, has no say in that.
    with acting(Purpose.BILLING, actor=scene.actor):
        messaging.enqueue(
            "billing.credit_note" if invoice.is_credit_note else "billing.invoice",
            key=f"invoice:{invoice.pk}:{once}",
            customer_id=invoice.customer_id,
            about_id=invoice.pk,
            now=now,
        )
    _journal("staff.invoice_resent", "billing_invoice", invoice.pk, now)
    return True


def set_up_again(*, scene: Scene, service: Service, once: str, now: datetime) -> bool:
    """
    Try once more to set up a service that waits for it or was refused; False when it does not (any more), or when the form
    was carried out already. Raises NameInUse.
    """
    if service.state not in (State.PENDING, State.REFUSED) or not _first(
        scene, f"service:{service.pk}:{once}", now
    ):
        return False
    if service.state == State.REFUSED:
        # The twin may not move a service: the customer, who acts by it, has no say in that.
        with acting(Purpose.CONTRACT, actor=scene.actor):
            services.try_again(service_id=service.pk, reason="tried_again", now=now)
    else:
        with acting(Purpose.CONTRACT, actor=scene.actor):
            kinds.provision(service.product.kind, service.pk)
    _journal("staff.service_retried", "services_service", service.pk, now)
    return True


def finish(*, scene: Scene, task: Task, note: str, now: datetime) -> None:
    """Say that work for a customer is done, with what they are told; raises WorkRefused when it is not to be done any more."""
    # The twin may not write about work: the customer, who acts by it, has no say in that.
    with acting(Purpose.CONTRACT, actor=scene.actor):
        tasks.done(task_id=task.pk, note=note, person_id=scene.actor.id, now=now)
    _journal("staff.work_finished", "services_task", task.pk, now)


def look_up_payment(*, scene: Scene, payment: Payment, once: str, now: datetime) -> bool:
    """Ask the provider how a payment stands; False when this very form was carried out already. Acts for billing."""
    if not _first(scene, f"payment:{payment.pk}:{once}", now):
        return False
    payments.check.enqueue(one_at_a_time=f"payment:{payment.pk}", payment_id=payment.pk)
    _journal("staff.payment_checked", "payments_payment", payment.pk, now)
    return True


def deliver_again(*, scene: Scene, pk: int, once: str, now: datetime) -> bool:
    """Have a paid order delivered; False when this very form was carried out already. Acts for the contract."""
    if not _first(scene, f"deliver:{pk}:{once}", now):
        return False
    sales.deliver.enqueue_once(f"deliver:{pk}", order_id=pk)
    _journal("staff.order_delivered", "sales_order", pk, now)
    return True


def make_file_again(*, scene: Scene, pk: int, once: str, now: datetime) -> bool:
    """Have the file of an invoice made; False when this very form was carried out already. Acts for billing."""
    if not _first(scene, f"file:{pk}:{once}", now):
        return False
    billing.make_document.enqueue_once(f"document:{pk}", invoice_id=pk)
    _journal("staff.invoice_file_made", "billing_invoice", pk, now)
    return True


def settle_charges_again(*, scene: Scene, pk: int, once: str, now: datetime) -> bool:
    """Have what waits for a customer put on documents; False when this very form was carried out already. Acts for billing."""
    held = StuckCharge.objects.filter(pk=pk, over_at=None).first()
    if held is None or not _first(scene, f"charge:{pk}:{once}", now):
        return False
    billing.settle_charges.enqueue_once(f"charges:{held.customer_id}", customer_id=held.customer_id)
    _journal("staff.charges_settled", "billing_stuckcharge", pk, now)
    return True


def ask_of_service(
    *, scene: Scene, service: Service, words: dict[str, Any], note: str, once: str, now: datetime
) -> None:
    """
    Cancel a service or take a cancellation back, for a reason that the customer can read; a form once. Acts for the contract.

    It goes the way of what customers ask: written down, and carried out by the worker as it was shown.
    """
    asked = Asked(By.STAFF, scene.actor.id, note)
    requests.ask(service, words, asked=asked, key=f"office:{once}"[:60], now=now)


def drop_service(*, scene: Scene, service: Service, note: str, once: str, now: datetime) -> bool:
    """
    Drop a service that was never delivered, for a reason that the customer can read; False when it does not wait (any more), or
    when the form was carried out already. Acts for the contract.
    """
    if not _first(scene, f"drop:{service.pk}:{once}", now):
        return False
    # The twin may not end a service: the customer, who acts by it, has no say in that.
    with acting(Purpose.CONTRACT, actor=scene.actor):
        asked = Asked(By.STAFF, scene.actor.id, note)
        if not dropping.drop(service_id=service.pk, asked=asked, now=now):
            return False
    _journal("staff.service_dropped", "services_service", service.pk, now)
    return True


def cancel_order(*, scene: Scene, order: Order, reason: str, once: str, now: datetime) -> bool:
    """
    Cancel an order that was not paid, for a reason that the customer reads; False when the form was carried out already.

    Acts for billing. Raises unpaid.NotCancelled when it was paid or cancelled meanwhile, or is being paid.
    """
    if not _first(scene, f"cancel:{order.pk}:{once}", now):
        return False
    # The twin may not write what becomes of an order, but for the customer's own word.
    with acting(Purpose.BILLING, actor=scene.actor):
        unpaid.cancel(order_id=order.pk, reason=reason, now=now)
    _journal("staff.order_cancelled", "sales_order", order.pk, now)
    return True


def carry_out_withdrawal(*, scene: Scene, pk: int, once: str, now: datetime) -> bool:
    """Carry out a statement of withdrawal after a look at it; False when that was done already. Acts for the contract."""
    if not _first(scene, f"withdrawal:{pk}:{once}", now):
        return False
    # The twin may not end a service: the customer, who acts by it, has no say in that.
    with acting(Purpose.CONTRACT, actor=scene.actor):
        withdrawals.checked(withdrawal_id=pk, asked=Asked(By.STAFF, scene.actor.id), now=now)
    _journal("staff.withdrawal_carried_out", "sales_withdrawal", pk, now)
    return True


def _journal(action: str, table: str, pk: int, now: datetime) -> None:
    journal.record(action, at=now, table=table, object_id=pk)


def _first(scene: Scene, what: str, now: datetime) -> bool:
    """Whether this form comes for the first time: of two that come at once, the second waits for the first and gets False."""
    key = hashlib.sha256(what.encode()).hexdigest()
    with connections[scene.alias].cursor() as cursor:
        cursor.execute("DELETE FROM office_submission WHERE at < %s", [now - _REMEMBERED])
        cursor.execute(
            "INSERT INTO office_submission (key, at) VALUES (%s, %s) ON CONFLICT DO NOTHING", [key, now]
        )
        return bool(cursor.rowcount)
