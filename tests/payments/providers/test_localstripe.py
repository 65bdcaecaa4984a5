"""The adapter for Stripe against a server that somebody else wrote, over its wire."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from hospes.payments.providers import (
    Charge,
    NotANotice,
    ProviderRefused,
    ProviderUnavailable,
    UnknownCharge,
)

if TYPE_CHECKING:
    from tests.payments.providers.real import LocalStripe

T = TypeVar("T")
IBAN, IBAN_THAT_FAILS = "DE62370400440532013000", "DE62370400440532013001"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[LocalStripe]":
    from tests.payments.providers.real import localstripe

    with localstripe(tmp_path_factory.mktemp("localstripe")) as running:
        yield running


def collected(there: "LocalStripe", payer: str, mandate: str, key: str = "F2026-00001-1") -> Charge:
    return there.stripe.collect(
        cents=1210, description="F2026-00001", notice_url="", order_key=key, payer=payer, mandate=mandate, idempotency_key=key,
    )  # fmt: skip


def until(look: Callable[[], T], holds: Callable[[T], bool]) -> T:
    for _ in range(100):
        if holds(found := look()):
            return found
        time.sleep(0.05)
    raise AssertionError(f"it stays {look()}")


def test_an_invoice_is_collected_from_an_account(there: "LocalStripe") -> None:
    payer = there.stripe.new_payer(key="word")
    mandate = there.way(payer, iban=IBAN)
    assert there.stripe.may_collect(payer, mandate)
    made = collected(there, payer, mandate)
    charge = until(lambda: there.stripe.fetch(made.reference), lambda each: each.state == "paid")
    assert (charge.reference, charge.cents, charge.order_key, charge.payer) == (
        made.reference,
        1210,
        "F2026-00001-1",
        payer,
    )
    assert charge.paid_at is not None
    assert abs(charge.paid_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert there.stripe.cancel(charge.reference).state == "paid"


def test_an_account_from_which_nothing_can_be_collected(there: "LocalStripe") -> None:
    payer = there.stripe.new_payer(key="word")
    made = collected(there, payer, there.way(payer, iban=IBAN_THAT_FAILS))
    assert made.state in ("pending", "failed")
    charge = until(lambda: there.stripe.fetch(made.reference), lambda each: each.state == "failed")
    assert (charge.paid_at, charge.holder, charge.account) == (None, None, None)


def test_a_card_that_is_declined(there: "LocalStripe") -> None:
    payer = there.stripe.new_payer(key="word")
    charge = collected(there, payer, there.way(payer, number="4000000000000341"))
    assert (charge.state, charge.paid_at) == ("failed", None)
    with pytest.raises(ProviderRefused):
        there.stripe.refund(charge.reference, cents=1, description="C2026-00001", key="C2026-00001-1")


def test_a_card_for_which_somebody_would_have_to_say_yes_is_let_go_of(there: "LocalStripe") -> None:
    payer = there.stripe.new_payer(key="word")
    charge = collected(there, payer, there.way(payer, number="4000002500003155"))
    assert charge.state == "canceled"
    assert there.stripe.fetch(charge.reference).state == "canceled"
    assert there.stripe.cancel(charge.reference).state == "canceled"


def test_leave_ends(there: "LocalStripe") -> None:
    payer, other = there.stripe.new_payer(key="word"), there.stripe.new_payer(key="other")
    mandate = there.way(payer, number="4242424242424242")
    assert there.stripe.may_collect(payer, mandate)
    assert not there.stripe.may_collect(other, mandate)
    there.stripe.end_mandate(payer, mandate)
    assert not there.stripe.may_collect(payer, mandate)


def test_the_whole_and_a_part_are_paid_back(there: "LocalStripe") -> None:
    payer = there.stripe.new_payer(key="word")
    reference = collected(there, payer, there.way(payer, number="4242424242424242")).reference
    part = there.stripe.refund(reference, cents=210, description="C2026-00001", key="C2026-00001-1")
    rest = there.stripe.refund(reference, cents=1000, description="C2026-00002", key="C2026-00002-1")
    assert (part.state, part.cents, part.key) == ("done", 210, "C2026-00001-1")
    assert {each.reference for each in there.stripe.refunds(reference)} == {part.reference, rest.reference}


def test_what_is_not_there(there: "LocalStripe") -> None:
    with pytest.raises(UnknownCharge):
        there.stripe.fetch("pi_DoesNotExist")
    with pytest.raises(UnknownCharge):
        there.stripe.cancel("pi_DoesNotExist")
    assert not there.stripe.may_collect("cus_DoesNotExist", "pm_DoesNotExist")
    there.stripe.end_mandate("cus_DoesNotExist", "pm_DoesNotExist")


def test_its_notices_are_believed_by_their_signature_and_by_nothing_else(there: "LocalStripe") -> None:
    secret = there.stripe._secrets[0]
    there.post("/_config/webhooks/ours", url=f"http://127.0.0.1:{there.gate.port}/notices", secret=secret)
    there.stripe.new_payer(key="word")
    notice = until(lambda: list(there.notices), bool)[-1]
    headers, now = {"Stripe-Signature": notice.header("Stripe-Signature")}, datetime.now(UTC)
    assert b'"customer.created"' in notice.body
    assert there.stripe.noticed(body=notice.body, headers=headers, now=now) == ""  # it is about no payment
    stranger = there.stripe
    stranger._secrets = ("whsec_other",)
    for said in (
        lambda: stranger.noticed(body=notice.body, headers=headers, now=now),
        lambda: there.stripe.noticed(body=notice.body + b" ", headers=headers, now=now),
        lambda: there.stripe.noticed(body=notice.body, headers={}, now=now),
        lambda: there.stripe.noticed(body=notice.body, headers=headers, now=now + timedelta(minutes=6)),
    ):
        with pytest.raises(NotANotice):
            said()


def test_it_is_gone(there: "LocalStripe") -> None:
    payer = there.stripe.new_payer(key="word")
    there.process.terminate()
    there.process.wait(10)
    with pytest.raises(ProviderUnavailable):
        there.stripe.may_collect(payer, "pm_anything")
