"""The audit file: valid by the schemas and by another program's rules, and its sums are those of the ledger."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pyxaf
from lxml import etree

from hospes.billing.ledger import rules, services, sweeps, xaf
from hospes.billing.ledger.services import Journal, Posting, Use
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from tests.billing.books import draft, issue, line
from tests.billing.ledger.ledger_books import run
from tests.support import make
from tests.support.make import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

MAKER = xaf.Maker("Müller & Zn", "12345678", "NL", "NL821792234B01", "hospes", "0.1.0")
SCHEMAS = {"4.0": "XmlAuditfileFinancieel4.0.xsd", "3.2": "XmlAuditfileFinancieel3.2.xsd"}


def written(year: int, version: str) -> bytes:
    made = io.BytesIO()
    with acting(Purpose.BILLING, actor=JOB):
        xaf.write(made, year, version=version, maker=MAKER, today=TODAY)
    return made.getvalue()


@pytest.fixture(autouse=True)
def _books() -> None:
    """Two book years: invoices of several rates, a payment, one that was too much, releases, and VAT that was paid."""
    make.vat_rates()
    invoice = issue(draft(lines=[line(7500), line(1234, 900), line(99, 0)]))
    make.invoice()
    issue(draft(origin="order:2", lines=[line(0)]))
    with acting(Purpose.BILLING, actor=JOB):
        came = [
            services.receipt(
                origin=f"payment:{n}", customer_id=invoice.customer_id, cents=invoice.total_cents, on=TODAY,
                document=f"tr_{n}", is_surplus=n == 2,
            )
            for n in (1, 2)
        ]  # fmt: skip
        services.post(came, now=NOW)
        paid = Posting(Journal.MEMORIAL, "vat:2026-1", TODAY, [(Use.VAT_PAID, 1686), (Use.BANK, -1686)])
        services.post([paid], now=NOW)
    sweeps.keep_up(now=datetime(2027, 2, 10, tzinfo=UTC))


@pytest.mark.parametrize("version", SCHEMAS)
@pytest.mark.parametrize("year", [2026, 2027])
def test_it_is_valid_and_nobody_finds_anything(year: int, version: str, tmp_path: Path) -> None:
    content = written(year, version)
    schema = etree.XMLSchema(etree.parse(Path(pyxaf.__file__).parent / "schemas" / SCHEMAS[version]))
    assert schema.validate(etree.fromstring(content)), schema.error_log
    file = tmp_path / "books.xaf"
    file.write_bytes(content)
    report = pyxaf.validate(file)
    assert report.ok, str(report)
    assert [str(found) for found in report.warnings] == []


@pytest.mark.parametrize("version", SCHEMAS)
def test_its_sums_and_balances_are_those_of_the_ledger(version: str) -> None:
    for year in (2026, 2027):
        root = etree.fromstring(written(year, version))
        ns = {"x": xaf.NAMESPACES[version]}
        amounts: dict[str, int] = {}
        for each in root.findall(".//x:trLine", ns):
            cents = round(float(each.findtext("x:amnt", "", ns)) * 100)
            side = 1 if each.findtext("x:amntTp", "", ns) == "D" else -1
            account = each.findtext("x:accID", "", ns)
            amounts[account] = amounts.get(account, 0) + side * cents
        ledger = run(
            "SELECT a.code, sum(l.debit_cents - l.credit_cents) FROM billing_ledgerline l"
            " JOIN billing_ledgerentry e ON e.id = l.entry_id JOIN billing_ledgeraccount a ON a.id = l.account_id"
            " WHERE e.book_year = %s GROUP BY 1",
            year,
        )
        assert amounts == {code: int(cents) for code, cents in ledger}
    opening = {
        each.findtext("x:accID", "", ns): each.findtext("x:amnt", "", ns)
        for each in root.findall(".//x:obLine", ns)
    }
    lines = run("SELECT net_cents, period_from, period_until FROM billing_invoiceline")
    earned = sum(rules.recognised(net, first, last, date(2026, 12, 31)) for net, first, last in lines)
    assert opening["0800"] == f"{earned / 100:.2f}"  # what 2026 earned is the result of earlier years in 2027
    assert "8000" not in opening


def test_it_names_no_customer_but_by_number() -> None:
    customer = make.customer(name="Kwibus bv", kind="business")
    issue(draft(customer, origin="order:3"))
    content = written(2026, "4.0").decode()
    assert f"<custSupID>{customer.number}</custSupID>" in content
    assert "Kwibus" not in content
    assert customer.street not in content


def test_a_year_without_books_is_valid_too(tmp_path: Path) -> None:
    file = tmp_path / "books.xaf"
    file.write_bytes(written(2020, "4.0"))
    assert pyxaf.validate(file).ok


def test_another_version_there_is_not() -> None:
    with pytest.raises(KeyError):
        written(2026, "5.0")


def test_days_are_of_the_year() -> None:
    assert f"<startDate>{date(2026, 1, 1)}</startDate>" in written(2026, "4.0").decode()
