"""
Withdrawing from an order: the function that the law requires since 19 June 2026, and what comes of it.

A statement is received from anybody, in the same words for all, and looked at by a job. Who was logged in has it carried out
at once; of who was not, a colleague looks first, since whoever knows an order number and an address could have sent it. It
counts from the moment it was received.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from hospes.billing import charging
from hospes.billing import rules as billing_rules
from hospes.billing.models import Invoice, InvoiceLine, StuckCharge
from hospes.billing.services import credit
from hospes.customers.models import Customer, Person
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.sales import money, rules
from hospes.sales.delivery import origin_of
from hospes.sales.models import Order, QuoteLine, Refund, Withdrawal
from hospes.services import changes, endings, tasks
from hospes.services.models import By, Charge, Move, Service, ServiceChange, State, Task
from hospes.services.rules import Term, unused, used
from hospes.services.services import Asked

journal.register({
    "order.withdrawal": _("Withdrawal received"), "order.withdrawn": _("Order withdrawn from"),
})  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What somebody filled in."""

    name: str
    contract: str
    email: str


def receive(
    *, form_id: UUID, said: Said, customer_id: int | None, person_id: int | None, now: datetime
) -> None:
    """
    Write down a statement of withdrawal, and have it looked at; the same form once.

    Acts for the contract as the customer's twin, or as that of the form for who is not logged in.
    """
    from hospes.sales.jobs import take_in

    try:
        with transaction.atomic():
            made = Withdrawal.objects.create(
                form_id=form_id, name=said.name, contract=said.contract, email=said.email, received_at=now,
                customer_id=customer_id, person_id=person_id,
            )  # fmt: skip
    except IntegrityError:
        return
    take_in.enqueue(one_at_a_time=f"withdrawal:{made.pk}", withdrawal_id=made.pk)


# --- whose it is, and whether it is in time -------------------------------------------------------------------------------


def take_in(*, withdrawal_id: int, now: datetime) -> Withdrawal.State:
    """Find the order that a statement is about, acknowledge it, and carry it out where nobody has to look first."""
    found = Withdrawal.objects.select_for_update().get(pk=withdrawal_id)
    if found.state != Withdrawal.State.RECEIVED:
        return Withdrawal.State(found.state)
    order = _order_of(found)
    if order is None:
        return _decided(found, Withdrawal.State.UNKNOWN, now)
    Withdrawal.objects.filter(pk=found.pk).update(order_id=order.pk, customer_id=order.customer_id)
    found.order_id, found.customer_id = order.pk, order.customer_id
    journal.record(
        "order.withdrawal", at=now, table="sales_order", object_id=order.pk, customer_id=order.customer_id
    )
    messaging.enqueue("sales.withdrawal", key=f"withdrawal:{found.pk}:received", customer_id=order.customer_id,
                      person_id=order.person_id, about_id=found.pk, now=now)  # fmt: skip
    if (refused := _refused(order, clock.day_of(found.received_at))) is not None:
        return _decided(found, refused, now)
    if found.person_id is None:
        return _decided(found, Withdrawal.State.CHECK, now)
    return carry_out(found, order, asked=Asked(By.CUSTOMER, found.person_id), now=now)


def _order_of(found: Withdrawal) -> Order | None:
    """The order that somebody means by its number, that of its quote, or a name in it; the last one of several."""
    text = found.contract.strip()
    lines = QuoteLine.objects.filter(label__iexact=text).values("quote_id")
    named = Q(number__iexact=text) | Q(quote__number__iexact=text) | Q(quote_id__in=lines)
    held = Order.objects.filter(named)
    if found.customer_id is not None:  # logged in
        return held.filter(customer_id=found.customer_id).order_by("-placed_at").first()
    for order in held.order_by("-placed_at")[:20]:
        addresses = {
            Person.objects.values_list("email", flat=True).get(pk=order.person_id).lower(),
            Customer.objects.values_list("invoice_email", flat=True).get(pk=order.customer_id).lower(),
        }
        if found.email.strip().lower() in addresses:
            return order
    return None


