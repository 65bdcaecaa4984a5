"""What was issued stays: for billing, for whoever was given a right too many, and for the owner of the tables."""

from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from hospes.billing import issuing
from hospes.billing.models import BookYear, Invoice, InvoiceLine, InvoiceTax, Seller
from hospes.kernel.purposes import Purpose
from tests.billing.books import again, draft, issue, line, numbers
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

_MAY_CHANGE = {
    "billing_invoice": {"paid_cents", "paid_at", "paid_with", "documented_at"},
    "billing_invoiceline": set(),
    "billing_invoicetax": set(),
    "billing_seller": set(),
}
#: Another value for a column of a type, so that an UPDATE really changes it.
_OTHER = {
    "bigint": "coalesce({0}, 0) + 1", "integer": "{0} + 1", "smallint": "{0} + 1", "character varying": "left({0}, 1) || 'x'",
    "date": "coalesce({0}, '2026-01-01') + 1", "timestamp with time zone": "coalesce({0}, now()) + interval '1 day'",
}  # fmt: skip


def _columns(table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s ORDER BY 1", [table]
        )  # fmt: skip
        return [(name, kind) for name, kind in cursor.fetchall()]


@pytest.mark.promise("P81")
@pytest.mark.parametrize("table", list(_MAY_CHANGE))
def test_not_even_the_owner_changes_what_was_issued(table: str) -> None:
    invoice = make.invoice()
    whose = "id = %s" if table == "billing_invoice" else "invoice_id = %s"
    if table == "billing_seller":
        whose = "id = (SELECT seller_id FROM billing_invoice WHERE id = %s)"
    with as_owner(), connection.cursor() as cursor:
        columns = _columns(table)
        assert len(columns) >= 8
        for name, kind in columns:
            change = f"UPDATE {table} SET {name} = {_OTHER[kind].format(name)} WHERE {whose}"  # our own names
            if name in _MAY_CHANGE[table]:
                continue
            with pytest.raises(IntegrityError) as refusal, transaction.atomic():
                cursor.execute(change, [invoice.pk])
            cause = refusal.value.__cause__
            assert isinstance(cause, psycopg.Error)
            assert cause.diag.constraint_name in ("issued_stays", "credited_is_the_sum"), name
        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
            cursor.execute(f"DELETE FROM {table} WHERE {whose}", [invoice.pk])


@pytest.mark.promise("P81")
@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.RETENTION])
def test_nor_does_a_role_that_was_given_every_right(purpose: Purpose) -> None:
    """A grant too many, or row policies that are off, change nothing about it."""
    invoice = make.invoice()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _MAY_CHANGE:
            cursor.execute(f"GRANT ALL ON {table} TO {purpose.role}")
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        cursor.execute(f"SET LOCAL ROLE {purpose.role}")
        for change in (
            "UPDATE billing_invoice SET total_cents = total_cents + 1, net_cents = net_cents + 1 WHERE id = %s",
            "UPDATE billing_invoice SET buyer_name = 'Iemand anders' WHERE id = %s",
            "UPDATE billing_invoiceline SET description = 'Iets anders' WHERE invoice_id = %s",
            "UPDATE billing_invoicetax SET vat_cents = 0 WHERE invoice_id = %s",
            "DELETE FROM billing_invoicetax WHERE invoice_id = %s",
            "DELETE FROM billing_invoice WHERE id = %s",
        ):
            with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
                cursor.execute(change, [invoice.pk])
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (InvoiceLine, {"net_cents": 7400, "unit_cents": 7400}),
        (InvoiceLine, {"credits_line_id": 1}),
        (InvoiceTax, {"net_cents": 7400}),
        (InvoiceTax, {"vat_cents": 1574}),
        (InvoiceTax, {"vat_basis_points": 900}),
    ],
)
def test_a_document_adds_up_or_is_not_there(table: Any, change: dict[str, Any]) -> None:
    with as_owner(), transaction.atomic():
        made = issue(draft())
        with connection.cursor() as cursor:  # as it is, but for what the test changes
            cursor.execute("SET LOCAL session_replication_role = replica")
            [row] = table.objects.filter(invoice=made)
            table.objects.filter(invoice=made)._raw_delete("default")
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        row.pk = None
        for name, value in change.items():
            setattr(row, name, value)
        with pytest.raises(IntegrityError, match=r"does not add up|credits nothing"), transaction.atomic():
            row.save(force_insert=True)


def test_what_the_seller_was_called_stays_on_old_documents(settings: Any) -> None:
    from dataclasses import replace

    first = issue(draft(origin="order:1"))
    settings.HOSPES_OPERATOR = replace(settings.HOSPES_OPERATOR, name="Anders bv", iban="NL02ABNA0123456789")
    second, third = issue(draft(origin="order:2")), issue(draft(origin="order:3"))
    with as_owner():
        names = [Seller.objects.get(pk=again(each).seller_id).name for each in (first, second, third)]
    assert names[1:] == ["Anders bv", "Anders bv"]
    assert names[0] != "Anders bv"


def test_reference_order_number_and_term_are_on_it() -> None:
    what = draft(reference="Afdeling 3", purchase_order="PO-77", due_on=date(2026, 3, 16))
    invoice = again(issue(what))
    assert (invoice.reference, invoice.purchase_order, invoice.term_days) == ("Afdeling 3", "PO-77", 14)
    assert (invoice.kind, invoice.book_year, invoice.sequence) == (Invoice.Kind.INVOICE, 2026, 1)


def test_a_term_of_a_service_is_invoiced_once() -> None:
    service = make.service()
    term = line(kind="term", service_id=service.pk)
    issue(draft(service.customer, origin="a", lines=[term]))
    with pytest.raises(IntegrityError, match="one_line_per_service_and_term"), transaction.atomic():
        issue(draft(service.customer, origin="b", lines=[term]))
    issue(draft(service.customer, origin="c", lines=[line(kind="change", service_id=service.pk)]))
    assert numbers() == ["F2026-00001", "F2026-00002"]


def test_a_book_year_of_the_operators_own_has_its_own_numbers() -> None:
    with as_owner():
        BookYear.objects.filter(year=2028).delete()
        BookYear.objects.filter(year=2027).update(begins_on=date(2027, 7, 1), ends_on=date(2028, 6, 30))
        BookYear.objects.filter(year=2026).update(ends_on=date(2027, 6, 30))
    customer = make.customer()
    for n, day in enumerate(
        [TODAY, date(2027, 6, 30), date(2027, 7, 1), date(2028, 6, 30), date(2028, 7, 1)]
    ):
        issue(draft(customer, origin=f"order:{n}", due_on=day), today=day, now=NOW)
    assert numbers() == ["F2026-00001", "F2026-00002", "F2027-00001", "F2027-00002", "F2028-00001"]
    with as_owner():
        assert issuing.book_year(date(2150, 1, 1)) == 2150
        with pytest.raises(IntegrityError, match="a_day_is_in_one_book_year"), transaction.atomic():
            BookYear.objects.create(year=1900, begins_on=date(2026, 1, 1), ends_on=date(2026, 2, 1))
