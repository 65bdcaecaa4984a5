"""What is no column is on the map too: files, cookies, log fields, job arguments, and what goes to recipients."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from hospes.faces.middleware import only_mapped_cookies
from hospes.kernel import datamap, outside
from hospes.kernel.outside import NotOnTheMap, checked, checked_arguments
from hospes.kernel.recipients import Recipient

MAIL = Recipient.MAIL_SERVER


# --- what goes to recipients ---


@pytest.fixture
def letter(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = frozenset({"address", "subject", "about.number", "lines.text", "tags"})
    monkeypatch.setitem(outside.payloads, (MAIL, "test.letter"), fields)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"address": "a@example.com", "subject": "Hi"},
        {"about": {"number": "F1"}},
        {"lines": [{"text": "one"}, {"text": "two"}]},
        {"lines": []},
        {"tags": ["a", "b"]},
    ],
)
def test_what_is_declared_goes_as_it_is(letter: None, payload: dict[str, Any]) -> None:
    assert checked(MAIL, "test.letter", payload) == payload


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"address": "a@example.com", "phone": "1"}, "phone"),
        ({"about": {"number": "F1", "iban": "x"}}, "about.iban"),
        ({"about": "all of it"}, "about"),
        ({"address": {"street": "x"}}, "address.street"),
        ({"lines": [{"text": "one"}, {"text": "two", "email": "a@example.com"}]}, "lines.email"),
        ({"lines": [{"text": "one"}, "a@example.com"]}, "lines"),
        ({"tags": ({"who": {"name": "x"}},)}, "tags.who.name"),
    ],
)
def test_a_field_that_is_not_declared_is_refused(letter: None, payload: dict[str, Any], named: str) -> None:
    with pytest.raises(NotOnTheMap, match=rf"mail_server may not receive {named} for test.letter"):
        checked(MAIL, "test.letter", payload)


def test_nothing_goes_to_a_recipient_or_for_an_action_without_a_declaration(letter: None) -> None:
    for recipient, action in ((Recipient.SMS_GATEWAY, "test.letter"), (MAIL, "test.other")):
        with pytest.raises(NotOnTheMap, match=f"nothing is declared to go to {recipient.value} for {action}"):
            checked(recipient, action, {})


def test_every_recipient_says_who_it_is_and_why() -> None:
    for recipient in Recipient:
        assert str(recipient.described.label)
        assert str(recipient.described.why)


# --- job arguments ---


@pytest.mark.parametrize(
    "arguments",
    [{}, {"order_id": 7}, {"a_id": "tr_WDqYK6vllg"}, {"cart_id": "0" * 36}, {"timestamp": 1_700_000_000}],
)
def test_a_job_takes_ids(arguments: dict[str, Any]) -> None:
    checked_arguments(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"email": "a@example.com"},
        {"name": "x"},
        {"order": 7},
        {"person_id": "a@example.com"},
        {"person_id": "Jo Nobody"},
        {"person_id": ""},
        {"person_id": None},
        {"person_id": "x" * 41},
        {"person_id": {"name": "x"}},
        {"person_id": [7]},
        {"timestamp": "now"},
        {"order_id": 7, "note": "x"},
    ],
)
def test_a_job_takes_nothing_else(arguments: dict[str, Any]) -> None:
    with pytest.raises(NotOnTheMap, match="a job takes ids only, not"):
        checked_arguments(arguments)


# --- cookies ---


def _answer(*names: str) -> HttpResponse:
    response = HttpResponse()
    for name in names:
        response.set_cookie(name, "x")
    return response


def test_a_cookie_that_is_not_on_the_map_does_not_leave(settings: Any) -> None:
    settings.TESTING = False
    response = only_mapped_cookies(lambda request: _answer("hospes_portal", "_ga"))(HttpRequest())
    assert set(response.cookies) == {"hospes_portal"}


def test_in_a_test_it_is_an_error() -> None:
    with pytest.raises(NotOnTheMap, match="the data map knows no cookie _ga"):
        only_mapped_cookies(lambda request: _answer("_ga"))(HttpRequest())


def test_the_cookies_of_the_settings_are_on_the_map(settings: Any) -> None:
    assert settings.SESSION_COOKIE_NAME in outside.cookies
    assert settings.CSRF_COOKIE_NAME in outside.cookies
    for cookie in outside.cookies.values():
        assert str(cookie.why)
        assert cookie.days >= 0


# --- files ---


def test_every_kind_of_file_hangs_on_a_row_that_is_on_the_map() -> None:
    columns = {(m.table, name) for m in datamap.mapped_tables() for name, _ in m.columns()}
    keys = {mapped.table: mapped.entry.key for mapped in datamap.mapped_tables()}
    assert outside.file_stores
    for store in outside.file_stores.values():
        assert (store.table, store.column) in columns
        assert keys[store.table]  # whose it is
