"""Stories of customers abroad: what they are invoiced over the years, and where that stands in the returns."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hospes.billing import jobs, services
from hospes.billing.documents.ubl import invoice_xml
from hospes.billing.drafts import document_of
from hospes.billing.ledger.reports import taxes
from hospes.billing.ledger.reports.table import Period
from hospes.billing.models import Invoice, TaxStatus, ViesCheck
from hospes.billing.services import Draft, DraftLine
from hospes.billing.tax import queries
from hospes.billing.tax import services as tax
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from simulators import VatNumberCheck
from tests.billing.documents import official
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

BELGIAN = {"kind": "business", "country": "BE", "kvk_number": "", "vat_number": "BE0428759497"}


@pytest.fixture
def vies(settings: Any) -> Iterator[VatNumberCheck]:
    with VatNumberCheck() as sim:
        settings.HOSPES_VIES = {"url": f"{sim.url}/taxation_customs/vies/rest-api"}
        yield sim


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC)


def sell(customer: Customer, cents: int, day: date) -> Invoice:
    """Invoice something on a day, with the VAT that applies then."""
    with acting(Purpose.BILLING, actor=JOB):
        applies = queries.tax_of(customer.pk, net_cents=cents, today=day)
        line = DraftLine(
            "Hosting Plus", "voorbeeld.test", cents, applies.basis_points, day, day + timedelta(days=364),
            vat_category=applies.category, vat_country=applies.country, vat_reason=applies.reason,
        )  # fmt: skip
        draft = Draft(customer.pk, f"story:{customer.pk}:{day}:{cents}", "", [line], due_on=day)
        return services.issue(draft, today=day, now=at(day))


def give_back(invoice: Invoice, day: date) -> Invoice:
    with acting(Purpose.BILLING, actor=JOB):
        return services.credit(
            invoice_id=invoice.pk, reason="Op verzoek", key=f"story:{invoice.pk}", today=day, now=at(day)
        )


def vat_of(invoice: Invoice) -> tuple[int, int]:
    return invoice.net_cents, invoice.vat_cents


def quarter(year: int, number: int) -> Period:
    first = date(year, number * 3 - 2, 1)
    last = date(year + number // 4, number * 3 % 12 + 1, 1) - timedelta(days=1)
    return Period(first, last)


def boxes(period: Period) -> dict[str, tuple[int, int]]:
    """The boxes of the Dutch return that are not empty: turnover and VAT in cents."""
    with acting(Purpose.BILLING, actor=JOB):
        rows = taxes.vat_return(period, period.last).rows
    return {row[0]: (row[2], row[3]) for row in rows if not row[0].startswith("5") and (row[2] or row[3])}


def one_stop_shop(period: Period) -> list[tuple[Any, ...]]:
    with acting(Purpose.BILLING, actor=JOB):
        return list(taxes.oss(period, period.last).rows)


def sales_list(period: Period) -> list[tuple[Any, ...]]:
    with acting(Purpose.BILLING, actor=JOB):
        return list(taxes.sales_list(period, period.last).rows)


def findings(invoice: Invoice) -> set[str]:
    with acting(Purpose.BILLING, actor=JOB):
        document = document_of(Invoice.objects.get(pk=invoice.pk))
    return official.findings(official.EN16931, invoice_xml(document))


def why(customer: Customer) -> str:
    with as_owner():
        return TaxStatus.objects.get(customer=customer, until=None).why


def check_number(customer: Customer, day: date) -> str:
    with clock.moved_to(at(day)):
        jobs.check_vat_number.run(customer_id=customer.pk)
    with as_owner():
        return str(ViesCheck.objects.filter(customer=customer).latest("checked_at", "pk").result)


def test_a_belgian_company_from_its_first_order_to_the_sales_list(vies: VatNumberCheck) -> None:
    make.vat_rates()
    company = make.customer(**BELGIAN)
    # VIES does not answer: our own VAT, so that ordering goes on.
    vies.control.unavailable("BE")
    assert check_number(company, date(2026, 1, 5)) == "unanswered"
    first = sell(company, 10_000, date(2026, 1, 5))
    assert vat_of(first) == (10_000, 2_100)
    # It answers: from now on reverse charged, and what went before is put right by a credit note and an invoice.
    vies.control.available("BE")
    assert check_number(company, date(2026, 1, 6)) == "valid"
    note, again = give_back(first, date(2026, 1, 7)), sell(company, 10_000, date(2026, 1, 7))
    assert (vat_of(note), vat_of(again)) == ((10_000, 2_100), (10_000, 0))
    later = sell(company, 5_000, date(2026, 4, 1))
    assert vat_of(later) == (5_000, 0)
    # The first quarter: nothing is left of the Dutch VAT, and box 3b is what the list says.
    assert boxes(quarter(2026, 1)) == {"3b": (10_000, 0)}
    assert sales_list(quarter(2026, 1)) == [("BE", "BE0428759497", 10_000)]
    assert sales_list(quarter(2026, 2)) == [("BE", "BE0428759497", 5_000)]
    # What is given back of it later is taken off in the quarter in which that happens.
    give_back(later, date(2026, 7, 2))
    assert boxes(quarter(2026, 3)) == {"3b": (-5_000, 0)}
    assert sales_list(quarter(2026, 3)) == [("BE", "BE0428759497", -5_000)]
    assert [findings(each) for each in (first, note, again, later)] == [set()] * 4


def test_a_belgian_company_whose_number_ends(vies: VatNumberCheck) -> None:
    make.vat_rates()
    company = make.customer(**BELGIAN)
    assert check_number(company, date(2026, 1, 5)) == "valid"
    assert vat_of(sell(company, 10_000, date(2026, 1, 5))) == (10_000, 0)
    vies.control.number(BELGIAN["vat_number"], valid=False)
    assert check_number(company, date(2026, 2, 5)) == "invalid"
    assert vat_of(sell(company, 10_000, date(2026, 2, 6))) == (10_000, 2_100)
    assert boxes(quarter(2026, 1)) == {"1a": (10_000, 2_100), "3b": (10_000, 0)}


def test_german_consumers_who_cross_the_threshold_of_the_one_stop_shop() -> None:
    make.vat_rates()
    german, other, french = (make.customer(country=country) for country in ("DE", "DE", "FR"))
    for customer in (german, other, french):
        with acting(Purpose.BILLING, actor=JOB):
            tax.note_place(
                customer_id=customer.pk, kind="ip", country=customer.country, now=at(date(2026, 1, 2))
            )
    # Up to 10,000 euro in a year it is Dutch VAT.
    sell(german, 600_000, date(2026, 2, 3))
    sell(french, 400_000, date(2026, 5, 4))
    assert boxes(quarter(2026, 1)) | boxes(quarter(2026, 2)) == {"1a": (400_000, 84_000)}
    assert why(german) == "consumer_home_rate"
    # One cent more, and that sale and all after it have the VAT of their country, also in the years to come.
    over = sell(other, 1, date(2026, 8, 1))
    assert vat_of(over) == (1, 0)
    assert why(german) == "consumer_oss"
    summer = sell(german, 10_000, date(2026, 9, 30))
    sell(french, 10_000, date(2026, 9, 30))
    assert one_stop_shop(quarter(2026, 3)) == [
        ("DE", 1900, 10_001, 1_900, ""),
        ("FR", 2000, 10_000, 2_000, ""),
    ]
    assert boxes(quarter(2026, 3)) == {}
    give_back(summer, date(2026, 10, 5))
    assert one_stop_shop(quarter(2026, 4)) == [("DE", 1900, -10_000, -1_900, "kwartaal 3 van 2026")]
    spring = sell(german, 2_500, date(2027, 3, 1))
    assert one_stop_shop(quarter(2027, 1)) == [("DE", 1900, 2_500, 475, "")]
    assert [findings(each) for each in (summer, spring)] == [set()] * 2
