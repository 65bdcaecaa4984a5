"""Changing one's e-mail address: confirmed at the new one before it is used, announced to both, undone from the old one."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, connections
from django.test import Client
from django.utils import translation

from hospes.accounts.addresses import changes
from hospes.accounts.addresses.changes import LASTS, MOST_A_DAY, UNDO, ChangeGone
from hospes.accounts.models import AddressChange, Familiar, OpenSession, PasswordReset
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach
from hospes.messaging.rendering import render
from tests.portal.sharing import entries, letters, somebody, told
from tests.portal.visit import browser, text
from tests.support import make, names
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P09")]

PAGE, SECOND = "/account/email/", timedelta(seconds=1)


@pytest.fixture
def person() -> Person:
    found = somebody()
    make.customer(holder=found)
    return found


@pytest.fixture
def client(person: Person) -> Client:
    return browser(person)


def ask(client: Client, email: str) -> Any:
    return client.post(PAGE, {"do": "ask", "email": email})


def link(kind: str) -> str:
    """The path of the link in the newest mail of a kind."""
    with translation.override(None), acting(Purpose.MESSAGES, actor=JOB):
        letter = render(Message.objects.filter(kind=kind).latest("pk"), now=clock.now())
    found = re.search(r"https?://[^/]+(/\S*account/email/\S+)", letter.text)
    assert found
    return found.group(1)


def confirm_link() -> str:
    return link("account.confirm_new_address")


def undo_link() -> str:
    return link("account.address_was_changed")


def address_of(person: Person) -> str:
    """The address of somebody; what they log in with is the same, and confirmed."""
    with as_owner():
        mine = list(EmailAddress.objects.filter(user=person).values_list("email", "verified", "primary"))
        email = Person.objects.get(pk=person.pk).email
    assert mine == [(email, True, True)]
    return email


def changed(client: Client, email: str) -> None:
    """Ask for an address and confirm it."""
    ask(client, email)
    client.post(confirm_link())


# --- asking and confirming ---


def test_a_new_address_is_used_once_it_is_confirmed_and_both_are_told(client: Client, person: Person) -> None:
    old, new = person.email, names.email()
    assert ask(client, new.upper())["Location"] == PAGE
    assert (told("account.confirm_new_address"), told("account.address_change_asked")) == ([new], [old])
    assert address_of(person) == old
    assert new in text(client.get(PAGE))
    path = confirm_link()
    page = text(client.get(path))
    assert new in page
    assert address_of(person) == old  # looking confirms nothing: programs follow links too
    assert client.post(path)["Location"] == PAGE
    assert address_of(person) == new
    assert (told("account.address_changed"), told("account.address_was_changed")) == ([new], [old])
    assert [entry[0] for entry in entries("account.address")] == [
        "account.address_change_asked",
        "account.address_changed",
    ]
    assert old not in text(client.get(PAGE))


def test_the_link_works_once_for_who_asked_and_for_a_day(client: Client, person: Person) -> None:
    old = person.email
    ask(client, names.email())
    path = confirm_link()
    for other in (browser(somebody()), browser()):
        assert other.post(path).status_code in (302, 404)
    assert browser().get(path)["Location"].startswith("/account/login/")
    assert browser(somebody()).get(path).status_code == 404
    with clock.shifted(LASTS + SECOND):
        assert client.get(path).status_code == client.post(path).status_code == 404
    assert address_of(person) == old
    client.post(path)
    assert client.post(path).status_code == 404


@pytest.mark.parametrize("token", ["x", "1", "1:x", "../x"])
def test_what_is_no_link_leads_nowhere(client: Client, token: str) -> None:
    for kind in ("bevestigen", "terugdraaien"):
        assert client.get(f"{PAGE}{kind}/{token}/").status_code == 404


def test_one_kind_of_link_does_not_do_for_the_other(client: Client, person: Person) -> None:
    ask(client, names.email())
    with as_owner():
        asked = AddressChange.objects.get()
    wrong = confirm_link().replace(changes.token("confirm", asked.pk), changes.token("undo", asked.pk))
    assert client.post(wrong).status_code == 404
    client.post(confirm_link())
    token = changes.token("confirm", asked.pk)
    assert client.post(f"{PAGE}terugdraaien/{token}/").status_code == 404


def test_another_wish_overtakes_the_one_before_and_it_can_be_withdrawn(
    client: Client, person: Person
) -> None:
    old = person.email
    ask(client, names.email())
    first = confirm_link()
    client.post(PAGE, {"do": "withdraw"})
    assert client.get(first).status_code == 404
    ask(client, names.email())
    with pytest.raises(NobodyToReach):
        letters("account.confirm_new_address")  # that of the first does not leave any more
    assert address_of(person) == old
    assert client.get(first).status_code == 404


@pytest.mark.parametrize("email", ["", "x", "a b@c.nl", "own", "OWN"])
def test_what_is_no_other_address_is_refused(client: Client, person: Person, email: str) -> None:
    given = {"own": person.email, "OWN": person.email.upper()}.get(email, email)
    answer = ask(client, given)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert letters() == []


def test_nobodys_mailbox_is_filled_through_us(client: Client) -> None:
    for _ in range(MOST_A_DAY):
        assert ask(client, names.email()).status_code == 302
    assert ask(client, names.email()).status_code == 200


def test_asking_asks_once_more_who_it_is(person: Person) -> None:
    answer = ask(browser(person, fresh=False), names.email())
    assert "Bevestig dat u het bent" in text(answer)
    assert letters() == []


def test_a_link_for_a_new_password_that_went_to_the_old_address_stops(client: Client, person: Person) -> None:
    with as_owner():
        reset = PasswordReset.objects.create(
            person=person, asked_at=clock.now(), expires_at=clock.now() + timedelta(hours=1)
        )
    changed(client, names.email())
    with as_owner():
        reset.refresh_from_db()
    assert reset.closed_at is not None


# --- whose address it is ---


def test_nobody_learns_that_an_address_is_somebodys(client: Client, person: Person) -> None:
    other, free = somebody(), names.email()
    answers = []
    for email in (other.email, free):
        answer = ask(client, email)
        answers.append((answer.status_code, answer["Location"], _without(email, client.get(PAGE))))
        client.post(PAGE, {"do": "withdraw"})
        client.get(PAGE)
    assert answers[0] == answers[1]


def _without(email: str, answer: Any) -> str:
    """What a page says, but for the address and for moments."""
    return re.sub(r"\d+:\d+", "", text(answer).replace(email, ""))


def test_who_has_the_address_is_told_and_keeps_it(client: Client, person: Person) -> None:
    other, old = somebody(), person.email
    ask(client, other.email)
    [letter] = letters("account.confirm_new_address")
    assert (letter.reader.address, letter.reader.name) == (other.email, other.name)
    assert "/account/email/bevestigen/" not in letter.text
    with as_owner():
        asked = AddressChange.objects.get()
    path = f"{PAGE}bevestigen/{changes.token('confirm', asked.pk)}/"
    assert client.post(path).status_code == 404
    assert (address_of(person), address_of(other)) == (old, other.email)


def test_who_never_showed_that_an_address_is_theirs_makes_way(client: Client, person: Person) -> None:
    squatter, new = make.person(), names.email()
    with as_owner():
        Person.objects.filter(pk=squatter.pk).update(email=new)
        EmailAddress.objects.create(user=squatter, email=new, verified=False, primary=True)
    changed(client, new)
    assert address_of(person) == new
    with as_owner():
        assert Person.objects.get(pk=squatter.pk).email != new


def use(person: Person, token: str) -> str:
    try:
        with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
            changes.confirm(token, person_id=person.pk, now=clock.now())
    except ChangeGone:
        return "gone"
    return "used"


def two_who_want(new: str) -> tuple[list[Person], list[str]]:
    wanting, tokens = [somebody(), somebody()], []
    for each in wanting:
        ask(browser(each), new)
        with as_owner():
            tokens.append(changes.token("confirm", AddressChange.objects.get(person=each).pk))
    return wanting, tokens


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_one_address_at_once_do_not_both_get_it(site: None) -> None:
    new = names.email()
    wanting, tokens = two_who_want(new)
    outcomes: list[str] = []

    def in_thread(n: int) -> None:
        try:
            outcomes.append(use(wanting[n], tokens[n]))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=in_thread, args=[n]) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["gone", "used"]
    assert sum(address_of(each) == new for each in wanting) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("nth", range(1, 6))
def test_whoever_shows_an_address_while_another_looks_keeps_it(nth: int, site: None) -> None:
    """The other confirms, whole, just before the nth question that the first one asks ahead of writing anything."""
    new = names.email()
    (first, other), tokens = two_who_want(new)
    asked: list[str] = []
    outcomes: list[str] = []

    def in_thread() -> None:
        try:
            outcomes.append(use(other, tokens[1]))
        finally:
            connections.close_all()

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql.split(maxsplit=1)[0])
        if asked.count("SELECT") == nth and asked[-1] == "SELECT" and "UPDATE" not in asked:
            thread = threading.Thread(target=in_thread)
            thread.start()
            thread.join(20)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        came_of_it = use(first, tokens[0])
    if outcomes:
        assert (came_of_it, outcomes) == ("gone", ["used"])
        assert [address_of(each) == new for each in (first, other)] == [False, True]
    else:
        assert asked[: asked.index("UPDATE")].count("SELECT") < nth, "there was no such question"


@pytest.mark.django_db(transaction=True)
def test_giving_an_address_back_goes_on_when_another_shows_it_meanwhile(site: None) -> None:
    person = somebody()
    old = address_of(person)
    before = clock.now() - SECOND
    changed(browser(person), names.email())
    now_has, other = address_of(person), somebody()
    ask(browser(other), old)
    with as_owner():
        token = changes.token("confirm", AddressChange.objects.get(person=other).pk)
    outcomes: list[str] = []

    def in_thread() -> None:
        try:
            outcomes.append(use(other, token))
        finally:
            connections.close_all()

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "account_emailaddress" in sql and "FOR UPDATE" in sql and not outcomes:
            thread = threading.Thread(target=in_thread)
            thread.start()
            thread.join(20)
        return execute(sql, params, many, context)

    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        with connection.execute_wrapper(meanwhile):
            changes.take_back(person.pk, before, now=clock.now())
        Person.objects.filter(pk=person.pk).update(family_name="Gaat-verder")  # the transaction goes on
    assert outcomes == ["used"]
    assert [address_of(each) for each in (person, other)] == [now_has, old]


# --- undoing ---


def test_the_old_address_undoes_it_without_a_password_and_everybody_is_out(
    client: Client, person: Person
) -> None:
    old, new = person.email, names.email()
    changed(client, new)
    path, owner = undo_link(), browser()
    assert owner.get(path).status_code == 200
    assert address_of(person) == new
    assert owner.post(path).status_code == 200
    assert address_of(person) == old
    assert client.get(PAGE).status_code == 302  # who took it over is out
    with as_owner():
        assert not Person.objects.get(pk=person.pk).has_usable_password()
    assert (told("account.address_undone"), told("account.address_was_undone")) == ([old], [new])
    assert told("account.password_reset") == [old]
    assert entries("account.address_change_undone") != []
    with as_owner():
        assert not OpenSession.objects.filter(person=person, ended="").exists()
        assert not Familiar.objects.filter(person=person).exists()
    assert owner.post(path).status_code == 404


def test_it_can_be_undone_for_a_week(client: Client, person: Person) -> None:
    new = names.email()
    changed(client, new)
    path = undo_link()
    with clock.shifted(UNDO + SECOND):
        assert browser().get(path).status_code == browser().post(path).status_code == 404
    assert address_of(person) == new
    with clock.shifted(UNDO - timedelta(minutes=1)):
        assert browser().post(path).status_code == 200


def test_who_moves_an_address_on_and_on_keeps_nothing(client: Client, person: Person) -> None:
    old, second, third = person.email, names.email(), names.email()
    changed(client, second)
    owners = undo_link()
    changed(client, third)
    thiefs = undo_link()
    assert thiefs != owners
    browser().post(owners)
    assert address_of(person) == old
    assert browser().post(thiefs).status_code == 404
    assert address_of(person) == old


def test_signing_up_with_the_old_address_does_not_keep_its_owner_from_it(
    client: Client, person: Person
) -> None:
    old = person.email
    changed(client, names.email())
    path = undo_link()
    squatter = make.person()
    with as_owner():
        Person.objects.filter(pk=squatter.pk).update(email=old)
        EmailAddress.objects.create(user=squatter, email=old, verified=False, primary=True)
    assert browser().post(path).status_code == 200
    assert address_of(person) == old


def test_another_site_can_have_nothing_confirmed_or_undone(client: Client, person: Person) -> None:
    ask(client, names.email())
    forged = browser(person, checks=True)
    assert forged.post(confirm_link()).status_code == 403
    assert forged.post(PAGE, {"do": "ask", "email": names.email()}).status_code == 403
