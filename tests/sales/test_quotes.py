"""A quote: made once of what was wanted, with its prices fixed, and decided upon once (P15)."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.billing.models import InvoiceLine
from hospes.billing.tax.services import note_check
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.sales import agreements, queries, services
from hospes.sales.agreements import Agreement
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.sales.services import QuoteRefused
from hospes.services.models import Service
from tests.sales.shop import (
    DAY,
    IP,
    LATER,
    accepted,
    again,
    all_of,
    declined,
    entries,
    jobs,
    quoted,
    wanted,
)
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

EVE = date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _rate(_rights: None) -> None:
    make.vat_rates()


# --- making ---


@pytest.mark.promise("P15")
def test_a_quote_has_a_number_lines_sums_and_a_last_day(settings: Any) -> None:
    customer = make.customer()
    lines = [wanted(7500), wanted(750, label="tweede.test", months=1), wanted(3)]
    quote = again(quoted(customer, *lines))
    assert (quote.number, quote.state, quote.made_at) == ("O2026-00001", "open", NOW)
    assert (quote.net_cents, quote.vat_cents, quote.total_cents) == (8253, 1733, 9986)
    assert quote.valid_until == TODAY + timedelta(days=settings.HOSPES_OPERATOR.quote_days)
    assert (quote.decided_by_id, quote.decided_at, quote.decided_from) == (None, None, None)
    assert [
        (x.position, x.label, x.months, x.net_cents, x.vat_basis_points, x.customer_id)
        for x in all_of(QuoteLine)
    ] == [
        (1, "voorbeeld.test", 12, 7500, 2100, customer.pk),
        (2, "tweede.test", 1, 750, 2100, customer.pk),
        (3, "voorbeeld.test", 12, 3, 2100, customer.pk),
    ]
    assert entries("quote.") == [("quote.made", "sales_quote", customer.pk)]
    assert jobs() == all_of(Message) == all_of(Order) == []


def test_the_same_key_gives_the_same_quote_whatever_else_is_wanted() -> None:
    customer = make.customer()
    first = quoted(customer, wanted(7500))
    assert quoted(customer, wanted(1), wanted(2), today=TODAY + DAY) == first
    assert again(first).net_cents == 7500
    assert (len(all_of(Quote)), len(all_of(QuoteLine)), len(entries("quote."))) == (1, 1, 1)


def test_another_key_is_another_quote_with_the_next_number_of_its_year() -> None:
    customer = make.customer()
    days = [TODAY, EVE, EVE + DAY, EVE]
    made = [quoted(customer, key=f"cart:{n}", today=day).number for n, day in enumerate(days)]
    assert made == ["O2026-00001", "O2026-00002", "O2027-00001", "O2026-00003"]


def test_of_nothing_there_is_no_quote_and_no_number_is_used() -> None:
    customer = make.customer()
    with (
        pytest.raises(QuoteRefused, match=r"There is nothing in it|niets"),
        acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer.pk),
    ):
        services.make_quote(customer_id=customer.pk, lines=[], key="cart:0", today=TODAY, now=NOW)
    assert all_of(Quote) == []
    assert quoted(customer).number == "O2026-00001"


def test_prices_stay_what_they_were_when_the_catalogue_changes_and_while_the_rate_does_not() -> None:
    customer, product = make.customer(), make.product(prices={12: 7500})
    quote = quoted(customer, wanted(7500, product=product))
    make.price(product=product, months=12, cents=9900, valid_from=TODAY)
    make.vat_rate(2500, since=TODAY + DAY)
    order = accepted(quote, today=TODAY)
    assert (order.total_cents, again(quote).total_cents) == (9075, 9075)
    assert [(x.net_cents, x.vat_basis_points) for x in all_of(QuoteLine)] == [(7500, 2100)]
    assert (
        quoted(
            customer, wanted(9900, product=product), key="cart:2", today=TODAY + DAY, now=NOW + DAY
        ).total_cents
        == 12_375
    )


@pytest.mark.parametrize("on_account", [False, True])
def test_from_the_day_of_another_rate_on_it_takes_a_new_quote(on_account: bool) -> None:
    customer = make.customer(kind="business")
    quote = quoted(customer)
    with as_owner():
        Quote.objects.filter(pk=quote.pk).update(on_account=on_account)
    make.vat_rate(2200, since=TODAY + DAY)
    with pytest.raises(QuoteRefused, match=r"Another VAT|andere btw"):
        accepted(quote, today=TODAY + DAY)
    assert (all_of(Order), again(quote).state) == ([], "open")


def test_nor_does_the_database_take_an_order_at_the_rate_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    quote = quoted(make.customer())
    make.vat_rate(2200, since=TODAY + DAY)
    monkeypatch.setattr(services, "refuse_other_vat", lambda quote, today: None)
    with (
        pytest.raises(IntegrityError, match=r"order_has_the_rate_of_its_day|another rate"),
        transaction.atomic(),
    ):
        accepted(quote, today=TODAY + DAY, now=LATER + DAY)
    assert all_of(Order) == []
    accepted(quote)
    assert len(all_of(Order)) == 1


def test_without_a_rate_of_that_day_there_is_no_quote() -> None:
    customer = make.customer()
    with pytest.raises(LookupError, match="2012-09-30"):
        quoted(customer, today=date(2012, 9, 30))
    assert all_of(Quote) == []


def test_of_whom_the_vat_cannot_be_told_gets_no_wrong_quote_but_a_word() -> None:
    customer = make.customer(country="US")  # nothing but the address says so
    with pytest.raises(QuoteRefused, match=r"which VAT|welke btw"):
        quoted(customer)
    assert all_of(Quote) == []


def test_a_belgian_company_that_vies_confirmed_orders_without_vat_and_its_invoice_says_why() -> None:
    customer = make.customer(kind="business", country="BE", kvk_number="", vat_number="BE0428759497")
    assert quoted(customer, key="cart:0").total_cents == 9075  # until VIES has answered
    with acting(Purpose.BILLING, actor=SYSTEM):
        note_check(
            customer_id=customer.pk, number="BE0428759497", result="valid", consultation="WAPI1", reason="", now=NOW
        )  # fmt: skip
    quote = quoted(customer)
    assert (quote.net_cents, quote.vat_cents, quote.total_cents) == (7500, 0, 7500)
    [said] = [line for line in all_of(QuoteLine) if line.quote_id == quote.pk]
    assert (said.vat_category, said.vat_country, said.vat_reason) == ("AE", "BE", "reverse_charge")
    order = accepted(quote)
    with acting(Purpose.BILLING, actor=SYSTEM):
        invoice = services.mark_paid(order_id=order.pk, paid_with="ideal", paid_at=NOW, today=TODAY, now=NOW)
    assert invoice
    [line] = all_of(InvoiceLine)
    assert (line.vat_category, line.vat_country, line.vat_basis_points) == ("AE", "BE", 0)
    assert (invoice.total_cents, invoice.buyer_vat_number) == (7500, "BE0428759497")


def test_a_quote_with_the_vat_of_before_is_not_accepted() -> None:
    customer = make.customer(kind="business", country="BE", kvk_number="", vat_number="BE0428759497")
    quote = quoted(customer)
    with acting(Purpose.BILLING, actor=SYSTEM):
        note_check(
            customer_id=customer.pk, number="BE0428759497", result="valid", consultation="WAPI1", reason="", now=NOW
        )  # fmt: skip
    with pytest.raises(QuoteRefused, match=r"Another VAT|andere btw"):
        accepted(quote)


@pytest.mark.parametrize(("kind", "country"), [("private", "NL"), ("private", "BE"), ("business", "NL")])
def test_everybody_else_pays_dutch_vat(kind: str, country: str) -> None:
    quote = quoted(make.customer(kind=kind, country=country), wanted(10_000))
    assert (quote.net_cents, quote.vat_cents, quote.total_cents) == (10_000, 2_100, 12_100)


def test_the_database_refuses_a_quote_that_cannot_be() -> None:
    quote = quoted(make.customer())
    with as_owner():
        found = Quote.objects.filter(pk=quote.pk)
        for constraint, words in {
            "quote_adds_up": {"total_cents": 9076},
            "decided_quote_says_who_and_when": {"state": "accepted"},
        }.items():
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                found.update(**words)
        line = QuoteLine.objects.get()
        line.pk = None
        with pytest.raises(IntegrityError, match="one_quote_line_per_position"), transaction.atomic():
            line.save(force_insert=True)


@pytest.mark.parametrize(
    "column", ["number", "made_at", "valid_until", "net_cents", "vat_cents", "total_cents", "customer_id"]
)
def test_nobody_changes_what_a_quote_says(column: str) -> None:
    quote = quoted(make.customer())
    for purpose in Purpose:
        for scope in ({}, {"customer": quote.customer_id}):
            with acting(purpose, actor=SYSTEM, **scope), pytest.raises(Refused), transaction.atomic():
                Quote.objects.filter(pk=quote.pk).update(**{column: getattr(again(quote), column)})


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=6).filter(any), st.integers(0, 3000))
def test_a_quote_adds_up_and_its_order_costs_the_same_to_the_cent(prices: list[int], rate: int) -> None:
    with transaction.atomic():
        make.vat_rate(rate, since=TODAY)
        quote = quoted(make.customer(), *(wanted(cents) for cents in prices))
        exact = sum(prices) * rate
        assert quote.net_cents == sum(prices)
        assert abs(quote.vat_cents * 10_000 - exact) * 2 <= 10_000
        assert quote.net_cents + quote.vat_cents == quote.total_cents == accepted(quote).total_cents
        transaction.set_rollback(True)


# --- whose it is ---


def test_nobody_makes_or_sees_a_quote_of_another_customer() -> None:
    mine, theirs = make.customer(), make.customer()
    quote = quoted(theirs)
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=mine.pk):
        assert queries.quotes(theirs.pk) == queries.quote_lines(quote.pk) == []
        with pytest.raises(Quote.DoesNotExist):
            services.accept_quote(
                quote_id=quote.pk, person_id=1, ip=None, agreed=agreements.of_now("nl"), today=TODAY, now=NOW
            )
        with pytest.raises(Quote.DoesNotExist):
            services.decline_quote(quote_id=quote.pk, person_id=1, ip=None, now=NOW)
    assert again(quote).state == "open"
    assert all_of(Order) == []


def test_quotes_come_the_newest_first() -> None:
    customer = make.customer()
    made = [
        quoted(customer, key=f"cart:{n}", now=NOW + timedelta(minutes=m)) for n, m in enumerate((0, 2, 1, 2))
    ]
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer.pk):
        assert queries.quotes(customer.pk) == [made[3], made[1], made[2], made[0]]


# --- accepting ---


@pytest.mark.promise("P04", "P15")
def test_an_accepted_quote_is_an_order_and_it_is_kept_who_agreed_to_what_when_and_from_where() -> None:
    customer = make.customer()
    holder = make.holder_of(customer)
    quote = quoted(customer)
    agreed = Agreement("2026-07", "a" * 64, "2026-08", "b" * 64)
    order = accepted(quote, agreed=agreed)
    now = again(quote)
    assert (now.state, now.decided_by_id, now.decided_at, now.decided_from) == (
        "accepted",
        holder.pk,
        LATER,
        IP,
    )
    assert (order.number, order.state) == ("B2026-00001", "awaiting_payment")
    assert (order.quote_id, order.customer_id) == (quote.pk, customer.pk)
    assert (order.person_id, order.placed_at, order.terms_version, order.total_cents) == (
        holder.pk,
        LATER,
        "2026-07",
        9075,
    )
    assert {name: getattr(order, name) for name in vars(agreed)} == vars(agreed)
    assert order.paid_at is None
    assert entries("quote.acc") == [("quote.accepted", "sales_quote", customer.pk)]
    assert entries("order.") == [("order.placed", "sales_order", customer.pk)]
    [message] = all_of(Message)
    assert (message.kind, message.person_id, message.customer_id, message.about_id) == (
        "sales.order_received", holder.pk, customer.pk, order.pk,
    )  # fmt: skip
    assert [task for task, _ in jobs()] == ["messaging.jobs.deliver"]


def test_accepted_twice_it_is_the_same_order_also_after_its_last_day() -> None:
    quote = quoted(make.customer())
    order = accepted(quote)
    assert accepted(quote, now=LATER + DAY, ip="192.0.2.99") == order
    assert accepted(quote, today=quote.valid_until + DAY) == order
    assert (again(quote).decided_at, again(quote).decided_from) == (LATER, IP)
    assert len(all_of(Order)) == len(all_of(Message)) == len(entries("order.")) == 1


@pytest.mark.parametrize(("days", "is_valid"), [(-30, True), (-1, True), (0, True), (1, False), (365, False)])
def test_a_quote_can_be_accepted_up_to_and_on_its_last_day(days: int, is_valid: bool) -> None:
    quote = quoted(make.customer())
    day = quote.valid_until + days * DAY
    if is_valid:
        assert accepted(quote, today=day).state == "awaiting_payment"
    else:
        with pytest.raises(QuoteRefused):
            accepted(quote, today=day)
        assert again(quote).state == "open"
        assert all_of(Order) == all_of(Message) == jobs() == []


@pytest.mark.parametrize("state", ["declined", "expired"])
def test_what_was_declined_or_expired_is_not_accepted_any_more(state: str) -> None:
    quote = quoted(make.customer())
    with as_owner():
        Quote.objects.update(state=state, decided_at=NOW)
    with pytest.raises(QuoteRefused):
        accepted(quote)
    assert again(quote).state == state
    assert all_of(Order) == all_of(Message) == []


def test_where_an_ip_address_is_not_known_the_order_stands_all_the_same() -> None:
    quote = quoted(make.customer())
    accepted(quote, ip=None)
    assert (again(quote).state, again(quote).decided_from) == ("accepted", None)


def test_orders_have_a_series_of_their_own_a_year() -> None:
    customer = make.customer()
    made = []
    for n, day in enumerate((EVE, EVE + DAY, EVE)):
        made.append(accepted(quoted(customer, key=f"cart:{n}", today=EVE), today=day).number)
    assert made == ["B2026-00001", "B2027-00001", "B2026-00002"]


@pytest.mark.django_db(transaction=True)
def test_the_button_pressed_many_times_at_once_is_one_quote_and_one_order() -> None:
    customer, product = make.customer(), make.product(prices={12: 7500})
    holder = make.holder_of(customer)
    gate, orders, failed = threading.Barrier(4), [], []

    def press() -> None:
        gate.wait(10)
        try:
            with acting(
                Purpose.CONTRACT, actor=Actor.person(holder.pk, ip=IP), customer=customer.pk, person=holder.pk
            ):
                quote = services.make_quote(
                    customer_id=customer.pk,
                    lines=[wanted(product=product)],
                    key="cart:1",
                    today=TODAY,
                    now=NOW,
                )
                orders.append(services.accept_quote(
                    quote_id=quote.pk, person_id=holder.pk, ip=IP, agreed=agreements.of_now("nl"), today=TODAY, now=NOW
                ).pk)  # fmt: skip
        except Exception as error:  # noqa: BLE001  # said below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert (len(orders), len(set(orders))) == (4, 1)
    assert [len(all_of(model)) for model in (Quote, QuoteLine, Order, Message)] == [1, 1, 1, 1]


# --- declining ---


def test_a_declined_quote_says_who_when_and_from_where() -> None:
    customer = make.customer()
    quote = quoted(customer)
    declined(quote)
    now = again(quote)
    assert (now.state, now.decided_by_id, now.decided_at, now.decided_from) == (
        "declined", make.holder_of(customer).pk, LATER, IP,
    )  # fmt: skip
    assert entries("quote.dec") == [("quote.declined", "sales_quote", customer.pk)]
    assert all_of(Order) == all_of(Message) == []


@pytest.mark.parametrize("first", ["accept", "decline"])
def test_what_was_decided_is_not_declined_again(first: str) -> None:
    quote = quoted(make.customer())
    accepted(quote) if first == "accept" else declined(quote)
    before = vars(again(quote))
    with pytest.raises(QuoteRefused):
        declined(quote, now=LATER + DAY)
    after = vars(again(quote))
    assert {k: v for k, v in after.items() if k != "_state"} == {
        k: v for k, v in before.items() if k != "_state"
    }
    assert len(entries("quote.dec")) == (first == "decline")


@pytest.mark.django_db(transaction=True)
def test_accepted_in_one_window_and_declined_in_another_one_of_both_holds() -> None:
    quote = quoted(make.customer())
    gate, done = threading.Barrier(2), []

    def decide(act: Any) -> None:
        gate.wait(10)
        try:
            act(quote)
            done.append(act)
        except QuoteRefused:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(act,)) for act in (accepted, declined)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert again(quote).state == ("accepted" if done == [accepted] else "declined")
    assert len(all_of(Order)) == (done == [accepted])


# --- names that somebody has here already ---


def test_no_quote_is_made_for_a_name_that_is_in_use() -> None:
    make.service(label="voorbeeld.test")
    customer = make.customer()
    with pytest.raises(QuoteRefused, match=r"Onder de naam voorbeeld\.test"):
        quoted(customer, wanted(), wanted(label="vrij.test"))
    assert all_of(Quote) == []
    assert quoted(customer, wanted(label="vrij.test")).state == "open"


def test_a_quote_is_not_accepted_for_a_name_that_got_in_use_meanwhile() -> None:
    quote = quoted(make.customer(), wanted(), wanted(label="b.test"), wanted(label="c.test"))
    for label in ("voorbeeld.test", "c.test"):
        make.service(label=label)
    with pytest.raises(QuoteRefused, match=r"Onder de namen c\.test, voorbeeld\.test"):
        accepted(quote)
    assert (again(quote).state, all_of(Order)) == ("open", [])
    with as_owner():
        Service.objects.update(state="refused")
    assert accepted(quote).state == "awaiting_payment"


def test_what_was_accepted_before_stays_accepted() -> None:
    quote = quoted(make.customer())
    order = accepted(quote)
    make.service(label="voorbeeld.test")
    assert accepted(quote) == order
    with as_owner():
        customer = quote.customer
    assert quoted(customer, key=quote.key) == quote
