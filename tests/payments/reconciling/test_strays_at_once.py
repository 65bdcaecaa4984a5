"""Several find, or decide about, the same payment that is not in our books at once: it is there, and moves, once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import translation

from hospes.billing.ledger import checks as ledger
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.balances.models import Balance, BalanceEntry
from hospes.payments.bank import checks as bank
from hospes.payments.models import Payment
from hospes.payments.providers import provider
from hospes.payments.reconciling import asking, strays
from hospes.payments.reconciling.models import Difference, Stray
from tests.payments.reconciling.test_strays import by_hand
from tests.payments.reconciling.three import Three, differences
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.login("worker"),
    pytest.mark.promise("P14"),
]


def at_once(*deeds: Callable[[], Any]) -> list[str]:
    """Do these at the same time; the names of the errors that came of it."""
    failed: list[str] = []
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> None:
        try:
            gate.wait(20)
            with translation.override("en"):
                deed()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test shows it
            failed.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return failed


def assert_agree() -> None:
    with as_owner():
        assert (ledger.findings(connection), bank.findings(connection)) == ([], [])


def test_it_is_found_once(three: Three) -> None:
    charge = provider().fetch(by_hand(three))

    def found() -> None:
        with acting(Purpose.BILLING, actor=JOB):
            asking.take_in(charge, now=three.till.now)

    assert at_once(found, found, found, found) == []
    with as_owner():
        assert (Stray.objects.count(), Difference.objects.count(), Payment.objects.count()) == (1, 1, 0)


def test_with_a_key_of_ours_it_is_booked_once(three: Three) -> None:
    first = three.paid()
    with as_owner():
        key = Payment.objects.get(reference=first).idempotency_key
    charge = provider().fetch(by_hand(three, "121.00", metadata={"order": key}))

    def found() -> None:
        with acting(Purpose.BILLING, actor=JOB):
            asking.take_in(charge, now=three.till.now)

    assert at_once(found, found, found, found) == []
    with as_owner():
        assert Payment.objects.filter(reference=charge.reference, state="surplus").count() == 1
        assert list(BalanceEntry.objects.values_list("cents", flat=True)) == [12_100]
    assert_agree()


def test_of_those_who_decide_at_once_one_is_right(three: Three) -> None:
    three.till.sim.control.refunds(seconds=10_000_000)
    reference = by_hand(three)
    three.hear(reference)
    pk, people, customers = (
        differences()[0].pk,
        [make.person(), make.person(), make.person()],
        [make.customer(), make.customer()],
    )

    def decide(person: Any, deed: Callable[..., Any], **words: Any) -> Callable[[], Any]:
        def run() -> None:
            with acting(Purpose.BILLING, actor=Actor.staff(person.pk, ip="192.0.2.1")):
                deed(difference_id=pk, by=person.pk, now=three.till.now, **words)

        return run

    failed = at_once(
        decide(people[0], strays.is_customers, number=str(customers[0].number)),
        decide(people[1], strays.is_customers, number=str(customers[1].number)),
        decide(people[2], strays.give_back),
    )
    assert failed == ["NotDecided", "NotDecided"]
    three.till.work()
    three.till.work()
    with as_owner():
        state = Stray.objects.get().state
        held = sum(Balance.objects.values_list("cents", flat=True))
    went = sum(each["cents"] for each in three.till.sim.control.refunds_of(reference))
    assert (state, held, went) in (("customers", 5000, 0), ("returning", 0, 5000))
    assert_agree()


def test_the_job_that_pays_back_twice_at_once_pays_once(three: Three) -> None:
    from hospes.payments.reconciling.jobs import pay_back

    three.till.sim.control.refunds(seconds=10_000_000)
    reference = by_hand(three)
    three.hear(reference)
    me = make.person()
    with acting(Purpose.BILLING, actor=Actor.staff(me.pk, ip="192.0.2.1")):
        held = strays.give_back(difference_id=differences()[0].pk, by=me.pk, now=three.till.now)
    assert at_once(*[lambda: pay_back.run(stray_id=held.pk)] * 3) == []
    assert [each["cents"] for each in three.till.sim.control.refunds_of(reference)] == [5000]
    assert_agree()
