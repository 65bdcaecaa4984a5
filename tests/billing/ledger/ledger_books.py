"""How the ledger stands, as the tests read it."""

from datetime import date, datetime
from typing import Any

from django.db import connection

from hospes.billing.ledger import services
from hospes.billing.ledger.models import LedgerEntry, LedgerLine
from hospes.billing.models import Invoice
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from tests.support.make import NOW
from tests.support.rights import as_owner


def lines_of(origin: str) -> list[tuple[str, int]]:
    """The lines of an entry: what their accounts are used for, and cents (debit above zero)."""
    with as_owner():
        found = LedgerLine.objects.filter(entry__origin=origin).order_by("position").select_related("account")
        return [(line.account.use, line.debit_cents - line.credit_cents) for line in found]


def balance(use: str, *, until: date = date.max) -> int:
    """What stands on an account at the end of a day."""
    with as_owner():
        found = LedgerLine.objects.filter(account__use=use, entry__booked_on__lte=until)
        return sum(line.debit_cents - line.credit_cents for line in found)


def entries(journal: str | None = None) -> list[LedgerEntry]:
    """All entries, or those of a journal, in the order of their numbers."""
    with as_owner():
        found = LedgerEntry.objects.order_by("journal", "book_year", "number")
        return list(found.filter(journal=journal) if journal else found)


def book(invoice: Invoice, *, now: datetime = NOW) -> int:
    """Book an invoice that was made past the services."""
    with acting(Purpose.BILLING, actor=JOB):
        return services.book_invoice(invoice.pk, now=now)


def book_all(*, now: datetime = NOW, size: int = services.BATCH) -> int:
    """Book one batch of what is waiting."""
    with acting(Purpose.BILLING, actor=JOB):
        return services.book_invoices(now=now, size=size)


def release(today: date, *, now: datetime = NOW) -> int:
    """Book the revenue of the months up to a day."""
    with acting(Purpose.BILLING, actor=JOB):
        return services.release(today=today, now=now)


def close(month: date, *, now: datetime) -> Any:
    """Close a month."""
    with acting(Purpose.BILLING, actor=JOB):
        return services.close(month, now=now)


def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run SQL as the owner of the tables."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []
