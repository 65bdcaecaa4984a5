"""What a colleague has paid back through the provider: up to the limit at once, above it, in parts too, once another one agrees."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction

from hospes.billing import services as billing
from hospes.billing.models import Invoice
from hospes.customers.models import Customer, Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import crediting, refunds, sweeps
from hospes.payments.approvals import services
from hospes.payments.approvals.models import Decision
from hospes.payments.models import Refund
from tests.billing.books import again, draft, issue, line, lines_of
from tests.payments.agreement import assert_agreement
from tests.payments.test_chargebacks import hear, pay
from tests.payments.test_four_eyes import decide as four_eyes_decide
from tests.payments.till import Till
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]

LIMIT = django_settings.HOSPES_OPERATOR.four_eyes_above_cents
ONE = timedelta(days=1)


@pytest.fixture
def two() -> tuple[Person, Person]:
    return make.person(), make.person()


def paid(till: Till, net_cents: int, customer: Customer | None = None, origin: str = "x:1") -> Invoice:
    """An invoice at no VAT that was paid at the provider."""
    today = clock.day_of(till.now)
    row = line(net_cents, 0, vat_category="Z")
    invoice = issue(
        draft(customer, origin=origin, due_on=today + 14 * ONE, lines=[row]), today=today, now=till.now
    )
    pay(invoice, till)
    return again(invoice)


def give(till: Till, invoice: Invoice, by: Person, cents: int, key: str = "1") -> Invoice:
    [row] = lines_of(invoice)
    with as_login("office"), acting(Purpose.BILLING, actor=Actor.staff(by.pk)):
        return crediting.make(
            invoice_id=invoice.pk, lines={row.pk: cents}, reason="x", key=key, left_cents=again(invoice).creditable_cents,
            today=clock.day_of(till.now), now=till.now,
        )  # fmt: skip


def decide(till: Till, asked: Decision, by: Person, approve: bool = True) -> None:
    with as_login("office"):
        four_eyes_decide(till, asked, by, approve)


def states() -> list[tuple[int, str, str]]:
    with as_owner():
        return [(x.cents, x.state, x.reason) for x in Refund.objects.order_by("pk")]


def decisions() -> list[tuple[str, int, str]]:
    with as_owner():
        return [(x.kind, x.cents, x.state) for x in Decision.objects.order_by("pk")]


def at_the_provider(till: Till) -> list[int]:
    return [x["cents"] for charge in till.charges() for x in till.sim.control.refunds_of(charge.id)]


def work(till: Till) -> None:
    sweeps.see_to_refunds(now=till.now)
    till.work()
    till.work()


@pytest.mark.parametrize(("cents", "goes"), [(LIMIT, True), (LIMIT + 1, False)])
def test_up_to_the_limit_it_goes_and_above_it_waits(
    till: Till, two: tuple[Person, Person], cents: int, goes: bool
) -> None:
    give(till, paid(till, 40_000), two[0], cents)
    work(till)
    assert states() == [(cents, "done" if goes else "waits", "")]
    assert decisions() == [("give_back", cents, "done" if goes else "asked")]
    assert at_the_provider(till) == ([cents] if goes else [])
    assert_agreement()


def test_another_colleague_agrees_and_then_it_goes_once(till: Till, two: tuple[Person, Person]) -> None:
    note = give(till, paid(till, 40_000), two[0], LIMIT + 1)
    with as_owner():
        [asked] = Decision.objects.all()
    with pytest.raises(services.NotDecided):
        decide(till, asked, two[0])
    work(till)
    assert at_the_provider(till) == []
    decide(till, asked, two[1])
    with pytest.raises(services.NotDecided):
        decide(till, asked, two[1])
    work(till)
    assert (states(), at_the_provider(till)) == ([(LIMIT + 1, "done", "")], [LIMIT + 1])
    assert again(note).open_cents == 0
    assert_agreement()


def test_refused_it_is_on_the_list_by_hand_where_two_decide_too(
    till: Till, two: tuple[Person, Person]
) -> None:
    give(till, paid(till, 40_000), two[0], LIMIT + 1)
    with as_owner():
        [asked] = Decision.objects.all()
    decide(till, asked, two[1], approve=False)
    work(till)
    assert (states(), at_the_provider(till)) == ([(LIMIT + 1, "failed", "declined")], [])
    with as_login("office"), acting(Purpose.BILLING, actor=Actor.staff(two[0].pk)):
        made = services.refund_by_hand(
            refund_id=asked.refund_id or 0, on=clock.day_of(till.now), by=two[0].pk, now=till.now
        )
    assert made.state == "asked"


@pytest.mark.parametrize(("last", "state"), [(5_000, "done"), (5_001, "waits")])
def test_in_parts_it_is_as_much_over_several_invoices(
    till: Till, two: tuple[Person, Person], last: int, state: str
) -> None:
    customer = make.customer()
    first, second = paid(till, 40_000, customer), paid(till, 40_000, customer, "x:2")
    give(till, first, two[0], LIMIT - 15_000)
    give(till, first, two[0], 10_000, key="2")
    give(till, second, two[0], last, key="3")
    work(till)
    assert [each[1] for each in states()] == ["done", "done", state]


def test_of_another_customer_by_another_colleague_or_long_ago_it_does_not_count(
    till: Till, two: tuple[Person, Person]
) -> None:
    customer = make.customer()
    first, other = paid(till, 60_000, customer), paid(till, 40_000, make.customer(), "x:2")
    give(till, first, two[0], LIMIT)
    give(till, other, two[0], LIMIT, key="2")
    give(till, first, two[1], 100, key="3")
    till.later(30 * ONE - timedelta(minutes=1))
    give(till, first, two[0], 1, key="4")
    till.later(timedelta(minutes=2))
    give(till, first, two[0], 2, key="5")
    assert [each[1] for each in states()] == ["requested", "requested", "requested", "waits", "requested"]


def test_what_goes_by_several_payments_is_one_amount(till: Till, two: tuple[Person, Person]) -> None:
    customer = make.customer()
    invoice = paid(till, 20_000, customer)
    till.sim.control.charge_back(till.charges()[-1].id, 10_000)
    hear(till, till.charges()[-1].id)
    pay(invoice, till)  # a second payment, of what is open again
    assert again(invoice).open_cents == 0
    give(till, invoice, two[0], 20_000)
    assert sum(cents for cents, _state, _reason in states()) == 20_000 < LIMIT
    assert {state for _cents, state, _reason in states()} == {"requested"}


def test_what_no_colleague_made_goes_without(till: Till) -> None:
    invoice = paid(till, 90_000)
    with acting(Purpose.BILLING, actor=JOB):
        billing.credit(
            invoice_id=invoice.pk, reason="Ended", key="1", today=clock.day_of(till.now), now=till.now
        )
    work(till)
    assert (states(), decisions()) == ([(90_000, "done", "")], [])


def test_what_a_bank_takes_back_has_not_to_be_decided_any_more(
    till: Till, two: tuple[Person, Person]
) -> None:
    invoice = paid(till, 40_000)
    give(till, invoice, two[0], 40_000)
    with as_owner():
        asked = Decision.objects.get()
    decide(till, asked, two[1], approve=False)
    with as_owner():
        [held] = Refund.objects.all()
    with as_login("office"), acting(Purpose.BILLING, actor=Actor.staff(two[0].pk)):
        services.refund_by_hand(refund_id=held.pk, on=clock.day_of(till.now), by=two[0].pk, now=till.now)
    assert decisions()[-1] == ("refund", 40_000, "asked")
    reference = till.charges()[-1].id
    till.sim.control.charge_back(reference, 15_000)
    hear(till, reference)
    assert decisions()[-1] == ("refund", 40_000, "over")
    assert [each[:2] for each in states()] == [(25_000, "failed"), (15_000, "done")]
    with as_owner():
        done = Refund.objects.get(cents=15_000)
    with (
        pytest.raises(services.NotDecided),
        as_login("office"),
        acting(Purpose.BILLING, actor=Actor.staff(two[0].pk)),
    ):
        services.refund_by_hand(refund_id=done.pk, on=clock.day_of(till.now), by=two[0].pk, now=till.now)
    assert_agreement()


def test_the_database_lets_nothing_go_that_was_not_decided(till: Till, two: tuple[Person, Person]) -> None:
    give(till, paid(till, 40_000), two[0], LIMIT + 1)
    with as_owner():
        [held] = Refund.objects.all()
    for state in ("requested", "sent"):
        with pytest.raises(IntegrityError, match="decided about first"), transaction.atomic(), as_owner():
            Refund.objects.filter(pk=held.pk).update(state=state)
    with pytest.raises(IntegrityError, match="above the limit"), transaction.atomic(), as_owner():
        Decision.objects.update(state="done", decided_at=till.now)
    with pytest.raises(refunds.NotByHand), acting(Purpose.BILLING, actor=JOB):
        refunds.paid_by_hand(refund_id=held.pk, on=clock.day_of(till.now), now=till.now)


def test_the_database_counts_the_parts(till: Till, two: tuple[Person, Person]) -> None:
    invoice = paid(till, 60_000)
    give(till, invoice, two[0], LIMIT)
    give(till, invoice, two[0], 1, key="2")
    assert decisions()[-1] == ("give_back", 1, "asked")
    with pytest.raises(IntegrityError, match="of several parts"), transaction.atomic(), as_owner():
        Decision.objects.filter(state="asked").update(state="done", decided_at=till.now)


def test_it_is_said_before_and_leaves_nothing(till: Till, two: tuple[Person, Person]) -> None:
    invoice = paid(till, 40_000)
    [row] = lines_of(invoice)
    for cents, through, waits in ((LIMIT, LIMIT, 0), (LIMIT + 1, 0, LIMIT + 1)):
        with as_login("office"), acting(Purpose.BILLING, actor=Actor.staff(two[0].pk)):
            shown = crediting.shown(
                invoice_id=invoice.pk, lines={row.pk: cents}, reason="x", key="k", today=clock.day_of(till.now), now=till.now
            )  # fmt: skip
        assert (sum(each for _method, each in shown.through), shown.waits_cents) == (through, waits)
        assert (shown.total_cents, shown.set_off_cents, shown.by_hand_cents) == (cents, 0, 0)
    assert (states(), decisions(), again(invoice).credited_cents) == ([], [], 0)
