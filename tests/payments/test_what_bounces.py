"""What was paid back and does not arrive after all is found without a notice, for some days; once, and booked back."""

from datetime import timedelta
from typing import Any

import pytest

from hospes.billing import services as billing
from hospes.billing.ledger.models import LedgerLine
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import jobs, sweeps
from hospes.payments.balances.models import Payout
from hospes.payments.models import Refund
from hospes.payments.sweeps import MAY_BOUNCE
from tests.billing.books import again
from tests.payments.agreement import assert_agreement
from tests.payments.test_balances import ask, balance, overpaid, paid_out, sweep
from tests.payments.test_refunds import credit, paid_order, rows, see_to
from tests.payments.till import Till
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


def bounces(till: Till) -> str:
    """The only refund at the provider turns out not to have arrived; returns the reference of its payment."""
    [made] = [each for charge in till.charges() for each in till.sim.control.refunds_of(charge.id)]
    till.sim.control.settle_refund(made["id"], "failed")
    return str(made["payment"])


def ask_again(till: Till) -> dict[str, int]:
    tally = dict(sweeps.ask_again(now=till.now))
    till.work()
    return tally


def booked(origin: str) -> list[tuple[str, int]]:
    with as_owner():
        found = LedgerLine.objects.filter(entry__origin__startswith=origin).select_related("account")
        return [(x.account.use, x.debit_cents - x.credit_cents) for x in found.order_by("pk")]


def paid_back(till: Till) -> Any:
    note = credit(paid_order(till), till)
    see_to(till)
    till.work()
    assert rows() == [(9075, "done", "")]
    return note


def paid_out_of_a_balance(till: Till) -> Any:
    customer = overpaid(till)
    ask(till, customer)
    sweep(till, 3)
    assert paid_out() == [(5000, "done")]
    return customer


def test_a_refund_that_bounced_is_found_without_a_notice(till: Till) -> None:
    note = paid_back(till)
    bounces(till)
    till.later(timedelta(days=3))
    assert ask_again(till) == {"refunds": 1, "payouts": 0}
    assert (rows(), again(note).open_cents) == ([(9075, "failed", "bounced")], 9075)
    assert_agreement()
    assert ask_again(till) == {"refunds": 0, "payouts": 0}


def test_a_balance_that_bounced_is_found_without_a_notice_and_booked_back(till: Till) -> None:
    customer = paid_out_of_a_balance(till)
    bounces(till)
    till.later(timedelta(days=3))
    assert ask_again(till) == {"refunds": 0, "payouts": 1}
    assert (paid_out(), balance(customer)) == ([(5000, "failed")], 0)
    assert booked("payout:") == [
        ("surplus", 5000), ("clearing", -5000), ("surplus", -5000), ("clearing", 5000),
    ]  # fmt: skip
    assert_agreement()
    assert ask_again(till) == {"refunds": 0, "payouts": 0}


def test_a_notice_tells_of_a_balance_too(till: Till) -> None:
    paid_out_of_a_balance(till)
    till.note(bounces(till))
    till.work()
    till.work()
    assert paid_out() == [(5000, "failed")]
    assert_agreement()


@pytest.mark.parametrize(("late", "asked"), [(-1, 1), (0, 0)])
@pytest.mark.parametrize("what", ["refunds", "payouts"])
def test_it_is_asked_for_so_many_days_and_no_longer(till: Till, late: int, asked: int, what: str) -> None:
    (paid_back if what == "refunds" else paid_out_of_a_balance)(till)
    with as_owner():
        [done_at] = (Refund if what == "refunds" else Payout).objects.values_list("done_at", flat=True)
    tally = sweeps.ask_again(now=done_at + MAY_BOUNCE + timedelta(seconds=late))
    assert tally[what] == asked


def test_what_arrived_stays_paid_back_however_often_it_is_asked(till: Till) -> None:
    paid_back(till)
    for _ in range(3):
        till.later(timedelta(days=1))
        with clock.moved_to(till.now):
            jobs.sweep_paid_back.run(timestamp=0)
        till.work()
    assert rows() == [(9075, "done", "")]
    assert len(booked("refund:")) == 2


def test_what_a_colleague_paid_is_not_asked_of_the_provider(till: Till) -> None:
    paid_back(till)
    with as_owner():
        Refund.objects.update(paid_on=clock.day_of(till.now))
    assert ask_again(till) == {"refunds": 0, "payouts": 0}


def test_several_pages_are_asked(till: Till) -> None:
    for _ in range(3):
        invoice = paid_order(till)
        with acting(Purpose.BILLING, actor=JOB):
            billing.credit(
                invoice_id=invoice.pk,
                reason="x",
                key=str(invoice.pk),
                today=clock.day_of(till.now),
                now=till.now,
            )
    see_to(till)
    till.work()
    assert sweeps.ask_again(now=till.now, page_size=2)["refunds"] == 3