def _refused(order: Order, received_on: date) -> Withdrawal.State | None:
    kind = Customer.objects.values_list("kind", flat=True).get(pk=order.customer_id)
    if kind != Customer.Kind.PRIVATE:
        return Withdrawal.State.BUSINESS
    return None if is_open(order, on=received_on) else Withdrawal.State.LATE


def is_open(order: Order, *, on: date) -> bool:
    """Whether a consumer can withdraw from an order on a day: up to the last day of the period."""
    return order.state in _CAN and on <= last_day(order)


#: One that was cancelled gives nothing back any more; whoever withdraws from it all the same is not told that they may not.
_CAN = (Order.State.AWAITING_PAYMENT, Order.State.PAID, Order.State.CANCELLED)


def last_day(order: Order) -> date:
    """The last day on which a consumer can withdraw from an order."""
    return rules.last_day_to_withdraw(clock.day_of(order.placed_at))


def _decided(found: Withdrawal, state: Withdrawal.State, now: datetime) -> Withdrawal.State:
    Withdrawal.objects.filter(pk=found.pk).update(state=state, decided_at=now)
    found.state = state
    if state in (Withdrawal.State.DONE, Withdrawal.State.LATE, Withdrawal.State.BUSINESS):
        messaging.enqueue("sales.withdrawal_decided", key=f"withdrawal:{found.pk}:decided", customer_id=found.customer_id,
                          about_id=found.pk, now=now)  # fmt: skip
    return state


# --- what it comes to -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Back:
    """What is given back of a line: cents without VAT."""

    line: QuoteLine
    service: Service | None
    cents: int


def backs(order: Order, *, on: date) -> list[Back]:
    """
    What is given back of each line of an order that is withdrawn from on a day.

    All of it, but where the consumer asked expressly that it begins within the period: then they pay for the days before that
    day (art. 6:230s(4) Dutch Civil Code); and for nothing back where it was done as a whole by then with their consent, as a
    domain is once it is registered, and work once it was done (art. 6:230p(d)). What a change within the period cost or gave
    back, and a term that was invoiced before it begins, count like the rest: they are of the same contract.
    """
    found = []
    for line in QuoteLine.objects.filter(quote_id=order.quote_id).order_by("position"):
        held = Service.objects.filter(origin=origin_of(line), customer_id=order.customer_id)
        service = held.select_related("product").first()
        cents, most = _back(order, line, service, on), _most(order, line, service)
        found.append(Back(line, service, cents if most is None else min(cents, most)))
    return found


def _most(order: Order, line: QuoteLine, service: Service | None) -> int | None:
    """What of a line was invoiced and not credited yet, with what waits to be; None where it was not invoiced."""
    origin, of_it, waits = origin_of(line), Q(sold_as=origin_of(line)), 0
    if service is not None:
        of_it |= Q(service_id=service.pk)
        held = Charge.objects.filter(service_id=service.pk, settled_at=None)
        waits = sum(held.values_list("cents", flat=True))
    with money.as_billing(order.customer_id):
        lines = list(InvoiceLine.objects.filter(of_it, customer_id=order.customer_id, credits_line=None))
    if not any(each.sold_as == origin for each in lines):
        return None
    return max(sum(each.creditable_cents for each in lines) + waits, 0)


def _back(order: Order, line: QuoteLine, service: Service | None, on: date) -> int:
    if service is None:
        gone = line.months and _handed_over(order, line)
        return 0 if gone or (order.start_asked_at is not None and _is_done(line, None)) else line.net_cents
    if service.state == State.TERMINATED:
        return _back_of_ended(order, line, service)
    if order.start_asked_at is None or service.state in endings.NOT_DELIVERED:
        return line.net_cents + (_changed_cents(service) or 0) + _renewed_cents(service)
    if _is_done(line, service):
        return 0
    term = Term.first(service.anchor_on, line.months)
    cents = line.net_cents - used(line.net_cents, term, on)
    if _changed_cents(service) is not None or service.renews_on > term.renews_on:
        # Instead of the first price for the first term: what it came to cost, and for all that is paid for.
        cents += endings.given_back(service, on) - unused(line.steps_cents[0], term, on)
    return cents


