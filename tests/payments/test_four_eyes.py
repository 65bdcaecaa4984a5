"""Above an amount one colleague asks and another approves: for money back by hand and for what is written off."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.utils import translation

from hospes.billing import services as billing
from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds
from hospes.payments.approvals import services
from hospes.payments.approvals.models import Decision
from hospes.payments.models import Refund
from tests.billing.books import again, draft, issue, line
from tests.payments.agreement import assert_agreement
from tests.payments.till import Till
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.promise("P14")]

LIMIT = django_settings.HOSPES_OPERATOR.four_eyes_above_cents


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def two() -> tuple[Person, Person]:
    return make.person(), make.person()


def invoiced(till: Till, net_cents: int = 7500) -> Invoice:
    today = clock.day_of(till.now)
    with as_owner():
        return issue(
            draft(due_on=today + timedelta(days=14), lines=[line(net_cents)]), today=today, now=till.now
        )


def write_off(till: Till, invoice: Invoice, by: Person, cents: int) -> Decision:
    with acting(Purpose.BILLING, actor=Actor.staff(by.pk)):
        return services.write_off(
            invoice_id=invoice.pk, cents=cents, reason="Bankrupt", by=by.pk, now=till.now
        )


def decide(till: Till, decision: Decision, by: Person, approve: bool = True) -> None:
    with acting(Purpose.BILLING, actor=Actor.staff(by.pk)):
        services.decide(decision_id=decision.pk, approve=approve, by=by.pk, now=till.now)


def booked() -> list[tuple[str, int]]:
    with as_owner():
        found = (
            LedgerLine.objects.filter(entry__origin__startswith="write_off:")
            .select_related("account")
            .order_by("pk")
        )
        return [(x.account.use, x.debit_cents - x.credit_cents) for x in found]


def test_up_to_the_limit_one_is_enough(till: Till, two: tuple[Person, Person]) -> None:
    invoice = invoiced(till)
    assert write_off(till, invoice, two[0], 9075).state == "done"
    assert (again(invoice).open_cents, again(invoice).paid_with) == (0, "written_off")
    assert booked() == [("written_off", 9075), ("debtors", -9075)]
    assert_agreement()


def test_above_it_another_one_approves_and_never_who_asked(till: Till, two: tuple[Person, Person]) -> None:
    invoice = invoiced(till, 30_000)
    asked = write_off(till, invoice, two[0], LIMIT + 1)
    assert (asked.state, again(invoice).open_cents, booked()) == ("asked", 36_300, [])
    with pytest.raises(services.NotDecided, match="yourself"):
        decide(till, asked, two[0])
    with pytest.raises(services.NotDecided, match="already"):
        write_off(till, invoice, two[1], LIMIT + 1)
    decide(till, asked, two[1])
    assert again(invoice).open_cents == 36_300 - LIMIT - 1
    with pytest.raises(services.NotDecided, match="decided already"):
        decide(till, asked, two[1])
    assert len(booked()) == 2
    assert_agreement()


def test_in_small_parts_it_is_as_much(till: Till, two: tuple[Person, Person]) -> None:
    invoice = invoiced(till, 60_000)
    assert write_off(till, invoice, two[0], LIMIT).state == "done"
    assert write_off(till, invoice, two[1], 1).state == "asked"
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(state="asked").update(state="done", decided_at=till.now)
    assert again(invoice).open_cents == 72_600 - LIMIT


def test_refused_nothing_happens_and_it_can_be_asked_again(till: Till, two: tuple[Person, Person]) -> None:
    invoice = invoiced(till, 30_000)
    decide(till, write_off(till, invoice, two[0], 36_300), two[1], approve=False)
    assert (again(invoice).open_cents, booked()) == (36_300, [])
    assert write_off(till, invoice, two[0], 36_300).state == "asked"


def test_what_was_paid_meanwhile_is_not_written_off(till: Till, two: tuple[Person, Person]) -> None:
    invoice = invoiced(till, 30_000)
    asked = write_off(till, invoice, two[0], 36_300)
    with as_owner():
        Invoice.objects.filter(pk=invoice.pk).update(paid_cents=1, paid_at=till.now)
    with pytest.raises(services.NotDecided, match="No more"):
        decide(till, asked, two[1])
    assert booked() == []


def test_credited_afterwards_the_loss_is_undone_and_no_money_goes_back(
    till: Till, two: tuple[Person, Person]
) -> None:
    invoice = invoiced(till)
    write_off(till, invoice, two[0], 9075)
    for key, cents in (("1", 2500), ("2", 5000)):
        with as_owner(), acting(Purpose.BILLING, actor=SYSTEM):
            row = invoice.lines.get()
            note = billing.credit(
                invoice_id=invoice.pk, reason="x", key=key, today=clock.day_of(till.now), now=till.now, lines={row.pk: cents}
            )  # fmt: skip
            assert refunds.plan(credit_note_id=note.pk, now=till.now) == []
        assert again(note).open_cents == 0
        assert_agreement()
    with as_owner():
        lost = LedgerLine.objects.filter(account__use="written_off")
        assert sum(each.debit_cents - each.credit_cents for each in lost) == 0


@pytest.mark.parametrize("cents", [0, -1, 9076])
def test_no_more_than_is_open_is_written_off(till: Till, two: tuple[Person, Person], cents: int) -> None:
    with pytest.raises(services.NotDecided):
        write_off(till, invoiced(till), two[0], cents)


def a_refund(till: Till, cents: int) -> Refund:
    invoice = invoiced(till, 30_000)
    with as_owner():
        Invoice.objects.filter(pk=invoice.pk).update(paid_cents=36_300, paid_at=till.now)
    with as_owner(), acting(Purpose.BILLING, actor=SYSTEM):
        made = billing.credit(
            invoice_id=invoice.pk, reason="x", key="1", today=clock.day_of(till.now), now=till.now
        )
        return Refund.objects.create(
            credit_note=made, customer_id=made.customer_id, cents=cents, state="failed", reason="no_payment",
            idempotency_key="x", due_on=clock.day_of(till.now), requested_at=till.now,
        )  # fmt: skip


@pytest.mark.parametrize(("cents", "state"), [(LIMIT, "done"), (LIMIT + 1, "asked")])
def test_money_back_by_hand_too(till: Till, two: tuple[Person, Person], cents: int, state: str) -> None:
    refund, on = a_refund(till, cents), clock.day_of(till.now)
    with acting(Purpose.BILLING, actor=Actor.staff(two[0].pk)):
        asked = services.refund_by_hand(refund_id=refund.pk, on=on, by=two[0].pk, now=till.now)
    assert asked.state == state
    if state == "asked":
        with as_owner():
            assert Refund.objects.get().state == "failed"
        decide(till, asked, two[1])
    with as_owner():
        assert (Refund.objects.get().state, Refund.objects.get().paid_on) == ("done", on)


# --- the database ---


def test_the_database_takes_no_approval_of_who_asked_nor_in_another_ones_name(
    till: Till, two: tuple[Person, Person]
) -> None:
    asked = write_off(till, invoiced(till, 30_000), two[0], LIMIT + 1)

    def update(**values: Any) -> None:
        with transaction.atomic(), as_owner():
            Decision.objects.filter(pk=asked.pk).update(decided_at=till.now, **values)

    with pytest.raises(IntegrityError, match="two_people_decide"):
        update(state="done", decided_by=two[0])
    with pytest.raises(IntegrityError, match="above the limit another one approves"):
        update(state="done")
    with (
        pytest.raises(IntegrityError, match="in the name of somebody else"),
        acting(Purpose.BILLING, actor=Actor.staff(two[0].pk)),
    ):
        Decision.objects.filter(pk=asked.pk).update(state="done", decided_by=two[1], decided_at=till.now)
    decide(till, asked, two[1])
    with pytest.raises(IntegrityError, match="stays as it was"):
        update(state="refused")
