"""The reports: figures that are right, for billing only, with files, and what leaves the house on record."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
import pyxaf

from hospes.billing.crediting import credit
from hospes.billing.ledger import sweeps
from hospes.billing.ledger.models import LedgerClosing, LedgerLine
from hospes.billing.models import InvoiceLine
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.office.reports.registry import REPORTS, Span
from tests.billing.books import draft, issue, line
from tests.office.conftest import AsRole
from tests.office.people import entries, text
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

LATER = datetime(2026, 5, 10, 12, tzinfo=UTC)


@pytest.fixture
def books() -> Any:
    """Two invoices of the second of March 2026, one of them paid; the revenue of April and May is booked."""
    make.vat_rates()
    customer = make.customer()
    issue(
        draft(
            customer, lines=[line(7500), line(1000, 900, period_until=TODAY)], paid_at=NOW, paid_with="ideal"
        )
    )
    issue(draft(customer, origin="order:2", due_on=date(2026, 3, 16)))
    sweeps.keep_up(now=LATER)
    with clock.moved_to(LATER):
        yield customer


def rows(client: Any, slug: str, query: str = "") -> list[list[str]]:
    """What the CSV of a report says, in English."""
    answer = client.get(f"/en/rapporten/{slug}/bestand.csv{query}")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


# --- figures ---


def test_the_vat_return_has_its_boxes(books: Any, as_role: AsRole) -> None:
    found = {row[0]: row[2:] for row in rows(as_role("billing_clerk"), "btw", "?year=2026&part=q1")}
    assert found["1a"] == ["150.00", "31.50"]
    assert found["1b"] == ["10.00", "0.90"]
    assert found["5a"] == found["5g"] == ["", "32.40"]
    assert {box for box, said in found.items() if said[0] not in ("0.00", "")} == {"Box", "1a", "1b"} | {
        "1a"
    } - {"Box"} | {"Box"}
    assert list(found)[1:] == ["1a", "1b", "1c", "1e", "2a", "3a", "3b", "4a", "4b", "5a", "5b", "5g"]
    empty = {row[0]: row[2:] for row in rows(as_role("billing_clerk"), "btw", "?year=2026&part=q2")}
    assert empty["1a"] == ["0.00", "0.00"]


def test_each_rate_has_its_box_its_account_and_its_code_in_the_audit_file(
    as_role: AsRole, tmp_path: Any
) -> None:
    make.vat_rates()
    dutch, german = make.customer(), make.customer(country="DE")
    three = [line(10_001, 2100), line(995, 900), line(500, 0)]
    made = issue(draft(dutch, lines=three))
    abroad = {"vat_country": "DE", "vat_reason": "consumer_oss"}
    issue(
        draft(
            german,
            origin="order:2",
            lines=[
                line(1000, 1900, **abroad),
                line(400, 700, **abroad),
                line(300, 0, vat_category="Z", **abroad),
            ],
        )
    )
    give_back(made, [995 // 2, 995 - 995 // 2], position=1)
    sweeps.keep_up(now=LATER)
    with clock.moved_to(LATER):
        client = as_role("billing_clerk")
        found = {row[0]: row[2:] for row in rows(client, "btw", "?year=2026&part=q1")}
        assert [found[box] for box in ("1a", "1b", "1e")] == [
            ["100.01", "21.00"],
            ["0.00", "0.00"],
            ["5.00", "0.00"],
        ]
        assert found["5a"] == ["", "21.00"]
        shop = [row[:4] for row in rows(client, "oss", "?year=2026&part=q1")[1:4]]
        assert shop == [
            ["DE", "0.00", "3.00", "0.00"],
            ["DE", "7.00", "4.00", "0.28"],
            ["DE", "19.00", "10.00", "1.90"],
        ]
        answer = client.post(
            "/rapporten/auditbestand/", {"year": 2026, "version": "4.0", "reason": "accountant"}
        )
        file = tmp_path / "books.xaf"
        file.write_bytes(b"".join(answer.streaming_content))
    assert pyxaf.validate(file).ok
    codes = set(re.findall(r"<vatID>([^<]+)</vatID>", file.read_text()))
    assert codes == {"NL-S-2100", "NL-S-900", "NL-Z-0", "DE-S-1900", "DE-S-700", "DE-Z-0"}
    with as_owner():
        said = {
            (x.vat_category, x.vat_country, x.vat_basis_points, x.account.use)
            for x in LedgerLine.objects.exclude(vat_cents=None)
        }
    assert {(c, n, r) for c, n, r, _use in said} == {
        ("S", "NL", 2100), ("S", "NL", 900), ("Z", "NL", 0), ("S", "DE", 1900), ("S", "DE", 700), ("Z", "DE", 0),
    }  # fmt: skip
    assert {use for c, n, _r, use in said if n == "DE"} <= {"revenue_oss", "deferred"}


def give_back(made: Any, parts: list[int], *, position: int) -> None:
    """Credit a line of an invoice in parts."""
    with acting(Purpose.BILLING, actor=JOB):
        pk = InvoiceLine.objects.filter(invoice=made).order_by("position")[position].pk
        for n, cents in enumerate(parts):
            credit(invoice_id=made.pk, reason="Fout", key=f"t:{n}", today=TODAY, now=NOW, lines={pk: cents})


def test_the_trial_balance_is_of_nothing_together(books: Any, as_role: AsRole) -> None:
    found = rows(as_role("billing_clerk"), "balans", "?year=2026&part=m4")
    accounts = {row[0]: row[2:] for row in found}
    assert accounts["1300"] == ["192.40", "0.00", "0.00", "192.40"]
    assert accounts["1400"] == ["-137.68", "12.34", "0.00", "-125.34"]
    assert found[-1][0] == "Total"
    assert (found[-1][2], found[-1][5]) == ("0.00", "0.00")
    assert found[-1][3] == found[-1][4] == "12.34"


def test_revenue_is_what_was_earned_and_the_rest_is_to_come(books: Any, as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    revenue = {row[0]: row[1] for row in rows(client, "omzet", "?year=2026")}
    assert (revenue["2026-02"], revenue["2026-03"], revenue["2026-04"]) == ("0.00", "22.32", "12.34")
    to_come = rows(client, "vooruit")
    assert to_come[1][0] == "2026-06"
    assert to_come[-1][0] == "Total"
    assert float(revenue["Total"]) + float(to_come[-1][1]) == 160.0


def test_what_is_open_and_for_how_long(books: Any, as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    [_head, only, total] = rows(client, "openstaand")
    assert only[1:] == [str(books.number), "2026-03-02", "2026-03-16", "90.75", "90.75", "55"]
    assert total[5] == "90.75"
    assert [row[1:] for row in rows(client, "ouderdom")[1:]] == [
        ["0", "0.00"], ["0", "0.00"], ["1", "90.75"], ["0", "0.00"], ["0", "0.00"], ["1", "90.75"]
    ]  # fmt: skip


def test_recurring_revenue_and_who_left(books: Any, as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    short = make.customer()
    issue(draft(short, origin="order:3", lines=[line(1000, period_until=date(2026, 4, 1))]))
    found = {row[0]: row[1:] for row in rows(client, "terugkerend", "?year=2026")}
    assert found["2026-03"] == ["22.33", "2"]
    assert found["2026-04"] == ["12.51", "1"]
    churn = {row[0]: row[1:] for row in rows(client, "verloop", "?year=2026")}
    assert churn["2026-03"][:3] == ["0", "2", "0"]
    assert churn["2026-04"] == ["2", "0", "1", "50.00", "9.82"]
    assert "2026-05" not in churn  # it is not over


def test_nobody_is_on_the_lists_of_other_countries_yet(books: Any, as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    assert len(rows(client, "oss", "?year=2026&part=q1")) == len(rows(client, "icp", "?year=2026")) == 2


# --- pages and files ---


@pytest.mark.parametrize("slug", REPORTS)
@pytest.mark.parametrize("language", ["", "/en"])
def test_every_report_has_a_page_and_both_files(
    books: Any, as_role: AsRole, slug: str, language: str
) -> None:
    client = as_role("billing_clerk")
    query = "?year=2026&part=q1" if REPORTS[slug].span in (Span.ANY, Span.QUARTER) else "?year=2026"
    page = client.get(f"{language}/rapporten/{slug}/{query}")
    assert page.status_code == 200
    answer = client.get(f"{language}/rapporten/{slug}/bestand.xlsx{query}")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert "xl/worksheets/sheet1.xml" in file.namelist()
    assert client.get(f"{language}/rapporten/{slug}/bestand.csv{query}").status_code == 200


def test_a_chart_is_drawn_with_the_table_beside_it(books: Any, as_role: AsRole) -> None:
    page = as_role("billing_clerk").get("/en/rapporten/omzet/?year=2026").content.decode()
    assert page.count("<rect ") == 12
    assert "<title>March 2026: €22.32</title>" in page
    assert "style=" not in page.partition("<main")[2]


def test_no_name_is_on_a_report_and_who_stands_in_one_is_on_record(books: Any, as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    said = text(client.get("/en/rapporten/openstaand/"))
    assert str(books.number) in said
    assert books.name not in said
    assert entries("staff.listed") == [(books.pk, None, "billing")]
    rows(client, "openstaand")
    with as_owner():
        assert JournalEntry.objects.filter(action="staff.report_downloaded").count() == 1


def test_a_wrong_period_is_told_and_an_unknown_report_is_none(books: Any, as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    assert client.get("/rapporten/btw/?year=1066").status_code == 200
    assert client.get("/rapporten/geheim/").status_code == 404
    assert client.get("/rapporten/btw/bestand.exe").status_code == 404


@pytest.mark.parametrize("role", ["support_agent", "technician", "privacy_officer", "administrator"])
def test_the_books_are_for_billing(role: str, as_role: AsRole) -> None:
    client = as_role(role)
    for address in ("", "btw/", "btw/bestand.csv"):
        assert client.get(f"/rapporten/{address}").status_code == 404
    assert client.post("/rapporten/auditbestand/").status_code == 404
    assert client.post("/rapporten/maand-afsluiten/").status_code == 404


# --- the audit file, and closing ---


@pytest.mark.parametrize("version", ["4.0", "3.2"])
def test_the_audit_file_is_downloaded_for_a_reason(
    books: Any, as_role: AsRole, version: str, tmp_path: Any
) -> None:
    client = as_role("billing_clerk")
    asked = {"year": 2026, "version": version}
    assert client.post("/rapporten/auditbestand/", asked).status_code == 302
    answer = client.post("/rapporten/auditbestand/", asked | {"reason": "accountant"})
    file = tmp_path / "books.xaf"
    file.write_bytes(b"".join(answer.streaming_content))
    assert pyxaf.validate(file).ok
    assert len(entries("ledger.exported_for_accountant")) == 1


def test_a_month_is_closed_for_good(books: Any, as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    assert "March 2026" in text(client.get("/en/rapporten/"))
    client.post("/rapporten/maand-afsluiten/", {"month": "2026-05-01"})
    with as_owner():
        assert not LedgerClosing.objects.exists()
    client.post("/rapporten/maand-afsluiten/", {"month": "2026-03-01"})
    said = text(client.get("/en/rapporten/"))
    assert "Closed up to and including March 2026" in said
    assert len(entries("ledger.closed")) == 1