def _back_of_ended(order: Order, line: QuoteLine, service: Service) -> int:
    """
    What is left of it was given back when it ended; who did not ask that it begins, or never had it, gets back the rest as well.
    """
    was_there = ServiceChange.objects.filter(service_id=service.pk, became=State.ACTIVE).exists()
    if order.start_asked_at is not None and was_there:
        return 0
    kinds = (Charge.Kind.ENDED, Charge.Kind.DROPPED, Charge.Kind.WITHDRAWN)
    gone = sum(Charge.objects.filter(service_id=service.pk, kind__in=kinds).values_list("cents", flat=True))
    return max(line.net_cents + (_changed_cents(service) or 0) + _renewed_cents(service) + gone, 0)


def _renewed_cents(service: Service) -> int:
    """What was invoiced for the terms after the first: the next one is, some time before it begins."""
    with money.as_billing(service.customer_id):
        held = InvoiceLine.objects.filter(service_id=service.pk, kind="term", credits_line=None)
        return sum(held.values_list("net_cents", flat=True))


def _changed_cents(service: Service) -> int | None:
    """What changes of a service cost so far, less what they gave back; None when there were none."""
    kinds = (Charge.Kind.NEW, Charge.Kind.UNUSED)
    found = list(Charge.objects.filter(service_id=service.pk, kind__in=kinds).values_list("cents", flat=True))
    return sum(found) if found else None


def _handed_over(order: Order, line: QuoteLine) -> bool:
    """Whether what was ordered is another customer's by now: who gave it away has nothing left to give back."""
    return Move.objects.filter(
        customer_id=order.customer_id, label=line.label, state=Move.State.DONE, asked_at__gte=order.placed_at
    ).exists()


def _is_done(line: QuoteLine, service: Service | None) -> bool:
    """Whether a line was carried out as a whole: a name that was registered, work that was done."""
    if service is None:
        return Task.objects.filter(origin=origin_of(line), state=Task.State.DONE).exists()
    return service.product.kind in rules.DONE_AT_ONCE and service.state not in endings.NOT_DELIVERED


def refund_cents(order: Order, parts: list[Back]) -> int:
    """
    What a consumer who withdraws now gets back with VAT, to be shown before they do; nothing of an unpaid order.

    What of it was invoiced and is not paid yet is set off, and not paid back. The credit notes have the last word: of several,
    each has its VAT rounded by itself.
    """
    if order.state != Order.State.PAID:
        return 0
    if all(part.cents == part.line.net_cents for part in parts):
        return order.total_cents
    sums = billing_rules.totals((part.cents, part.line.vat_basis_points) for part in parts)
    return max(sums.total_cents - _unpaid(order.customer_id, parts), 0)


def _unpaid(customer_id: int, parts: list[Back]) -> int:
    """What of changes and terms to come was invoiced and is not paid yet; no more of an invoice than is of them."""
    held, found = _services_of(parts), 0
    with money.as_billing(customer_id):
        lines = InvoiceLine.objects.filter(service_id__in=held, credits_line=None)
        for invoice in Invoice.objects.filter(pk__in=lines.values("invoice_id")):
            of_it = lines.filter(invoice_id=invoice.pk).values_list("net_cents", "vat_basis_points")
            found += min(invoice.open_cents, max(billing_rules.totals(of_it).total_cents, 0))
    return found


def _services_of(parts: list[Back]) -> list[int]:
    return [part.service.pk for part in parts if part.service is not None]


