"""Nobody is sent on to another site, whatever stands in an address or a form (P25)."""

import re
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.test import Client

from tests.accounts import people
from tests.faces.addresses import OFFICE, PORTAL, routes
from tests.faces.test_forgery import face, logged_in
from tests.support.entering import be_known

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P25")]

#: Where one goes next goes by one of these names, everywhere on the web.
NAMES = ("next", "redirect", "redirect_to", "redirect_url", "return", "return_to", "url", "to", "goto", "continue", "back", "terug", "dest")  # fmt: skip

ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example/", "/\\evil.example/", "\\\\evil.example/", "https:evil.example",
    "https:///evil.example/", "http:/\\evil.example", "/\t/evil.example/", "\x09//evil.example/", " //evil.example/",
    "https://testserver@evil.example/", "https://evil.example\\@testserver/", "https://testserver.evil.example/",
    "javascript:alert(1)", "data:text/html,x", "https://evil.example/%2f..",
]  # fmt: skip


def leads_away(answer: Any) -> bool:
    """Whether a browser that follows this answer ends up on another site, or runs what stands there."""
    location = answer.headers.get("Location") or answer.headers.get("HX-Redirect") or ""
    # Browsers take a backslash for a slash, leave out tabs and line ends, and mind neither too few nor too many slashes.
    plain = location.replace("\\", "/").translate({9: None, 10: None, 13: None}).strip()
    plain = re.sub(r"^(?:(https?:)/*|/{2,})", r"\1//", plain)
    reached = urlsplit(urljoin("https://testserver/", plain))
    return (reached.scheme not in ("http", "https")) or "evil" in reached.netloc


def away(answers: list[tuple[str, Any]]) -> list[str]:
    return [f"{what}: {answer.headers['Location']}" for what, answer in answers if leads_away(answer)]


def test_what_would_lead_away_is_told_from_what_would_not() -> None:
    class Answer:
        def __init__(self, location: str) -> None:
            self.headers = {"Location": location}

    assert [target for target in ELSEWHERE if not leads_away(Answer(target))] == []
    assert not any(
        leads_away(Answer(target)) for target in ("", "/", "/k/1/", "https://testserver/?next=//evil.example")
    )


@pytest.mark.parametrize("urls", [PORTAL, OFFICE])
@pytest.mark.parametrize("as_whom", ["visitor", "person"])
def test_no_page_of_either_face_sends_on_to_another_site(settings: Any, urls: str, as_whom: str) -> None:
    face(settings, urls)
    client = Client(raise_request_exception=False)
    if as_whom == "person":
        logged_in(client, settings)
    wrong = []
    for route in routes(urls):
        if route.name == "account_logout":
            continue
        address = route.addresses[0]
        for target in ("https://evil.example/", "//evil.example/", "/\\evil.example/"):
            query = "&".join(f"{name}={quote(target)}" for name in NAMES)
            named = dict.fromkeys(NAMES, target)
            wrong += away([
                (f"get {address}", client.get(f"{address}?{query}", headers={"referer": target})),
                (f"post {address}", client.post(f"{address}?{query}", named, headers={"referer": target})),
            ])  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_doors_lead_nowhere_else(settings: Any, target: str) -> None:
    """Each way through a door that ends in going on, with the target in the form, in the address, and in both."""
    face(settings, PORTAL)
    person = people.somebody()
    given = {"login": person.email, "password": people.PASSWORD}
    new = {
        "oldpassword": people.PASSWORD,
        "password1": "een-heel-ander-woord-7",
        "password2": "een-heel-ander-woord-7",
    }
    for query in ("", f"?next={quote(target)}"):
        client, answers = Client(), []
        be_known(client, person)
        for what, path, data in (
            ("login", "/account/login/", given), ("again", "/account/login/", given),
            ("confirm", "/account/reauthenticate/", {"password": given["password"]}),
            ("change", "/account/password/change/", new), ("logout", "/account/logout/", {}),
            ("reset", "/account/password/reset/", {"email": person.email}), ("signup", "/account/signup/", people.form()),
        ):  # fmt: skip
            answer = client.post(path + query, data | {"next": target})
            assert answer.status_code == 302, (what, answer.status_code)
            answers.append((what, answer))
            given = given | {"password": new["password1"]} if what == "change" else given
        assert away(answers) == []
        new["oldpassword"], new["password1"] = new["password1"], new["password1"] + "a"
        new["password2"] = new["password1"]


@pytest.mark.parametrize(
    "path",
    ["//evil.example/account/login", "/\\evil.example/account", "//evil.example", "/%5cevil.example/x"],
)
@pytest.mark.parametrize("urls", [PORTAL, OFFICE])
def test_a_path_that_looks_like_a_site_leads_nowhere_else(settings: Any, urls: str, path: str) -> None:
    face(settings, urls)
    answer = Client().generic("GET", path)
    assert not leads_away(answer)
    assert answer.status_code in (301, 302, 400, 404)
