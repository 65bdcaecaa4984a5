"""A service goes to another customer when both agree; each sees its own side of it, and nobody learns who is a customer."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.services import endings, moves, queries
from hospes.services.models import By, Charge, Content, Move, MoveOffer, Request, Service, ServiceChange, When
from hospes.services.moves import MoveRefused
from hospes.services.services import Asked
from tests.services.test_changes import ask as ask_change
from tests.services.test_changes import carried_out as change_carried_out
from tests.services.test_life_cycle import again
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]
DAY = timedelta(days=1)
IP = "192.0.2.9"
TEXTS = {
    "terms_version": "1",
    "terms_sha256": "a" * 64,
    "processing_version": "1",
    "processing_sha256": "b" * 64,
}


def address(customer: Customer) -> str:
    with as_owner():
        return str(make.holder_of(customer).email)


def asked(
    service: Service, to: Customer, *, when: str = "now", email: str = "", key: str = "k", number: int = 0
) -> Move:
    """Ask, as the holder's own session does."""
    email = email or address(to)
    with as_owner():
        holder, held = make.holder_of(service.customer), Service.objects.get(pk=service.pk)
    with (
        as_login("portal"),
        acting(Purpose.CONTRACT, actor=Actor.person(holder.pk, ip=IP), customer=held.customer_id),
    ):
        return moves.ask(held, to_number=number or to.number, to_email=email, when=When(when), asked=Asked(By.CUSTOMER, holder.pk),
                         ip=IP, key=key, now=NOW)  # fmt: skip


def offered(move: Move) -> MoveOffer | None:
    with acting(Purpose.CONTRACT, actor=JOB):
        moves.offer(move_id=move.pk, now=NOW)
        moves.offer(move_id=move.pk, now=NOW)
        return MoveOffer.objects.filter(move=move).first()


def decided(offer: MoveOffer, *, accepts: bool = True) -> bool:
    with as_owner():
        holder = make.holder_of(Customer.objects.get(pk=offer.customer_id))
    with (
        as_login("portal"),
        acting(Purpose.CONTRACT, actor=Actor.person(holder.pk, ip=IP), customer=offer.customer_id),
    ):
        return moves.decide(
            offer_id=offer.pk, accepts=accepts, person_id=holder.pk, ip=IP, agreed=TEXTS, now=NOW
        )


def done(offer: MoveOffer, *, today: date = TODAY) -> str:
    with acting(Purpose.CONTRACT, actor=JOB):
        return moves.carry_out(offer_id=offer.pk, today=today, now=NOW).value


def both_agreed(service: Service, to: Customer, **words: Any) -> MoveOffer:
    found = offered(asked(service, to, **words))
    assert found
    assert decided(found)
    return found


def sees(customer_id: int) -> dict[str, int]:
    """How many rows of each kind a customer's own session sees."""
    with as_login("portal"), acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer_id):
        return {
            m.__name__: m.objects.count()
            for m in (Service, Content, ServiceChange, Charge, Move, MoveOffer, Request)
        }


def a_year(**words: Any) -> Service:
    return make.service(price_cents=7300, **words)


def test_it_is_the_others_from_the_day_on_and_what_was_paid_stays_settled() -> None:
    service, to = a_year(), make.customer()
    offer = both_agreed(service, to)
    day = TODAY + 100 * DAY
    assert [done(offer, today=day), done(offer, today=day)] == ["done", "done"]
    held = again(service)
    assert (held.customer_id, held.renews_on, held.price_cents, held.state) == (
        to.pk,
        date(2027, 3, 2),
        7300,
        "active",
    )
    with as_owner():
        assert not Charge.objects.exists()
        assert [(c.customer_id, c.from_on, c.until_on) for c in Content.objects.filter(service=service).order_by("pk")] == [
            (service.customer_id, TODAY, day), (to.pk, day, None),
        ]  # fmt: skip
        history = list(
            ServiceChange.objects.filter(service=service).order_by("pk").values_list("customer_id", "reason")
        )
        assert history[-2:] == [(service.customer_id, "moved_away"), (to.pk, "moved_here")]
        assert sorted(Message.objects.values_list("kind", flat=True)) == [
            "services.move", "services.move_offer", "services.move_taken",
        ]  # fmt: skip
    with acting(Purpose.CONTRACT, actor=JOB):
        # Nobody gets back what somebody else paid.
        ways = endings.ways_to_end(again(service), today=day)
        assert endings.given_back(again(service), ways.soonest) == 0


def test_each_sees_its_own_side_and_was_entitled_in_its_own_time() -> None:
    service, to = a_year(), make.customer()
    giver = service.customer_id
    day = TODAY + 100 * DAY
    done(both_agreed(service, to), today=day)
    assert sees(giver) == {
        "Service": 0,
        "Content": 1,
        "ServiceChange": 2,
        "Charge": 0,
        "Move": 1,
        "MoveOffer": 0,
        "Request": 0,
    }
    assert sees(to.pk) == {
        "Service": 1,
        "Content": 1,
        "ServiceChange": 1,
        "Charge": 0,
        "Move": 0,
        "MoveOffer": 1,
        "Request": 0,
    }
    for customer, on, n in ((giver, day - DAY, 1), (giver, day, 0), (to.pk, day - DAY, 0), (to.pk, day, 1)):
        with as_login("portal"), acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer):
            assert len(queries.entitled_at(customer, moment=NOW + DAY, day=on)) == n


