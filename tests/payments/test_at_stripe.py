"""Our books when customers pay at Stripe: the same services, jobs and sweeps as with Mollie, from the page to the chargeback."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from hospes.billing import services as billing
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import services, sweeps
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.collecting import jobs as collecting
from hospes.payments.collecting.models import Collection, Payer, ProviderMandate
from hospes.payments.models import Notice, Payment, Refund
from hospes.payments.providers import provider
from hospes.payments.services import Wish
from simulators import StripeProvider
from tests.billing.books import again, draft, issue, lines_of
from tests.payments.providers.worlds import Clock
from tests.payments.till import ADDRESSES, Till, paid_from, state_of, states
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P13", "P14")]

SECRET = "whsec_till"
DAY = timedelta(days=1)


class StripeTill(Till):
    """The same till, at another provider."""

    def __init__(self, sim: StripeProvider, ahead: Clock) -> None:
        self.at, self._clock = sim, ahead

    def settle(self, payment: str, outcome: str, method: str = "ideal") -> None:
        self.at.control.settle(payment, outcome, method)

    def newest(self, kind: str) -> dict[str, Any]:
        """What the provider made last, of a kind."""
        return self.at.shelf.page(kind, limit=1, after="", since=0, intent="")[0][0]

    def hear(self, kind: str, thing: dict[str, Any], secret: str = SECRET) -> int:
        """Have a notice come in over HTTP, signed; returns the status of our answer."""
        said = {"object": "event", "type": kind, "data": {"object": thing | {"status": "not to be believed"}}}
        body, moment = json.dumps(said).encode(), str(int(self.now.timestamp()))
        made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        with clock.moved_to(self.now):
            answer = Client(enforce_csrf_checks=True).post(
                reverse("payment_notices"), body, content_type="application/json",
                headers={"Stripe-Signature": f"t={moment},v1={made}"},
            )  # fmt: skip
        assert answer.content == b""
        return answer.status_code


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def till(settings: Any, db: None, _rights: None) -> Iterator[StripeTill]:
    ahead = Clock()
    settings.ROOT_URLCONF = "hospes.config.urls_portal"
    with StripeProvider(clock=ahead) as sim:
        settings.HOSPES_PAYMENT_PROVIDER = "stripe"
        settings.HOSPES_STRIPE = {"url": sim.url, "key": "sk_test_till", "notice_secrets": (SECRET,)}
        yield StripeTill(sim, ahead)


def paid_order(till: StripeTill, *, wish: bool = False, method: str = "ideal") -> tuple[Any, str]:
    """An order that was paid, and the reference of its payment."""
    order = make.order()
    services.begin(
        provider=provider(), order_id=order.pk, customer_id=order.customer_id, addresses=ADDRESSES, language="en",
        actor=Actor.person(order.person_id), now=till.now, wish=Wish(order.person_id, "Collect") if wish else None,
    )  # fmt: skip
    session = till.newest("checkout.session")
    till.settle(session["id"], "paid", method)
    assert till.hear("checkout.session.completed", session) == 200
    till.work()
    return order, session["id"]


def test_an_order_is_paid_by_a_notice_that_is_only_a_hint(till: StripeTill) -> None:
    order, reference = paid_order(till)
    assert (states(order), state_of(order)[:4]) == (["paid"], "paid")
    [(_, holder, account)] = paid_from()
    assert holder
    assert len(account) == 4
    with as_owner():
        assert Payment.objects.get().reference == reference


def test_a_notice_that_says_paid_of_what_was_not_books_nothing(till: StripeTill) -> None:
    order = make.order()
    page = till.begin(order)
    session = till.newest("checkout.session")
    assert page == session["url"]
    assert till.hear("checkout.session.completed", session | {"payment_status": "paid"}) == 200
    till.work()
    assert states(order) == ["open"]


@pytest.mark.promise("P25")
def test_what_is_not_signed_is_refused_and_stores_nothing(till: StripeTill) -> None:
    order = make.order()
    till.begin(order)
    assert till.hear("checkout.session.completed", till.newest("checkout.session"), "whsec_other") == 400
    assert (
        Client().post(reverse("payment_notices"), b"{}", content_type="application/json").status_code == 400
    )
    assert Client().get(reverse("payment_notices")).status_code == 405
    with as_owner():
        assert not Notice.objects.exists()


@pytest.mark.promise("P25")
def test_the_address_of_a_provider_that_signs_nothing_takes_nothing(till: StripeTill, settings: Any) -> None:
    settings.HOSPES_PAYMENT_PROVIDER = "mollie"
    assert till.hear("checkout.session.completed", {"object": "checkout.session", "id": "cs_test_a1"}) == 400
    with as_owner():
        assert not Notice.objects.exists()


def test_what_no_notice_told_is_found(till: StripeTill) -> None:
    order = make.order()
    till.begin(order)
    till.settle(till.newest("checkout.session")["id"], "paid")
    till.later(timedelta(minutes=10))
    assert till.sweep()["payments"] == 1
    till.work()
    assert states(order) == ["paid"]


def test_a_payment_is_let_go_of_for_another(till: StripeTill) -> None:
    order = make.order()
    first = till.begin(order)
    with as_owner():
        held = Payment.objects.get()
    second = till.begin(order, instead_of=held.pk)
    assert second != first
    till.work()
    assert sorted(states(order)) == ["expired", "open"]


def test_a_part_is_paid_back_once_and_its_notice_is_about_the_payment(till: StripeTill) -> None:
    order, reference = paid_order(till)
    with as_owner():
        invoice = Invoice.objects.get(origin=f"order:{order.pk}")
    [row] = lines_of(invoice)[:1]
    with acting(Purpose.BILLING, actor=JOB):
        billing.credit(
            invoice_id=invoice.pk, reason="Ended", key="1", today=clock.day_of(till.now), now=till.now, lines={row.pk: 1000}
        )  # fmt: skip
    for _ in range(2):
        sweeps.see_to_refunds(now=till.now)
        till.work()
    refund = till.newest("refund")
    assert till.at.shelf.count("refund") == 1
    till.at.control.settle_refund(refund["id"], "succeeded")
    assert (
        till.hear("refund.updated", refund) == 200
    )  # it names the part of the payment that Stripe keeps by itself
    till.work()
    till.work()
    with as_owner():
        held = Refund.objects.get()
        assert (held.state, held.reference, held.cents) == ("done", refund["id"], refund["amount"])
        assert held.payment is not None
        assert held.payment.reference == reference


def test_what_a_bank_takes_back_is_booked_once_and_given_back_once(till: StripeTill) -> None:
    order, reference = paid_order(till, method="card")
    till.later(DAY)
    taken = till.at.control.charge_back(reference)
    for _ in range(2):
        assert till.hear("charge.dispute.created", taken) == 200
        till.work()
    with as_owner():
        held = Chargeback.objects.get()
        invoice = Invoice.objects.get(origin=f"order:{order.pk}")
    assert (held.reference, held.cents, held.reversed_at) == (taken["id"], 9075, None)
    assert invoice.open_cents == 9075
    till.at.control.reverse_chargeback(taken["id"])
    assert till.hear("charge.dispute.closed", taken) == 200
    till.work()
    with as_owner():
        assert Chargeback.objects.get().reversed_at is not None
    assert again(invoice).open_cents == 0


@pytest.mark.parametrize(("method", "by"), [("ideal", "directdebit"), ("card", "creditcard")])
@pytest.mark.parametrize("outcome", ["paid", "failed"])
def test_a_later_invoice_is_collected_by_leave_of_the_first_payment(
    till: StripeTill, method: str, by: str, outcome: str
) -> None:
    order, _ = paid_order(till, wish=True, method=method)
    with as_owner():
        leave = ProviderMandate.objects.get()
        payer = Payer.objects.get()
    assert (leave.method, payer.reference[:4], leave.reference[:3]) == (by, "cus_", "pm_")
    assert till.newest("customer").keys() >= {"metadata"}
    today = clock.day_of(till.now)
    invoice = issue(draft(order.customer, origin="x:1", due_on=today + 14 * DAY), today=today, now=till.now)
    for days in (7, 14):
        till.later(days * DAY)
        with clock.moved_to(till.now):
            collecting.sweep.run(timestamp=0)
        till.work()
    intent = till.newest("payment_intent")
    assert (intent["amount"], intent["status"]) == (invoice.open_cents, "processing")
    till.settle(intent["id"], outcome)
    assert till.hear("payment_intent.succeeded", intent) == 200
    till.work()
    with as_owner():
        held = Collection.objects.get()
        assert held.state == outcome
        assert held.payment is not None
        assert (held.payment.reference, held.payment.state) == (intent["id"], outcome)
    assert bool(again(invoice).open_cents) == (outcome == "failed")


def test_an_outage_breaks_nothing_off(till: StripeTill) -> None:
    order = make.order()
    till.at.control.drop(1)
    with pytest.raises(Exception, match="Stripe"):
        till.begin(order)
    page = till.begin(order)
    assert page == till.newest("checkout.session")["url"]
    assert till.at.shelf.count("checkout.session") == 1
