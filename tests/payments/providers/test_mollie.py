"""What is Mollie's own: what it is sent, and how its answers are read."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from hospes.kernel.outside import NotOnTheMap, checked, payloads
from hospes.kernel.recipients import Recipient
from hospes.payments.providers import ProviderRefused, ProviderUnavailable, mollie, provider
from hospes.payments.providers.mollie import Mollie, cents_of, charge_of, value_of
from tests.payments.providers.odd import odd_answers
from tests.payments.providers.test_payment_providers import asked
from tests.payments.providers.worlds import MollieWorld

PAID = {
    "resource": "payment", "id": "tr_7UhSN1zuXS", "status": "paid", "method": "ideal",
    "amount": {"value": "90.75", "currency": "EUR"}, "paidAt": "2026-03-02T11:30:00+00:00",
    "metadata": {"order": "O2026-00001-1"}, "_links": {},
    "details": {"consumerName": "B. Dronkel", "consumerAccount": "NL17SIMU0123456789", "consumerBic": "SIMUNL2A"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("cents", "value"),
    [(0, "0.00"), (1, "0.01"), (10, "0.10"), (1000, "10.00"), (9075, "90.75"), (123_456_789, "1234567.89")],
)
def test_amounts_there_and_back(cents: int, value: str) -> None:
    assert value_of(cents) == value
    assert cents_of({"currency": "EUR", "value": value}) == cents


@pytest.mark.parametrize(
    "amount", [{"currency": "USD", "value": "1.00"}, {"currency": "EUR", "value": "1.005"}]
)
def test_an_amount_that_is_not_in_euro_cents_is_not_understood(amount: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="euros"):
        cents_of(amount)


def test_a_negative_amount_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="-1 cents"):
        value_of(-1)


@pytest.mark.promise("P41", "P44")
def test_mollie_is_sent_an_amount_an_order_number_and_addresses_and_nothing_else(
    mollie_world: MollieWorld,
) -> None:
    charge = mollie_world.provider.create(**asked(language="en"))
    assert mollie_world.sim.ledger.get(charge.reference).asked == {
        "amount": {"currency": "EUR", "value": "90.75"},
        "description": "O2026-00001",
        "redirectUrl": "http://127.0.0.1:9/back",
        "webhookUrl": "http://127.0.0.1:9/notice",
        "locale": "en_GB",
        "metadata": {"order": "O2026-00001-1"},
    }


@pytest.mark.promise("P41", "P44")
@pytest.mark.parametrize("field", ["billingAddress", "cardHolder", "consumerName", "billingEmail"])
def test_a_field_that_is_not_on_the_map_cannot_be_sent(field: str) -> None:
    with pytest.raises(NotOnTheMap, match=field):
        checked(Recipient.PAYMENT_PROVIDER, "payment.create", {"description": "O2026-00001", field: "x"})
    assert field not in payloads[Recipient.PAYMENT_PROVIDER, "payment.create"]


def test_the_language_decides_in_which_language_one_pays(mollie_world: MollieWorld) -> None:
    locales = {}
    for language in ("nl", "en", "fr"):
        charge = mollie_world.provider.create(**asked(language=language, idempotency_key=language))
        locales[language] = mollie_world.sim.ledger.get(charge.reference).asked["locale"]
    assert locales == {"nl": "nl_NL", "en": "en_GB", "fr": "en_GB"}


def test_the_payer_of_ideal() -> None:
    charge = charge_of(PAID)
    assert (charge.holder, charge.account) == ("B. Dronkel", "NL17SIMU0123456789")


@pytest.mark.promise("P13")
@pytest.mark.parametrize("number", ["6787", "************6787", "4111 1111 1111 6787"])
def test_of_a_card_no_more_than_the_last_four_digits(number: str) -> None:
    details = {"cardHolder": "B. Dronkel", "cardNumber": number, "cardLabel": "Visa"}
    charge = charge_of(PAID | {"method": "creditcard", "details": details})
    assert (charge.holder, charge.account) == ("B. Dronkel", "6787")


@pytest.mark.parametrize("details", [None, {}, {"consumerName": None, "consumerAccount": None}])
def test_a_bank_that_does_not_say_who_paid(details: dict[str, Any] | None) -> None:
    charge = charge_of(PAID | {"details": details})
    assert (charge.state, charge.holder, charge.account) == ("paid", None, None)


@pytest.mark.promise("P13")
@pytest.mark.parametrize("status", ["open", "pending", "authorized", "canceled", "expired", "failed"])
def test_details_that_come_too_early_are_not_looked_at(status: str) -> None:
    charge = charge_of(PAID | {"status": status})
    assert (charge.holder, charge.account, charge.paid_at) == (None, None, None)


def test_what_is_authorised_is_on_its_way() -> None:
    assert charge_of(PAID | {"status": "authorized"}).state == "pending"


@pytest.mark.parametrize("metadata", [None, "by hand", {"other": 1}])
def test_a_payment_that_was_made_by_hand_has_no_order_key(metadata: object) -> None:
    assert charge_of(PAID | {"metadata": metadata}).order_key == ""


def test_a_key_that_mollie_does_not_know_is_ours_to_mend(mollie_world: MollieWorld) -> None:
    stranger = Mollie(url=mollie_world.sim.url, key="live_other")
    with pytest.raises(ProviderUnavailable, match="401"):
        stranger.create(**asked())
    with pytest.raises(ProviderUnavailable, match="not a key"):
        Mollie(url=mollie_world.sim.url, key="nonsense").fetch("tr_7UhSN1zuXS")


def test_a_key_that_was_used_for_something_else_is_refused(mollie_world: MollieWorld) -> None:
    mollie_world.provider.create(**asked())
    with pytest.raises(ProviderRefused, match="idempotency key"):
        mollie_world.provider.create(**asked(cents=1))


def test_nobody_listens_there() -> None:
    with pytest.raises(ProviderUnavailable):
        Mollie(url="http://127.0.0.1:9", key="test_contract").fetch("tr_7UhSN1zuXS")


@pytest.fixture
def odd() -> Iterator[Callable[[int, bytes], Mollie]]:
    """Mollie, asking a server that answers whatever it is told to."""
    with odd_answers("application/hal+json") as (url, answers):

        def answering(status: int, body: bytes) -> Mollie:
            answers.append((status, body))
            return Mollie(url=url, key="test_contract")

        yield answering


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"[]"),
        (200, b"{}"),
        (200, json.dumps(PAID).encode()[:150]),
        (200, json.dumps(PAID | {"status": "dreaming"}).encode()),
        (200, json.dumps(PAID | {"paidAt": None}).encode()),
        (200, json.dumps(PAID | {"paidAt": "2026-03-02T11:30:00"}).encode()),
        (200, json.dumps(PAID | {"amount": {"value": "ten", "currency": "EUR"}}).encode()),
        (200, json.dumps(PAID | {"amount": {"value": "90.75", "currency": "USD"}}).encode()),
        (500, json.dumps({"message": "B. Dronkel could not be found"}).encode()),
        (502, b"<html>B. Dronkel</html>"),
    ],
    ids=[
        "nothing", "a list", "an empty object", "half of it", "an unknown state", "paid at no moment",
        "a moment without a zone", "no number", "other money", "an error without a status", "a page",
    ],
)  # fmt: skip
def test_an_odd_answer_is_tried_again_and_told_to_nobody(
    odd: Callable[[int, bytes], Mollie], status: int, body: bytes
) -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        odd(status, body).fetch("tr_7UhSN1zuXS")
    assert "Dronkel" not in str(caught.value)
    assert caught.value.__suppress_context__  # a log would show what the library said otherwise


def test_the_settings_choose_the_provider() -> None:
    with override_settings(HOSPES_MOLLIE={"url": "http://127.0.0.1:9", "key": "test_settings"}):
        chosen = provider()
    assert isinstance(chosen, Mollie)
    assert (chosen._url, chosen._key) == ("http://127.0.0.1:9", "test_settings")


def test_what_may_be_further_back_than_is_looked_is_not_taken_for_not_made(
    mollie_world: MollieWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sought = mollie_world.provider.create(**asked())
    since = mollie_world.now() - timedelta(minutes=5)
    for number in range(4):
        mollie_world.provider.create(**asked(idempotency_key=str(number), order_key=f"other-{number}"))
    monkeypatch.setattr(mollie, "_PAGE", 2)
    assert mollie_world.provider.find("O2026-00001-1", since=since) == sought
    monkeypatch.setattr(mollie, "_PAGES_SINCE", 2)
    with pytest.raises(ProviderUnavailable):
        mollie_world.provider.find("O2026-00001-1", since=since)
