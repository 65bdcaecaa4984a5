"""Changing, taking away, leaving and handing over access: at once, announced, and never without a holder (P09)."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.test import Client

from hospes.accounts.access import services
from hospes.billing.models import Invoice
from hospes.customers import memberships
from hospes.customers.memberships import AccessRefused
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from tests.portal.sharing import A_WHILE, entries, letters, open_to, roles, somebody, told
from tests.portal.visit import browser, text
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P09")]

SECOND = timedelta(seconds=1)


@pytest.fixture
def customer() -> Customer:
    return make.customer(
        holder=somebody(given_name="Anna", family_name="Dronkel"), kind="business", name="Zaagtand bv"
    )


@pytest.fixture
def anna(customer: Customer) -> Person:
    return make.holder_of(customer)


def joined(customer: Customer, role: str, **words: Any) -> Person:
    """Somebody who has access, with a confirmed address."""
    person = somebody()
    make.membership(person=person, customer=customer, role=role, **words)
    return person


@pytest.fixture
def bram(customer: Customer) -> Person:
    return joined(customer, "billing")


def of(person: Person, customer: Customer | None = None) -> int:
    """The number of somebody's access as it is now; to one customer, if named."""
    with as_owner():
        held = Membership.objects.filter(person=person).order_by("-pk")
        return int((held.filter(customer=customer) if customer else held)[0].pk)


def at(customer: Customer, *parts: Any) -> str:
    return f"/k/{customer.number}/toegang/" + "".join(f"{part}/" for part in parts)


# --- taking away and changing ---


def test_who_is_removed_is_out_with_the_next_click_and_for_the_database_too(
    customer: Customer, anna: Person, bram: Person
) -> None:
    make.invoice(customer=customer)
    theirs = browser(bram)
    assert theirs.get(f"/k/{customer.number}/facturen/").status_code == 200
    with acting(Purpose.BILLING, actor=Actor.person(bram.pk), customer=customer.pk):
        assert Invoice.objects.exists()
    browser(anna).post(at(customer, of(bram), "weg"))
    for page in ("", "facturen/", "toegang/", "gegevens/"):
        assert theirs.get(f"/k/{customer.number}/{page}").status_code == 404
    assert theirs.post(f"/k/{customer.number}/toegang/verlaten/").status_code == 404
    with acting(Purpose.BILLING, actor=Actor.person(bram.pk), customer=customer.pk):
        assert not Invoice.objects.exists()
    with as_owner():
        gone = Membership.objects.get(person=bram)
    assert gone.ended_by_id == anna.pk
    assert entries() == [("access.removed", anna.pk, bram.pk)]
    assert told("access.removed") == sorted([anna.email, bram.email])
    texts = {letter.reader.address: letter.text for letter in letters("access.removed")}
    assert "Anna Dronkel heeft uw toegang tot Zaagtand bv ingetrokken" in texts[bram.email]
    assert f"de toegang van {bram.name}" in texts[anna.email]


def test_another_role_counts_with_the_next_click(customer: Customer, anna: Person, bram: Person) -> None:
    theirs, old = browser(bram), of(bram)
    answer = browser(anna).post(at(customer, old), {"role": "technical", "last_day": ""})
    assert answer["Location"] == at(customer)
    assert theirs.get(f"/k/{customer.number}/facturen/").status_code == 403
    assert theirs.get(f"/k/{customer.number}/diensten/").status_code == 200
    with as_owner():
        was, now = Membership.objects.filter(person=bram).order_by("pk")
    assert (was.role, was.until, was.ended_by_id) == ("billing", now.since, anna.pk)
    assert (now.role, now.until, now.given_by_id) == ("technical", None, anna.pk)
    assert entries() == [("access.changed", anna.pk, bram.pk)]
    assert told("access.changed") == sorted([anna.email, bram.email])


def test_an_end_can_be_set_and_taken_off_again(customer: Customer, anna: Person, bram: Person) -> None:
    client, last = browser(anna), clock.today() + timedelta(days=5)
    client.post(at(customer, of(bram)), {"role": "billing", "last_day": last.isoformat()})
    assert last.isoformat() in client.get(at(customer, of(bram))).content.decode()
    with clock.shifted(timedelta(days=7)):
        assert open_to(bram) == []
    client.post(at(customer, of(bram)), {"role": "billing", "last_day": ""})
    with clock.shifted(timedelta(days=7)):
        assert open_to(bram) == [customer.pk]


def test_what_is_so_already_changes_nothing(customer: Customer, anna: Person, bram: Person) -> None:
    browser(anna).post(at(customer, of(bram)), {"role": "billing", "last_day": ""})
    with as_owner():
        assert Membership.objects.filter(person=bram).count() == 1
    assert (entries(), letters()) == ([], [])


def test_pressed_twice_and_with_the_back_button(customer: Customer, anna: Person, bram: Person) -> None:
    client, old = browser(anna), of(bram)
    for _ in range(2):
        answer = client.post(at(customer, old, "weg"), follow=True)
        assert answer.status_code == 200
    assert "intussen" in text(answer)
    assert client.get(at(customer, old))["Location"] == at(customer)
    assert client.post(at(customer, old), {"role": "holder", "last_day": ""})["Location"] == at(customer)
    assert (roles(customer), len(entries())) == ({anna.pk: "holder"}, 1)


def test_a_page_that_is_older_than_the_change_does_not_overwrite_it(
    customer: Customer, anna: Person, bram: Person
) -> None:
    other, seen = joined(customer, "holder"), of(bram)
    browser(other).post(at(customer, seen), {"role": "technical", "last_day": ""})
    browser(anna).post(at(customer, seen), {"role": "administration", "last_day": ""})
    assert roles(customer)[bram.pk] == "technical"


def test_access_that_has_yet_to_begin_is_shown_changed_and_taken_away(
    customer: Customer, anna: Person
) -> None:
    later = joined(customer, "billing", since=clock.now() + timedelta(days=3))
    client = browser(anna)
    assert "vanaf" in text(client.get(at(customer)))
    client.post(at(customer, of(later)), {"role": "technical", "last_day": ""})
    with clock.shifted(timedelta(days=4)):
        assert roles(customer)[later.pk] == "technical"
    client.post(at(customer, of(later), "weg"))
    with clock.shifted(timedelta(days=4)):
        assert later.pk not in roles(customer)


# --- who decides about whom ---


@pytest.mark.parametrize("role", ["holder", "administration"])
def test_a_manager_does_not_decide_about_their_own_rank_or_above(customer: Customer, role: str) -> None:
    manager, other = joined(customer, "administration"), joined(customer, role)
    client = browser(manager)
    for where in (at(customer, of(other)), at(customer, of(other), "weg")):
        assert client.post(where, {"role": "read_only", "last_day": ""}).status_code == 404
    assert client.get(at(customer, of(other))).status_code == 404
    assert roles(customer)[other.pk] == role


def test_a_manager_makes_nobody_a_manager_or_holder(customer: Customer, bram: Person) -> None:
    client = browser(joined(customer, "administration"))
    for role in ("holder", "administration"):
        answer = client.post(at(customer, of(bram)), {"role": role, "last_day": ""})
        assert "role" in answer.context["form"].errors
    client.post(at(customer, of(bram)), {"role": "technical", "last_day": ""})
    assert roles(customer)[bram.pk] == "technical"


