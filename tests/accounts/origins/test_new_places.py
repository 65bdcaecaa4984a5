"""A login from a device or place that is not known needs one more step, and is told about (P12, P25)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.accounts.models import Familiar, LoginCode
from hospes.accounts.origins import codes, devices
from hospes.customers.models import Person
from hospes.kernel import clock
from tests.accounts import people
from tests.support.entering import be_known
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P12", "P25")]

PAGE = "/account/nieuwe-plek/"
HERE, THERE = "192.0.2.7", "198.51.100.9"


def who(client: Client) -> str:
    return client.get("/").content.decode()


def mailed(kind: str = "account.login_code") -> list[str]:
    """What the mails of a kind say, as plain text."""
    return [letter.text for found, letter in people.letters() if found == kind]


def code() -> str:
    """The code in the newest mail."""
    found = re.search(r"^(\d{6})$", mailed()[-1], re.MULTILINE)
    assert found, mailed()[-1]
    return found[1]


def give(client: Client, given: str, **more: Any) -> Any:
    return client.post(PAGE, {"code": given}, **more)


def test_from_a_strange_device_a_code_is_mailed_and_nothing_is_shown_before_it(
    portal: Client, person: Person
) -> None:
    assert people.log_in(portal, person, strange=True, REMOTE_ADDR=HERE)["Location"] == PAGE
    assert who(portal) == "nobody"
    page = portal.get(PAGE, REMOTE_ADDR=HERE)
    assert page.status_code == 200
    assert person.email in page.content.decode()
    assert give(portal, code(), REMOTE_ADDR=HERE)["Location"] == "/"
    assert who(portal) == person.name
    assert HERE in mailed()[0]


def test_from_then_on_it_is_known_and_no_code_is_asked(portal: Client, person: Person) -> None:
    people.log_in(portal, person, strange=True, REMOTE_ADDR=HERE)
    give(portal, code(), REMOTE_ADDR=HERE)
    portal.post("/account/logout/")
    assert people.log_in(portal, person, strange=True, REMOTE_ADDR=HERE)["Location"] == "/"
    assert len(mailed()) == 1
    assert len(mailed("account.new_login")) == 1


@pytest.mark.parametrize("strange", ["device", "place"])
def test_a_known_device_in_a_new_place_and_a_new_device_in_a_known_place_are_asked(
    portal: Client, person: Person, strange: str
) -> None:
    be_known(portal, person, ip=HERE)
    client = Client() if strange == "device" else portal
    ip = THERE if strange == "place" else HERE
    assert people.log_in(client, person, strange=True, REMOTE_ADDR=ip)["Location"] == PAGE


def test_another_persons_device_is_not_ones_own(portal: Client, person: Person) -> None:
    be_known(portal, people.somebody(), ip=HERE)
    be_known(Client(), person, ip=HERE)
    assert people.log_in(portal, person, strange=True, REMOTE_ADDR=HERE)["Location"] == PAGE


def test_two_people_at_one_computer_are_not_linked_by_it(portal: Client, person: Person) -> None:
    for each in (person, people.somebody()):
        be_known(portal, each)
    with as_owner():
        assert len(set(Familiar.objects.filter(kind="device").values_list("key", flat=True))) == 2


def test_a_wrong_password_says_nothing_of_codes_and_sends_none(portal: Client, person: Person) -> None:
    answer = people.log_in(portal, person, "wrong", strange=True)
    assert (answer.status_code, mailed()) == (200, [])
    assert portal.get(PAGE)["Location"] == "/account/login/"


def test_who_gave_a_second_step_is_asked_for_no_code_but_told(office: Client) -> None:
    colleague = people.colleague("administrator")
    assert people.log_in(office, colleague, strange=True)["Location"] == "/account/2fa/authenticate/"
    assert office.post("/account/2fa/authenticate/", {"code": people.code()}).status_code == 302
    assert who(office) == colleague.name
    assert (len(mailed()), len(mailed("account.new_login"))) == (0, 1)


def test_the_first_login_after_signing_up_in_the_same_browser_is_no_alarm(portal: Client) -> None:
    form = people.form()
    portal.post("/account/signup/", form)
    with as_owner():
        person = Person.objects.get()
    [(_, letter)] = people.letters()
    path = "/" + people.link_in(letter).split("/", 3)[3]
    portal.post(path)
    assert people.log_in(portal, person, strange=True)["Location"] == "/"
    assert (mailed(), mailed("account.new_login")) == ([], [])


def test_confirming_the_address_in_another_browser_makes_that_one_known(portal: Client) -> None:
    Client().post("/account/signup/", people.form(), REMOTE_ADDR=THERE)
    with as_owner():
        person = Person.objects.get()
    [(_, letter)] = people.letters()
    portal.post("/" + people.link_in(letter).split("/", 3)[3], REMOTE_ADDR=HERE)
    assert people.log_in(portal, person, strange=True, REMOTE_ADDR=HERE)["Location"] == "/"


# --- the code -------------------------------------------------------------------------------------------------------------


def test_a_code_works_once(portal: Client, person: Person) -> None:
    people.log_in(portal, person, strange=True)
    used = code()
    give(portal, used)
    other = Client()
    people.log_in(other, person, strange=True, REMOTE_ADDR=THERE)
    assert give(other, used, REMOTE_ADDR=THERE).status_code == 200
    assert who(other) == "nobody"


def test_a_code_of_one_session_is_worth_nothing_in_another(portal: Client, person: Person) -> None:
    people.log_in(portal, person, strange=True)
    mine = code()
    thief = Client()
    people.log_in(thief, person, strange=True, REMOTE_ADDR=THERE)
    assert give(thief, mine, REMOTE_ADDR=THERE).status_code == 200
    assert who(thief) == "nobody"
    assert give(portal, mine)["Location"] == "/"


def test_without_a_login_that_was_begun_there_is_no_page(portal: Client) -> None:
    assert portal.get(PAGE)["Location"] == "/account/login/"
    assert give(portal, "123456")["Location"] == "/account/login/"


def test_guessing_ends_after_five_wrong_ones(portal: Client, person: Person) -> None:
    people.log_in(portal, person, strange=True)
    right = code()
    wrong = [f"{(int(right) + n) % 1_000_000:06d}" for n in range(1, 6)]
    for each in wrong:
        assert give(portal, each).status_code == 200
    assert give(portal, right).status_code == 200
    assert who(portal) == "nobody"
    assert [entry[0] for entry in people.journal()].count("account.login_code_failed") == 6


def test_a_code_runs_out_after_a_quarter_of_an_hour(portal: Client, person: Person) -> None:
    people.log_in(portal, person, strange=True)
    right = code()
    with clock.shifted(codes.LASTS + timedelta(seconds=1)):
        assert give(portal, right).status_code == 200
    assert who(portal) == "nobody"


def test_a_new_code_is_sent_after_a_minute_and_the_old_one_is_worth_nothing(
    portal: Client, person: Person
) -> None:
    people.log_in(portal, person, strange=True)
    old = code()
    portal.post(PAGE, {"again": "1"})
    assert len(mailed()) == 1
    with clock.shifted(timedelta(minutes=2)):
        portal.post(PAGE, {"again": "1"})
        assert len(mailed()) == 2
        assert give(portal, old).status_code == 200
        assert give(portal, code())["Location"] == "/"


def test_within_an_hour_there_are_so_many_codes_and_no_more(portal: Client, person: Person) -> None:
    for _ in range(codes.MOST_AN_HOUR + 2):
        people.log_in(Client(), person, strange=True)
    assert len(mailed()) == codes.MOST_AN_HOUR
    people.log_in(portal, person, strange=True)
    assert "Wacht een uur" in portal.get(PAGE).content.decode()
    with clock.shifted(timedelta(hours=1, minutes=1)):
        portal.post(PAGE, {"again": "1"})
        assert len(mailed()) == codes.MOST_AN_HOUR + 1


def test_the_table_holds_no_code(portal: Client, person: Person) -> None:
    people.log_in(portal, person, strange=True)
    with as_owner():
        [row] = LoginCode.objects.values_list()
    assert code() not in str(row)


def test_who_cancels_is_where_they_began(portal: Client, person: Person) -> None:
    people.log_in(portal, person, strange=True)
    assert portal.post(PAGE, {"cancel": "1"})["Location"] == "/account/login/"
    assert portal.get(PAGE)["Location"] == "/account/login/"


# --- the cookie -------------------------------------------------------------------------------------------------------------


def test_the_cookie_is_given_whatever_was_typed_and_a_made_up_one_is_not_kept(
    portal: Client, person: Person
) -> None:
    answers = [
        Client().post("/account/login/", {"login": login, "password": "wrong"})
        for login in (person.email, "noone@mail.example")
    ]
    for answer in answers:
        cookie = answer.cookies[devices.COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 86400)
    portal.cookies[devices.COOKIE] = "chosen-by-somebody"
    portal.post("/account/login/", {"login": person.email, "password": "wrong"})
    assert len(portal.cookies[devices.COOKIE].value) == 43
    with as_owner():
        assert portal.cookies[devices.COOKIE].value not in str(list(Familiar.objects.values_list()))


def test_a_page_that_is_only_looked_at_leaves_no_cookie(portal: Client) -> None:
    assert devices.COOKIE not in portal.get("/account/login/").cookies


def test_what_is_not_used_for_a_year_is_strange_again(portal: Client, person: Person) -> None:
    be_known(portal, person, ip=HERE)
    with clock.shifted(devices.KNOWN_FOR + timedelta(hours=1)):
        assert people.log_in(portal, person, strange=True, REMOTE_ADDR=HERE)["Location"] == PAGE
