"""Confirming that it is you, before something that is dear (P09, P25)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from hospes.accounts import confirming, services
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.accounts import urls as doors
from tests.support.entering import enter

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P09", "P25")]

PAGE = "/lief/?x=1"
LATER = timedelta(minutes=11)


@require_POST
@confirming.required(doing="give it away")
def dear(request: HttpRequest) -> HttpResponse:
    """Says what it got."""
    return HttpResponse(f"done: {sorted(request.POST.lists())} {request.GET.get('x')}")


@confirming.required(also_get=True)
@require_safe
def secret(request: HttpRequest) -> HttpResponse:
    """Shows something."""
    return HttpResponse(f"the secret {request.GET.get('x')}")


urlpatterns = [
    *doors.urlpatterns,
    *i18n_patterns(path("lief/", dear), path("geheim/", secret), prefix_default_language=False),
]


@pytest.fixture(autouse=True)
def _these_pages(settings: Any, _doors_only: None) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def browser(portal: Client, person: Person) -> Client:
    people.log_in(portal, person)
    return portal


def hidden(answer: Any) -> dict[str, list[str]]:
    """What a page's form carries along."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode()
    ):
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(value)
    return found


def test_who_just_logged_in_goes_straight_on(browser: Client) -> None:
    assert browser.post(PAGE, {"a": "1"}).content.decode() == "done: [('a', ['1'])] 1"


def test_after_ten_minutes_it_is_asked_and_nothing_that_was_filled_in_is_lost(browser: Client) -> None:
    with clock.shifted(LATER):
        asked = browser.post(PAGE, {"a": ["1", "2"], "b": '<"é'})
        assert "give it away" in asked.content.decode()
        assert "no-store" in asked["Cache-Control"]
        carried = hidden(asked)
        assert carried == {"confirm-answer": ["1"], "a": ["1", "2"], "b": ["&lt;&quot;é"]}
        sent = {**carried, "b": '<"é', "confirm-password": people.PASSWORD}
        done = browser.post(PAGE, sent).content.decode()
        assert done == "done: [('a', ['1', '2']), ('b', ['<\"é'])] 1"
    assert [entry[0] for entry in people.journal()][-1] == "account.confirmed"


def test_then_not_again_for_ten_minutes(browser: Client) -> None:
    with clock.shifted(LATER):
        browser.post(PAGE, {"confirm-answer": "1", "confirm-password": people.PASSWORD})
    with clock.shifted(LATER + timedelta(minutes=9)):
        assert browser.post(PAGE).content.decode().startswith("done")
    with clock.shifted(LATER + LATER):
        assert "confirm-answer" in browser.post(PAGE).content.decode()


@pytest.mark.parametrize("answer", [{}, {"confirm-password": "wrong-wrong-wrong"}, {"confirm-password": ""}])
def test_a_wrong_answer_does_nothing_and_keeps_what_was_filled_in(
    browser: Client, answer: dict[str, str]
) -> None:
    with clock.shifted(LATER):
        asked = browser.post(PAGE, {"a": "1", "confirm-answer": "1", **answer})
        assert "done" not in asked.content.decode()
        assert hidden(asked)["a"] == ["1"]
        assert asked.context["form"].errors
        assert "wrong-wrong-wrong" not in asked.content.decode()


def test_an_answer_that_was_not_asked_for_is_not_handed_on(browser: Client) -> None:
    sent = {"a": "1", "confirm-answer": "1", "confirm-password": people.PASSWORD}
    assert browser.post(PAGE, sent).content.decode() == "done: [('a', ['1'])] 1"


def test_a_code_does_as_well_and_only_once(browser: Client, person: Person) -> None:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        services.preset_second_step(person_id=person.pk, secret=people.SECRET, now=clock.now())
    people.let_in(browser, person)
    sent = {"confirm-answer": "1", "confirm-code": people.code()}
    with clock.shifted(LATER):
        assert browser.post(PAGE, sent).content.decode().startswith("done")
    other = Client()
    people.log_in(other, person)
    other.post("/account/2fa/authenticate/", {"code": people.code()})  # the same code: refused
    assert other.get("/").content.decode() == "nobody"


def test_who_has_no_second_step_is_asked_for_no_code(browser: Client) -> None:
    with clock.shifted(LATER):
        asked = browser.post(PAGE)
        assert list(asked.context["form"].fields) == ["password"]
        assert browser.post(PAGE, {"confirm-answer": "1", "confirm-code": "123456"}).context["form"].errors


def test_guessing_is_slowed(browser: Client) -> None:
    with clock.shifted(LATER):
        for _ in range(12):
            browser.post(PAGE, {"confirm-answer": "1", "confirm-password": "wrong-wrong-wrong"})
        right = browser.post(PAGE, {"confirm-answer": "1", "confirm-password": people.PASSWORD})
        assert "done" not in right.content.decode()


def test_a_page_that_shows_a_secret_asks_before_it_opens(browser: Client) -> None:
    assert browser.get("/geheim/?x=2").content.decode() == "the secret 2"
    with clock.shifted(LATER):
        asked = browser.get("/geheim/?x=2")
        assert "the secret" not in asked.content.decode()
        carried = hidden(asked)
        wrong = browser.post("/geheim/?x=2", {**carried, "confirm-password": "x"})
        opened = browser.post("/geheim/?x=2", {**hidden(wrong), "confirm-password": people.PASSWORD})
        assert opened["Location"] == "/geheim/?x=2"
    assert browser.get("/geheim/?x=2").content.decode() == "the secret 2"


def test_who_is_not_logged_in_is_the_views_business(portal: Client) -> None:
    assert portal.post(PAGE, {"a": "1"}).content.decode() == "done: [('a', ['1'])] 1"


def test_in_another_session_it_is_asked_anew(browser: Client, person: Person) -> None:
    other = enter(Client(), person)
    assert "confirm-answer" in other.post(PAGE).content.decode()
    assert browser.post(PAGE).content.decode().startswith("done")


@pytest.mark.parametrize(
    ("prefix", "title"), [("", "Bevestig dat u het bent"), ("/en", "Confirm that it is you")]
)
def test_it_is_asked_in_the_language_of_the_page(browser: Client, prefix: str, title: str) -> None:
    with clock.shifted(LATER):
        assert title in browser.post(prefix + PAGE).content.decode()


def test_both_clocks_say_the_same(settings: Any) -> None:
    assert timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT) == confirming.LASTS