# --- carrying it out ------------------------------------------------------------------------------------------------------


def carry_out(found: Withdrawal, order: Order, *, asked: Asked, now: datetime) -> Withdrawal.State:
    """
    End what an order began, as of the day on which the statement was received; what it gives back is credited at once.

    So what is promised is what the credit notes give back, to the cent.
    """
    day = clock.day_of(found.received_at)
    held = Order.objects.select_for_update().get(pk=order.pk)
    if held.state not in _CAN:  # by another statement
        return _decided(found, Withdrawal.State.LATE, now)
    _hold(held)
    parts = backs(held, on=day)
    _end(parts, day, asked, now)
    with money.as_billing(held.customer_id):
        Order.objects.filter(pk=held.pk).update(state=Order.State.WITHDRAWN)
        _credit_unserved(held, parts, found.pk, now)
        charging.settle(customer_id=held.customer_id, today=clock.day_of(now), now=now)
        cents = _promised(held, parts, found.pk)
    if cents:
        Refund.objects.create(
            withdrawal_id=found.pk, customer_id=held.customer_id, order_id=held.pk, cents=cents, created_at=now,
            due_on=day + timedelta(days=rules.REFUND_DAYS),
        )  # fmt: skip
    journal.record("order.withdrawn", at=now, table="sales_order", object_id=held.pk, customer_id=held.customer_id,
                   changed=["state"])  # fmt: skip
    return _decided(found, Withdrawal.State.DONE, now)


def _hold(order: Order) -> None:
    """Hold the services of an order, so that no run invoices a next term of them while it is reckoned what comes back."""
    origins = [origin_of(line) for line in QuoteLine.objects.filter(quote_id=order.quote_id)]
    held = Service.objects.filter(origin__in=origins, customer_id=order.customer_id).order_by("pk")
    money.hold(order.customer_id, list(held.values_list("pk", flat=True)), origins)
    list(held.select_for_update(of=("self",)))


def _end(parts: list[Back], day: date, asked: Asked, now: datetime) -> None:
    """End the services of an order, additions before what ends them, and let go of work that was not done."""
    for part in sorted(parts, key=lambda each: each.line.parent_id is None):
        if part.service is None:
            tasks.drop(origin=origin_of(part.line), now=now)
            continue
        held = Service.objects.select_related("product").select_for_update(of=("self",))
        service = held.get(pk=part.service.pk)
        if service.state == State.TERMINATED:
            changes.charge(service, Charge.Kind.WITHDRAWN, product_id=service.product_id, quantity=service.quantity,
                           cents=-part.cents, period_from=service.started_on,
                           origin=f"service:{service.pk}:after:{Charge.Kind.WITHDRAWN}", now=now)  # fmt: skip
        else:
            endings.end(service, on=max(day, service.started_on), reason="withdrawn", kind=Charge.Kind.WITHDRAWN, now=now,
                        asked=asked, cents=part.cents)  # fmt: skip


def _promised(order: Order, parts: list[Back], withdrawal_id: int) -> int:
    """
    What is to be paid back with VAT: what the credit notes give back and did not set off.

    What no credit note could be made of yet is owed all the same; but not what was given back before.
    """
    if order.state != Order.State.PAID:
        return 0
    notes = sum(note.open_cents for note in _notes(withdrawal_id, _services_of(parts)))
    rates = {part.service.pk: part.line.vat_basis_points for part in parts if part.service is not None}
    stuck = StuckCharge.objects.with_related("charge").filter(
        charge__in=_withdrawn(_services_of(parts)), over_at=None
    )
    owed = [
        (-each.cents, rates[each.charge.service_id])
        for each in stuck.exclude(reason=StuckCharge.Reason.TOO_LITTLE)
    ]  # fmt: skip
    if not Invoice.objects.filter(origin=f"order:{order.pk}").exists():
        owed += [(part.cents, part.line.vat_basis_points) for part in parts if part.service is None]
    return notes + billing_rules.totals(owed).total_cents