def test_nobody_changes_their_own_access(customer: Customer, anna: Person) -> None:
    joined(customer, "holder")
    for where in (at(customer, of(anna)), at(customer, of(anna), "weg")):
        assert browser(anna).post(where, {"role": "read_only", "last_day": ""}).status_code == 404
    assert roles(customer)[anna.pk] == "holder"


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (services.change, {"role": "holder", "until": None}), (services.change, {"role": "read_only", "until": None}),
        (services.remove, {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", ["technical", "billing", "read_only", "administration", ""])
def test_the_service_looks_at_the_role_itself(
    customer: Customer, anna: Person, role: str, verb: Any, words: dict[str, Any]
) -> None:
    """Whatever a page forgot: about a holder only a holder decides."""
    by = joined(customer, role) if role else somebody()
    with pytest.raises(AccessRefused), acting(Purpose.ACCESS, actor=Actor.staff(by.pk), customer=customer.pk):
        verb(customer_id=customer.pk, membership_id=of(anna), by=by.pk, now=clock.now(), **words)
    assert roles(customer)[anna.pk] == "holder"


def test_a_role_that_ended_a_moment_ago_decides_nothing(customer: Customer, bram: Person) -> None:
    now = clock.now()
    by = joined(customer, "administration", until=now)
    for moment, may in ((now - SECOND, True), (now, False)):
        with acting(Purpose.ACCESS, actor=Actor.staff(by.pk), customer=customer.pk):
            refused = False
            try:
                services.change(customer_id=customer.pk, membership_id=of(bram), role="read_only" if may else "technical",
                                until=None, by=by.pk, now=moment)  # fmt: skip
            except AccessRefused:
                refused = True
        assert refused is not may


# --- leaving, and the last holder ---


def test_who_leaves_is_out_at_once(customer: Customer, anna: Person, bram: Person) -> None:
    client = browser(bram)
    assert "Laat mij" not in text(client.get(at(customer, "verlaten")))
    assert client.post(at(customer, "verlaten"))["Location"] == "/"
    assert client.get(f"/k/{customer.number}/").status_code == 404
    assert client.post(at(customer, "verlaten")).status_code == 404
    assert entries() == [("access.left", bram.pk, bram.pk)]
    assert told("access.left") == sorted([anna.email, bram.email])


@pytest.mark.parametrize("others", [[], ["administration"], ["holder until", "billing"], ["holder later"]])
def test_the_last_holder_cannot_leave_by_accident(
    customer: Customer, anna: Person, others: list[str]
) -> None:
    week = timedelta(days=7)
    for other in others:
        role, _, when = other.partition(" ")
        words: dict[str, Any] = {"until": clock.now() + week} if when == "until" else {}
        words |= {"since": clock.now() + week} if when == "later" else {}
        joined(customer, role, **words)
    client = browser(anna)
    page = text(client.get(at(customer, "verlaten")))
    assert "laatste accounthouder" in page
    assert "Beëindig mijn toegang" not in page
    assert "laatste" in text(client.post(at(customer, "verlaten")))
    assert roles(customer)[anna.pk] == "holder"
    assert entries() == []


def test_a_holder_beside_another_can_leave(customer: Customer, anna: Person) -> None:
    other = joined(customer, "holder")
    browser(anna).post(at(customer, "verlaten"))
    assert roles(customer) == {other.pk: "holder"}


@pytest.mark.parametrize(
    "form", [{"role": "billing", "last_day": ""}, {"role": "holder", "last_day": "soon"}]
)
def test_nor_can_the_last_lasting_holder_be_lowered_by_one_whose_access_ends(
    customer: Customer, anna: Person, form: dict[str, str]
) -> None:
    soon = (clock.today() + timedelta(days=3)).isoformat()
    guest = joined(customer, "holder", until=clock.now() + timedelta(days=7))
    client = browser(guest)
    answer = client.post(at(customer, of(anna)), form | {"last_day": form["last_day"] and soon})
    assert "laatste" in text(answer)
    client.post(at(customer, of(anna), "weg"))
    assert roles(customer)[anna.pk] == "holder"


def _at_once(*verbs: Callable[[], Any]) -> list[str]:
    """Do things at the same moment, over real connections, each in a transaction of its own."""
    together, outcome = threading.Barrier(len(verbs), timeout=20), list[str]()

    def run(verb: Callable[[], Any]) -> None:
        try:
            together.wait()
            verb()
            outcome.append("done")
        except (AccessRefused, IntegrityError):
            outcome.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[verb]) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcome)


def _within(customer: Customer, person: Person, verb: Any, **words: Any) -> Callable[[], None]:
    def run() -> None:
        with acting(Purpose.ACCESS, actor=Actor.person(person.pk), customer=customer.pk):
            verb(customer_id=customer.pk, now=clock.now(), **words)

    return run


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["both leave", "each removes the other", "one leaves, one is removed"])
def test_of_the_last_two_holders_one_stays_also_when_both_go_at_once(site: None, how: str) -> None:
    for _ in range(3):
        customer = make.customer(holder=somebody())
        anna, bram = make.holder_of(customer), joined(customer, "holder")
        leaves = {
            person.pk: _within(customer, person, services.leave, person_id=person.pk)
            for person in (anna, bram)
        }
        removes = {
            by.pk: _within(customer, by, services.remove, membership_id=of(other), by=by.pk)
            for by, other in ((anna, bram), (bram, anna))
        }
        verbs = {
            "both leave": [leaves[anna.pk], leaves[bram.pk]],
            "each removes the other": [removes[anna.pk], removes[bram.pk]],
            "one leaves, one is removed": [leaves[anna.pk], removes[anna.pk]],
        }[how]
        assert _at_once(*verbs) == ["done", "refused"]
        assert list(roles(customer).values()) == ["holder"]


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_of_one_access_at_once_one_is_made(site: None) -> None:
    customer = make.customer(holder=somebody())
    anna, other, bram = make.holder_of(customer), joined(customer, "holder"), joined(customer, "billing")
    seen = of(bram)
    verbs = [
        _within(customer, by, services.change, membership_id=seen, role=role, until=None, by=by.pk)
        for by, role in ((anna, "technical"), (other, "read_only"))
    ]
    assert _at_once(*verbs) == ["done", "refused"]
    with as_owner():
        assert Membership.objects.filter(person=bram).count() == 2


# --- handing over ---


