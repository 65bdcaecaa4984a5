"""
`hospes bench webhooks`: notices of the payment provider, nine of ten of them duplicates, eight at a time over HTTP.

The portal takes them as an installation runs it; meanwhile what they are about is fetched from the provider (the simulator, over
HTTP too) and booked. In the end every payment is booked once, each invoice is paid, and the ledger says the same.
"""

import json
import logging
import queue
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import quantiles
from typing import Final

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from bench.report import Measure
from bench.server import serving
from hospes.cli.ports import Ports
from hospes.kernel import policies
from hospes.payments.jobs import apply_notice
from hospes.payments.rules import notice_token
from simulators import PaymentProvider

PAYMENTS, EACH, AT_ONCE, BOOKING = 10_000, 10, 8, 2
CENTS: Final = 9_620
P99_MS: Final = 200.0

_DATA = f"""
SET session_replication_role = replica; -- the rows stand by themselves
INSERT INTO customers_customer (id, number, kind, name, street, postcode, town, country, kvk_number, vat_number, invoice_email, created_at)
  SELECT i, 10000 + i, 'private', 'Klant ' || i, 'Molenstraat 1', '1000 AB', 'Lindenhaven', 'NL', '', '', 'person-' || i || '@mail.example', now()
    FROM generate_series(1, {PAYMENTS}) i;
INSERT INTO billing_seller (name, street, postcode, town, country, kvk_number, vat_number, email, iban, accent)
  VALUES ('Bench', 'Molenstraat 2', '1000 AB', 'Lindenhaven', 'NL', '12345678', 'NL000000000B00', '', 'NL00BANK0000000000', '#000000');
INSERT INTO billing_invoice (id, kind, series_id, book_year, sequence, seller_id, reference, purchase_order, reason, term_days, buyer_email,
    set_off_cents, credited_cents, number, customer_id, origin, quote_number, issued_on, due_on, language, buyer_name, buyer_contact,
    buyer_street, buyer_postcode, buyer_town, buyer_country, buyer_kvk_number, buyer_vat_number, net_cents, vat_cents, total_cents,
    paid_cents, paid_at, paid_with, documented_at)
  SELECT i, 'invoice', (SELECT id FROM billing_series WHERE kind = 'invoice'), 2026, i, (SELECT max(id) FROM billing_seller),
         '', '', '', 14, '', 0, 0, 'F2026-' || lpad(i::text, 7, '0'), i, 'bench:' || i, '', current_date, current_date + 14, 'nl', 'Klant ' || i,
         '', 'Molenstraat 1', '1000 AB', 'Lindenhaven', 'NL', '', '', 7950, 1670, {CENTS}, 0, NULL, '', now()
    FROM generate_series(1, {PAYMENTS}) i;
INSERT INTO payments_payment (customer_id, invoice_id, reference, idempotency_key, cents, surplus_cents, state, method, checkout_url,
    created_at, refusal)
  SELECT i, i, r.reference, 'F2026-' || lpad(i::text, 7, '0') || '-1', {CENTS}, 0, 'open', '', '', now(), ''
    FROM unnest(%s::text[]) WITH ORDINALITY AS r (reference, i);
SET session_replication_role = DEFAULT;
"""

#: What became of it: payments that are paid, entries in the ledger, what was paid of invoices, and what came in too much.
_DONE = """
SELECT (SELECT count(*) FROM payments_payment WHERE state = 'paid'),
       (SELECT count(*) FROM billing_ledgerentry WHERE origin LIKE 'payment:%%'),
       (SELECT coalesce(sum(paid_cents), 0)::bigint FROM billing_invoice),
       (SELECT count(*) FROM payments_balanceentry),
       (SELECT count(*) FROM kernel_journalentry WHERE action = 'payment.booked'),
       (SELECT count(*) FROM payments_notice WHERE applied_at IS NULL)
"""


def run() -> list[Measure]:
    """Make payments at the simulated provider, send the notices while they are booked, and see whether all is right."""
    logging.disable(logging.INFO)
    with PaymentProvider() as provider:
        settings.HOSPES_MOLLIE = {"url": provider.url, "key": "test_bench"}
        references = _paid_at(provider)
        _make(references)
        notices = [(_key(n), reference) for n, reference in enumerate(references, start=1)] * EACH
        random.Random(7).shuffle(notices)  # nothing here is a secret
        ports = Ports(settings.PORT_BASE)
        with serving(ports):
            return _measured(ports["portal"], notices)


