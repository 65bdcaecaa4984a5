"""The contract that every Peppol access point keeps, over the wire."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import override_settings

from hospes.billing.documents import Customization, InvoiceDocument, invoice_xml
from hospes.billing.providers.peppol import (
    AccessPoint,
    AccessPointRefused,
    AccessPointUnavailable,
    Fate,
    access_point,
)
from hospes.billing.providers.peppol.rest import RestAccessPoint
from tests.billing.documents.samples import BUSINESS, make_credit_note, make_document
from tests.billing.providers.worlds import World

SELLER, BUYER = "0106:12345678", "0106:87654321"
ON_PEPPOL = replace(BUSINESS, endpoint=BUYER)


def xml(make: Callable[..., InvoiceDocument] = make_document, number: str = "F2026-00042") -> bytes:
    return invoice_xml(make(buyer=ON_PEPPOL, number=number))


def send(
    point: AccessPoint, document: bytes | None = None, key: str = "1-abc", recipient: str = BUYER
) -> str:
    return point.send(xml() if document is None else document, sender=SELLER, recipient=recipient, key=key)


def fate(world: World, reference: str) -> Fate:
    for _ in range(50):
        if (told := world.point.fate(reference)).state != "under_way":
            return told
        time.sleep(0.05)
    return Fate("under_way")


@contextmanager
def answering(status: int, told: object) -> Iterator[str]:
    """The address of a server that answers everything alike: `told` as JSON, or a page of its own for None."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b"<h1>Not here</h1>" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # the name that the library asks for

        def log_message(self, *_: object) -> None:
            """Nothing: the tests' own output is enough."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("make", [make_document, make_credit_note])
def test_a_document_is_taken_and_delivered_byte_for_byte(
    world: World, make: Callable[..., InvoiceDocument]
) -> None:
    reference = send(world.point, xml(make))
    assert reference
    assert fate(world, reference) == Fate("delivered")
    assert world.delivered() == [(BUYER, xml(make))]


def test_whether_somebody_is_on_the_network_can_be_asked(world: World) -> None:
    assert world.point.reaches(BUYER)
    world.absent(BUYER)
    assert not world.point.reaches(BUYER)
    assert world.point.reaches("0208:0202239951")


def test_a_participant_may_come_back_in_small_letters() -> None:
    with answering(200, {"participant": "9944:nl123456789b01"}) as url:
        assert RestAccessPoint(url=url, token="x").reaches("9944:NL123456789B01")
        assert not RestAccessPoint(url=url, token="x").reaches("9944:NL123456789B02")


@pytest.mark.parametrize(
    ("status", "told"),
    [(404, None), (404, {"error": {"code": "no_such_route"}}), (410, None), (413, None), (404, ["?"])],
)
def test_not_found_by_somebody_else_does_not_say_that_nobody_is_there(status: int, told: object) -> None:
    with answering(status, told) as url:
        with pytest.raises(AccessPointUnavailable):
            RestAccessPoint(url=url, token="x").reaches(BUYER)
        if told is None and status != 413:
            with pytest.raises(AccessPointUnavailable):
                send(RestAccessPoint(url=url, token="x"))


@pytest.mark.parametrize("status", [400, 422])
def test_what_is_no_address_is_refused(status: int) -> None:
    with answering(status, {"error": {"code": "bad_participant"}}) as url, pytest.raises(AccessPointRefused):
        RestAccessPoint(url=url, token="x").reaches(BUYER)


def test_who_is_not_on_the_network_gets_nothing(world: World) -> None:
    world.absent(BUYER)
    with pytest.raises(AccessPointRefused) as refusal:
        send(world.point)
    assert refusal.value.reason == "unknown_participant"
    assert world.delivered() == []


@pytest.mark.parametrize(
    ("said", "told"), [("receiver_refused", "receiver_refused"), ("something of their own", "refused")]
)
def test_a_receiver_who_does_not_want_it_is_told_with_the_reason(world: World, said: str, told: str) -> None:
    world.unwilling(BUYER, said)
    assert fate(world, send(world.point)) == Fate("failed", told)


def test_a_document_that_takes_long_is_under_way(world: World) -> None:
    world.late(60)
    assert world.point.fate(send(world.point)) == Fate("under_way")


@pytest.mark.parametrize("customization", [Customization.NLCIUS, Customization.EN16931])
def test_a_document_of_another_set_of_rules_is_refused(world: World, customization: Customization) -> None:
    with pytest.raises(AccessPointRefused):
        send(world.point, invoice_xml(make_document(buyer=ON_PEPPOL), customization))
    assert world.delivered() == []


def test_a_document_that_is_to_somebody_else_is_refused(world: World) -> None:
    with pytest.raises(AccessPointRefused) as refusal:
        send(world.point, recipient="0106:11111111")
    assert refusal.value.reason == "wrong_parties"


def test_the_same_key_sends_once_however_often(world: World) -> None:
    assert send(world.point) == send(world.point)
    assert len(world.delivered()) == 1
    assert send(world.point, xml(number="F2026-00043"), key="2-abc")
    assert len(world.delivered()) == 2


def test_the_same_number_is_sent_once_also_with_another_key_or_changed_meanwhile(world: World) -> None:
    first = send(world.point)
    assert send(world.point, key="2-abc") == first
    assert send(world.point, invoice_xml(make_document(buyer=ON_PEPPOL, paid=True))) == first
    assert len(world.delivered()) == 1


def test_a_try_that_broke_off_is_repeated_with_its_key(world: World) -> None:
    world.hang_up(before=False)
    with pytest.raises(AccessPointUnavailable):
        send(world.point)
    assert send(world.point)
    assert len(world.delivered()) == 1


def test_a_try_that_did_not_arrive_can_be_repeated(world: World) -> None:
    world.hang_up(before=True)
    with pytest.raises(AccessPointUnavailable):
        send(world.point)
    assert world.delivered() == []
    assert send(world.point)


def test_an_answer_that_comes_too_late_is_as_good_as_none(world: World) -> None:
    world.slow(2.5)
    with pytest.raises(AccessPointUnavailable):
        send(world.impatient)
    assert send(world.point)
    assert len(world.delivered()) == 1


def test_bad_weather_is_worth_another_try(world: World) -> None:
    for weather in (world.outage, lambda: world.outage(html=True), world.too_busy):
        for ask in (send, lambda point: point.fate("pep_00"), lambda point: point.reaches(BUYER)):
            weather()
            with pytest.raises(AccessPointUnavailable):
                ask(world.point)
    assert world.delivered() == []


def test_who_is_not_let_in_can_try_again_once_the_token_is_right(world: World) -> None:
    with pytest.raises(AccessPointUnavailable):
        send(world.locked_out)


def test_a_reference_that_is_not_known_is_refused(world: World) -> None:
    with pytest.raises(AccessPointRefused):
        world.point.fate("pep_00")


def test_an_error_says_nothing_of_the_document_or_its_parties(world: World) -> None:
    world.absent(BUYER)
    with pytest.raises(AccessPointRefused) as refusal:
        send(world.point)
    assert "87654321" not in str(refusal.value)
    nowhere = RestAccessPoint(url="http://127.0.0.1:9", token="x")
    with pytest.raises(AccessPointUnavailable) as outage:
        send(nowhere)
    assert outage.value.__cause__ is None
    assert "87654321" not in str(outage.value)


def test_the_settings_choose_the_access_point() -> None:
    with override_settings(HOSPES_PEPPOL={"access_point": "rest", "url": "http://127.0.0.1:9", "token": "x"}):
        assert isinstance(access_point(), RestAccessPoint)
