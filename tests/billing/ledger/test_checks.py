"""The check sees what is missing, and `hospes ledger` puts it right."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from hospes.billing.ledger import checks, sweeps
from hospes.kernel.acting import JOB
from hospes.payments.sweeps import book_missing
from tests.billing.books import draft, issue, line
from tests.billing.ledger.ledger_books import balance, book, entries, lines_of, run
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def findings() -> list[str]:
    with as_owner():
        return checks.findings(connection)


def test_books_that_agree_have_no_finding() -> None:
    make.vat_rates()
    issue(draft(lines=[line(7500), line(1, 900)]))
    sweeps.keep_up(now=datetime(2026, 7, 1, tzinfo=UTC))
    assert findings() == []


def test_what_is_missing_is_found_and_booked() -> None:
    for _ in range(3):
        make.invoice()
    paid, open_one = make.payment(state="paid"), make.payment(state="open")
    assert findings()[0].startswith("an issued document has no entry in the ledger: 3 times")
    assert sweeps.keep_up(now=NOW, size=2) == {"documents": 3, "releases": 0}
    assert book_missing(now=NOW, actor=JOB, page_size=1) == 1
    assert findings() == []
    assert (sweeps.keep_up(now=NOW)["documents"], book_missing(now=NOW)) == (0, 0)
    assert lines_of(f"payment:{paid.pk}") == [("clearing", paid.cents), ("debtors", -paid.cents)]
    assert lines_of(f"payment:{open_one.pk}") == []
    assert [e.number for e in entries("B")] == [1]


def test_what_disagrees_is_found() -> None:
    make.vat_rates()
    invoice = make.invoice()
    book(invoice)
    run("SET LOCAL session_replication_role = replica")
    try:
        run("UPDATE billing_ledgerline SET debit_cents = debit_cents + 1 WHERE debit_cents > 0")
        run("UPDATE billing_ledgerline SET vat_cents = vat_cents + 1 WHERE vat_cents IS NOT NULL")
        run("UPDATE billing_ledgerentry SET number = 2")
    finally:
        run("SET LOCAL session_replication_role = origin")
    assert [said.partition(":")[0] for said in findings()] == [
        "an entry in the sales journal is of no document, or of another customer or amount",
        "an entry has no lines, does not balance, or has lines of another customer",
        "a number in a journal is missing",
        "the VAT that turnover says differs from what was booked as VAT",
    ]


def test_paying_back_and_paying_leave_a_customer_owing_nothing() -> None:
    invoice = issue(draft())
    payment = make.payment(state="paid", cents=invoice.total_cents)
    book_missing(now=NOW)
    assert (balance("debtors"), balance("clearing")) == (0, payment.cents)
