"""
`hospes bench billing-run`: 100,000 services that are due, each of another customer, through the billing run.

What a run makes of each: an invoice with its number, its line and its VAT, an entry in the ledger with its lines, one in the
journal, one in the history of the service, and the job that makes its file and mails it; and the service goes on to its next
term. Customers of all kinds of VAT are mixed, a tenth of the services has an introductory price, a fifth is monthly.

The floor is put into the same tables right after that, when they are empty again: the very same rows, one plain INSERT … SELECT
a table, in one transaction, with all indexes, checks and foreign keys of the tables and without their other triggers. Beside it
stands the same with all triggers, which is what it costs to put rows into these tables however it is done.
"""

import gc
import json
import os
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from bench import columns
from bench.report import Measure
from hospes.billing.ledger.checks import findings
from hospes.billing.run import services as runs
from hospes.billing.run.services import Progress
from hospes.cli.demo_catalogue import stock_catalogue
from hospes.kernel import clock, policies
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose

HISTORY = 200_000
DUE, LATER = 100_000, 100_000
MOST_TIMES, SECONDS, MOST_GROWTH = 3.0, 30.0, 16.0

#: What a run adds to, in the order of the foreign keys; the queue's events come from its own trigger.
_TABLES = (
    "services_servicechange", "billing_invoice", "billing_invoiceline", "billing_invoicetax", "kernel_journalentry",
    "billing_ledgerentry", "billing_ledgerline", "procrastinate_jobs", "procrastinate_events",
)  # fmt: skip
#: What a trigger gives the journal itself is left to it.
_JOURNAL = "at, action, object_table, changed, object_id, customer_id, person_id"

# Kind, country, category, whose VAT, why: of each twenty customers.
_CASES = (
    [("private", "NL", "S", "NL", "domestic")] * 9 + [("business", "NL", "S", "NL", "domestic")] * 4
    + [("business", "BE", "AE", "BE", "reverse_charge"), ("business", "DE", "S", "NL", "vies_pending"),
       ("private", "DE", "S", "DE", "consumer_oss"), ("private", "FR", "S", "FR", "consumer_oss"),
       ("business", "US", "O", "US", "outside_eu_company"), ("private", "CH", "O", "CH", "outside_eu_consumer"),
       ("business", "NL", "E", "NL", "exempt")]
)  # fmt: skip

_SQL = """
SET session_replication_role = replica; -- the rows stand by themselves
INSERT INTO customers_person (id, password, email, given_name, family_name, phone, language, is_active, created_at)
  SELECT i, '!', 'person-' || i || '@mail.example', 'Alra', 'Berkenhof' || i, '', CASE WHEN i %% 5 = 0 THEN 'en' ELSE 'nl' END, true, now()
    FROM generate_series(1, {all}) i;
CREATE TEMP TABLE cases AS SELECT * FROM unnest(%(kinds)s::text[], %(countries)s::text[], %(categories)s::text[], %(rates)s::text[],
    %(whys)s::text[]) WITH ORDINALITY AS c (kind, country, category, rate_country, why, place);
INSERT INTO customers_customer (id, number, kind, name, street, postcode, town, country, kvk_number, vat_number, invoice_email, created_at)
  SELECT i, 10000 + i, c.kind, 'Klant ' || i, 'Molenstraat ' || i %% 200, '1000 AB', 'Lindenhaven', c.country, CASE WHEN c.kind = 'business' THEN lpad(i::text, 8, '9') ELSE '' END, '',
         'person-' || i || '@mail.example', now()
    FROM generate_series(1, {all}) i JOIN cases c ON c.place = 1 + i %% {cases};
INSERT INTO billing_taxstatus (customer_id, category, rate_country, place, why, since)
  SELECT k.id, c.category, c.rate_country, c.country, c.why, now() FROM customers_customer k JOIN cases c ON c.place = 1 + k.id %% {cases};
UPDATE billing_taxsettings SET oss_since = current_date - 100;
INSERT INTO billing_taxexemption (customer_id, ground, valid_from)
  SELECT customer_id, 'X', current_date - 400 FROM billing_taxstatus WHERE category = 'E';
INSERT INTO customers_membership (person_id, customer_id, role, since)
  SELECT i, i, 'holder', now() - interval '2 years' FROM generate_series(1, {all}) i;
INSERT INTO services_service (id, customer_id, product_id, provider, label, origin, state, quantity, months, price_cents, started_on,
    anchor_on, run_months, renews_on, bound_until)
  SELECT i, i, (SELECT min(id) FROM catalogue_product), '', 'site-' || i || '.example', CASE WHEN i %% 10 = 3 THEN 'quote_line:' ELSE 'bench:' END || i,
         'active', 1 + i %% 3 / 2, months, 495 + i %% 9000, day, day, months, (day + make_interval(months => months))::date,
         (day + make_interval(months => months))::date
    FROM (SELECT i, months, renews, (renews - make_interval(months => months))::date AS day
            FROM (SELECT i, CASE WHEN i %% 5 = 0 THEN 1 ELSE 12 END AS months,
                         %(today)s::date + CASE WHEN i <= {due} THEN i %% 14 ELSE 30 + i %% 300 END AS renews
                    FROM generate_series(1, {all}) i) r) made;
INSERT INTO services_content (service_id, customer_id, product_id, quantity, months, price_cents, from_on, settled_at)
  SELECT id, customer_id, product_id, quantity, months, price_cents, started_on, now() FROM services_service;
INSERT INTO sales_quote (id, number, customer_id, state, made_at, valid_until, net_cents, vat_cents, total_cents, decided_at, key)
  SELECT id, 'O2020-' || id, customer_id, 'accepted', now(), current_date, 100, 21, 121, now(), 'bench:' || id FROM services_service WHERE id %% 10 = 3;
INSERT INTO sales_quoteline (id, quote_id, customer_id, product_id, position, description, label, months, net_cents, setup_cents, steps_from,
    steps_cents, vat_basis_points, vat_category, vat_country, vat_reason)
  SELECT id, id, customer_id, product_id, 1, 'Hosting', label, months, 100, 0, ARRAY[1, 3], ARRAY[100, price_cents], 2100, 'S', 'NL', ''
    FROM services_service WHERE id %% 10 = 3;
-- A journal in which much stands already, as where 100,000 services are due.
INSERT INTO kernel_journallane (id, seq, head) VALUES (nextval('journal_lane_id'), {history}, '');
INSERT INTO kernel_journalentry (id, at, recorded_at, action, purpose, actor_kind, object_table, changed, lane, seq, previous, hash,
    actor_commitment, ip_commitment, about_commitment)
  SELECT nextval('journal_entry_id'), now(), now(), 'service.started', 'contract', 'job', '', '{{}}', (SELECT max(id) FROM kernel_journallane), i,
         '', '', '', '', '' FROM generate_series(1, {history}) i;
SET session_replication_role = DEFAULT;
"""


