"""Payments at the provider that are not in our books: found, kept once, and decided upon by a colleague. Over the wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from hospes.billing.ledger import checks as ledger
from hospes.billing.ledger.models import LedgerLine
from hospes.customers.models import Customer, Person
from hospes.kernel.acting import Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.payments.balances.models import Balance
from hospes.payments.bank import checks as bank
from hospes.payments.models import Payment
from hospes.payments.reconciling import services, strays
from hospes.payments.reconciling.models import Stray
from tests.payments.reconciling.three import Three, differences, kinds
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P14"), pytest.mark.login("worker")]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def by_hand(three: Three, value: str = "50.00", **more: Any) -> str:
    """Somebody pays what was not asked by us, as a link that was made at the provider; returns its reference."""
    asked = {
        "amount": {"currency": "EUR", "value": value}, "description": "Link", "redirectUrl": "http://127.0.0.1:9/", **more
    }  # fmt: skip
    answer = httpx.post(
        f"{three.till.sim.url}/v2/payments", json=asked, headers={"Authorization": "Bearer test_till"}
    )
    reference = str(answer.json()["id"])
    three.till.settle(reference, "paid", "ideal")
    return reference


def held() -> list[tuple[str, int, str]]:
    with as_owner():
        return [(each.reference, each.cents, each.state) for each in Stray.objects.order_by("pk")]


def clearing_and_surplus() -> tuple[int, int]:
    """What the books say that the provider has, and what customers have with us, in cents."""
    with as_owner():
        lines = list(LedgerLine.objects.values_list("account__use", "debit_cents", "credit_cents"))
    return (
        sum(debit - credit for use, debit, credit in lines if use == "clearing"),
        sum(credit - debit for use, debit, credit in lines if use == "surplus"),
    )


def balance(customer: Customer) -> int:
    with as_owner():
        return sum(Balance.objects.filter(customer=customer).values_list("cents", flat=True))


def assert_agree() -> None:
    with as_owner():
        assert (ledger.findings(connection), bank.findings(connection)) == ([], [])


# --- found ----------------------------------------------------------------------------------------------------------------


def test_a_notice_of_an_unknown_reference_that_exists_is_kept(three: Three) -> None:
    reference = by_hand(three)
    three.hear(reference)
    three.hear(reference)
    assert held() == [(reference, 5000, "waiting")]
    assert kinds() == [("provider", "not_booked", reference)]
    [found] = differences()
    assert (found.ours, found.theirs, found.customer_id) == (None, 5000, None)
    with as_owner():
        said = str(list(Stray.objects.values_list()))
        assert JournalEntry.objects.filter(action="stray.found").count() == 1
    assert "NL" not in said
    assert clearing_and_surplus() == (0, 0)
    three.next_morning()
    assert kinds() == [("provider", "not_booked", reference)]


def test_the_list_of_the_night_finds_it(three: Three) -> None:
    reference = by_hand(three)
    tally = three.next_morning()
    assert tally["strays"] == 1
    assert held() == [(reference, 5000, "waiting")]
    assert kinds() == [("provider", "not_booked", reference)]
    assert three.reconcile()["strays"] == 0
    assert len(held()) == 1


def test_without_access_to_the_balance_it_is_found_all_the_same(three: Three, settings: Any) -> None:
    settings.HOSPES_MOLLIE = settings.HOSPES_MOLLIE | {"access_token": "wrong"}
    reference = by_hand(three)
    assert three.next_morning()["waits"] == 1
    assert held() == [(reference, 5000, "waiting")]
    assert kinds() == [("provider", "not_booked", reference)]


def test_it_stays_on_the_list_though_the_balance_does_not_show_it(three: Three) -> None:
    reference = by_hand(three)
    three.till.sim.control.tell_movement(reference, "hide")
    three.next_morning()
    three.next_morning()
    assert kinds() == [("provider", "not_booked", reference)]


def test_what_does_not_exist_or_was_not_paid_is_nothing(three: Three) -> None:
    three.hear("tr_doesnotexist")
    asked = {
        "amount": {"currency": "EUR", "value": "1.00"},
        "description": "x",
        "redirectUrl": "http://127.0.0.1:9/",
    }
    made = httpx.post(
        f"{three.till.sim.url}/v2/payments", json=asked, headers={"Authorization": "Bearer test_till"}
    )
    three.hear(str(made.json()["id"]))
    three.next_morning()
    assert (held(), kinds()) == ([], [])


@pytest.mark.parametrize("how", ["notice", "night"])
def test_a_second_charge_with_a_key_of_ours_is_the_balance_of_its_customer(three: Three, how: str) -> None:
    first = three.paid()
    with as_owner():
        payment = Payment.objects.select_related("customer").get(reference=first)
    second = by_hand(three, "121.00", metadata={"order": payment.idempotency_key})
    before = clearing_and_surplus()
    for _ in range(2):
        if how == "notice":
            three.hear(second)
        three.days_later()
        three.reconcile()
    assert held() == []
    with as_owner():
        made = Payment.objects.get(reference=second)
    assert (made.state, made.cents, made.customer_id, made.order_id, made.invoice_id) == (
        "surplus", 12_100, payment.customer_id, None, None
    )  # fmt: skip
    assert balance(payment.customer) == 12_100
    assert clearing_and_surplus() == (before[0] + 12_100, before[1] + 12_100)
    assert kinds() == []
    assert_agree()


# --- decided --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stray(three: Three) -> str:
    """A payment of 50 euros that nobody knows."""
    three.till.sim.control.refunds(seconds=10_000_000)  # how they end, the test says
    reference = by_hand(three)
    three.hear(reference)
    return reference


def heard(three: Three, reference: str) -> None:
    """The notice comes in, and what follows from it is done."""
    three.hear(reference)
    three.till.work()


@contextmanager
def staff(person: Person) -> Iterator[None]:
    with as_login("office"), acting(Purpose.BILLING, actor=Actor.staff(person.pk, ip="192.0.2.1")):
        yield


def is_customers(three: Three, customer: Customer, person: Person) -> None:
    with staff(person):
        strays.is_customers(
            difference_id=differences()[-1].pk, number=str(customer.number), by=person.pk, now=three.till.now
        )


def give_back(three: Three, person: Person) -> str:
    with staff(person):
        return strays.give_back(difference_id=differences()[-1].pk, by=person.pk, now=three.till.now).state


def test_of_a_customer_it_is_their_balance(three: Three, stray: str) -> None:
    customer, me = make.customer(), make.person()
    is_customers(three, customer, me)
    assert held() == [(stray, 5000, "customers")]
    assert balance(customer) == 5000
    assert clearing_and_surplus() == (5000, 5000)
    assert kinds() == []
    pk = differences(closed=True)[0].pk
    with pytest.raises(strays.NotDecided, match="decided already"), staff(me):
        strays.is_customers(difference_id=pk, number=str(customer.number), by=me.pk, now=three.till.now)
    assert balance(customer) == 5000
    assert_agree()


def test_afterwards_the_days_agree_and_what_a_bank_takes_back_is_found(three: Three, stray: str) -> None:
    customer, me = make.customer(), make.person()
    is_customers(three, customer, me)
    three.till.work()
    three.next_morning()
    assert kinds() == []
    three.charge_back(stray)
    assert balance(customer) == 0
    three.next_morning()
    assert kinds() == []
    assert_agree()


def test_there_has_to_be_such_a_customer(three: Three, stray: str) -> None:
    me = make.person()
    for number in ("1", "x", ""):
        with pytest.raises(strays.NotDecided, match="no customer"), staff(me):
            strays.is_customers(
                difference_id=differences()[0].pk, number=number, by=me.pk, now=three.till.now
            )
    assert held() == [(stray, 5000, "waiting")]


def test_it_goes_back_once_and_the_days_agree(three: Three, stray: str) -> None:
    assert give_back(three, make.person()) == "returning"
    assert kinds() == []
    three.next_morning()  # before it was sent
    assert kinds() == []
    three.till.work()
    [refund] = three.till.sim.control.refunds_of(stray)
    assert (refund["cents"], held()) == (5000, [(stray, 5000, "returning")])
    three.till.sim.control.settle_refund(refund["id"], "refunded")
    heard(three, stray)
    assert held() == [(stray, 5000, "returned")]
    assert len(three.till.sim.control.refunds_of(stray)) == 1
    assert clearing_and_surplus() == (0, 0)
    for _ in range(5):
        three.next_morning()
    assert kinds() == []
    assert_agree()


def test_what_bounces_waits_again_and_can_go_to_a_customer(three: Three, stray: str) -> None:
    customer, me = make.customer(), make.person()
    give_back(three, me)
    three.till.work()
    [refund] = three.till.sim.control.refunds_of(stray)
    three.till.sim.control.settle_refund(refund["id"], "refunded")
    heard(three, stray)
    three.till.sim.control.settle_refund(refund["id"], "failed")
    heard(three, stray)
    assert held() == [(stray, 5000, "waiting")]
    assert clearing_and_surplus() == (0, 0)
    three.next_morning()
    assert [(each.about, each.amount) for each in differences()] == [(stray, 5000)]
    give_back(three, me)  # once more, by another key
    three.till.work()
    [_first, second] = three.till.sim.control.refunds_of(stray)
    assert second["cents"] == 5000
    three.till.sim.control.settle_refund(second["id"], "failed")
    heard(three, stray)
    is_customers(three, customer, me)
    three.next_morning()
    assert (kinds(), balance(customer), clearing_and_surplus()) == ([], 5000, (5000, 5000))
    assert_agree()


def test_killed_after_the_provider_took_it_on_it_goes_back_once(three: Three, stray: str) -> None:
    give_back(three, make.person())
    three.till.sim.control.drop()
    three.till.work()  # made there, and the answer lost
    three.till.later(timedelta(hours=2))  # its key has lapsed
    three.till.work()
    assert [each["cents"] for each in three.till.sim.control.refunds_of(stray)] == [5000]
    assert held() == [(stray, 5000, "returning")]


def test_a_refusal_of_the_provider_leaves_it_waiting(three: Three, stray: str) -> None:
    three.charge_back(stray)
    assert (held(), clearing_and_surplus()) == ([(stray, 5000, "waiting")], (0, 0))
    give_back(three, make.person())
    three.till.work()
    assert held() == [(stray, 5000, "waiting")]
    assert stray in [each.about for each in differences()]
    with as_owner():
        assert Stray.objects.get().has_waited


def test_above_the_limit_two_colleagues_give_it_back(three: Three) -> None:
    me, other = make.person(), make.person()
    reference = by_hand(three, "250.01")
    three.hear(reference)
    assert give_back(three, me) == "asked"
    assert kinds() == [("provider", "not_booked", reference)]
    with pytest.raises(strays.NotDecided, match="another colleague"):
        give_back(three, me)
    with pytest.raises(IntegrityError, match="goes_back_by_two"), transaction.atomic(), as_owner():
        Stray.objects.update(state="returning", decided_by=me, decided_at=three.till.now)
    assert give_back(three, other) == "returning"
    assert kinds() == []


def test_it_is_not_ours_for_a_reason(three: Three, stray: str) -> None:
    me = make.person()
    with staff(me), pytest.raises(services.NotExplained):
        strays.not_ours(difference_id=differences()[0].pk, reason=" ", by=me.pk, now=three.till.now)
    with staff(me):
        strays.not_ours(
            difference_id=differences()[0].pk, reason="Of our other shop.", by=me.pk, now=three.till.now
        )
    assert (held(), kinds()) == ([(stray, 5000, "not_ours")], [])
    [closed] = differences(closed=True)
    assert (closed.reason, closed.closed_by_id) == ("Of our other shop.", me.pk)


def test_the_database_holds_it(three: Three, stray: str) -> None:
    me, other = make.person(), make.person()
    for constraint, values in (
        (
            "stray_on_a_balance_is_a_payment",
            {"state": "customers", "decided_by": me, "decided_at": three.till.now},
        ),
        ("stray_is_decided_by_somebody", {"state": "not_ours"}),
        ("stays what it is", {"cents": 1}),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), as_owner():
            Stray.objects.update(**values)
    with pytest.raises(IntegrityError, match="own name"), staff(me):
        Stray.objects.update(state="not_ours", decided_by=other, decided_at=three.till.now)
    with as_owner(), pytest.raises(IntegrityError, match="waits for a colleague"), transaction.atomic():
        Stray.objects.create(
            reference="tr_x", cents=1, paid_at=three.till.now, found_at=three.till.now, state="not_ours",
            decided_by=me, decided_at=three.till.now,
        )  # fmt: skip
