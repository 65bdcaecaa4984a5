"""The SMS gateway over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators import SmsGateway
from simulators.sms.rules import parts_of
from tests.simulators.merchant import RETRY_PAUSES, Merchant, http, until

TOKEN = "token"
SMS = {"recipient": "+31600000001", "sender": "Hospes", "body": "Your code is 123456", "reference": "r-1"}


@pytest.fixture
def gateway() -> Iterator[SmsGateway]:
    with SmsGateway(retry_pauses=RETRY_PAUSES) as sim:
        yield sim


def send(gateway: SmsGateway, sms: Any, key: str = "", token: str = TOKEN) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    return http.post(f"{gateway.url}/v1/messages", json=sms, headers=headers)


def test_a_message_is_accepted_then_delivered_and_shown_newest_first(gateway: SmsGateway):
    first = send(gateway, SMS)
    assert first.status_code == 202
    assert first.json()["state"] == "accepted"
    send(gateway, {**SMS, "recipient": "+31600000002", "body": "<b>Zweite</b> Straße"})
    arrived = http.get(f"{gateway.url}/messages.json").json()
    assert [sms["recipient"] for sms in arrived] == ["+31600000002", "+31600000001"]
    assert arrived[1] == {**SMS, "id": first.json()["id"], "parts": 1} | {
        name: arrived[1][name] for name in ("state", "created_at")
    }
    one = http.get(f"{gateway.url}/messages.json", params={"recipient": "+31600000001"}).json()
    assert [sms["body"] for sms in one] == ["Your code is 123456"]
    page = http.get(gateway.url).text
    assert page.index("Zweite") < page.index("Your code is 123456")
    assert "&lt;b&gt;" in page
    address, headers = f"{gateway.url}/v1/messages/{first.json()['id']}", {"Authorization": f"Bearer {TOKEN}"}
    assert until(lambda: http.get(address, headers=headers).json()["state"] == "delivered")


def test_one_key_sends_one_message(gateway: SmsGateway):
    first, again = send(gateway, SMS, key="k"), send(gateway, SMS, key="k")
    assert first.json()["id"] == again.json()["id"]
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert send(gateway, {**SMS, "body": "another"}, key="k").status_code == 409
    assert len(gateway.messages()) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recipient": "0612345678"}, "recipient"),
        ({"sender": "A sender too long"}, "sender"),
        ({"body": ""}, "body"),
        ({"body": "x" * 1600}, "body"),
        ({"body": 5}, "body"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_refused_with_the_name_of_the_field(gateway: SmsGateway, change: Any, field: str):
    answer = send(gateway, {**SMS, **change})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert gateway.messages() == []


def test_only_the_right_token_is_let_in():
    with SmsGateway(token="right") as gateway:
        assert send(gateway, SMS, token="wrong").status_code == 401
        assert send(gateway, SMS, token="right").status_code == 202
        assert http.post(f"{gateway.url}/v1/messages", json=SMS).status_code == 401


@pytest.mark.parametrize("state", ["delivered", "failed"])
def test_a_report_says_how_a_message_ended(gateway: SmsGateway, merchant: Merchant, state: str):
    if state == "failed":
        gateway.control.unreachable("+31600000001")
    merchant.statuses = [503]
    sent = send(gateway, {**SMS, "callback_url": f"{merchant.url}/report"}).json()
    until(lambda: len(merchant.received) == 2)
    report = json.loads(merchant.received[1].body)
    assert report == {"id": sent["id"], "reference": "r-1", "state": state}


def test_an_outage_and_a_lost_connection(gateway: SmsGateway):
    gateway.control.outage(1)
    assert send(gateway, SMS, key="k").status_code == 503
    gateway.control.drop()
    with pytest.raises(httpx.RemoteProtocolError):
        send(gateway, SMS, key="k")
    assert send(gateway, SMS, key="k").status_code == 202
    assert len(gateway.messages()) == 1


def test_messages_and_keys_survive_a_restart(tmp_path: Path):
    with SmsGateway(state=tmp_path / "sms.sqlite3") as before:
        first = send(before, SMS, key="k").json()
    with SmsGateway(state=tmp_path / "sms.sqlite3") as after:
        assert send(after, SMS, key="k").json()["id"] == first["id"]
        assert len(after.messages()) == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("é" * 160, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ê" * 71, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_follow_the_alphabet(text: str, parts: int):
    assert parts_of(text) == parts
