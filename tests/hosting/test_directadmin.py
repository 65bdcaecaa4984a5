"""What is DirectAdmin's own: its oddities, and what it is sent."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import override_settings

from hospes.hosting.providers import (
    HostingError,
    NotAuthenticated,
    PanelRefused,
    PanelUnavailable,
    Taken,
    provider,
)
from hospes.hosting.providers.directadmin import DirectAdmin
from hospes.kernel.outside import NotOnTheMap, checked, payloads
from hospes.kernel.recipients import Recipient
from tests.hosting.panels import KEY, DirectAdminWorld
from tests.hosting.test_hosting_panels import OPERATOR, PASSWORD, ensure

Server = Callable[..., DirectAdmin]
LOGIN_PAGE = "<html><head><title>DirectAdmin Login</title></head></html>"


@pytest.mark.parametrize(("user", "key"), [("admin", "wrong"), ("other", KEY), ("admin|nobody", KEY)])
def test_a_page_instead_of_an_answer_means_that_we_are_not_let_in(
    directadmin_world: DirectAdminWorld, user: str, key: str
) -> None:
    stranger = DirectAdmin(url=directadmin_world.sim.url, user=user, key=key)
    for call in (
        lambda: stranger.state("dronkel"),
        lambda: stranger.ensure_account("dronkel", "dronkel.test", "small", PASSWORD, OPERATOR),
        lambda: stranger.remove("dronkel"),
    ):
        with pytest.raises(NotAuthenticated) as caught:
            call()
        assert key not in str(caught.value)
    assert directadmin_world.accounts() == {}


def test_a_deletion_that_says_error_and_worked_is_done(directadmin_world: DirectAdminWorld) -> None:
    ensure(directadmin_world)
    directadmin_world.sim.control.delete_says_error(1)
    directadmin_world.provider.remove("dronkel")
    assert directadmin_world.accounts() == {}


def test_nobody_listens_there() -> None:
    with pytest.raises(PanelUnavailable) as caught:
        DirectAdmin(url="http://127.0.0.1:9", user="admin", key=KEY).state("dronkel")
    assert caught.value.__suppress_context__  # the library's error carries the request, login key included


def test_the_settings_choose_the_panel() -> None:
    with override_settings(
        HOSPES_PANEL={"url": "http://127.0.0.1:9/", "user": "reseller", "key": "k", "ip": "192.0.2.7"}
    ):
        chosen = provider()
    assert isinstance(chosen, DirectAdmin)
    assert (chosen._url, chosen._ip) == ("http://127.0.0.1:9", "192.0.2.7")


@pytest.mark.promise("P41", "P44")
@pytest.mark.parametrize("field", ["name", "phone", "customer_email", "reason"])
def test_a_field_that_is_not_on_the_map_cannot_be_sent(field: str) -> None:
    for action in ("account.create", "account.look", "account.switch", "account.remove"):
        assert field not in payloads[Recipient.HOSTING_PANEL, action]
        with pytest.raises(NotOnTheMap, match=field):
            checked(Recipient.HOSTING_PANEL, action, {field: "x"})


# --- against a server that answers what it is told to ----------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Server]:
    """DirectAdmin, asking a server that answers per command (a text, or status and text) and notes what it was sent."""
    answers: dict[str, str | tuple[int, str]] = {}
    sent: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            sent.append(
                {
                    "method": self.command,
                    "path": path,
                    "query": query,
                    "form": parse_qs(body),
                    "auth": self.headers["Authorization"],
                }
            )
            answer = answers.get(path.strip("/"), (404, ""))
            status, text = (200, answer) if isinstance(answer, str) else answer
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815  # a name of the library

        def log_message(self, *args: object) -> None: ...

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()

    def answering(**words: str | tuple[int, str]) -> DirectAdmin:
        answers.update(words)
        made = DirectAdmin(url=f"http://127.0.0.1:{http.server_port}", user="admin", key=KEY)
        made.sent = sent  # type: ignore[attr-defined]
        return made

    yield answering
    http.shutdown()
    http.server_close()
    thread.join()


def test_what_is_sent_to_make_an_account(server: Server) -> None:
    panel = server(
        CMD_API_SHOW_USER_CONFIG="error=1&text=Error&details=no such user", CMD_API_SHOW_USERS="",
        CMD_API_SHOW_RESELLER_IPS="list[]=192.0.2.7&list[]=192.0.2.8",
        CMD_API_ACCOUNT_USER="error=0&text=User created successfully&details=",
    )  # fmt: skip
    panel.ensure_account("dronkel", "dronkel.test", "small", PASSWORD, OPERATOR)
    *_, created = panel.sent  # type: ignore[attr-defined]
    assert (created["method"], created["path"], created["query"]) == ("POST", "/CMD_API_ACCOUNT_USER", "")
    assert created["form"] == {
        "action": ["create"], "add": ["Submit"], "username": ["dronkel"], "domain": ["dronkel.test"], "package": ["small"],
        "passwd": [PASSWORD], "passwd2": [PASSWORD], "email": [OPERATOR], "ip": ["192.0.2.7"], "notify": ["no"],
    }  # fmt: skip
    for request in panel.sent:  # type: ignore[attr-defined]
        assert request["auth"].startswith("Basic ")
        assert PASSWORD not in request["query"]
        assert KEY not in request["path"] + request["query"]


def test_an_account_that_is_there_is_not_asked_for_again(server: Server) -> None:
    panel = server(CMD_API_SHOW_USER_CONFIG="username=dronkel&domain=dronkel.test&suspended=yes")
    panel.ensure_account("dronkel", "dronkel.test", "small", PASSWORD, OPERATOR)
    assert [request["path"] for request in panel.sent] == ["/CMD_API_SHOW_USER_CONFIG"]  # type: ignore[attr-defined]


def test_a_name_of_the_system_is_taken_too(server: Server) -> None:
    panel = server(
        CMD_API_SHOW_USER_CONFIG="error=1", CMD_API_SHOW_USERS="list[]=other",
        CMD_API_ACCOUNT_USER="error=1&text=Cannot Create Account&details=That username already exists on the system",
    )  # fmt: skip
    with pytest.raises(Taken):
        panel.ensure_account("mysql", "mysql.test", "small", PASSWORD, OPERATOR)


def test_a_refusal_is_told_without_its_markup(server: Server) -> None:
    panel = server(
        CMD_API_SHOW_USER_CONFIG="error=1", CMD_API_SHOW_USERS="",
        CMD_API_ACCOUNT_USER="error=1&text=Cannot%20Create%20Account&details=%3Cb%3EThe%20domain%3C/b%3E%0Ais%20odd%3Cbr%3E",
    )  # fmt: skip
    with pytest.raises(PanelRefused, match=r"^Cannot Create Account: The domain is odd$"):
        panel.ensure_account("dronkel", "dronkel.test", "small", PASSWORD, OPERATOR)


def test_an_account_that_is_listed_but_not_described_is_not_taken_for_absent(server: Server) -> None:
    panel = server(CMD_API_SHOW_USER_CONFIG="error=1&text=Busy", CMD_API_SHOW_USERS="list[]=dronkel")
    with pytest.raises(PanelUnavailable):
        panel.state("dronkel")


def test_a_switch_that_did_nothing_is_tried_again(server: Server) -> None:
    panel = server(
        CMD_API_SHOW_USER_CONFIG="username=dronkel&domain=dronkel.test&suspended=no",
        CMD_API_SELECT_USERS="error=0",
    )
    with pytest.raises(PanelUnavailable):
        panel.suspend("dronkel")


def test_a_deletion_that_says_done_and_was_not_is_no_deletion(server: Server) -> None:
    panel = server(CMD_API_SHOW_USERS="list[]=dronkel", CMD_API_SELECT_USERS="error=0&text=Users deleted")
    with pytest.raises(PanelRefused, match="still there"):
        panel.remove("dronkel")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (LOGIN_PAGE, NotAuthenticated),
        ((302, ""), NotAuthenticated),
        ((401, ""), NotAuthenticated),
        ((403, "denied"), NotAuthenticated),
        ((500, LOGIN_PAGE), PanelUnavailable),
        ((503, ""), PanelUnavailable),
        ((429, ""), PanelUnavailable),
        ((418, ""), PanelUnavailable),
    ],
)
def test_how_answers_are_read(
    server: Server, answer: str | tuple[int, str], error: type[HostingError]
) -> None:
    panel = server(CMD_API_SHOW_USER_CONFIG=answer)
    with pytest.raises(HostingError) as caught:
        panel.state("dronkel")
    assert type(caught.value) is error
