"""Money under way in every direction at the real simulator of the provider: collected, paid back of a credit note, paid out of a balance."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Sum

from hospes.billing import services as billing
from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import services, sweeps
from hospes.payments.balances import jobs as balances
from hospes.payments.balances import payouts
from hospes.payments.balances.models import Payout, PayoutWish
from hospes.payments.collecting import jobs as collecting
from hospes.payments.collecting.models import Collection
from hospes.payments.models import Payment, Refund
from hospes.payments.providers import ProviderUnavailable, provider
from hospes.payments.services import Wish
from tests.billing.books import draft, issue, lines_of
from tests.payments.agreement import assert_agreement
from tests.payments.till import ADDRESSES, Till
from tests.support import make
from tests.support.rights import as_owner

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EACH, PART = 9075, 3025  # cents of what is collected and paid back, and of what is paid out


@dataclass(frozen=True)
class UnderWay:
    """What the jobs are about: collections that are due, refunds and payouts that were asked for; none of it is sent yet."""

    collections: list[int]
    refunds: list[int]
    payouts: list[int]


def prepare(till: Till, each: int) -> UnderWay:
    """So many customers of each kind, and all that is to be done for them today waiting."""
    for number in range(each):
        _to_be_collected(till, number)
    till.later((14 - settings.HOSPES_OPERATOR.collect_notice_days) * DAY)
    with clock.moved_to(till.now):
        collecting.sweep.run(timestamp=0)
    till.work()
    till.later(settings.HOSPES_OPERATOR.collect_notice_days * DAY)
    bought = [_bought(till, number) for number in range(each)]
    overpaid = [_overpaid(till, number) for number in range(each)]
    for invoice in bought:
        _credited(till, invoice, None)
    sweeps.see_to_refunds(now=till.now)
    for customer in overpaid:
        person = make.holder_of(customer)
        with acting(Purpose.BILLING, actor=Actor.person(person.pk), customer=customer.pk):
            payouts.ask(customer_id=customer.pk, person_id=person.pk, now=till.now)
    with as_owner():
        wishes = list(PayoutWish.objects.values_list("pk", flat=True))
    for pk in wishes:
        with acting(Purpose.BILLING, actor=JOB):
            payouts.plan(wish_id=pk, now=till.now)
    with as_owner():
        made = UnderWay(
            *(
                list(model.objects.order_by("pk").values_list("pk", flat=True))
                for model in (Collection, Refund, Payout)
            )
        )
    found = (len(made.collections), len(made.refunds), len(made.payouts))
    assert found == (each,) * 3, found
    return made


def _paid(till: Till) -> None:
    reference = till.charges()[-1].id
    till.settle(reference, "paid")
    till.note(reference)
    till.work()


def _to_be_collected(till: Till, number: int) -> None:
    order = make.order(customer=make.customer())
    services.begin(
        provider=provider(), order_id=order.pk, customer_id=order.customer_id, addresses=ADDRESSES, language="en",
        actor=Actor.person(order.person_id), now=till.now, wish=Wish(order.person_id, "Collect"),
    )  # fmt: skip
    _paid(till)
    with as_owner():
        _invoiced(till, Customer.objects.get(pk=order.customer_id), f"collect:{number}")


def _invoiced(till: Till, customer: Customer, origin: str) -> Invoice:
    today = clock.day_of(till.now)
    return issue(draft(customer, origin=origin, due_on=today + 14 * DAY), today=today, now=till.now)


def _credited(till: Till, invoice: Invoice, cents: int | None) -> None:
    [line] = lines_of(invoice)[:1]
    with acting(Purpose.BILLING, actor=JOB):
        billing.credit(invoice_id=invoice.pk, reason="Ended", key=f"end:{invoice.pk}", today=clock.day_of(till.now), now=till.now,
                       lines={line.pk: cents} if cents else None)  # fmt: skip


def _bought(till: Till, number: int) -> Invoice:
    invoice = _invoiced(till, make.customer(), f"refund:{number}")
    till.begin_invoice(invoice)
    _paid(till)
    return invoice


def _overpaid(till: Till, number: int) -> Customer:
    """Credited in part while somebody was at the provider's page: what they pay too much is their balance."""
    customer = make.customer(holder=make.person())
    invoice = _invoiced(till, customer, f"payout:{number}")
    till.begin_invoice(invoice)
    _credited(till, invoice, 2500)
    _paid(till)
    return customer


def a_run(till: Till) -> None:
    """All sweeps of this moment, and the jobs that wait; what the provider cannot do now is for the next one."""
    with clock.moved_to(till.now):
        for sweep in (collecting.sweep, balances.sweep):
            with suppress(ProviderUnavailable):
                sweep.run(timestamp=0)
    sweeps.see_to_refunds(now=till.now)
    till.sweep()
    till.work()


def end(till: Till) -> None:
    """Everything that the provider was asked to collect is paid there, and heard of."""
    for charge in till.charges():
        if charge.asked.get("sequenceType") == "recurring" and charge.status in ("open", "pending"):
            till.settle(charge.id, "paid", "")
            till.note(charge.id)
    a_run(till)


def assert_each_once(till: Till, under_way: UnderWay) -> None:
    """The provider did each thing once, for its amount, and our books say of its account what it says itself."""
    collected = Counter(
        charge.asked["description"]
        for charge in till.charges()
        if charge.asked.get("sequenceType") == "recurring"
    )
    assert (len(collected), set(collected.values())) == (len(under_way.collections), {1})
    gone = Counter(
        row["cents"] for charge in till.charges() for row in till.sim.control.refunds_of(charge.id)
    )
    assert gone == {EACH: len(under_way.refunds), PART: len(under_way.payouts)}
    with as_owner():
        assert set(Collection.objects.values_list("state", flat=True)) == {"paid"}
        assert set(Refund.objects.values_list("state", flat=True)) == {"done"}
        assert set(Payout.objects.values_list("state", flat=True)) == {"done"}
        assert not Payment.objects.filter(reference=None).exists()
        lines = LedgerLine.objects.filter(account__use="clearing")
        booked = lines.aggregate(cents=Sum(F("debit_cents") - F("credit_cents")))["cents"]
    came = sum(
        round(float(charge.asked["amount"]["value"]) * 100)
        for charge in till.charges()
        if charge.status == "paid"
    )
    assert booked == came - sum(cents * times for cents, times in gone.items())
    assert_agreement()
