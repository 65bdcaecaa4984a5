"""What holds whoever writes: also the owner of the tables, with SQL of their own."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from hospes.billing.ledger.models import LedgerAccount, LedgerEntry, LedgerLine, LedgerRelease
from hospes.kernel import datamap
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from tests.billing.books import draft, issue
from tests.billing.ledger.ledger_books import close, entries, run
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

ENTRY = """
INSERT INTO billing_ledgerentry (journal, book_year, number, booked_on, origin, document, made_at)
VALUES ('M', 2026, 99, %s, 'by hand', '', now()) RETURNING id
"""
LINE = """
INSERT INTO billing_ledgerline (entry_id, account_id, position, debit_cents, credit_cents, vat_category, vat_country)
SELECT %s, (SELECT id FROM billing_ledgeraccount WHERE use = 'bank'), position, debit, credit, '', ''
  FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) AS l (position, debit, credit)
"""


def by_hand(*lines: tuple[int, int, int], entry: int | None = None) -> int:
    """An entry of lines (position, debit, credit), as the owner writes it."""
    made = entry or int(run(ENTRY, "2026-03-02")[0][0])
    with transaction.atomic():
        run(LINE, made, *(list(column) for column in zip(*lines, strict=True)))
    return made


def test_lines_that_balance_are_taken() -> None:
    by_hand((1, 100, 0), (2, 0, 60), (3, 0, 40))


@pytest.mark.parametrize(
    "lines",
    [
        [(1, 100, 0)],
        [(1, 100, 0), (2, 0, 99)],
        [(2, 100, 0), (3, 0, 100)],
        [(1, 100, 0), (3, 0, 100)],
        [(1, 100, 0), (2, 0, 101), (3, 0, -1)],
        [(1, 100, 100)],
    ],
)
def test_lines_that_do_not_are_refused_also_to_the_owner(lines: list[tuple[int, int, int]]) -> None:
    with pytest.raises(IntegrityError):
        by_hand(*lines)


def test_nothing_is_added_to_an_entry_later_not_even_what_balances() -> None:
    entry = by_hand((1, 100, 0), (2, 0, 100))
    for more in ([(3, 5, 0), (4, 0, 5)], [(1, 5, 0), (2, 0, 5)]):
        with pytest.raises(IntegrityError):
            by_hand(*more, entry=entry)


def test_two_entries_in_one_statement_balance_each() -> None:
    first = by_hand((1, 1, 0), (2, 0, 1))
    with pytest.raises(IntegrityError, match="do not balance"), transaction.atomic():
        run(
            "WITH made AS (INSERT INTO billing_ledgerentry (journal, book_year, number, booked_on, origin, document, made_at)"
            " SELECT 'M', 2026, 100 + n, '2026-03-02', 'x' || n, '', now() FROM generate_series(1, 2) n RETURNING id, number)"
            " INSERT INTO billing_ledgerline (entry_id, account_id, position, debit_cents, credit_cents, vat_category, vat_country)"
            " SELECT id, (SELECT min(id) FROM billing_ledgeraccount), 1, CASE number WHEN 101 THEN 7 ELSE 0 END,"
            " CASE number WHEN 101 THEN 0 ELSE 7 END, '', '' FROM made"
        )
    assert [entry.pk for entry in entries()] == [first]


@pytest.mark.promise("P81")
@pytest.mark.parametrize("model", [LedgerEntry, LedgerLine, LedgerRelease])
def test_what_is_booked_stays_for_everybody_and_the_map_says_seven_years(model: type[LedgerEntry]) -> None:
    make.vat_rates()
    issue(draft())
    run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come could not be emptied anyway
    table = model._meta.db_table
    for sql in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(ProgrammingError, match="only added to"), transaction.atomic():
            run(sql)
    for purpose in (Purpose.BILLING, Purpose.RETENTION):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            acting(purpose, actor=JOB),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")
    keep = datamap.mapped(model).entry.keep
    assert keep is not None
    assert (keep.years, keep.event, keep.ground) == (7, datamap.Event.BOOK_YEAR_END, datamap.TAX_LAW)


def test_nothing_is_booked_in_a_closed_month_and_a_month_is_closed_once_it_is_over() -> None:
    close(date(2026, 3, 1), now=datetime(2026, 4, 1, 12, tzinfo=UTC))
    for day in ("2026-03-31", "2025-01-01"):
        with pytest.raises(IntegrityError, match="are closed"), transaction.atomic():
            run(ENTRY, day)
    run(ENTRY, "2026-04-01")
    with pytest.raises(IntegrityError, match="is not over"), transaction.atomic():
        run(
            "INSERT INTO billing_ledgerclosing (month, closed_at) VALUES ('2026-04-01', '2026-04-30 21:59+00')"
        )
    with pytest.raises(ProgrammingError, match="only added to"), transaction.atomic():
        run("DELETE FROM billing_ledgerclosing")


def test_numbers_in_a_row_are_for_billing_and_no_other_series() -> None:
    with acting(Purpose.BILLING, actor=JOB), connection.cursor() as cursor:
        cursor.execute(
            "SELECT hospes_next_numbers('ledger_m:2026', 3), hospes_next_numbers('ledger_m:2026', 0)"
        )
        assert cursor.fetchone() == (1, 4)
        with pytest.raises(ProgrammingError, match="takes no"), transaction.atomic():
            cursor.execute("SELECT hospes_next_numbers('quote:2026', 1)")
        with pytest.raises(ProgrammingError, match="takes no"), transaction.atomic():
            cursor.execute("SELECT hospes_next_numbers('ledger_m:2026', -1)")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        acting(Purpose.CONTRACT, actor=JOB),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT hospes_next_numbers('ledger_m:2026', 1)")


def test_the_chart_has_an_account_for_every_use() -> None:
    with as_owner():
        found = set(LedgerAccount.objects.exclude(use="").values_list("use", flat=True))
        codes = list(LedgerAccount.objects.values_list("rgs_code", flat=True))
    assert found == set(LedgerAccount.Use.values)
    assert len(codes) == len(set(codes))


def test_the_chart_has_codes_on_which_is_booked() -> None:
    """RGS 3.3 and 3.7: an account is on the fourth level (three times three letters after B or W), VAT on the fifth."""
    with as_owner():
        codes = dict(LedgerAccount.objects.exclude(use="").values_list("use", "rgs_code"))
    assert {use: len(code) for use, code in codes.items() if len(code) != 10} == dict.fromkeys(
        ("vat_standard", "vat_reduced", "vat_other", "vat_input", "vat_paid"), 13
    )
    assert {use: codes[use] for use in ("suspense", "debits", "questions", "written_off")} == {
        "suspense": "BVorTusTov", "debits": "BVorTusTon", "questions": "BSchTusTov", "written_off": "WBedVkkAdd",
    }  # fmt: skip
