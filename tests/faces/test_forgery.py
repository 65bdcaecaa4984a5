"""No other site makes somebody's browser send a form here: every route of both faces, in both languages (P25)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches

from hospes.accounts.models import StaffMember
from tests.accounts import people
from tests.faces.addresses import OFFICE, PORTAL, Route, routes
from tests.support.entering import enter

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P25")]

#: What others than browsers send to us, and what shows instead that it may: the secret in the address, or the signature, for the payment provider.
NOT_FROM_BROWSERS = {"payment_notice", "payment_notices"}

METHODS = ("post", "put", "patch", "delete")


def face(settings: Any, urls: str) -> None:
    settings.FACE = "portal" if urls == PORTAL else "office"
    settings.ROOT_URLCONF = urls
    settings.SESSION_COOKIE_NAME = f"hospes_{settings.FACE}"
    clear_url_caches()


def logged_in(client: Client, settings: Any) -> None:
    """Log somebody in who may go everywhere: in the office a colleague (the door itself is tested with accounts)."""
    is_office = settings.FACE == "office"
    person = people.colleague(StaffMember.Role.ADMINISTRATOR) if is_office else people.somebody()
    enter(client, person)


def refused(answer: Any) -> bool:
    return (
        answer.status_code == 403
        and b"403_csrf" not in answer.content
        and bool(answer.templates)
        and (answer.templates[0].name == "403_csrf.html")
    )


@pytest.mark.parametrize("urls", [PORTAL, OFFICE])
def test_no_form_is_taken_without_the_secret_of_this_site(settings: Any, urls: str) -> None:
    face(settings, urls)
    client = Client(enforce_csrf_checks=True)
    logged_in(client, settings)
    taken = [
        f"{method} {address}"
        for route in routes(urls)
        if route.name not in NOT_FROM_BROWSERS
        for address in route.addresses
        for method in METHODS
        if not refused(getattr(client, method)(address, {"next": "/"} if method == "post" else b""))
    ]
    assert taken == []


@pytest.mark.parametrize("urls", [PORTAL, OFFICE])
def test_nor_with_the_secret_of_another_visitor_or_from_another_site(settings: Any, urls: str) -> None:
    face(settings, urls)
    client, other = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    client.get("/account/login/")
    mine = client.cookies["hospes_csrf"].value
    other.get("/account/login/")
    theirs = other.cookies["hospes_csrf"].value
    form = {"login": "x@example.com", "password": "x"}
    assert mine != theirs
    assert refused(client.post("/account/login/", form | {"csrfmiddlewaretoken": theirs}))
    for header in ({"origin": "https://evil.example"}, {"origin": "null"}):
        assert refused(client.post("/account/login/", form | {"csrfmiddlewaretoken": mine}, headers=header))
    assert client.post("/account/login/", form | {"csrfmiddlewaretoken": mine}).status_code == 200


def exempt(route: Route) -> bool:
    return bool(getattr(route.view, "csrf_exempt", False))


@pytest.mark.parametrize("urls", [PORTAL, OFFICE])
def test_only_what_no_browser_sends_goes_without(settings: Any, urls: str) -> None:
    face(settings, urls)
    assert {route.name for route in routes(urls) if exempt(route)} <= NOT_FROM_BROWSERS


def test_the_cookie_of_the_secret_is_for_this_site_alone(settings: Any) -> None:
    face(settings, PORTAL)
    cookie = Client().get("/account/login/").cookies["hospes_csrf"]
    assert (cookie["samesite"], cookie["httponly"], cookie["domain"]) == ("Lax", True, "")
