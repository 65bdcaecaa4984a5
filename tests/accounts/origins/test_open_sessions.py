"""A session that is not in the list, or over, is nobody's: with the very next request (P09, P12, P25)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hospes.accounts import sweeps
from hospes.accounts.models import OpenSession
from hospes.accounts.origins import sessions
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support.entering import be_known, enter
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P09", "P12", "P25")]


def who(client: Client, **more: Any) -> str:
    return client.get("/", **more).content.decode()


def rows(**given: Any) -> list[OpenSession]:
    with as_owner():
        return list(OpenSession.objects.filter(**given).order_by("pk"))


def test_a_login_is_in_the_list_with_where_and_by_what_and_not_by_its_key(
    portal: Client, person: Person
) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
    people.log_in(portal, person, REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT=firefox)
    [opened] = rows()
    assert (opened.person_id, opened.face, opened.ip, opened.browser, opened.ended) == (
        person.pk, "portal", "192.0.2.7", "Firefox 144 on Linux", "",
    )  # fmt: skip
    token = portal.session[sessions.TOKEN]
    assert opened.key == sessions.hashed(token)
    assert token not in str(vars(opened))
    assert abs(opened.expires_at - opened.started_at - timedelta(days=14)) < timedelta(seconds=5)


def test_a_session_that_is_not_in_the_list_is_nobodys(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    assert who(portal) == person.name
    with as_owner():
        OpenSession.objects.all().delete()
    assert who(portal) == "nobody"


@pytest.mark.parametrize("why", ["by_person", "by_holder", "reported"])
def test_what_is_ended_is_over_with_the_next_request_and_stays_so(
    portal: Client, person: Person, why: str
) -> None:
    people.log_in(portal, person)
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        assert sessions.end(rows()[0].pk, why, now=clock.now())
        assert not sessions.end(rows()[0].pk, why, now=clock.now())
    assert who(portal) == "nobody"
    assert [row.ended for row in rows()] == [why]
    people.log_in(portal, person)
    assert who(portal) == person.name


def test_logging_out_is_in_the_list(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    portal.post("/account/logout/")
    assert [row.ended for row in rows()] == ["logout"]


def test_a_new_password_ends_all_others_and_not_this_one(portal: Client, person: Person) -> None:
    other = enter(Client(), person)
    people.log_in(portal, person)
    words = {
        "oldpassword": people.PASSWORD,
        "password1": "heel-iets-anders-3",
        "password2": "heel-iets-anders-3",
    }
    portal.post("/account/password/change/", words)
    assert (who(portal), who(other)) == (person.name, "nobody")
    assert [row.ended for row in rows()] == ["password", ""]


def test_it_ends_by_itself_after_two_weeks_however_much_it_is_used(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    for days in (6, 13):
        with clock.shifted(timedelta(days=days)):
            assert who(portal) == person.name
    with clock.shifted(timedelta(days=14, seconds=10)):
        assert who(portal) == "nobody"


def test_in_the_office_after_half_an_hour_without_a_click_and_after_eight_hours(office: Client) -> None:
    colleague = people.colleague("administrator")
    people.let_in(office, colleague)
    with clock.shifted(timedelta(minutes=29)):
        assert who(office) == colleague.name
    with clock.shifted(timedelta(minutes=58)):
        assert who(office) == colleague.name
    with clock.shifted(timedelta(minutes=89)):
        assert who(office) != colleague.name
    assert [row.ended for row in rows()] == ["idle"]
    people.let_in(office, colleague)
    for quarter in range(1, 32):
        with clock.shifted(timedelta(minutes=15 * quarter)):
            assert who(office) == colleague.name
    with clock.shifted(timedelta(hours=8, seconds=10)):
        assert who(office) != colleague.name


def test_that_it_is_used_is_noted_now_and_then_only(portal: Client, person: Person) -> None:
    people.log_in(portal, person, REMOTE_ADDR="192.0.2.7")
    began = rows()[0].seen_at
    with clock.shifted(timedelta(minutes=4)):
        who(portal, REMOTE_ADDR="192.0.2.8")
    assert (rows()[0].seen_at, rows()[0].ip) == (began, "192.0.2.7")
    with clock.shifted(timedelta(minutes=6)):
        who(portal, REMOTE_ADDR="192.0.2.8")
    assert rows()[0].seen_at > began
    assert rows()[0].ip == "192.0.2.8"


def test_who_logs_in_once_more_in_the_same_browser_leaves_no_session_behind(
    portal: Client, person: Person
) -> None:
    people.log_in(portal, person)
    enter(portal, person)
    assert who(portal) == person.name
    be_known(portal, person)
    other = people.somebody()
    people.log_in(portal, other)
    assert [row.person_id for row in rows(ended="")][-1:] != []


# --- a stolen cookie --------------------------------------------------------------------------------------------------------

DUTCH, GERMAN, UNKNOWN = "80.101.1.1", "91.10.1.1", "198.51.100.9"


@pytest.mark.promise("P12")
def test_a_cookie_that_is_used_from_another_country_ends_the_session_for_both(
    portal: Client, person: Person
) -> None:
    people.log_in(portal, person, REMOTE_ADDR=DUTCH)
    thief = Client()
    thief.cookies["hospes_portal"] = portal.cookies["hospes_portal"].value
    assert who(thief, REMOTE_ADDR=GERMAN) == "nobody"
    assert who(portal, REMOTE_ADDR=DUTCH) == "nobody"
    assert [row.ended for row in rows()] == ["moved"]
    assert ("session.moved", "visitor", person.pk, GERMAN) in people.journal()
    assert "ander land" in thief.get("/account/login/", REMOTE_ADDR=GERMAN).content.decode()


def test_another_network_of_the_same_country_or_an_unknown_one_does_not(
    portal: Client, person: Person
) -> None:
    people.log_in(portal, person, REMOTE_ADDR=DUTCH)
    assert who(portal, REMOTE_ADDR="145.97.39.155") == person.name
    assert who(portal, REMOTE_ADDR=UNKNOWN) == person.name
    assert who(portal, REMOTE_ADDR="127.0.0.1") == person.name


# --- fixation ---------------------------------------------------------------------------------------------------------------


def test_a_session_that_somebody_brought_along_is_not_the_one_that_is_logged_in(
    portal: Client, person: Person
) -> None:
    attacker = Client()
    attacker.post("/account/signup/", people.form())
    attacker.get("/account/login/")
    planted = attacker.cookies.get("hospes_portal")
    if planted is not None:
        portal.cookies["hospes_portal"] = planted.value
    people.log_in(portal, person)
    assert who(portal) == person.name
    assert who(attacker) == "nobody"
    if planted is not None:
        assert portal.cookies["hospes_portal"].value != planted.value


# --- clearing away ----------------------------------------------------------------------------------------------------------


def test_what_is_over_goes_after_as_long_as_the_map_says(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    now = clock.now()
    with as_owner():
        OpenSession.objects.update(started_at=now - timedelta(days=60), expires_at=now - timedelta(days=29))
        assert sweeps.clear_where_from(now=now, page_size=1) == 0
        OpenSession.objects.update(expires_at=now - timedelta(days=31))
    assert sweeps.clear_where_from(now=now, page_size=1) == 1
    assert rows() == []