def _withdrawn(services: Iterable[int]) -> QuerySet[Charge]:
    return Charge.objects.filter(service_id__in=list(services), kind=Charge.Kind.WITHDRAWN)


def _notes(withdrawal_id: int, services: Iterable[int]) -> list[Invoice]:
    """The credit notes of a withdrawal: of the charges of its services, and of what never became one."""
    of_it = Q(origin=f"credit:withdrawal:{withdrawal_id}")
    for pk in _withdrawn(services).values_list("pk", flat=True):
        of_it |= Q(origin__startswith=f"credit:charge:{pk}:")
    return list(Invoice.objects.filter(of_it))


def is_owed(promised: Refund) -> bool:
    """
    Whether anything of what was promised after a withdrawal is still to be credited or paid back. Acts for billing.

    What is more than was left of the invoices was not promised.
    """
    quote_id = Order.objects.values_list("quote_id", flat=True).get(pk=promised.order_id)
    lines = QuoteLine.objects.filter(quote_id=quote_id).values_list("pk", flat=True)
    held = Service.objects.filter(
        customer_id=promised.customer_id, origin__in=[f"quote_line:{pk}" for pk in lines]
    )
    services = list(held.values_list("pk", flat=True))
    more = StuckCharge.objects.filter(reason=StuckCharge.Reason.TOO_LITTLE, over_at=None)
    waits = _withdrawn(services).filter(settled_at=None).exclude(pk__in=more.values("charge_id"))
    if waits.exists() or any(note.open_cents for note in _notes(promised.withdrawal_id, services)):
        return True
    # Of what never became a service there is no charge: without an invoice there is nothing yet that it could be credited on.
    is_invoiced = Invoice.objects.filter(origin=f"order:{promised.order_id}").exists()
    return not is_invoiced and len(services) < len(lines)


def keep_promises(*, now: datetime, customer_id: int | None = None) -> int:
    """
    Say of what was promised after withdrawals that it was paid back, once nothing of it is owed any more, whatever it came to.

    Of all customers or of one; returns of how many. Acts for billing.
    """
    waiting, kept = Refund.objects.filter(settled_at=None), 0
    if customer_id is not None:
        waiting = waiting.filter(customer_id=customer_id)
    for promised in waiting.order_by("pk"):
        if not is_owed(promised):
            kept += Refund.objects.filter(pk=promised.pk, settled_at=None).update(settled_at=now)
    return kept


def _credit_unserved(order: Order, parts: list[Back], withdrawal_id: int, now: datetime) -> None:
    """Credit what was paid and never became a service; of what did, the charge is settled by billing."""
    sold = [origin_of(part.line) for part in parts if part.service is None and part.cents]
    invoice = Invoice.objects.filter(origin=f"order:{order.pk}").first()
    if invoice is None or not sold:
        return
    lines = InvoiceLine.objects.filter(invoice_id=invoice.pk, sold_as__in=sold)
    amounts = {line.pk: line.creditable_cents for line in lines if line.creditable_cents}
    if amounts:
        with override(invoice.language):
            reason = gettext("You withdrew from order %(number)s.") % {"number": order.number}
        credit(invoice_id=invoice.pk, reason=reason, key=f"withdrawal:{withdrawal_id}", today=clock.day_of(now), now=now,
               lines=amounts)  # fmt: skip


def checked(*, withdrawal_id: int, asked: Asked, now: datetime) -> Withdrawal.State:
    """Carry out a statement that a colleague looked at; one that was decided upon stays so."""
    found = Withdrawal.objects.select_for_update().get(pk=withdrawal_id)
    if found.state != Withdrawal.State.CHECK or found.order_id is None:
        return Withdrawal.State(found.state)
    return carry_out(found, Order.objects.get(pk=found.order_id), asked=asked, now=now)
