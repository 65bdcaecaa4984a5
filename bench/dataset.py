"""100,000 customers and 1,000,000 invoices, made by SQL in the bench database; made once, and kept while nothing changed."""

import hashlib
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from bench import columns
from hospes.cli.demo_catalogue import stock_catalogue
from hospes.kernel import policies

CUSTOMERS = 100_000
INVOICES = 1_000_000
#: This one has a thousand invoices more than the others' ten: what a page costs must not depend on that.
HEAVY = 1
HEAVY_INVOICES = 1_000

_GIVEN = (
    "(ARRAY['Alra','Besje','Dajan','Elmara','Finus','Garik','Henvin','Jolien','Kadina','Letine'])[1 + i % 10]"
)
_FAMILY = "(ARRAY['Berkenhof','Duinveld','Groenlaar','Houtkamp','Klaverdam','Meerwaard','Molenberg'])[1 + i / 10 % 7]"


#: What fills the database; `heavy_invoices` of the invoices are of the customer HEAVY.
_SQL = """
INSERT INTO customers_person (id, password, email, given_name, family_name, phone, language, is_active, created_at)
  SELECT i, '!', 'person-' || i || '@mail.example', {given}, {family} || i, '+3197' || lpad(i::text, 9, '0'), 'nl', true, now()
    FROM generate_series(1, {customers}) i;
INSERT INTO customers_customer (id, number, kind, name, street, postcode, town, country, kvk_number, vat_number, invoice_email, created_at)
  SELECT i, 10000 + i, CASE WHEN i % 3 = 0 THEN 'business' ELSE 'private' END,
         CASE WHEN i % 3 = 0 THEN 'Studio ' || {family} || i ELSE {given} || ' ' || {family} || i END,
         'Molenstraat ' || i % 200, 1000 + i % 8999 || ' AB', 'Lindenhaven', 'NL',
         CASE WHEN i % 3 = 0 THEN lpad(i::text, 8, '9') ELSE '' END, '', 'person-' || i || '@mail.example', now()
    FROM generate_series(1, {customers}) i;
SET session_replication_role = replica; -- what follows stands by itself; people and customers need their triggers (search)
INSERT INTO customers_membership (person_id, customer_id, role, since)
  SELECT i, i, 'holder', now() - interval '1 year' FROM generate_series(1, {customers}) i;
INSERT INTO billing_seller (name, street, postcode, town, country, kvk_number, vat_number, email, iban, accent)
  VALUES ('Bench', 'Molenstraat 2', '1000 AB', 'Lindenhaven', 'NL', '12345678', 'NL000000000B00', '', 'NL00BANK0000000000', '#000000');
INSERT INTO billing_invoice (kind, series_id, book_year, sequence, seller_id, reference, purchase_order, reason, term_days, buyer_email,
    set_off_cents, credited_cents, number, customer_id, origin, quote_number, issued_on, due_on, language, buyer_name, buyer_contact,
    buyer_street, buyer_postcode, buyer_town, buyer_country, buyer_kvk_number, buyer_vat_number, net_cents, vat_cents, total_cents,
    paid_cents, paid_at, paid_with, documented_at)
  SELECT 'invoice', (SELECT id FROM billing_series WHERE kind = 'invoice'), 2017 + i % 10, i, (SELECT max(id) FROM billing_seller),
         '', '', '', 14, '', 0, 0, 'F' || 2017 + i % 10 || '-' || lpad(i::text, 7, '0'), c, 'bench:' || i, 'O2020-' || i, day, day + 14, 'nl', 'Studio ' || c, '',
         'Molenstraat 1', '1000 AB', 'Lindenhaven', 'NL', '', '', 7950, 1670, 9620,
         CASE WHEN i % 20 = 0 THEN 0 ELSE 9620 END, CASE WHEN i % 20 = 0 THEN NULL ELSE day::timestamptz END, 'ideal', day::timestamptz
    FROM (SELECT i, CASE WHEN i <= {heavy_invoices} THEN {heavy} ELSE 1 + i % {customers} END AS c, date '2017-01-01' + i % 3600 AS day
            FROM generate_series(1, {invoices}) i) made;
INSERT INTO billing_invoiceline (kind, vat_category, vat_country, vat_reason, revenue_account, credited_cents, invoice_id, customer_id, position, description, details, quantity, unit_cents, net_cents,
    vat_basis_points, period_from, period_until)
  SELECT 'term', 'S', 'NL', '', '', 0, id, customer_id, 1, 'Hosting Plus', '', 1, 7950, 7950, 2100, issued_on, issued_on + 365 FROM billing_invoice;
INSERT INTO billing_invoicetax (invoice_id, customer_id, vat_category, vat_country, vat_basis_points, net_cents, vat_cents)
  SELECT id, customer_id, 'S', 'NL', 2100, 7950, 1670 FROM billing_invoice;
INSERT INTO services_service (customer_id, product_id, provider, label, origin, state, quantity, months, price_cents,
    started_on, anchor_on, run_months, renews_on, bound_until)
  SELECT 1 + i % {customers}, (SELECT min(id) FROM catalogue_product), 'directadmin', 'site-' || i || '.example', 'bench:' || i, 'active', 1, 12, 7950,
         day, day, 12, (day + interval '12 months')::date, (day + interval '12 months')::date
    FROM (SELECT i, current_date - i % 300 AS day FROM generate_series(1, {services}) i) made;
INSERT INTO services_content (service_id, customer_id, product_id, quantity, months, price_cents, from_on, settled_at)
  SELECT id, customer_id, product_id, quantity, months, price_cents, started_on, now() FROM services_service;
INSERT INTO sales_quote (id, number, customer_id, state, made_at, valid_until, net_cents, vat_cents, total_cents, decided_at, key)
  SELECT i, 'O2020-' || i, i, 'accepted', now(), current_date, 7950, 1670, 9620, now(), 'bench:' || i FROM generate_series(1, {customers}) i;
INSERT INTO sales_order (quote_id, number, customer_id, person_id, state, total_cents, placed_at, paid_at, delivered_at, terms_version,
    terms_sha256, processing_version, processing_sha256)
  SELECT i, 'B2020-' || i, i, i, 'paid', 9620, now(), now(), now(), '2026-01', '', '', '' FROM generate_series(1, {customers}) i;
INSERT INTO messaging_message (kind, person_id, customer_id, about_id, address, key, state, created_at, sent_at)
  SELECT 'billing.invoice', i, i, i, 'person-' || i || '@mail.example', 'bench:' || i, 'sent', now(), now()
    FROM generate_series(1, {customers}) i;
INSERT INTO kernel_restriction (person_id, customer_id, purpose, kind, since)
  SELECT i, i, p, 'restriction', now() FROM generate_series(1, {customers}, 1000) i, unnest(ARRAY['support', 'contract']) p;
INSERT INTO account_emailaddress (user_id, email, verified, "primary") SELECT id, email, true, true FROM customers_person;
SET session_replication_role = DEFAULT;
SELECT setval(pg_get_serial_sequence('customers_person', 'id'), {customers});
SELECT setval(pg_get_serial_sequence('customers_customer', 'id'), {customers});
SELECT setval(pg_get_serial_sequence('sales_quote', 'id'), {customers});
"""