@pytest.mark.parametrize("wrong", ["number", "email", "own", "swapped"])
def test_a_wrong_combination_looks_like_no_answer(wrong: str) -> None:
    service, to, third = a_year(), make.customer(), make.customer()
    with as_owner():
        own = Customer.objects.get(pk=service.customer_id)
    move = {
        "number": lambda: asked(service, to, number=99_999_999), "email": lambda: asked(service, to, email="x@mail.example"),
        "own": lambda: asked(service, own), "swapped": lambda: asked(service, to, email=address(third)),
    }[wrong]()  # fmt: skip
    right = asked(a_year(), to, key="right")
    assert offered(move) is None
    with as_owner():
        told = [
            (m.state, m.refusal, m.withdrawn_at, m.closed_at)
            for m in Move.objects.filter(pk__in=(move.pk, right.pk))
        ]
        assert told[0] == told[1]
    with acting(Purpose.CONTRACT, actor=JOB):
        moves.sweep(today=TODAY + 14 * DAY, now=NOW)
        assert Move.objects.get(pk=move.pk).state == "asked"
    moves.sweep(today=TODAY + 15 * DAY, now=NOW)
    with as_owner():
        assert Move.objects.get(pk=move.pk).state == "expired"


def test_at_the_end_of_the_term_and_not_a_day_sooner() -> None:
    service, to = a_year(), make.customer()
    offer = both_agreed(service, to, when="term_end")
    assert done(offer, today=date(2027, 3, 1)) == "accepted"
    assert again(service).customer_id == service.customer_id
    moves.sweep(today=date(2027, 3, 2), now=NOW)
    assert again(service).customer_id == to.pk


def test_who_declines_or_takes_it_back_changes_nothing() -> None:
    first, second, to = a_year(), a_year(), make.customer()
    declined = offered(asked(first, to))
    assert declined
    assert decided(declined, accepts=False)
    assert not decided(declined)  # once
    assert done(declined) == "declined"
    offer = both_agreed(second, to, key="other")
    with as_owner():
        move = Move.objects.get(key="other")
    with as_login("portal"), acting(Purpose.CONTRACT, actor=SYSTEM, customer=second.customer_id):
        assert moves.take_back(move_id=move.pk, now=NOW)
    assert done(offer) == "withdrawn"
    assert [again(s).customer_id for s in (first, second)] == [first.customer_id, second.customer_id]
    with as_owner():
        held = MoveOffer.objects.get(pk=declined.pk)
        assert (held.state, held.decided_from, held.decided_at) == ("declined", IP, NOW)


def test_a_service_is_going_to_one_at_a_time_and_only_while_it_runs() -> None:
    service, to = a_year(), make.customer()
    asked(service, to)
    with pytest.raises(MoveRefused):
        asked(service, to, key="twice")
    a_cancelled = a_year()
    assert change_carried_out(ask_change(a_cancelled, kind="cancel", when="term_end")) == "done"
    with pytest.raises(MoveRefused):
        asked(a_cancelled, to, key="cancelled")


def test_a_cancellation_before_it_stops_the_move_and_one_after_it_is_refused() -> None:
    first, second, to = a_year(), a_year(), make.customer()
    one, two = both_agreed(first, to, key="1"), both_agreed(second, to, key="2")
    cancelled = ask_change(first, kind="cancel", when="term_end")
    late = ask_change(second, kind="cancel", when="term_end")
    assert change_carried_out(cancelled) == "done"
    assert done(one) == "refused"
    assert done(two) == "done"
    assert change_carried_out(late) == "refused"
    assert (again(first).ends_on, again(second).ends_on) == (date(2027, 3, 2), None)


def test_a_change_of_price_or_package_meanwhile_is_not_what_was_accepted() -> None:
    service, to = a_year(), make.customer()
    offer = both_agreed(service, to)
    assert change_carried_out(ask_change(service, kind="change", quantity=2)) == "done"
    assert done(offer) == "refused"


def test_there_and_back_again() -> None:
    service, to = a_year(), make.customer()
    with as_owner():
        giver = Customer.objects.get(pk=service.customer_id)
    done(both_agreed(service, to))
    done(both_agreed(again(service), giver, key="back"), today=TODAY + DAY)
    assert again(service).customer_id == giver.pk


def test_a_customers_own_session_cannot_say_that_it_is_done_or_decide_for_another() -> None:
    service, to = a_year(), make.customer()
    move = asked(service, to)
    offer = offered(move)
    assert offer
    with as_login("portal"):
        assert not decided_by_giver(offer, service)
        for words in ({"state": "done", "moved_on": TODAY}, {"by": "staff"}):
            with (
                pytest.raises(IntegrityError),
                transaction.atomic(),
                acting(Purpose.CONTRACT, actor=SYSTEM, customer=service.customer_id),
            ):
                Move.objects.create(**{"service_id": service.pk, "customer_id": service.customer_id, "label": "x", "to_number": 1,
                                       "to_email": "a@b.example", "when": "now", "by": "customer", "asked_at": NOW, "key": str(words)}
                                    | words)  # fmt: skip


def decided_by_giver(offer: MoveOffer, service: Service) -> bool:
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=service.customer_id):
        return moves.decide(offer_id=offer.pk, accepts=True, person_id=1, ip=None, agreed=TEXTS, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_move_and_a_cancellation_at_the_same_time(committed_database: None) -> None:
    service, to = a_year(), make.customer()
    offer, cancel = both_agreed(service, to), ask_change(service, kind="cancel", when="term_end")
    ready, came = threading.Barrier(2), dict[str, str]()

    def run(name: str, what: Any) -> None:
        try:
            ready.wait()
            came[name] = what()
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=("move", lambda: done(offer))),
        threading.Thread(target=run, args=("cancel", lambda: change_carried_out(cancel))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came in ({"move": "done", "cancel": "refused"}, {"move": "refused", "cancel": "done"})
    assert (again(service).customer_id == to.pk) == (came["move"] == "done")
