"""Standard, reduced and zero rate together: which of them counts for whom, one document each, and back again to the cent."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospes.billing import charging, mails, queries, rules
from hospes.billing.crediting import credit
from hospes.billing.documents import invoice_xml
from hospes.billing.drafts import document_of
from hospes.billing.models import (
    Invoice,
    InvoiceLine,
    InvoiceTax,
    StuckCharge,
    TaxExemption,
    TaxSettings,
    TaxStatus,
)
from hospes.billing.rules import RateUnknown, Tax, Taxes
from hospes.billing.tax import queries as tax_queries
from hospes.billing.tax import services as tax_services
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.services.models import Charge, Service
from tests.billing.books import draft, issue, line, lines_of
from tests.billing.documents import official
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

CODES = ("standard", "reduced", "zero")


@pytest.fixture(autouse=True)
def _rates(_rights: None) -> None:
    make.vat_rates()


def taxes_of(customer: Customer, cents: int = 100) -> Taxes:
    with acting(Purpose.BILLING, actor=JOB):
        return tax_queries.taxes_of(customer.pk, net_cents=cents, today=TODAY)


def keys(customer: Customer, cents: int = 100) -> list[tuple[str, str, int]]:
    found = taxes_of(customer, cents)
    return [found.of(code).key for code in CODES]


# --- whose VAT, at which rate ---


def test_at_home_each_kind_has_its_rate_and_nothing_is_of_category_z() -> None:
    for kind in ("private", "business"):
        assert keys(make.customer(kind=kind)) == [("S", "NL", 2100), ("S", "NL", 900), ("Z", "NL", 0)]


@pytest.mark.parametrize("why", [("AE", "BE", "reverse_charge"), ("G", "US", "outside_eu"), ("E", "NL", "exempt"),
                                 ("O", "CH", "outside_eu")])  # fmt: skip
def test_what_is_reverse_charged_exported_or_exempt_is_so_whatever_the_kind(
    why: tuple[str, str, str],
) -> None:
    category, country, reason = why
    rates = {"standard": 2100, "reduced": 900, "zero": 0}
    for code in CODES:
        assert Taxes(category, country, reason, rates).of(code) == Tax(0, category, country, reason)


def test_an_exemption_comes_before_the_kind_of_rate() -> None:
    customer = make.customer(kind="business")
    with as_owner():
        TaxExemption.objects.create(customer=customer, ground="certificate", valid_from=TODAY)
        status = TaxStatus.objects.get(customer=customer, until=None)
    assert {tax[0] for tax in keys(customer)} == {status.category} == {"E"}


def test_in_the_one_stop_shop_a_country_without_such_a_rate_has_its_standard_rate() -> None:
    german = make.customer(country="DE")
    with acting(Purpose.BILLING, actor=JOB):
        tax_services.note_place(customer_id=german.pk, kind="ip", country="DE", now=NOW)
    assert keys(german) == [
        ("S", "NL", 2100),
        ("S", "NL", 900),
        ("Z", "NL", 0),
    ]  # below the threshold: our own
    assert keys(german, 1_000_001) == [("S", "DE", 1900)] * 3
    make.vat_rate(700, since=TODAY, code="reduced", country="DE")
    assert keys(german, 1_000_001) == [("S", "DE", 1900), ("S", "DE", 700), ("S", "DE", 1900)]
    make.vat_rate(0, since=TODAY, code="zero", country="DE")
    assert keys(german, 1_000_001)[2] == ("Z", "DE", 0)
    with as_owner():
        TaxSettings.objects.update(oss_since=TODAY)
    assert keys(german) == [("S", "DE", 1900), ("S", "DE", 700), ("Z", "DE", 0)]


def test_a_rate_counts_from_its_day_on_and_none_at_all_is_an_error() -> None:
    make.vat_rate(600, since=TODAY, code="reduced", country="XX")
    make.vat_rate(2000, since=TODAY.replace(year=2027), country="XX")
    assert queries.vat_rates(country="XX", today=TODAY) == {"reduced": 600}
    later = queries.vat_rates(country="XX", today=TODAY.replace(year=2027))
    assert later == {"standard": 2000, "reduced": 600, "zero": 2000}
    with pytest.raises(RateUnknown):
        Taxes("S", "XX", "", {"reduced": 600}).of("standard")


# --- one document ---

_LINES = st.lists(st.tuples(st.integers(1, 99_999), st.sampled_from([2100, 900, 0])), min_size=1, max_size=6)


def exactly(net: int, rate: int) -> int:
    return int((Decimal(net) * rate / 10_000).quantize(Decimal(1), ROUND_HALF_UP))


@given(lines=_LINES, parts=st.lists(st.integers(0, 100), max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_rate_has_its_own_sum_and_all_of_it_comes_back(
    lines: list[tuple[int, int]], parts: list[int]
) -> None:
    customer = make.customer()
    made = issue(
        draft(customer, origin=f"mixed:{customer.pk}", lines=[line(net, rate) for net, rate in lines])
    )
    nets = Counter[int]()
    for net, rate in lines:
        nets[rate] += net
    with as_owner():
        said = {
            x.vat_basis_points: (x.vat_category, x.net_cents, x.vat_cents)
            for x in InvoiceTax.objects.filter(invoice=made)
        }
    assert said == {rate: ("S" if rate else "Z", net, exactly(net, rate)) for rate, net in nets.items()}
    for n, percent in enumerate(parts):
        wanted = {x.pk: x.creditable_cents * percent // 100 for x in lines_of(made)}
        if any(wanted.values()):
            give_back(made, f"{made.pk}:{n}", wanted)
    if any(x.creditable_cents for x in lines_of(made)):
        give_back(made, f"{made.pk}:all", None)
    with as_owner():
        notes = list(Invoice.objects.filter(credits=made))
        back = InvoiceTax.objects.filter(invoice__in=notes)
        for rate, (category, net, vat) in said.items():
            held = [x for x in back if x.vat_basis_points == rate]
            assert (sum(x.net_cents for x in held), sum(x.vat_cents for x in held)) == (net, vat)
            assert {x.vat_category for x in held} == {category}
        assert sum(note.total_cents for note in notes) == made.total_cents
        for each in InvoiceLine.objects.filter(invoice__in=notes).select_related("credits_line"):
            assert (
                each.vat_basis_points
                == InvoiceLine.objects.get(pk=each.credits_line_id or 0).vat_basis_points
            )


def give_back(made: Invoice, key: str, wanted: dict[int, int] | None) -> Invoice:
    with acting(Purpose.BILLING, actor=JOB):
        return credit(invoice_id=made.pk, reason="Fout", key=key, today=TODAY, now=NOW, lines=wanted)


def test_the_e_invoice_of_three_rates_and_its_credit_note_pass_the_official_rules() -> None:
    made = issue(
        draft(make.customer(kind="business"), lines=[line(10_001, 2100), line(995, 900), line(500, 0)])
    )
    note = give_back(made, "all", {x.pk: x.net_cents for x in lines_of(made)})
    for each in (made, note):
        with acting(Purpose.BILLING, actor=JOB):
            document = document_of(each)
        assert [(g.category.value, g.percent) for g in document.vat_groups] == [("Z", 0), ("S", 9), ("S", 21)]
        xml = invoice_xml(document)
        assert official.findings(official.EN16931, xml) == set()
        assert xml.count(b"<cac:TaxSubtotal>") == 3


# --- changes of services ---


def service_of(customer: Customer, code: str) -> tuple[Service, Invoice]:
    product = make.product()
    make.vat_of(product, code)
    service = make.service(customer=customer, product=product, price_cents=7300)
    taxes = taxes_of(customer).of(code)
    what = line(7300, taxes.basis_points, kind="term", sold_as=service.origin, vat_category=taxes.category)
    return service, issue(draft(customer, origin=f"order:{service.pk}", lines=[what]))


def charged(service: Service, kind: str, cents: int, product: Any = None) -> None:
    with as_owner():
        Charge.objects.create(
            service=service, customer=service.customer, kind=kind, product=product or service.product, quantity=1, cents=cents,
            period_from=TODAY, period_until=TODAY, description=kind, origin=f"request:1:{kind}", created_at=NOW,
        )  # fmt: skip


def settled(service: Service) -> list[tuple[str, list[tuple[int, int, int]]]]:
    with acting(Purpose.BILLING, actor=JOB):
        charging.settle(customer_id=service.customer_id, today=TODAY, now=NOW)
    with as_owner():
        assert not StuckCharge.objects.exists()
        made = Invoice.objects.filter(customer_id=service.customer_id).order_by("pk")[1:]
        return [
            (x.kind, [(t.vat_basis_points, t.net_cents, t.vat_cents) for t in InvoiceTax.objects.filter(invoice=x)]) for x in made
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "rate", "vat"), [("reduced", 900, 450), ("zero", 0, 0), ("standard", 2100, 1050)]
)
def test_a_change_within_one_kind_is_one_invoice_at_that_rate(code: str, rate: int, vat: int) -> None:
    service, _first = service_of(make.customer(), code)
    charged(service, "unused", -5000)
    charged(service, "new", 10_000)
    assert settled(service) == [("invoice", [(rate, 5000, vat)])]


def test_a_change_to_another_kind_gives_back_at_the_rate_that_was_paid_and_charges_at_the_new_one() -> None:
    service, _first = service_of(make.customer(), "reduced")
    charged(service, "unused", -5000)
    charged(service, "new", 10_000, make.product())
    assert sorted(settled(service)) == [
        ("credit_note", [(900, 5000, 450)]),
        ("invoice", [(2100, 10_000, 2100)]),
    ]


def test_what_is_given_back_after_the_kind_changed_has_the_rate_that_was_paid() -> None:
    service, _first = service_of(make.customer(), "standard")
    with as_owner():
        service.product.vat_codes.update(valid_from=TODAY.replace(year=2024))
    make.vat_of(service.product, "reduced", since=TODAY)
    charged(service, "ended", -5000)
    assert settled(service) == [("credit_note", [(2100, 5000, 1050)])]


# --- what customers are told ---


def test_consumers_are_told_prices_with_the_vat_of_each_product_and_companies_without() -> None:
    reduced, standard = make.product(), make.product()
    make.vat_of(reduced, "reduced")
    amounts = [(standard.pk, 10_000), (reduced.pk, -5_000)]
    consumer, company = make.customer(), make.customer(kind="business")
    with acting(Purpose.MESSAGES, actor=JOB):
        said = [mails.priced(consumer.pk, amounts, TODAY), mails.priced(company.pk, amounts, TODAY)]
    assert [each.replace("\xa0", " ") for each in said] == ["€ 66,50 inclusief btw", "€ 50,00 exclusief btw"]
    assert rules.totals([(10_000, 2100), (-5_000, 900)]).total_cents == 6_650