@pytest.mark.parametrize(
    "own_role", ["administration", "technical", "billing", "read_only", "holder", "leave"]
)
def test_a_holder_hands_over_in_one_step(
    customer: Customer, anna: Person, bram: Person, own_role: str
) -> None:
    client = browser(anna)
    answer = client.post(at(customer, "overdragen"), {"to": of(bram), "own_role": own_role})
    assert answer["Location"] == ("/" if own_role == "leave" else at(customer))
    left = {} if own_role == "leave" else {anna.pk: own_role}
    assert roles(customer) == {bram.pk: "holder", **left}
    assert entries() == [("access.handed_over", anna.pk, bram.pk)]
    assert told("access.handed_over") == sorted([anna.email, bram.email])
    assert browser(bram).get(at(customer, "overdragen")).status_code == 200
    expected = 404 if own_role == "leave" else 200 if own_role == "holder" else 403
    assert client.get(at(customer, "overdragen")).status_code == expected


def test_who_becomes_holder_has_no_end_any_more(customer: Customer, anna: Person) -> None:
    guest = joined(customer, "technical", until=clock.now() + timedelta(days=7))
    browser(anna).post(at(customer, "overdragen"), {"to": of(guest), "own_role": "leave"})
    with clock.shifted(timedelta(days=30)):
        assert roles(customer) == {guest.pk: "holder"}


def test_pressed_twice_it_is_handed_over_once(customer: Customer, anna: Person, bram: Person) -> None:
    client, form = browser(anna), {"to": of(bram), "own_role": "read_only"}
    client.post(at(customer, "overdragen"), form)
    assert client.post(at(customer, "overdragen"), form).status_code == 403
    assert len(entries()) == 1


@pytest.mark.parametrize(
    "form", [{}, {"own_role": "billing"}, {"to": "0", "own_role": "billing"}, {"own_role": "owner"}]
)
def test_a_choice_that_is_none_hands_nothing_over(
    customer: Customer, anna: Person, bram: Person, form: dict[str, str]
) -> None:
    answer = browser(anna).post(at(customer, "overdragen"), form)
    assert answer.context["form"].errors
    assert roles(customer)[anna.pk] == "holder"


def test_nobody_hands_over_to_somebody_of_another_customer(
    customer: Customer, anna: Person, bram: Person
) -> None:
    stranger = joined(make.customer(), "billing")
    answer = browser(anna).post(at(customer, "overdragen"), {"to": of(stranger), "own_role": "leave"})
    assert answer.context["form"].errors
    with (
        pytest.raises(AccessRefused),
        acting(Purpose.ACCESS, actor=Actor.person(anna.pk), customer=customer.pk),
    ):
        memberships.hand_over(
            customer_id=customer.pk, to_membership_id=of(stranger), own_role="", by=anna.pk, now=clock.now()
        )


# --- asking once more, and other sites ---


@pytest.mark.parametrize("what", ["remove", "change", "leave", "hand over"])
def test_what_matters_asks_once_more_who_it_is(
    customer: Customer, anna: Person, bram: Person, what: str
) -> None:
    joined(customer, "holder")
    where, form = {
        "remove": (at(customer, of(bram), "weg"), {}),
        "change": (at(customer, of(bram)), {"role": "technical", "last_day": ""}),
        "leave": (at(customer, "verlaten"), {}),
        "hand over": (at(customer, "overdragen"), {"to": str(of(bram)), "own_role": "leave"}),
    }[what]
    before = roles(customer)
    client = browser(anna)
    with clock.shifted(A_WHILE):
        assert "Bevestig dat u het bent" in text(client.post(where, form))
    assert browser(anna, checks=True).post(where, form).status_code == 403
    assert roles(customer) == before


# --- several customers ---


def test_a_person_with_several_customers_switches_between_them(
    customer: Customer, anna: Person, bram: Person
) -> None:
    other = make.customer(holder=somebody(), name="Andere zaak", kind="business")
    make.membership(person=bram, customer=other, role="technical")
    client: Client = browser(bram)
    for one, name, role in ((customer, "Zaagtand bv", "facturatie"), (other, "Andere zaak", "techniek")):
        page = client.get(f"/k/{one.number}/")
        assert f'href="/k/{customer.number}/"' in page.content.decode()
        assert f'href="/k/{other.number}/"' in page.content.decode()
        assert f"Uw rol is ‘{role}’" in text(client.get(f"/k/{one.number}/toegang/"))
        assert name in text(page)
    browser(anna).post(at(customer, of(bram, customer), "weg"))
    assert f'href="/k/{customer.number}/"' not in client.get(f"/k/{other.number}/").content.decode()
    assert client.get("/")["Location"] == f"/k/{other.number}/"


def test_the_list_shows_who_has_access_to_who_may_know(
    customer: Customer, anna: Person, bram: Person
) -> None:
    page = text(browser(anna).get(at(customer)))
    assert "2 mensen hebben toegang tot Zaagtand bv" in page
    assert bram.email in page
    theirs = text(browser(bram).get(at(customer)))
    assert anna.email not in theirs
    assert "Anna Dronkel bepaalt wie toegang heeft" in theirs
