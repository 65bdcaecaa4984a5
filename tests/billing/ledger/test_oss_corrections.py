"""The One Stop Shop's return: what is credited of an earlier quarter is a correction of that one, and no turnover of this one."""

from datetime import date, timedelta
from typing import Any

import pytest

from hospes.billing import services
from hospes.billing.ledger.reports import taxes
from hospes.billing.ledger.reports.table import Period
from hospes.billing.models import Invoice
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from tests.billing.books import draft, issue, line
from tests.support import make
from tests.support.make import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

SHOP = {"vat_country": "DE", "vat_reason": "consumer_oss"}
NEXT = date(2026, 4, 20)


def sold(cents: int, origin: str, on: date = TODAY) -> Invoice:
    lines = [line(cents, 1900, period_from=None, period_until=None, **SHOP)]
    return issue(
        draft(make.customer(country="DE"), origin=origin, lines=lines, due_on=on),
        today=on,
        now=NOW + (on - TODAY),
    )


def given_back(invoice: Invoice, on: date) -> None:
    with acting(Purpose.BILLING, actor=JOB):
        services.credit(
            invoice_id=invoice.pk,
            reason="Vergissing",
            key=f"test:{invoice.pk}",
            today=on,
            now=NOW + (on - TODAY),
        )


def shop(quarter: int) -> Any:
    with acting(Purpose.BILLING, actor=JOB):
        return taxes.oss(Period.of(2026, quarter), NEXT)


def test_what_is_credited_a_quarter_later_stands_apart() -> None:
    make.vat_rates()
    first, second = sold(10_000, "order:1"), sold(1_000, "order:2")
    third = sold(5_000, "order:3", NEXT)
    given_back(second, TODAY + timedelta(days=3))
    given_back(first, NEXT)
    given_back(third, NEXT)
    sold(700, "order:4", NEXT)
    assert [tuple(map(str, row)) for row in shop(1).rows] == [("DE", "1900", "10000", "1900", "")]
    table = shop(2)
    assert [row[:4] for row in table.rows] == [("DE", 1900, 700, 133), ("DE", 1900, -10_000, -1_900)]
    assert [row[4] for row in table.rows] == ["", "kwartaal 1 van 2026"]
    assert table.total[2:4] == (-9_300, -1_767)
    assert (len(shop(1).notes), len(table.notes)) == (1, 2)
