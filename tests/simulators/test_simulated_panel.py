"""The hosting panel over HTTP, as an adapter for DirectAdmin meets it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from simulators import HostingPanel
from tests.simulators.merchant import http

ADMIN = ("admin", "demo-login-key")
NEW = {
    "action": "create",
    "add": "Submit",
    "username": "velmora",
    "email": "velmora@hospes.invalid",
    "passwd": "throw-away-1",
    "passwd2": "throw-away-1",
    "domain": "velmora.invalid",
    "package": "small",
    "ip": "shared",
    "notify": "no",
}


@pytest.fixture
def panel() -> Iterator[HostingPanel]:
    with HostingPanel() as sim:
        yield sim


def ask(
    panel: HostingPanel, command: str, auth: tuple[str, str] = ADMIN, **fields: str
) -> dict[str, list[str]]:
    """Send a command (POST when there are fields) and return the urlencoded answer."""
    url = f"{panel.url}/{command}"
    answer = http.post(url, data=fields, auth=auth) if fields else http.get(url, auth=auth)
    assert answer.status_code == 200
    assert "html" not in answer.headers["content-type"]
    return parse_qs(answer.text, keep_blank_values=True)


def config(panel: HostingPanel, user: str = "velmora") -> dict[str, str]:
    answer = http.get(f"{panel.url}/CMD_API_SHOW_USER_CONFIG", params={"user": user}, auth=ADMIN)
    return {name: values[0] for name, values in parse_qs(answer.text).items()}


def users(panel: HostingPanel) -> list[str]:
    return ask(panel, "CMD_API_SHOW_USERS").get("list[]", [])


def suspend(panel: HostingPanel, what: str) -> dict[str, list[str]]:
    fields = {"location": "CMD_SELECT_USERS", "suspend": what, "select0": "velmora", "reason": "billing"}
    return ask(panel, "CMD_API_SELECT_USERS", **fields)


def delete(panel: HostingPanel) -> dict[str, list[str]]:
    return ask(panel, "CMD_API_SELECT_USERS", confirmed="Confirm", delete="yes", select0="velmora")


def test_an_account_is_created_and_described(panel: HostingPanel):
    created = ask(panel, "CMD_API_ACCOUNT_USER", **NEW)
    assert created["error"] == ["0"]
    assert set(created) == {"error", "text", "details"}
    assert users(panel) == ["velmora"]
    described = config(panel)
    assert (described["domain"], described["package"], described["suspended"]) == (
        "velmora.invalid",
        "small",
        "no",
    )
    assert "throw-away-1" not in str(described)
    assert "velmora.invalid" in http.get(panel.url).text


@pytest.mark.parametrize(
    "change",
    [
        {"username": "1velmora"},
        {"username": "velmora-x"},
        {"username": "velmoravelm"},
        {"username": "Velmora"},
        {"username": ""},
        {"email": "velmora"},
        {"domain": "velmora"},
        {"domain": "-velmora.invalid"},
        {"package": "enormous"},
        {"ip": "10.0.0.1"},
        {"passwd2": "throw-away-2"},
        {"passwd": "short", "passwd2": "short"},
        {"action": "make"},
    ],
)
def test_what_is_wrong_is_refused(panel: HostingPanel, change: dict[str, str]):
    answer = ask(panel, "CMD_API_ACCOUNT_USER", **{**NEW, **change})
    assert answer["error"] == ["1"]
    assert answer["details"][0]
    assert users(panel) == []


def test_names_and_domains_are_taken_once(panel: HostingPanel):
    ask(panel, "CMD_API_ACCOUNT_USER", **NEW)
    same_name = ask(panel, "CMD_API_ACCOUNT_USER", **{**NEW, "domain": "other.invalid"})
    same_domain = ask(panel, "CMD_API_ACCOUNT_USER", **{**NEW, "username": "other"})
    assert (same_name["error"], same_domain["error"]) == (["1"], ["1"])
    assert "already exists" in same_name["details"][0]
    assert users(panel) == ["velmora"]


def test_suspending_turns_the_state_over_whatever_is_asked(panel: HostingPanel):
    ask(panel, "CMD_API_ACCOUNT_USER", **NEW)
    suspend(panel, "Suspend")
    assert (config(panel)["suspended"], config(panel)["suspended_reason"]) == ("yes", "billing")
    suspend(panel, "Suspend")
    assert config(panel)["suspended"] == "no"
    suspend(panel, "Unsuspend")
    assert config(panel)["suspended"] == "yes"


def test_a_deleted_account_is_gone_even_when_the_answer_says_error(panel: HostingPanel):
    ask(panel, "CMD_API_ACCOUNT_USER", **NEW)
    panel.control.delete_says_error()
    assert delete(panel)["error"] == ["1"]
    assert users(panel) == []
    ask(panel, "CMD_API_ACCOUNT_USER", **NEW)
    assert delete(panel)["error"] == ["0"]
    assert delete(panel)["error"] == ["1"]
    assert config(panel)["error"] == "1"


def test_the_package_can_be_changed_to_one_on_offer(panel: HostingPanel):
    ask(panel, "CMD_API_ACCOUNT_USER", **NEW)
    assert ask(panel, "CMD_API_PACKAGES_USER")["list[]"] == ["large", "medium", "small"]
    assert ask(panel, "CMD_API_MODIFY_USER", action="package", user="velmora", package="huge")["error"] == [
        "1"
    ]
    panel.control.package("huge")
    assert ask(panel, "CMD_API_MODIFY_USER", action="package", user="velmora", package="huge")["error"] == [
        "0"
    ]
    assert config(panel)["package"] == "huge"


def test_the_password_of_an_account_can_be_changed_and_opens_it(panel: HostingPanel):
    ask(panel, "CMD_API_ACCOUNT_USER", **NEW)
    change = {"username": "velmora", "passwd": "throw-away-2", "passwd2": "throw-away-2"}
    assert ask(panel, "CMD_API_USER_PASSWD", **change)["error"] == ["0"]
    assert ask(panel, "CMD_API_LOGIN_TEST", auth=("velmora", "throw-away-2"))["error"] == ["0"]
    old = http.get(f"{panel.url}/CMD_API_LOGIN_TEST", auth=("velmora", "throw-away-1"))
    assert old.headers["content-type"].startswith("text/html")
    suspend(panel, "Suspend")
    shut = http.get(f"{panel.url}/CMD_API_LOGIN_TEST", auth=("velmora", "throw-away-2"))
    assert shut.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "auth", [None, ("admin", "wrong"), ("root", "demo-login-key"), ("admin|nobody", "demo-login-key")]
)
def test_who_is_not_let_in_gets_a_page_of_html(panel: HostingPanel, auth: tuple[str, str] | None):
    answer = http.post(f"{panel.url}/CMD_API_ACCOUNT_USER", data=NEW, auth=auth)
    assert answer.headers["content-type"].startswith("text/html")
    assert users(panel) == []


def test_the_administrator_may_act_for_an_account(panel: HostingPanel):
    ask(panel, "CMD_API_ACCOUNT_USER", **NEW)
    assert ask(panel, "CMD_API_LOGIN_TEST", auth=("admin|velmora", "demo-login-key"))["error"] == ["0"]


def test_an_outage_and_a_connection_lost_after_the_work(panel: HostingPanel):
    panel.control.outage(1)
    assert http.get(f"{panel.url}/CMD_API_SHOW_USERS", auth=ADMIN).status_code == 503
    panel.control.drop()
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(f"{panel.url}/CMD_API_ACCOUNT_USER", data=NEW, auth=ADMIN)
    assert users(panel) == ["velmora"]


def test_accounts_survive_a_restart(tmp_path: Path):
    with HostingPanel(state=tmp_path / "panel.sqlite3") as before:
        ask(before, "CMD_API_ACCOUNT_USER", **NEW)
        suspend(before, "Suspend")
    with HostingPanel(state=tmp_path / "panel.sqlite3") as after:
        assert config(after)["suspended"] == "yes"
