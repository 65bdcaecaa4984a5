"""The contract that every SMS gateway keeps, over the wire."""

import time

import pytest
from django.test import override_settings

from hospes.messaging.providers import GatewayRefused, GatewayUnavailable, SmsGateway, Taken, gateway
from hospes.messaging.providers.rest import RestGateway
from tests.messaging.providers.worlds import World

NUMBER, WORDS = "+31612345678", "123456 is uw code."


def send(gateway: SmsGateway, body: str = WORDS, key: str = "1-abc", number: str = NUMBER) -> Taken:
    return gateway.send(number, body, sender="Proef", key=key)


def fate(world: World, reference: str) -> str:
    for _ in range(50):
        if (told := world.gateway.fate(reference)) != "under_way":
            return told
        time.sleep(0.05)
    return "under_way"


def test_a_text_is_taken_and_delivered(world: World) -> None:
    taken = send(world.gateway)
    assert taken.reference
    assert taken.parts == 1
    assert fate(world, taken.reference) == "delivered"
    assert world.texts() == [("Proef", NUMBER, WORDS)]


def test_a_text_to_a_phone_that_is_not_there_fails(world: World) -> None:
    world.unreachable(NUMBER)
    assert fate(world, send(world.gateway).reference) == "failed"


def test_the_same_key_sends_once_however_often(world: World) -> None:
    assert send(world.gateway) == send(world.gateway)
    assert len(world.texts()) == 1
    send(world.gateway, key="2-abc")
    assert len(world.texts()) == 2


def test_a_try_that_broke_off_is_repeated_with_its_key(world: World) -> None:
    world.hang_up(before=False)
    with pytest.raises(GatewayUnavailable):
        send(world.gateway)
    assert send(world.gateway).reference
    assert len(world.texts()) == 1


def test_a_try_that_did_not_arrive_can_be_repeated(world: World) -> None:
    world.hang_up(before=True)
    with pytest.raises(GatewayUnavailable):
        send(world.gateway)
    assert world.texts() == []
    assert send(world.gateway).reference


def test_a_key_that_was_used_with_other_words_sends_nothing_more(world: World) -> None:
    send(world.gateway)
    assert send(world.gateway, "In other words.") == Taken("", None)
    assert len(world.texts()) == 1


def test_an_answer_that_comes_too_late_is_as_good_as_none(world: World) -> None:
    world.slow(2.5)
    with pytest.raises(GatewayUnavailable):
        send(world.impatient)
    assert send(world.gateway).reference
    assert len(world.texts()) == 1


def test_bad_weather_is_worth_another_try(world: World) -> None:
    for weather in (world.outage, lambda: world.outage(html=True), world.too_busy):
        weather()
        with pytest.raises(GatewayUnavailable):
            send(world.gateway)
    with pytest.raises(GatewayUnavailable):  # the operator has to mend that
        send(world.locked_out)
    with pytest.raises(GatewayUnavailable):
        send(RestGateway(url="http://127.0.0.1:9", token="x"))
    assert world.texts() == []


def test_what_it_does_not_take_it_does_not_take(world: World) -> None:
    with pytest.raises(GatewayRefused):
        send(world.gateway, number="0612345678")
    with pytest.raises(GatewayRefused):
        send(world.gateway, "")


@pytest.mark.parametrize("number", [NUMBER, "0612345678"])
def test_no_error_says_to_whom_or_what(world: World, number: str) -> None:
    world.hang_up(before=True) if number == NUMBER else None
    with pytest.raises((GatewayUnavailable, GatewayRefused)) as refusal:
        send(world.gateway, number=number)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    assert number not in str(refusal.value)
    assert "123456" not in str(refusal.value)


def test_the_settings_choose_the_gateway(world: World) -> None:
    with override_settings(
        HOSPES_SMS={"gateway": "rest", "url": world.url, "token": "demo-sms-token", "sender": "x"}
    ):
        assert send(gateway()).reference
