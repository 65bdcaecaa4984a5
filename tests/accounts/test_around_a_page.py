"""The log line of a request, and cookies."""

import json
import logging
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from hospes.customers.models import Person
from hospes.faces.middleware import only_mapped_cookies, request_log
from hospes.kernel.outside import NotOnTheMap
from tests.accounts import people


def test_a_request_leaves_one_line_that_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []

    class Log:
        def info(self, event: str, **fields: Any) -> None:
            lines.append({"event": event} | fields)

    monkeypatch.setattr("hospes.faces.middleware.structlog.get_logger", lambda name: Log())
    request = RequestFactory().generic("BREW", "/k/10001/?email=x@example.com", REMOTE_ADDR="192.0.2.1")
    request_log(lambda request: HttpResponse(status=418))(request)
    [line] = lines
    assert line.pop("milliseconds") >= 0
    assert line == {"event": "request", "face": "owner", "method": "other", "route": "", "status": 418}


@pytest.mark.django_db
def test_nothing_that_is_logged_at_the_doors_names_anybody(
    portal: Client, person: Person, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        people.log_in(portal, person, "wrong", REMOTE_ADDR="192.0.2.77")
        people.log_in(portal, person, REMOTE_ADDR="192.0.2.77")
        portal.post("/account/password/reset/", {"email": person.email})
    said = caplog.text + "".join(capsys.readouterr())
    assert "account_login" in said
    own_words = [record for record in caplog.records if not record.name.startswith(("django.db", "asyncio"))]
    text = json.dumps([record.getMessage() for record in own_words])
    for secret in (person.email, person.family_name, "192.0.2.77", people.PASSWORD):
        assert secret not in text


def with_cookie(name: str) -> Any:
    def page(request: HttpRequest) -> HttpResponse:
        response = HttpResponse()
        response.set_cookie(name, "1")
        return response

    return page


def test_a_cookie_on_the_map_leaves() -> None:
    response = only_mapped_cookies(with_cookie("hospes_cart"))(RequestFactory().get("/"))
    assert list(response.cookies) == ["hospes_cart"]


def test_a_cookie_that_is_not_on_the_map_is_an_error_in_tests_and_dropped_otherwise(settings: Any) -> None:
    with pytest.raises(NotOnTheMap, match="_ga"):
        only_mapped_cookies(with_cookie("_ga"))(RequestFactory().get("/"))
    settings.TESTING = False
    assert not only_mapped_cookies(with_cookie("_ga"))(RequestFactory().get("/")).cookies