def fill(
    cursor: Any, customers: int = CUSTOMERS, invoices: int = INVOICES, heavy_invoices: int = HEAVY_INVOICES
) -> None:
    """Put that many customers and invoices into a database that has the catalogue and nothing else."""
    columns.let_be_left_out(cursor)
    cursor.execute(
        _SQL.format(
            customers=customers, services=2 * customers, invoices=invoices, heavy=HEAVY, heavy_invoices=heavy_invoices,
            given=_GIVEN, family=_FAMILY,
        )
    )  # fmt: skip


def fingerprint() -> str:
    """Changes when the data or the tables would."""
    source = Path(__file__).parents[1] / "src" / "hospes"
    files = [Path(__file__), *sorted(source.glob("*/migrations/*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def ready() -> bool:
    """Whether the database holds the data as it is made now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        return bool(cursor.fetchone()[0] == fingerprint())


def make() -> None:
    """Fill an empty database; takes a minute or two, said on standard error."""
    began = time.monotonic()
    print(f"making {CUSTOMERS:,} customers and {INVOICES:,} invoices ...", file=sys.stderr)
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    with transaction.atomic():
        policies.ensure_roles(connection)
        policies.apply(connection)
    stock_catalogue()
    with connection.cursor() as cursor:
        fill(cursor)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            f"COMMENT ON DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} IS '{fingerprint()}'"
        )
    print(f"made in {time.monotonic() - began:.0f} s", file=sys.stderr)
