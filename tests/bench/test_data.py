"""The data of the benchmarks fits the tables as they are now."""

from datetime import date

import pytest
from django.db import connection

from bench import billing_run, dataset
from hospes.cli.demo_catalogue import stock_catalogue
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_customers_and_invoices_are_filled_in() -> None:
    with as_owner(), connection.cursor() as cursor:
        stock_catalogue()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits to be checked hinders ALTER TABLE
        dataset.fill(cursor, customers=20, invoices=60, heavy_invoices=30)
        assert (_count("customers_customer"), _count("services_service")) == (20, 40)
        assert (_count("billing_invoice"), _count("billing_invoiceline")) == (60, 60)
        cursor.execute("SELECT count(*) FROM billing_invoice WHERE customer_id = %s", [dataset.HEAVY])
        assert cursor.fetchone() == (32,)  # thirty, and two of the others, which go round


def test_services_that_are_due_are_filled_in() -> None:
    with as_owner(), connection.cursor() as cursor:
        stock_catalogue()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits to be checked hinders ALTER TABLE
        billing_run.fill(cursor, today=date(2026, 3, 2), due=30, later=10, history=5)
        cursor.execute("SELECT count(*) FROM services_service WHERE renews_on < '2026-03-16'")
        assert cursor.fetchone() == (30,)
        assert (_count("services_content"), _count("billing_taxstatus")) == (40, 40)
