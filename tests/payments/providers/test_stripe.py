"""What is Stripe's own: what it is sent, how its answers are read, and which notices are believed."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings

from hospes.kernel.outside import NotOnTheMap, checked, payloads
from hospes.kernel.recipients import Recipient
from hospes.payments.checks import provider_is_set_up
from hospes.payments.providers import NotANotice, ProviderRefused, ProviderUnavailable, provider
from hospes.payments.providers.stripe import Stripe, reading
from hospes.payments.providers.stripe.wire import VERSION, flat
from hospes.payments.rules import is_reference
from tests.payments.providers.odd import odd_answers
from tests.payments.providers.test_payment_providers import asked
from tests.payments.providers.test_providers_and_money import collected, first, paid

if TYPE_CHECKING:
    from tests.payments.providers.worlds import StripeWorld

KEY, SECRET, OLD = "sk_test_contract", "whsec_new", "whsec_old"
NOW = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
CREATED = int(NOW.timestamp())

CHARGE: dict[str, Any] = {
    "id": "ch_1", "object": "charge", "created": CREATED, "disputed": False, "billing_details": {"name": "B. Dronkel"},
    "balance_transaction": {"id": "txn_1", "created": CREATED + 60},
    "payment_method_details": {"type": "card", "card": {"last4": "6787", "country": "BE", "brand": "visa"}},
}  # fmt: skip
INTENT: dict[str, Any] = {
    "id": "pi_one", "object": "payment_intent", "status": "succeeded", "amount": 9075, "currency": "eur", "created": CREATED,
    "metadata": {"order": "F2026-00001-1"}, "customer": "cus_1", "payment_method": "pm_1", "latest_charge": CHARGE,
    "setup_future_usage": None,
}  # fmt: skip
SESSION: dict[str, Any] = {
    "id": "cs_test_a1", "object": "checkout.session", "status": "complete", "payment_status": "paid", "amount_total": 9075,
    "currency": "eur", "metadata": {"order": "O2026-00001-1"}, "customer": None, "url": None, "payment_intent": INTENT,
}  # fmt: skip


# --- what goes out --------------------------------------------------------------------------------------------------------


def test_fields_are_written_with_brackets() -> None:
    fields = {"a": {"b": [{"c": 1}, {"c": True}]}, "expand": ["x.y"], "d": "€ &"}
    assert dict(flat(fields)) == {"a[b][0][c]": "1", "a[b][1][c]": "true", "expand[0]": "x.y", "d": "€ &"}


@pytest.mark.promise("P41", "P44")
def test_stripe_is_sent_an_amount_an_order_number_and_addresses_and_nothing_else(
    stripe_world: "StripeWorld",
) -> None:
    charge = stripe_world.provider.create(**asked(language="en"))
    assert stripe_world.sim.money.asked(charge.reference) == {
        "mode": "payment",
        "line_items": [{
            "quantity": "1",
            "price_data": {"currency": "eur", "unit_amount": "9075", "product_data": {"name": "O2026-00001"}},
        }],
        "success_url": "http://127.0.0.1:9/back",
        "cancel_url": "http://127.0.0.1:9/back",
        "locale": "en-GB",
        "client_reference_id": "O2026-00001-1",
        "metadata": {"order": "O2026-00001-1"},
        "payment_intent_data": {"description": "O2026-00001"},
        "expand": ["payment_intent.latest_charge.balance_transaction"],
    }  # fmt: skip


@pytest.mark.promise("P41", "P44")
@pytest.mark.parametrize("field", ["customer_email", "shipping", "receipt_email"])
def test_a_field_that_is_not_on_the_map_cannot_be_sent(field: str) -> None:
    for action in ("checkout.create", "intent.create", "customer.create", "refund.create"):
        with pytest.raises(NotOnTheMap, match=field):
            checked(Recipient.PAYMENT_PROVIDER, action, {field: "x"})
        assert field not in payloads[Recipient.PAYMENT_PROVIDER, action]


def test_the_language_decides_in_which_language_one_pays(stripe_world: "StripeWorld") -> None:
    locales = {}
    for language in ("nl", "en", "fr"):
        charge = stripe_world.provider.create(**asked(language=language, idempotency_key=language))
        locales[language] = stripe_world.sim.money.asked(charge.reference)["locale"]
    assert locales == {"nl": "nl", "en": "en-GB", "fr": "en-GB"}


def test_a_key_that_was_used_for_something_else_is_refused(stripe_world: "StripeWorld") -> None:
    stripe_world.provider.create(**asked())
    with pytest.raises(ProviderRefused, match="idempotent"):
        stripe_world.provider.create(**asked(cents=100))


def test_a_key_that_stripe_does_not_know_is_ours_to_mend(stripe_world: "StripeWorld") -> None:
    with pytest.raises(ProviderUnavailable, match="401"):
        Stripe(url=stripe_world.sim.url, key="sk_live_other").create(**asked())
    for nonsense in ("", "nonsense", "sk_test_a\r\nX-Other: 1", "pk_test_12345"):
        with pytest.raises(ProviderUnavailable, match="not a key"):
            Stripe(url=stripe_world.sim.url, key=nonsense).fetch("pi_anything")


def test_nobody_listens_there() -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        Stripe(url="http://127.0.0.1:9", key=KEY).fetch("pi_anything")
    assert KEY not in repr(caught.value)
    assert caught.value.__suppress_context__


# --- what comes back ------------------------------------------------------------------------------------------------------


def details(kind: str, **of_kind: Any) -> dict[str, Any]:
    charge = CHARGE | {"payment_method_details": {"type": kind, kind: of_kind}}
    return SESSION | {"payment_intent": INTENT | {"latest_charge": charge}}


def test_a_card() -> None:
    charge = reading.of_session(SESSION)
    assert (charge.method, charge.holder, charge.account, charge.country) == (
        "creditcard",
        "B. Dronkel",
        "6787",
        "BE",
    )
    assert charge.paid_at == NOW + timedelta(minutes=1)
    assert (charge.reference, charge.order_key, charge.mandate) == ("cs_test_a1", "O2026-00001-1", "")


def test_ideal_tells_the_end_of_an_account_and_where_the_bank_is() -> None:
    charge = reading.of_session(details("ideal", bank="ing", bic="INGBNL2A", iban_last4="6789"))
    assert (charge.method, charge.account, charge.country, charge.holder) == (
        "ideal",
        "6789",
        "NL",
        "B. Dronkel",
    )


def test_paypal_tells_an_address() -> None:
    charge = reading.of_session(
        details("paypal", payer_email="b@payer.invalid", payer_name="B. Dronkel", country="NL")
    )
    assert (charge.method, charge.account, charge.holder) == ("paypal", "b@payer.invalid", "B. Dronkel")


def test_a_way_of_paying_that_we_have_no_word_for_goes_by_theirs() -> None:
    charge = reading.of_session(details("bancontact", iban_last4="6789", verified_name="B. Dronkel"))
    assert (charge.method, charge.account, charge.holder) == ("bancontact", "6789", "B. Dronkel")


def test_of_ideal_the_direct_debit_that_came_of_it_is_the_leave() -> None:
    said = details("ideal", generated_sepa_debit="pm_debit", iban_last4="6789")
    said["payment_intent"]["setup_future_usage"] = "off_session"
    assert reading.of_session(said).mandate == "pm_debit"


@pytest.mark.promise("P13")
@pytest.mark.parametrize("status", ["processing", "requires_payment_method", "canceled", "requires_capture"])
def test_details_that_come_too_early_are_not_looked_at(status: str) -> None:
    charge = reading.of_intent(INTENT | {"status": status})
    assert (charge.holder, charge.account, charge.paid_at, charge.method) == (None, None, None, "")


def test_what_a_bank_only_asks_about_is_no_chargeback(stripe_world: "StripeWorld") -> None:
    reference = paid(stripe_world).reference
    asks = stripe_world.sim.control.ask(reference)
    assert stripe_world.provider.chargebacks(reference) == []
    assert stripe_world.provider.fetch(reference).charged_back_cents == 0
    stripe_world.later(timedelta(days=30))
    since = stripe_world.now() - timedelta(days=7)
    assert stripe_world.provider.recent_chargebacks(since=since) == []
    stripe_world.sim.money.take_back(asks)
    (told,) = stripe_world.provider.recent_chargebacks(since=since)
    assert (told.charge, told.cents) == (reference, 9075)


def test_the_part_of_a_payment_that_a_notice_is_about_leads_to_the_payment(
    stripe_world: "StripeWorld",
) -> None:
    charge = paid(stripe_world)
    intent = stripe_world.sim.money.intent_of(charge.reference)["id"]
    assert stripe_world.provider.fetch(intent) == charge


def test_a_payment_made_by_hand_at_stripe_has_no_order_key(stripe_world: "StripeWorld") -> None:
    shelf = stripe_world.sim.shelf
    made = shelf.new(**{"kind": "payment_intent"} | {k: v for k, v in INTENT.items() if k not in ("id", "object", "created")} | {
        "metadata": {}, "latest_charge": None, "status": "canceled",
    })  # fmt: skip
    assert stripe_world.provider.fetch(made["id"]).order_key == ""


def test_a_card_that_is_declined_at_once_is_a_charge_that_failed(stripe_world: "StripeWorld") -> None:
    payer, mandate = first(stripe_world, "creditcard")
    stripe_world.sim.control.collecting("failed")
    charge = collected(stripe_world, payer, mandate)
    assert (charge.state, charge.order_key) == ("failed", "F2026-00001-1")
    assert collected(stripe_world, payer, mandate) == charge


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_stripe_went_wrong_at_does_not_stay_so_for_a_day_and_happens_once(
    stripe_world: "StripeWorld", when: str
) -> None:
    world = stripe_world
    world.sim.control.stumble(when)
    with pytest.raises(ProviderUnavailable, match="500"):
        world.provider.create(**asked())
    charge = world.provider.create(**asked())
    assert (charge.state, world.charges()) == ("open", 1)
    world.settle(charge.reference, "paid", "ideal")

    world.sim.control.stumble(when)
    with pytest.raises(ProviderUnavailable):
        world.provider.refund(charge.reference, cents=1000, description="C1", key="C1")
    for _ in range(2):
        assert world.provider.refund(charge.reference, cents=1000, description="C1", key="C1").key == "C1"
    assert len(world.provider.refunds(charge.reference)) == 1

    payer, mandate = first(world, "creditcard", idempotency_key="first", order_key="first")
    before = world.charges()
    world.sim.control.stumble(when)
    with pytest.raises(ProviderUnavailable):
        collected(world, payer, mandate)
    reference = collected(world, payer, mandate).reference
    assert collected(world, payer, mandate).reference == reference
    assert world.charges() == before + 1


def test_what_stripe_goes_wrong_at_each_time_is_tried_again_later(stripe_world: "StripeWorld") -> None:
    for _ in range(3):
        stripe_world.sim.control.stumble()
        with pytest.raises(ProviderUnavailable):
            stripe_world.provider.create(**asked())
    assert stripe_world.provider.create(**asked()).state == "open"
    assert stripe_world.charges() == 1


def _in_our_version(headers: Message) -> None:
    assert headers["Stripe-Version"] == VERSION


@pytest.fixture
def odd() -> Iterator[Callable[[int, bytes], Stripe]]:
    """Stripe, asking a server that answers whatever it is told to."""
    with odd_answers("application/json", _in_our_version) as (url, answers):

        def answering(status: int, body: bytes) -> Stripe:
            answers.append((status, body))
            return Stripe(url=url, key=KEY)

        yield answering


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"[]"),
        (200, b"{}"),
        (200, json.dumps(SESSION).encode()[:150]),
        (200, json.dumps(SESSION | {"status": "dreaming"}).encode()),
        (200, json.dumps(SESSION | {"payment_intent": "B. Dronkel"}).encode()),
        (200, json.dumps(SESSION | {"payment_intent": None}).encode()),
        (200, json.dumps(SESSION | {"payment_intent": INTENT | {"latest_charge": {"created": "today"}}}).encode()),
        (200, json.dumps(SESSION | {"amount_total": "9075"}).encode()),
        (200, json.dumps(SESSION | {"currency": "usd"}).encode()),
        (302, b""),
        (500, json.dumps({"error": {"message": "B. Dronkel could not be found"}}).encode()),
        (429, json.dumps({"error": {"message": "B. Dronkel is too busy"}}).encode()),
        (502, b"<html>B. Dronkel</html>"),
    ],
    ids=[
        "nothing", "a list", "an empty object", "half of it", "an unknown state", "not expanded", "paid with nothing",
        "paid at no moment", "no number", "other money", "a redirect", "an error", "too busy", "a page",
    ],
)  # fmt: skip
def test_an_odd_answer_is_tried_again_and_told_to_nobody(
    odd: Callable[[int, bytes], Stripe], status: int, body: bytes
) -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        odd(status, body).fetch("cs_test_a1")
    assert "Dronkel" not in str(caught.value)


@pytest.mark.parametrize("call", ["refunds", "chargebacks"])
@pytest.mark.parametrize(
    "body", [b"{}", b'{"data": [{}], "has_more": false}', b'{"data": 1, "has_more": false}']
)
def test_an_odd_list_is_tried_again(odd: Callable[[int, bytes], Stripe], call: str, body: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        getattr(odd(200, body), call)("pi_one")


# --- notices --------------------------------------------------------------------------------------------------------------


def event(**thing: Any) -> bytes:
    return json.dumps({"object": "event", "type": "x", "data": {"object": thing}}).encode()


def signed(body: bytes, *secrets: str, at: datetime = NOW) -> str:
    moment = str(int(at.timestamp()))
    made = [
        hmac.new(each.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest() for each in secrets
    ]
    return ",".join([f"t={moment}", *(f"v1={each}" for each in made), "v0=ignored"])


def heard(body: bytes, header: str, *, now: datetime = NOW) -> str:
    stripe = Stripe(url="http://127.0.0.1:9", key=KEY, notice_secrets=(SECRET, OLD))
    return stripe.noticed(body=body, headers={"Stripe-Signature": header}, now=now)


@pytest.mark.parametrize(
    ("thing", "reference"),
    [
        ({"object": "checkout.session", "id": "cs_test_a1", "payment_intent": "pi_one"}, "cs_test_a1"),
        ({"object": "payment_intent", "id": "pi_one"}, "pi_one"),
        ({"object": "refund", "id": "re_1", "payment_intent": "pi_one"}, "pi_one"),
        ({"object": "dispute", "id": "du_1", "payment_intent": "pi_one"}, "pi_one"),
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_one"}, "pi_one"),
        ({"object": "customer", "id": "cus_1"}, ""),
        ({"object": "payout", "id": "po_1"}, ""),
        ({"object": "payment_intent", "id": {"id": "pi_one"}}, ""),
    ],
)
def test_a_notice_says_what_to_fetch(thing: dict[str, Any], reference: str) -> None:
    body = event(**thing)
    assert heard(body, signed(body, SECRET)) == reference
    assert not reference or is_reference(reference)


@pytest.mark.parametrize("secrets", [(SECRET,), (OLD,), ("whsec_other", OLD), (SECRET, OLD)])
def test_while_the_secret_changes_either_counts(secrets: tuple[str, ...]) -> None:
    body = event(object="payment_intent", id="pi_one")
    assert heard(body, signed(body, *secrets)) == "pi_one"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_a_clock_may_be_five_minutes_off(seconds: int) -> None:
    body = event(object="payment_intent", id="pi_one")
    assert heard(body, signed(body, SECRET), now=NOW + timedelta(seconds=seconds)) == "pi_one"
    with pytest.raises(NotANotice, match="time"):
        heard(
            body, signed(body, SECRET), now=NOW + timedelta(seconds=seconds + (602 if seconds >= 0 else -602))
        )


BODY = event(object="payment_intent", id="pi_one")


@pytest.mark.parametrize(
    "header",
    [
        "", "t=,v1=", "nonsense", f"t={CREATED}", signed(BODY, "whsec_other"), signed(BODY), signed(BODY + b" ", SECRET),
        signed(BODY, SECRET).replace("v1=", "v0="), signed(BODY, SECRET).replace("t=", "t=0,t="),
        f"t={CREATED},v1={'0' * 64}", f"t={CREATED},v1=é", f"t=١,v1={'0' * 64}", signed(BODY, SECRET).upper(),
        signed(BODY, SECRET, at=NOW - timedelta(minutes=6)), signed(BODY, SECRET, at=NOW + timedelta(minutes=6)),
    ],
)  # fmt: skip
def test_what_is_not_signed_by_stripe_just_now_is_no_notice(header: str) -> None:
    with pytest.raises(NotANotice):
        heard(BODY, header)


def test_without_a_secret_nothing_is_believed() -> None:
    for secrets in ((), ("",)):
        stripe = Stripe(url="http://127.0.0.1:9", key=KEY, notice_secrets=secrets)
        with pytest.raises(NotANotice):
            stripe.noticed(body=BODY, headers={"Stripe-Signature": signed(BODY, "")}, now=NOW)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"\xff", b'{"object": "event", "data": {"object": 1}}', b"[" * 100_000]
)
def test_what_is_signed_and_no_event_is_no_notice(body: bytes) -> None:
    with pytest.raises(NotANotice):
        heard(body, signed(body, SECRET))


# --- chosen ---------------------------------------------------------------------------------------------------------------

SET_UP = {"url": "https://api.stripe.com", "key": KEY, "notice_secrets": (SECRET,)}


def test_the_settings_choose_the_provider() -> None:
    with override_settings(HOSPES_PAYMENT_PROVIDER="stripe", HOSPES_STRIPE=SET_UP):
        chosen = provider()
        assert provider_is_set_up(None) == []
    assert isinstance(chosen, Stripe)
    assert chosen._secrets == (SECRET,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": ""}, "HOSPES_STRIPE_KEY is missing"),
        ({"key": "test_12345"}, "HOSPES_STRIPE_KEY is no secret key of Stripe's"),
        ({"notice_secrets": ()}, "HOSPES_STRIPE_NOTICE_SECRET is missing"),
        ({"notice_secrets": ("secret",)}, "HOSPES_STRIPE_NOTICE_SECRET has to begin with whsec_"),
        ({"url": "http://api.stripe.com"}, "HOSPES_STRIPE_URL has to begin with https://"),
    ],
)
def test_the_check_says_what_is_missing(change: dict[str, Any], said: str) -> None:
    with override_settings(HOSPES_PAYMENT_PROVIDER="stripe", HOSPES_STRIPE=SET_UP | change):
        (found,) = provider_is_set_up(None)
    assert said in found.msg
    assert change.get("key", "test_12345") not in found.msg or not change.get("key")


def test_the_check_knows_mollie_too() -> None:
    with override_settings(
        HOSPES_PAYMENT_PROVIDER="mollie", HOSPES_MOLLIE={"url": "http://other.invalid", "key": "x"}
    ):
        assert len(provider_is_set_up(None)) == 2