def _key(number: int) -> str:
    return f"F2026-{number:07d}-1"


def _paid_at(provider: PaymentProvider) -> list[str]:
    """Payments that were paid at the provider, which says nothing of it by itself."""
    provider.control.plan(0)
    made = []
    with provider.ledger.transaction():
        for number in range(1, PAYMENTS + 1):
            payment = provider.ledger.create({
                "amount": {"currency": "EUR", "value": f"{CENTS // 100}.{CENTS % 100:02d}"}, "description": _key(number),
                "redirectUrl": "http://localhost/", "metadata": {"order": _key(number)},
            })  # fmt: skip
            provider.ledger.settle(payment.id, "paid", "ideal")
            made.append(payment.id)
    return made


def _make(references: list[str]) -> None:
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    with transaction.atomic():
        policies.ensure_roles(connection)
        policies.apply(connection)
    with connection.cursor() as cursor:
        cursor.execute(_DATA, [references])
        cursor.execute("VACUUM ANALYZE")


def _measured(port: int, notices: list[tuple[str, str]]) -> list[Measure]:
    waiting: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    for notice in notices:
        waiting.put(notice)
    is_over = threading.Event()
    with ThreadPoolExecutor(AT_ONCE + BOOKING) as pool:
        booking = [pool.submit(_book, number, is_over) for number in range(BOOKING)]
        began = time.perf_counter()
        times = [took for part in pool.map(lambda _: _send(port, waiting), range(AT_ONCE)) for took in part]
        sent_in = time.perf_counter() - began
        is_over.set()
        looked_at = sum(each.result() for each in booking)
        took = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute(_DONE)
        paid, entries, cents, surplus, noted, left = cursor.fetchone()
    lost, twice = PAYMENTS - paid + left, max(entries, noted) - PAYMENTS + surplus
    p99 = quantiles(times, n=100)[98] * 1000
    return [
        Measure("notices acknowledged", len(times), "notices", None, None, f"all {len(notices):,}", len(times) == len(notices)),
        Measure("acknowledgement, p99", p99, "ms", None, None, f"below {P99_MS:.0f} ms", p99 < P99_MS),
        Measure("acknowledgement, median", quantiles(times, n=2)[0] * 1000, "ms", None, None, "told only", True),
        Measure("notices a second", len(times) / sent_in, "notices/s", None, None, "told only", True),
        Measure("looked into", looked_at, "notices", float(len(notices)), looked_at / len(notices), "told only", True),
        Measure("payments lost", lost, "payments", None, None, "none", lost == 0 and cents == PAYMENTS * CENTS),
        Measure("payments booked twice", twice, "payments", None, None, "none", twice == 0),
        Measure("all booked after", took, "s", None, None, "told only", True),
    ]  # fmt: skip


def _send(port: int, waiting: "queue.SimpleQueue[tuple[str, str]]") -> list[float]:
    """Send notices one after another, on a connection that is kept; seconds until each was acknowledged."""
    line, times = HTTPConnection("127.0.0.1", port, timeout=30), list[float]()
    head = {"Host": f"localhost:{port}", "Content-Type": "application/x-www-form-urlencoded"}
    while True:
        try:
            key, reference = waiting.get_nowait()
        except queue.Empty:
            return times
        began = time.perf_counter()
        line.request("POST", f"/betaling/melding/{key}/{notice_token(key)}/", f"id={reference}", head)
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"a notice was answered {answer.status}")
        times.append(time.perf_counter() - began)


_NEXT = """
DELETE FROM procrastinate_jobs WHERE id IN (
  SELECT id FROM procrastinate_jobs WHERE task_name = 'payments.jobs.apply_notice' ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED)
RETURNING args
"""


def _book(number: int, is_over: threading.Event) -> int:
    """Look into notices as they come, until no more come and none is left; returns how many."""
    done = 0
    try:
        while True:
            was_over = is_over.is_set()
            with connection.cursor() as cursor:
                cursor.execute(_NEXT)
                found = [json.loads(args) if isinstance(args, str) else args for (args,) in cursor.fetchall()]
            for arguments in found:
                apply_notice.run(**arguments)
            done += len(found)
            if not found:
                if was_over:
                    return done
                time.sleep(0.05)
    finally:
        connections.close_all()