def run() -> list[Measure]:
    """Make the data, run, put the same rows in again, and see whether everything is right."""
    today = clock.day_of(clock.now())
    _make(today)
    hands = _Hands()
    began = time.perf_counter()
    done = runs.run(
        today, today=today, now=clock.now(), actor=SYSTEM, say=hands, clock=clock.now, hands=runs.HANDS
    )
    took = time.perf_counter() - began
    wrong = _wrong(done.invoices)
    bare, whole, rows = _floors()
    per_second = DUE / took
    return [
        Measure("invoices a second", per_second, "invoices/s", DUE / bare, took / bare, f"at most {MOST_TIMES:.0f} times the floor",
                took <= MOST_TIMES * bare),
        Measure("100,000 services due", took, "s", bare, took / bare, f"at most {SECONDS:.0f} s", took <= SECONDS),
        Measure("processor time of that, of program and database", hands.busy, "s", None, None, "told only", True),
        Measure("the floor with all triggers", whole, "s", None, took / whole, "told only", True),
        Measure("rows that were added", float(rows), "rows", None, None, "told only", True),
        Measure("what is wrong afterwards", float(len(wrong)), "findings", None, None, "none", not wrong),
        *hands.measures(),
        Measure("most memory of the program", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB", None, None, "told only", True),
    ]  # fmt: skip


class _Hands:
    """What the program and its processes in the database server hold, from a tenth of the run to its end, and how busy they are."""

    def __init__(self) -> None:
        self.own = time.process_time()
        self.program: list[float] = []
        self.servers: dict[int, list[float]] = {}
        self.worked: dict[int, float] = {}

    def __call__(self, progress: Progress) -> None:
        with connection.cursor() as cursor:  # of the hand that calls
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        self.worked[pid] = _busy(pid)
        if progress.seen * 10 >= progress.due:
            self.program.append(_held("self"))
            self.servers.setdefault(pid, []).append(_held(pid))
        print(f"\r{progress.seen:,} of {progress.due:,}", end="", file=sys.stderr)

    @property
    def busy(self) -> float:
        """Seconds on a processor, of all together."""
        return time.process_time() - self.own + sum(self.worked.values())

    def measures(self) -> list[Measure]:
        """How much more each held at its most than at a tenth."""
        servers = [each for each in self.servers.values() if len(each) > 1]
        grown = {
            "the program": [self.program],
            "the database's processes, of the one that grew most": servers,
        }
        return [_growth(name, max(max(held) - held[0] for held in all_of)) for name, all_of in grown.items()]


def _growth(whose: str, grown: float) -> Measure:
    name = f"memory of {whose}: growth after the first tenth"
    return Measure(name, grown, "MiB", None, None, f"at most {MOST_GROWTH:.0f} MiB", grown <= MOST_GROWTH)


def _held(pid: object) -> float:
    """Memory that is a process's own, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("RssAnon"))


def _busy(pid: object) -> float:
    """Seconds that a process was on a processor."""
    # From its third field on (proc(5)): what comes before it may have spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fill(cursor: Any, *, today: date, due: int = DUE, later: int = LATER, history: int = HISTORY) -> None:
    """Put that many services into a database that has the catalogue and nothing else."""
    columns.let_be_left_out(cursor)
    cases = zip(("kinds", "countries", "categories", "rates", "whys"), zip(*_CASES, strict=True), strict=True)
    statements = _SQL.format(due=due, all=due + later, history=history, cases=len(_CASES))
    cursor.execute(statements, {name: list(values) for name, values in cases} | {"today": today})


def _make(today: date) -> None:
    print(f"making {DUE + LATER:,} customers with a service each ...", file=sys.stderr)
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    with transaction.atomic():
        policies.ensure_roles(connection)
        policies.apply(connection)
    stock_catalogue()
    with connection.cursor() as cursor:
        fill(cursor, today=today)
        cursor.execute("VACUUM ANALYZE")
    gc.collect()


def _wrong(invoices: int) -> list[str]:
    """What should be true of the books afterwards and is not."""
    checks = {
        "every service that was due has one line": f"SELECT count(DISTINCT service_id) = {DUE} AND count(*) = {DUE} FROM billing_invoiceline",
        "every invoice one line": f"SELECT count(*) = {invoices} AND count(*) = {DUE} FROM billing_invoice",
        "numbers without a gap": "SELECT max(sequence) = count(*) AND min(sequence) = 1 FROM billing_invoice",
        "a job each": f"SELECT count(DISTINCT args ->> 'invoice_id') = {DUE} AND count(*) = {DUE} FROM procrastinate_jobs",
        "an entry each in the journal": f"SELECT count(*) = {DUE} FROM kernel_journalentry WHERE action = 'invoice.issued'",
        "an entry each in the ledger": f"SELECT count(*) = {DUE} FROM billing_ledgerentry",
        "the next term of each": f"SELECT count(*) = {DUE} FROM services_service WHERE id <= {DUE} AND run_months = 2 * months",
    }  # fmt: skip
    wrong = findings(connection)
    with connection.cursor() as cursor:
        for name, check in checks.items():
            cursor.execute(check)
            if cursor.fetchone() != (True,):
                wrong.append(name)
    if wrong:
        print(json.dumps(wrong), file=sys.stderr)
    return wrong


def _floors() -> tuple[float, float, int]:
    """Seconds for the very same rows, without and with the triggers of the tables; and how many rows that are."""
    rows = 0
    with connection.cursor() as cursor:
        for table in _TABLES:
            which = f"WHERE seq > {HISTORY}" if table == "kernel_journalentry" else ""
            cursor.execute(f"CREATE UNLOGGED TABLE copy_{table} AS SELECT * FROM {table} {which}")
            rows += cursor.rowcount
            cursor.execute(f"GRANT SELECT ON copy_{table} TO {Purpose.BILLING.role}")
        cursor.execute("ANALYZE")
    return _put_back(triggers=False), _put_back(triggers=True), rows


def _put_back(*, triggers: bool) -> float:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"TRUNCATE {', '.join(name for name in _TABLES if name != 'kernel_journalentry')} CASCADE"
        )
        cursor.execute(f"DELETE FROM kernel_journalentry WHERE seq > {HISTORY}")
        cursor.execute(f"UPDATE kernel_journallane SET seq = {HISTORY}, head = ''")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM kernel_journalentry")
        cursor.execute("CHECKPOINT")
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} {'ENABLE' if triggers else 'DISABLE'} TRIGGER USER")
        began = time.perf_counter()
        with transaction.atomic():
            for table in _TABLES:
                if not (triggers and table == "procrastinate_events"):  # comes with the jobs
                    _put_back_one(table, chained=triggers and table == "kernel_journalentry")
        return time.perf_counter() - began


def _put_back_one(table: str, *, chained: bool) -> None:
    with connection.cursor() as cursor:
        began = time.perf_counter()
        if not chained:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM copy_{table}")
        else:
            with acting(Purpose.BILLING, actor=SYSTEM):
                cursor.execute(f"INSERT INTO {table} ({_JOURNAL}) SELECT {_JOURNAL} FROM copy_{table}")
        print(f"  {table}: {time.perf_counter() - began:.2f} s", file=sys.stderr)
