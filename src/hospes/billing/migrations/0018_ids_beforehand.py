"""Ids of invoices for billing to take beforehand: what goes with an invoice can then be written before it."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

IDS = """
CREATE FUNCTION billing_invoice_ids(how_many integer) RETURNS SETOF bigint LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT nextval(pg_get_serial_sequence('billing_invoice', 'id')) FROM generate_series(1, how_many)
$$;
REVOKE ALL ON FUNCTION billing_invoice_ids(integer) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("billing", "0017_e_invoices_for_who_wants_them")]
    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(IDS, "DROP FUNCTION billing_invoice_ids(integer);")
    ]
