"""A name is held once at a provider: of two who want it one has it, and nobody is told whose it is (P22, P25)."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.services import kinds, services
from hospes.services.models import Service, State
from hospes.services.queries import names_in_use
from hospes.services.services import MoveRefused, NameInUse
from tests.services.test_life_cycle import LATER, again, changes, entries, jobs, sold, start
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]

HOLDING = ("pending", "active", "suspended", "cancelled")
FREE = ("terminated", "refused")


def told() -> list[str]:
    return [name for name, _ in jobs()]


# --- the database ---


@pytest.mark.parametrize("state", HOLDING)
def test_the_database_gives_a_name_to_one_at_a_time(state: str) -> None:
    make.service(label="voorbeeld.test", state=state)
    for other in HOLDING:
        with pytest.raises(IntegrityError, match="one_service_per_name_at_a_provider"), transaction.atomic():
            make.service(label="Voorbeeld.TEST", state=other)


@pytest.mark.parametrize("state", FREE)
def test_what_ended_or_never_began_lets_go_of_its_name(state: str) -> None:
    make.service(label="voorbeeld.test", state=state)
    make.service(label="voorbeeld.test", state=state)
    make.service(label="voorbeeld.test")


def test_another_provider_and_none_have_names_of_their_own() -> None:
    for provider in ("directadmin", "another", "", ""):
        make.service(label="voorbeeld.test", provider=provider)


# --- asking ---


@pytest.mark.parametrize(("state", "held"), [(s, True) for s in HOLDING] + [(s, False) for s in FREE])
def test_a_name_is_in_use_while_somebody_has_it(state: str, held: bool) -> None:
    make.service(label="voorbeeld.test", state=state)
    with acting(Purpose.CONTRACT, actor=JOB):
        asked = [("hosting", "voorbeeld.test"), ("hosting", "vrij.test")]
        assert names_in_use(asked) == ({"voorbeeld.test"} if held else set())
        assert names_in_use([("hosting", "VOORBEELD.test")]) == ({"VOORBEELD.test"} if held else set())
        assert names_in_use([]) == set()


@pytest.mark.promise("P25", "P30")
@pytest.mark.parametrize("purpose", [Purpose.CART, Purpose.CONTRACT, Purpose.BILLING])
@pytest.mark.login("portal")
def test_a_customer_hears_that_a_name_is_in_use_and_sees_nothing_of_whose(purpose: Purpose) -> None:
    theirs = make.service(label="voorbeeld.test")
    make.restriction(purpose=Purpose.CONTRACT, customer=theirs.customer)
    mine = make.customer()
    with acting(purpose, actor=Actor.visitor(), customer=mine.pk, person=make.holder_of(mine).pk):
        assert names_in_use([("hosting", "voorbeeld.test")]) == {"voorbeeld.test"}
        if purpose != Purpose.CART:
            assert not Service.objects.exists()


@pytest.mark.parametrize("purpose", [Purpose.SUPPORT, Purpose.ACCESS, Purpose.NEWSLETTER])
def test_who_sells_nothing_does_not_ask(purpose: Purpose) -> None:
    for scope in ({"customer": 1}, {}):
        with acting(purpose, actor=SYSTEM, **scope), pytest.raises(Refused), transaction.atomic():
            names_in_use([("hosting", "voorbeeld.test")])


# --- two who want it ---


def test_who_comes_second_is_refused_and_hears_it_once() -> None:
    first = start(sold())
    what = sold(origin="quote_line:2", label="Voorbeeld.test")
    second = start(what)
    assert (first.state, second.state) == ("pending", "refused")
    assert changes(second) == [("", "pending", "ordered"), ("pending", "refused", "name_in_use")]
    assert told() == ["hosting.jobs.provision", "messaging.jobs.deliver"]
    assert start(what) == second
    assert (len(told()), len(changes(second)), len(entries("service.started"))) == (2, 2, 2)


def test_who_is_hidden_by_a_policy_has_their_name_all_the_same() -> None:
    customer = make.customer()
    start(sold(customer_id=customer.pk))
    make.restriction(purpose=Purpose.CONTRACT, customer=customer)
    assert start(sold(origin="quote_line:2")).state == "refused"


def test_what_was_made_before_stays_what_it_is_when_it_is_delivered_again() -> None:
    what = sold()
    first = start(what)
    with as_owner():
        Service.objects.filter(pk=first.pk).update(state="terminated", ended_on=first.started_on)
    start(sold(origin="quote_line:2"))
    assert again(start(what)).state == "terminated"


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_exactly_one_gets_it() -> None:
    wants = [sold(origin=f"quote_line:{n}") for n in range(4)]
    gate, failed = threading.Barrier(len(wants)), list[Exception]()

    def deliver(what: Any) -> None:
        try:
            gate.wait(10)
            start(what)
        except Exception as error:  # noqa: BLE001  # said below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver, args=[what]) for what in wants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with as_owner():
        assert sorted(Service.objects.values_list("state", flat=True)) == ["pending"] + ["refused"] * 3
    assert sorted(told()) == ["hosting.jobs.provision"] + ["messaging.jobs.deliver"] * 3


# --- refused, and tried again ---


def refuse(service: Service) -> None:
    with acting(Purpose.CONTRACT, actor=JOB):
        services.refuse(service_id=service.pk, reason="refused_by_panel", now=LATER)


def try_again(service: Service) -> None:
    with acting(Purpose.CONTRACT, actor=JOB):
        services.try_again(service_id=service.pk, reason="tried_again", now=LATER)


def test_a_refusal_lets_go_of_the_name_and_is_told_once() -> None:
    first = start(sold())
    for _ in range(2):
        refuse(first)
    assert changes(first)[1:] == [("pending", "refused", "refused_by_panel")]
    assert told() == ["hosting.jobs.provision", "messaging.jobs.deliver"]
    assert start(sold(origin="quote_line:2")).state == "pending"


@pytest.mark.parametrize("state", ["active", "suspended", "cancelled", "terminated"])
def test_what_is_not_being_set_up_is_not_refused(state: str) -> None:
    service = make.service(state=state)
    refuse(service)
    assert (again(service).state, told()) == (state, [])


def test_it_is_tried_again_when_the_name_is_free() -> None:
    first, second = start(sold()), start(sold(origin="quote_line:2"))
    with pytest.raises(NameInUse):
        try_again(second)
    assert (again(second).state, len(changes(second))) == ("refused", 2)
    with as_owner():
        Service.objects.filter(pk=first.pk).update(state="terminated", ended_on=first.started_on)
    try_again(second)
    assert again(second).state == "pending"
    assert told()[-1] == "hosting.jobs.provision"
    with pytest.raises(MoveRefused):
        try_again(second)


@pytest.mark.parametrize("state", [s for s in State if s != State.REFUSED])
def test_only_what_was_refused_is_tried_again(state: State) -> None:
    service = make.service(state=state)
    with pytest.raises(MoveRefused):
        try_again(service)
    assert (again(service).state, told()) == (state, [])


def test_who_makes_a_kind_says_by_which_provider() -> None:
    assert kinds.provider_of("hosting") == "directadmin"
    with pytest.raises(LookupError):
        kinds.provider_of("horses")
    assert start(sold()).provider == "directadmin"
