"""A difference: held by the database, explained by a colleague in their own name, in the journal, and without a name or account."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.payments.reconciling import checks, services
from hospes.payments.reconciling.models import Difference, Movement, ReconciledDay, Settlement
from tests.payments.bank.paper import THEIRS as A_CUSTOMERS
from tests.payments.reconciling.three import THEIRS, Three, differences, kinds
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def wrong(three: Three) -> str:
    """A payment that the provider shows with another amount."""
    reference = three.paid()
    three.till.sim.control.tell_movement(reference, "amount", 1)
    three.next_morning()
    assert kinds() == [("provider", "amount", reference)]
    return reference


def explain(
    three: Three,
    by: Person,
    reason: str = "The provider made a mistake and said so.",
    actor: Actor | None = None,
) -> None:
    with acting(Purpose.BILLING, actor=actor or SYSTEM):
        services.explain(difference_id=differences()[0].pk, reason=reason, by=by.pk, now=three.till.now)


def test_what_a_colleague_explained_comes_back_only_with_another_amount(three: Three, wrong: str) -> None:
    explain(three, make.person())
    assert kinds() == []
    three.next_morning()
    assert kinds() == []
    three.till.sim.control.tell_movement(wrong, "amount", 2)
    three.next_morning()
    three.reconcile(three.begin)
    assert [each.theirs for each in differences()] == [2]
    with as_owner():
        actions = list(
            JournalEntry.objects.filter(action__startswith="reconciling.").values_list(
                "action", "customer_id"
            )
        )
    assert ("reconciling.explained", differences()[0].customer_id) in actions
    assert [action for action, _customer in actions].count("reconciling.found") == 2


def test_it_is_closed_once_and_with_a_reason(three: Three, wrong: str) -> None:
    person = make.person()
    with pytest.raises(services.NotExplained, match="Say why"):
        explain(three, person, "  ")
    pk = differences()[0].pk
    explain(three, person)
    with pytest.raises(services.NotExplained, match="closed already"), acting(Purpose.BILLING, actor=SYSTEM):
        services.explain(difference_id=pk, reason="x", by=person.pk, now=three.till.now)


def test_whose_it_is_stands_in_it_and_nothing_else_of_them(three: Three, wrong: str) -> None:
    [held] = differences()
    with as_owner():
        customer = Movement.objects.get(about=wrong).customer
    assert held.customer_id is not None
    assert customer is not None
    assert customer.pk == held.customer_id
    three.statement(three.line(5, f"van {customer.name}", name=customer.name, account=A_CUSTOMERS))
    three.days_later(8)
    three.reconcile()
    with as_owner():
        said = str(
            [list(model.objects.values_list()) for model in (Difference, Movement, Settlement, ReconciledDay)]
        )
    assert "suspense" in said
    for secret in (customer.name, A_CUSTOMERS, THEIRS, "NL91ABNA0417164300"):
        assert secret not in said


def refused(three: Three, constraint: str, **values: Any) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), as_owner():
        Difference.objects.filter(side="provider").update(**values)


def test_the_database_holds_it(three: Three, wrong: str) -> None:
    now, person = three.till.now, make.person()
    refused(three, "closed_difference_says_how", closed_at=now)
    refused(three, "closed_difference_says_how", closed_at=now, closed="person", closed_by=person)
    refused(three, "closed_difference_says_how", closed_at=now, closed="itself", reason="x")
    refused(three, "difference_is_a_difference", ours=5, theirs=5)
    refused(three, "about what it was about", about="tr_other")
    with (
        as_owner(),
        pytest.raises(IntegrityError, match="one_open_difference_per_thing"),
        transaction.atomic(),
    ):
        Difference.objects.create(
            side="provider", kind="twice", about=wrong, day=three.begin, first_seen_at=now, seen_at=now
        )
    with as_owner(), pytest.raises(IntegrityError, match="begins open"), transaction.atomic():
        Difference.objects.create(
            side="provider", kind="twice", about="tr_new", day=three.begin, first_seen_at=now, seen_at=now, closed_at=now,
            closed="itself",
        )  # fmt: skip
    explain(three, person)
    refused(three, "what was closed stays closed", reason="y")


@pytest.mark.login("office")
def test_nobody_closes_it_in_the_name_of_somebody_else(three: Three) -> None:
    me, other = make.person(), make.person()
    with as_owner():
        held = Difference.objects.create(
            side="provider", kind="not_booked", about="tr_x", day=clock.day_of(three.till.now), theirs=1,
            first_seen_at=three.till.now, seen_at=three.till.now,
        )  # fmt: skip
    staff = Actor.staff(me.pk, ip="192.0.2.1")
    with (
        pytest.raises(IntegrityError, match="their own name"),
        transaction.atomic(),
        acting(Purpose.BILLING, actor=staff),
    ):
        services.explain(difference_id=held.pk, reason="x", by=other.pk, now=three.till.now)
    with (
        pytest.raises(IntegrityError, match="their own name"),
        transaction.atomic(),
        acting(Purpose.BILLING, actor=staff),
    ):
        Difference.objects.filter(pk=held.pk).update(closed_at=three.till.now, closed="itself")
    with acting(Purpose.BILLING, actor=staff):
        services.explain(difference_id=held.pk, reason="x", by=me.pk, now=three.till.now)


def test_what_was_kept_of_costs_stays(three: Three) -> None:
    three.paid()
    three.pay_out()
    three.next_morning()
    from django.db import ProgrammingError

    from hospes.payments.reconciling.models import SettlementCost

    with as_owner(), pytest.raises(ProgrammingError, match="what was reconciled stays"), transaction.atomic():
        SettlementCost.objects.update(net_cents=1)


# --- hospes check -----------------------------------------------------------------------------------------------------------


def found(three: Three) -> list[str]:
    with as_owner():
        return checks.findings(connection, now=three.till.now)


def test_the_check_sees_that_it_did_not_run(three: Three) -> None:
    three.paid()
    assert found(three) == []
    three.next_morning()
    assert found(three) == []
    three.days_later(1)
    assert found(three) == []
    three.days_later(1)
    assert "were not compared since" in found(three)[0]


def test_the_check_sees_that_it_never_ran(three: Three) -> None:
    assert found(three) == []
    three.paid()
    three.days_later(2)
    assert found(three) == []
    three.days_later(1)
    assert "were not compared since" in found(three)[0]


def test_the_check_sees_old_differences(three: Three, wrong: str) -> None:
    three.days_later(7)
    three.reconcile()
    assert len(found(three)) == 1
    assert "stand longer than 7 days: 1" in found(three)[0]
    with acting(Purpose.BILLING, actor=JOB):
        assert Difference.objects.filter(closed_at=None).count() >= 1
