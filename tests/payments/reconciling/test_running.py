"""The run itself: again changes nothing, an outage makes it wait, what was missed is caught up with, and by command."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import translation

from hospes.billing.ledger.models import LedgerEntry
from hospes.kernel.models import JournalEntry
from hospes.payments.reconciling import sweeps
from hospes.payments.reconciling.models import Movement, ReconciledDay, Settlement
from tests.payments.reconciling.three import Three, differences, kinds
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def counts() -> list[int]:
    with as_owner():
        return [each.objects.count() for each in (Movement, Settlement, LedgerEntry)] + [
            len(differences()), JournalEntry.objects.filter(action__in=["reconciling.found", "reconciling.gone"]).count()
        ]  # fmt: skip


def test_comparing_again_changes_nothing(three: Three) -> None:
    wrong = three.paid()
    three.paid()
    three.till.sim.control.tell_movement(wrong, "double")
    three.arrives(three.pay_out())
    three.next_morning()
    was = counts()
    for _ in range(2):
        tally = three.reconcile()
        assert (tally["found"], tally["gone"], tally["costs"], tally["arrived"]) == (0, 0, 0, 0)
    assert counts() == was
    assert was[3:] == [1, 1]


def test_without_the_provider_the_day_waits_and_the_bank_is_compared(three: Three) -> None:
    three.paid()
    three.statement(three.line(4_235, "geen idee", name="Onbekend", account=""))
    three.days_later(8)
    three.till.sim.control.outage()
    assert three.reconcile()["waits"] == 1
    assert ("bank", "suspense") in [(side, kind) for side, kind, _about in kinds()]
    with as_owner():
        assert ReconciledDay.objects.get().waits_for == "provider"
    three.till.sim.control.calm()
    assert three.reconcile()["waits"] == 0
    with as_owner():
        assert ReconciledDay.objects.get().waits_for == ""


def test_days_that_were_missed_are_caught_up_with_in_order(three: Three) -> None:
    three.paid()
    three.next_morning()
    three.days_later(3)
    days = [day for day, _tally in sweeps.catch_up(now=three.till.now)]
    assert days == [three.begin + timedelta(days=n) for n in (1, 2, 3)]
    assert list(sweeps.catch_up(now=three.till.now)) == []
    three.days_later(2)
    three.till.sim.control.outage()
    assert [tally["waits"] for _day, tally in sweeps.catch_up(now=three.till.now)] == [1]


def test_an_outage_between_two_pages_loses_nothing(three: Three) -> None:
    references = [three.paid() for _ in range(3)]
    three.pay_out()
    three.days_later()
    for requests in range(1, 4):
        books = Breaking(requests)
        assert sweeps.reconcile(three.begin, now=three.till.now, books=books)["waits"] == 1
    assert three.reconcile()["waits"] == 0
    assert kinds() == []
    with as_owner():
        assert set(Movement.objects.values_list("about", flat=True)) == set(references)
        assert Movement.objects.filter(settlement=None).count() == 0


class Breaking:
    """The provider's books, which break off after so many questions."""

    def __init__(self, after: int) -> None:
        from hospes.payments.providers.books import provider_books

        self._books, self._left = provider_books(), after

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        from hospes.payments.providers import ProviderUnavailable

        self._left -= 1
        if self._left < 0:
            raise ProviderUnavailable("gone")
        return getattr(self._books, name)


def test_who_takes_over_from_another_day_begins_with_that_day(three: Three) -> None:
    old = three.paid()
    three.till.sim.control.tell_movement(old, "hide")
    three.days_later(5)
    three.reconcile()
    assert kinds() == []  # of before the first day that was ever compared
    three.reconcile(three.begin)
    assert kinds() == [("provider", "not_there", old)]


def test_a_payment_of_which_the_end_differs_is_a_difference(three: Three) -> None:
    three.till.begin_invoice(three.invoice())
    reference = three.till.charges()[-1].id
    three.till.settle(reference, "failed")
    three.next_morning()
    assert kinds() == [("provider", "state", reference)]
    assert differences()[0].detail == "open|failed"
    three.hear(reference)
    three.next_morning()
    assert kinds() == []


def test_money_from_the_provider_that_is_no_payout(three: Three) -> None:
    three.paid()
    three.next_morning()
    three.statement(three.line(12_345, "uitbetaling"))
    for _ in range(4):
        three.next_morning()
        assert kinds() == []
    three.next_morning()
    assert [kind for _side, kind, _about in kinds()] == ["unknown_payout"]


def test_what_is_not_paid_out_for_long_is_one_difference(three: Three) -> None:
    three.paid()
    three.paid()
    three.days_later(8)
    three.reconcile(three.begin)
    three.reconcile()
    assert kinds() == []
    three.next_morning()
    assert kinds() == [("payout", "unpaid", "unpaid")]
    assert differences()[0].theirs == 2 * 9_075
    three.arrives(three.pay_out())
    three.next_morning()
    assert kinds() == []
