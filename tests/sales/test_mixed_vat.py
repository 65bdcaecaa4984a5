"""Quotes and orders of products at several rates: by customers and by staff, held by the database, on both sides of a change."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hospes.billing.models import InvoiceLine, InvoiceTax, LocationEvidence
from hospes.catalogue.models import Product
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import pro_forma, quoting, services
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.sales.quoting import Line, Words
from hospes.sales.services import QuoteRefused
from tests.accounts import people as accounts
from tests.sales.shop import IP, accepted, all_of, paid, quoted, wanted
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.database]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _rates(_rights: None) -> None:
    make.vat_rates()


def product(code: str, cents: int = 7_500, *, since: date = date(2025, 1, 1), **words: Any) -> Product:
    made = make.product(prices={12: cents}, **words)
    make.vat_of(made, code, since=since)
    return made


def mixed() -> list[Any]:
    return [
        wanted(7_501, label="een.test"), wanted(995, product=product("reduced", 995), label="twee.test"),
        wanted(500, product=product("zero", 500), label="drie.test"),
    ]  # fmt: skip


def rates() -> list[tuple[str, str, int]]:
    return [(x.vat_code, x.vat_category, x.vat_basis_points) for x in all_of(QuoteLine)]


def test_an_order_of_three_rates_is_paid_and_invoiced_to_the_cent() -> None:
    quote = quoted(make.customer(), *mixed())
    assert rates() == [("standard", "S", 2100), ("reduced", "S", 900), ("zero", "Z", 0)]
    assert (quote.net_cents, quote.vat_cents, quote.total_cents) == (8_996, 1_575 + 90, 10_661)
    order = accepted(quote)
    with as_owner():
        document = pro_forma.of_order(Order.objects.get(pk=order.pk), language="nl", today=TODAY)
    paid(order)
    with as_owner():
        said = list(
            InvoiceTax.objects.order_by("vat_basis_points").values_list(
                "vat_category", "vat_basis_points", "net_cents", "vat_cents"
            )
        )
        lines = list(InvoiceLine.objects.order_by("position").values_list("net_cents", "vat_basis_points"))
    assert said == [("Z", 0, 500, 0), ("S", 900, 995, 90), ("S", 2100, 7_501, 1_575)]
    assert lines == [(7_501, 2100), (995, 900), (500, 0)]
    assert [(g.percent * 100, g.net_cents, g.vat_cents) for g in document.vat_groups] == [x[1:] for x in said]


@pytest.mark.parametrize("words", [
    {"vat_code": "reduced", "vat_basis_points": 900}, {"vat_code": "zero", "vat_category": "Z", "vat_basis_points": 0},
    {"vat_basis_points": 900}, {"vat_code": "reduced"},
])  # fmt: skip
def test_a_customers_session_does_not_choose_its_rate(words: dict[str, Any], monkeypatch: Any) -> None:
    customer, real = make.customer(), services.vat_columns
    monkeypatch.setattr(services, "vat_columns", lambda taxes, code: real(taxes, code) | words)
    with (
        pytest.raises(IntegrityError, match=r"line_has_its_price|is not the one in force"),
        transaction.atomic(),
    ):
        quoted(customer)
    monkeypatch.setattr(services, "vat_columns", real)
    quoted(customer)


@pytest.mark.parametrize(("ahead", "rate"), [(0, 900), (1, 2100)])
def test_the_kind_counts_from_its_day_on(ahead: int, rate: int) -> None:
    thing = product("reduced", since=TODAY + ahead * DAY)
    quoted(make.customer(), wanted(7_500, product=thing))
    assert [x[2] for x in rates()] == [rate]


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_quote_of_another_rate_is_made_anew_once_that_has_begun(ahead: int) -> None:
    thing = make.product(prices={12: 7_500})
    quote = quoted(make.customer(), wanted(7_500, product=thing))
    make.vat_of(thing, "reduced", since=TODAY + ahead * DAY)
    if ahead:
        accepted(quote)
        return
    with pytest.raises(QuoteRefused):
        accepted(quote)
    with as_owner():
        assert Quote.objects.get().state == "open"


def test_what_was_ordered_before_keeps_its_rate_when_it_is_paid_after() -> None:
    thing = make.product(prices={12: 7_500})
    order = accepted(quoted(make.customer(), wanted(7_500, product=thing)))
    make.vat_of(thing, "reduced", since=TODAY)
    paid(order)
    with as_owner():
        assert list(InvoiceTax.objects.values_list("vat_basis_points", "vat_cents")) == [(2100, 1_575)]


def test_the_database_holds_an_order_to_the_rate_of_its_day(monkeypatch: Any) -> None:
    thing = make.product(prices={12: 7_500})
    quote = quoted(make.customer(), wanted(7_500, product=thing))
    make.vat_of(thing, "reduced", since=TODAY)
    monkeypatch.setattr(services, "refuse_other_vat", lambda *_: None)
    with pytest.raises(IntegrityError, match=r"order_has_the_rate_of_its_day|another rate"):
        accepted(quote)


def test_setting_it_up_has_the_rate_of_the_product() -> None:
    thing = make.product(prices={})
    make.price(product=thing, months=12, cents=5_000, setup_cents=1_000)
    make.vat_of(thing, "reduced")
    from hospes.catalogue.rules import Step

    quote = quoted(make.customer(), wanted(6_000, product=thing, setup_cents=1_000, steps=(Step(1, 5_000),)))
    assert (rates(), quote.vat_cents) == ([("reduced", "S", 900)], 540)
    paid(accepted(quote))
    with as_owner():
        assert {x.vat_basis_points for x in InvoiceLine.objects.all()} == {900}


# --- staff ---


def sent(customer: Any, *lines: Line, replaces: Quote | None = None) -> Quote:
    clerk, said = (
        Actor.staff(accounts.colleague("billing_clerk").pk, ip=IP),
        Words(valid_until=TODAY + 20 * DAY),
    )
    with acting(Purpose.CONTRACT, actor=clerk):
        made = quoting.begin(
            customer_id=customer.pk,
            author_id=clerk.id,
            words=said,
            key=f"t:{replaces}",
            now=NOW,
            replaces=replaces,
        )
        if lines:
            quoting.save(draft=made, words=said, lines=lines, seen=made.changed_at, today=TODAY, now=NOW)
        return quoting.send(draft=made, seen=made.changed_at, today=TODAY, now=NOW)


def test_staff_say_which_kind_a_text_of_their_own_has_and_a_product_has_its_own() -> None:
    customer, thing = make.customer(), product("reduced")
    quote = sent(
        customer, Line(thing.pk, 12, label="een.test", vat_code="zero"), Line(description="Handleiding", cents=1_000, vat_code="reduced"),
        Line(description="Advies", cents=1_000),
    )  # fmt: skip
    assert rates() == [("reduced", "S", 900), ("reduced", "S", 900), ("standard", "S", 2100)]
    assert (quote.net_cents, quote.vat_cents) == (9_500, 765 + 210)
    again = sent(customer, replaces=quote)
    assert (again.version, again.vat_cents) == (2, 975)  # the next version begins as a copy
    order = accepted(again)
    paid(order)
    with as_owner():
        assert list(
            InvoiceTax.objects.order_by("vat_basis_points").values_list("net_cents", "vat_cents")
        ) == [(8_500, 765), (1_000, 210)]


def test_a_foreign_company_has_no_rate_to_choose() -> None:
    company = make.customer(kind="business", country="US", vat_number="", kvk_number="")
    with as_owner():
        LocationEvidence.objects.create(customer=company, kind="ip", country="US", seen_at=NOW)
    quote = sent(company, Line(description="Handleiding", cents=1_000, vat_code="reduced"))
    [(code, category, points)] = rates()
    assert (code, points, quote.vat_cents) == ("reduced", 0, 0)
    assert category in ("G", "O")
