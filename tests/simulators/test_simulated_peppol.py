"""The simulated Peppol access point: what it takes, refuses and shows."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx as http
import pytest

from simulators import PeppolAccessPoint
from simulators.peppol.rules import CUSTOMIZATION, NAMES, PROCESS, TYPES, UBL

SELLER, BUYER = "0106:12345678", "0106:87654321"


@pytest.fixture
def point() -> Iterator[PeppolAccessPoint]:
    with PeppolAccessPoint() as sim:
        yield sim


def invoice(number: str = "F1", customization: str = CUSTOMIZATION, seller: str = SELLER) -> bytes:
    def party(role: str, address: str) -> str:
        scheme, _, name = address.partition(":")
        endpoint = f'<cbc:EndpointID schemeID="{scheme}">{name}</cbc:EndpointID>'
        return f"<cac:Accounting{role}Party><cac:Party>{endpoint}</cac:Party></cac:Accounting{role}Party>"

    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
    return (
        f'<Invoice xmlns="{UBL}Invoice-2" {names}><cbc:CustomizationID>{customization}</cbc:CustomizationID>'
        f"<cbc:ID>{number}</cbc:ID>{party('Supplier', seller)}{party('Customer', BUYER)}</Invoice>"
    ).encode()


def envelope(document: bytes | None = None, **changes: Any) -> dict[str, Any]:
    document = invoice() if document is None else document
    said = {
        "sender": SELLER,
        "recipient": BUYER,
        "document_type": TYPES[f"{{{UBL}Invoice-2}}Invoice"],
        "process": PROCESS,
    }
    return {**said, "document": base64.b64encode(document).decode(), **changes}


def send(point: PeppolAccessPoint, body: Any, key: str = "", token: str = "any") -> http.Response:  # noqa: S107
    headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
    return http.post(f"{point.url}/v1/documents", json=body, headers=headers)


def test_a_document_is_taken_shown_and_can_be_read(point: PeppolAccessPoint) -> None:
    answer = send(point, envelope())
    assert (answer.status_code, answer.json()["state"], answer.json()["number"]) == (202, "accepted", "F1")
    assert "F1" in http.get(point.url).text
    assert http.get(f"{point.url}/documents/{answer.json()['id']}.xml").content == invoice()
    assert http.get(f"{point.url}/documents/pep_00.xml").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "bad_request"),
        ({"sender": 1}, 400, "bad_request"),
        ({"sender": SELLER}, 422, "bad_fields"),
        (envelope(sender="12345678"), 422, "bad_participant"),
        ({**envelope(), "document": "ü"}, 422, "bad_document"),
        (envelope(b"no xml"), 422, "bad_document"),
        (envelope(b"<x/>"), 422, "wrong_type"),
        (envelope(process="urn:another"), 422, "wrong_type"),
        (envelope(invoice(customization="urn:cen.eu:en16931:2017")), 422, "not_peppol"),
        (envelope(invoice(number="")), 422, "not_peppol"),
        (envelope(invoice(seller="0106:11111111")), 422, "wrong_parties"),
    ],
)
def test_what_is_wrong_is_refused_with_the_reason(
    point: PeppolAccessPoint, body: Any, status: int, code: str
) -> None:
    answer = send(point, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert point.documents() == []


def test_one_key_and_one_number_are_one_document(point: PeppolAccessPoint) -> None:
    first = send(point, envelope(), key="a").json()["id"]
    assert send(point, envelope(), key="a").json()["id"] == first
    for key, body in (("a", envelope(invoice("F2"))), ("b", envelope()), ("", envelope())):
        answer = send(point, body, key=key)
        assert (answer.status_code, answer.json()["error"]["id"]) == (409, first)
    assert len(point.documents()) == 1


def test_a_token_is_asked_for() -> None:
    with PeppolAccessPoint(token="right") as point:
        assert send(point, envelope(), token="wrong").status_code == 401
        assert send(point, envelope(), token="right").status_code == 202


def test_its_unpleasant_sides_can_be_asked_for_over_http(point: PeppolAccessPoint) -> None:
    for verb, body in (
        ("absent", {"participant": BUYER}),
        ("unwilling", {"recipient": BUYER}),
        ("late", {"seconds": 5}),
    ):
        assert http.post(f"{point.url}/control/{verb}", json=body).status_code == 200
    assert send(point, envelope()).json()["error"]["code"] == "unknown_participant"


def test_what_was_sent_is_kept_and_arrives_after_a_restart(tmp_path: Path) -> None:
    now = [1000.0]
    with PeppolAccessPoint(state=tmp_path / "p.sqlite3", clock=lambda: now[0]) as before:
        send(before, envelope())
        assert [sent.state for sent in before.documents()] == ["accepted"]
    now[0] += 1
    with PeppolAccessPoint(state=tmp_path / "p.sqlite3", clock=lambda: now[0]) as after:
        assert [sent.state for sent in after.documents()] == ["delivered"]
