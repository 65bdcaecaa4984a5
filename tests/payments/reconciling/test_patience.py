"""What is usually on its way is no difference until the operator's days have passed; each on both sides of its bound."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as live
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from hospes.billing import services as billing
from hospes.config.reconciling import read_patience
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds, sweeps
from hospes.payments.models import Refund
from tests.billing.books import again, lines_of
from tests.payments.reconciling.three import Three, differences, kinds
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def first_found(three: Three, days: int = 14, *, statements: bool = True) -> dict[str, int]:
    """How many days after today each kind of difference is found first: the day that is compared, not the morning after."""
    begin, found = three.today, dict[str, int]()
    for _ in range(days):
        three.days_later()
        three.reconcile()
        for _side, kind, _about in kinds():
            found.setdefault(kind, (three.today - timedelta(days=1) - begin).days)
        if statements:
            three.statement()
    return found


def test_what_the_provider_does_not_show_yet(three: Three) -> None:
    three.till.sim.control.tell_movement(three.paid(), "hide")
    assert first_found(three, 5) == {"not_there": live.HOSPES_RECONCILING.provider_days}


def test_what_is_only_at_the_provider_is_found_the_next_morning(three: Three) -> None:
    three.till.begin_invoice(three.invoice())
    three.till.settle(three.till.charges()[-1].id, "paid")
    assert first_found(three, 2) == {"not_booked": 0}


def test_a_payout_that_does_not_arrive(three: Three) -> None:
    three.paid()
    three.statement()
    three.pay_out()
    assert first_found(three, 7) == {"not_arrived": live.HOSPES_RECONCILING.arrival_days}


def test_a_payout_is_not_missed_before_there_is_a_statement(three: Three) -> None:
    three.paid()
    three.statement()
    three.pay_out()
    found = first_found(three, 8, statements=False)
    assert found == {"no_statement": live.HOSPES_RECONCILING.statement_days + 1}


def test_what_is_not_paid_out(three: Three) -> None:
    three.paid()
    three.statement()
    assert first_found(three, 10) == {"unpaid": live.HOSPES_RECONCILING.payout_days}


def test_money_that_nobody_divides(three: Three) -> None:
    three.statement(three.line(4_235, "?", name="Onbekend", account=""))
    assert first_found(three, 9) == {"suspense": live.HOSPES_RECONCILING.suspense_days}


def refunded(three: Three, end: str = "refunded", *, seconds: float = 0.0) -> Refund:
    """A payment of which a part goes back through the provider."""
    invoice = three.invoice()
    three.pay(invoice)
    three.till.sim.control.refunds(seconds, end)
    with acting(Purpose.BILLING, actor=JOB):
        billing.credit(
            invoice_id=invoice.pk, reason="x", key="x", today=three.today, now=three.till.now,
            lines={lines_of(again(invoice))[0].pk: 1_000},
        )  # fmt: skip
    three.till.work()
    sweeps.see_to_refunds(now=three.till.now)
    three.till.work()
    with as_owner():
        return Refund.objects.get()


def test_money_that_goes_back_takes_its_days(three: Three) -> None:
    refund = refunded(three, seconds=10**9)
    assert refund.state == "sent"
    three.pay_out()
    found = first_found(three, 14)
    assert found["not_booked"] in (
        live.HOSPES_RECONCILING.refund_days,
        live.HOSPES_RECONCILING.refund_days + 1,
    )
    assert [each.about for each in differences() if each.kind == "not_booked"] == [refund.reference]


def test_money_that_went_back_and_came_again_agrees_by_being_nothing(three: Three) -> None:
    refund = refunded(three)
    three.till.work()
    three.till.sim.control.settle_refund(refund.reference, "failed")
    with as_owner():
        reference = refund.payment.reference if refund.payment else ""
    three.hear(reference or "")
    three.till.work()
    with as_owner():
        assert Refund.objects.get().state == "failed"
    three.arrives(three.pay_out())
    assert first_found(three, 3) == {}


def test_what_a_colleague_transferred_stands_on_a_statement_by_then(three: Three, settings: Any) -> None:
    refund = refunded(three, "failed")
    with as_owner():
        reference = refund.payment.reference if refund.payment else ""
    three.hear(reference or "")
    three.till.work()
    with as_owner():
        assert Refund.objects.get().state == "failed"
    three.arrives(three.pay_out())
    with acting(Purpose.BILLING, actor=JOB):
        refunds.paid_by_hand(refund_id=refund.pk, on=three.today, now=three.till.now)
    assert first_found(three, 7) == {"by_hand": settings.HOSPES_RECONCILING.arrival_days}


def test_what_changed_within_the_hour_is_not_opened(three: Three) -> None:
    taken = three.charge_back(three.paid())
    three.next_morning()
    three.till.sim.control.reverse_chargeback(taken)  # its notice is on its way
    three.reconcile(three.begin)
    assert kinds() == []
    three.till.later(timedelta(minutes=59))
    three.reconcile(three.begin)
    assert kinds() == []
    three.till.later(timedelta(minutes=2))
    three.reconcile(three.begin)
    assert kinds() == [("provider", "amount", taken)]


def test_the_operator_says_how_patient(three: Three, settings: Any) -> None:
    settings.HOSPES_RECONCILING = replace(settings.HOSPES_RECONCILING, provider_days=0)
    three.till.sim.control.tell_movement(three.paid(), "hide")
    assert first_found(three, 2) == {"not_there": 0}


@pytest.mark.parametrize(
    "said",
    [
        "provider_days = -1",
        "payout_days = 400",
        'payout_days = "8"',
        "payout_days = true",
        "unheard_of = 1",
        "window_days = 10",
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Any, said: str) -> None:
    path = tmp_path / "operator.toml"
    path.write_text(f"[reconciliation]\n{said}\n")
    with pytest.raises(ImproperlyConfigured):
        read_patience(path)


def test_what_is_not_said_has_its_default(tmp_path: Any) -> None:
    path = tmp_path / "operator.toml"
    path.write_text("[reconciliation]\nwindow_days = 11\n")
    assert read_patience(path).window_days == 11
    assert read_patience(path).provider_days == 2
