"""
What must be true of an installation whatever was done to it: each rule by its name, in SQL, over everything there is.

A rule selects what breaks it, in words. It says nothing of who is at fault; `broken()` gathers all, also what can only be
seen outside of the database: files, mails, the panel, the payment provider, and what `hospes check` finds.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults.world import PATIENCE, World

#: Jobs that come by the clock: there is always one waiting, or one that was just begun.
_BY_THE_CLOCK = "('kernel.rescue_stalled', 'payments.jobs.sweep', 'accounts.jobs.clear_sessions', 'sales.jobs.sweep_carts')"

RULES: dict[str, str] = {
    # --- one of each ------------------------------------------------------------------------------------------------------
    "a quote is accepted if and only if it is an order": """
        SELECT q.number FROM sales_quote q LEFT JOIN sales_order o ON o.quote_id = q.id
         WHERE (q.state = 'accepted') <> (o.id IS NOT NULL)""",
    "a domain name is ordered once": """
        SELECT l.label || ' in ' || string_agg(o.number, ', ') FROM sales_order o JOIN sales_quoteline l USING (quote_id)
         GROUP BY l.label HAVING count(*) <> 1""",
    "an order says what its quote said": """
        SELECT o.number FROM sales_order o JOIN sales_quote q ON q.id = o.quote_id
         WHERE o.total_cents <> q.total_cents OR o.customer_id <> q.customer_id""",
    "a paid order has one paid payment, another has none": """
        SELECT o.number || ' ' || o.state || ': ' || count(p.id) FROM sales_order o
          LEFT JOIN payments_payment p ON p.order_id = o.id AND p.state = 'paid'
         GROUP BY o.id HAVING count(p.id) <> (o.state = 'paid')::int""",
    "an order is not paid twice": """
        SELECT o.number || ': ' || string_agg(p.reference, ', ') FROM payments_payment p JOIN sales_order o ON o.id = p.order_id
         WHERE p.state = 'surplus' GROUP BY o.number""",
    "a paid payment is of the order's amount, and says from which account": """
        SELECT o.number FROM payments_payment p JOIN sales_order o ON o.id = p.order_id
          LEFT JOIN payments_paidfrom f ON f.payment_id = p.id
         WHERE (p.state = 'paid') <> (f.id IS NOT NULL) OR p.cents <> o.total_cents""",
    "a paid order has one invoice, another has none": """
        SELECT o.number || ' ' || o.state || ': ' || count(i.id) FROM sales_order o
          LEFT JOIN billing_invoice i ON i.origin = 'order:' || o.id
         GROUP BY o.id HAVING count(i.id) <> (o.state = 'paid')::int""",
    "an invoice is of an order, for the same customer and amount, and paid": """
        SELECT i.number FROM billing_invoice i LEFT JOIN sales_order o ON i.origin = 'order:' || o.id
         WHERE i.origin NOT LIKE 'fault:%' AND i.kind = 'invoice'  -- a test of collecting had issued those, and credited them
           AND (o.id IS NULL OR o.customer_id <> i.customer_id OR o.total_cents <> i.total_cents)
            OR i.paid_cents <> i.total_cents""",
    "the lines of an invoice add up, and are those of the quote": """
        SELECT i.number || ': ' || count(l.id) || ' lines of ' || coalesce(sum(l.net_cents), 0) FROM billing_invoice i
          JOIN sales_order o ON i.origin = 'order:' || o.id LEFT JOIN billing_invoiceline l ON l.invoice_id = i.id
         GROUP BY i.id, o.quote_id
        HAVING coalesce(sum(l.net_cents), 0) <> i.net_cents
            OR count(l.id) <> (SELECT count(*) FROM sales_quoteline q WHERE q.quote_id = o.quote_id)""",
    "the VAT of an invoice is that of its lines, rounded half up for each rate": """
        SELECT i.number FROM billing_invoice i WHERE i.vat_cents IS DISTINCT FROM (
          SELECT sum(round(of_rate.net * of_rate.rate / 10000.0)) FROM (
            SELECT vat_basis_points AS rate, sum(net_cents) AS net FROM billing_invoiceline l
             WHERE l.invoice_id = i.id GROUP BY 1) of_rate)""",
    "an invoice has one file": """
        SELECT i.number FROM billing_invoice i LEFT JOIN billing_document d ON d.invoice_id = i.id
         GROUP BY i.id HAVING count(d.id) <> 1""",
    "a sold line of a paid order is one service that works, another is none": """
        SELECT o.number || ' ' || l.label || ': ' || coalesce(string_agg(s.state, ', '), 'none') FROM sales_order o
          JOIN sales_quoteline l USING (quote_id) LEFT JOIN services_service s ON s.origin = 'quote_line:' || l.id
         GROUP BY o.id, l.id HAVING count(s.id) FILTER (WHERE s.state = 'active') <> (o.state = 'paid')::int
            OR count(s.id) <> (o.state = 'paid')::int""",
    "a service came of a sold line, for the same customer and name": """
        SELECT s.label FROM services_service s LEFT JOIN sales_quoteline l ON s.origin = 'quote_line:' || l.id
         WHERE l.id IS NULL OR l.customer_id <> s.customer_id OR l.label <> s.label""",
    "a service was ordered once and put on once": """
        SELECT s.label || ': ' || string_agg(c.was || '>' || c.became, ' ' ORDER BY c.id) FROM services_service s
          JOIN services_servicechange c ON c.service_id = s.id
         GROUP BY s.id HAVING string_agg(c.was || '>' || c.became, ' ' ORDER BY c.id) <> '>pending pending>active'""",
    "a service has one hosting account that was made": """
        SELECT s.label FROM services_service s LEFT JOIN hosting_hostingaccount h ON h.service_id = s.id
         GROUP BY s.id HAVING count(h.id) <> 1 OR count(h.made_at) <> 1""",
    "what a credit note gives back went back once": """
        SELECT n.number || ': ' || count(r.id) || ' of ' || coalesce(sum(r.cents), 0) FROM billing_invoice n
          LEFT JOIN payments_refund r ON r.credit_note_id = n.id AND r.state = 'done' WHERE n.kind = 'credit_note'
         GROUP BY n.id HAVING count(r.id) <> 1 OR sum(r.cents) <> n.total_cents""",
    # --- numbers ----------------------------------------------------------------------------------------------------------
    "numbers are unique and have no gap": """
        SELECT series || ': ' || count(*) || ' numbers up to ' || max(n) FROM (
          SELECT split_part(number, '-', 1) AS series, split_part(number, '-', 2)::bigint AS n FROM billing_invoice
           UNION ALL SELECT split_part(number, '-', 1), split_part(number, '-', 2)::bigint FROM sales_quote
           UNION ALL SELECT split_part(number, '-', 1), split_part(number, '-', 2)::bigint FROM sales_order
           UNION ALL SELECT 'customer', number - 10000 FROM customers_customer) numbered
         GROUP BY series HAVING count(*) <> max(n) OR count(DISTINCT n) <> count(*) OR min(n) <> 1""",
    "the next number is the one after the last": """
        SELECT s.name || ': next is ' || s.next FROM kernel_numberseries s WHERE s.next <> 1 + CASE split_part(s.name, ':', 1)
          WHEN 'invoice' THEN (SELECT count(*) FROM billing_invoice WHERE number LIKE 'F' || split_part(s.name, ':', 2) || '-%')
          WHEN 'quote' THEN (SELECT count(*) FROM sales_quote WHERE number LIKE 'O' || split_part(s.name, ':', 2) || '-%')
          WHEN 'order' THEN (SELECT count(*) FROM sales_order WHERE number LIKE 'B' || split_part(s.name, ':', 2) || '-%')
          WHEN 'customer' THEN (SELECT count(*) FROM customers_customer) END""",
    # --- what was told ----------------------------------------------------------------------------------------------------
    "an order, an invoice and a service are each told once, and that was sent": """
        SELECT wanted.key || ': ' || coalesce(string_agg(m.state, ', '), 'no message') FROM (
          SELECT 'order:' || id || ':received' AS key FROM sales_order
           UNION ALL SELECT 'invoice:' || id FROM billing_invoice
           UNION ALL SELECT 'service:' || id || ':active' FROM services_service) wanted
          LEFT JOIN messaging_message m ON m.key = wanted.key
         GROUP BY wanted.key HAVING count(*) FILTER (WHERE m.state = 'sent') <> 1 OR count(m.id) <> 1""",
    "no message waits or failed": "SELECT kind || ' ' || id || ' ' || state FROM messaging_message WHERE state <> 'sent'",
    "the journal says once what happened once": """
        SELECT happened.action || ' ' || happened.id || ': ' || count(j.id) FROM (
          SELECT 'quote.made' AS action, 'sales_quote' AS place, id FROM sales_quote
           UNION ALL SELECT 'order.placed', 'sales_order', id FROM sales_order
           UNION ALL SELECT 'order.paid', 'sales_order', id FROM sales_order WHERE state = 'paid'
           UNION ALL SELECT 'payment.begun', 'payments_payment', id FROM payments_payment
           UNION ALL SELECT 'payment.booked', 'payments_payment', id FROM payments_payment WHERE state = 'paid'
           UNION ALL SELECT CASE kind WHEN 'invoice' THEN 'invoice.issued' ELSE 'invoice.credited' END, 'billing_invoice', id
                       FROM billing_invoice
           UNION ALL SELECT 'refund.done', 'payments_refund', id FROM payments_refund WHERE state = 'done'
           UNION ALL SELECT 'invoice.document', 'billing_invoice', id FROM billing_invoice
           UNION ALL SELECT 'service.started', 'services_service', id FROM services_service
           UNION ALL SELECT 'hosting.made', 'services_service', id FROM services_service) happened
          LEFT JOIN kernel_journalentry j ON j.action = happened.action AND j.object_table = happened.place
           AND j.object_id = happened.id
         GROUP BY happened.action, happened.id HAVING count(j.id) <> 1""",
    # --- nothing is left to do --------------------------------------------------------------------------------------------
    "no notice was left lying": "SELECT reference FROM payments_notice WHERE applied_at IS NULL",
    "no job failed, hangs or waits": f"""
        SELECT task_name || ' ' || id || ' ' || status || ', tried ' || attempts FROM procrastinate_jobs
         WHERE status IN ('failed', 'aborted', 'cancelled')
            OR status IN ('todo', 'doing') AND task_name NOT IN {_BY_THE_CLOCK}""",
    "no job by the clock hangs": f"""
        SELECT j.task_name || ' ' || j.id FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
         WHERE j.task_name IN {_BY_THE_CLOCK} AND j.status = 'doing'
         GROUP BY j.id HAVING max(e.at) < now() - interval '25 seconds'""",
}


def broken(world: World) -> list[str]:
    """Everything that is not as it must be, once it had the time to heal; empty when all is well."""
    found: list[str] = []

    def healed() -> bool:
        found[:] = in_the_database(world)
        return not found

    try:
        world.until("everything is right again", healed)
    except AssertionError as late:
        return [str(late), *found]
    return [*_files(world), *_mails(world), *_panel(world), *_provider(world), *_check(world)]


def in_the_database(world: World) -> list[str]:
    """What breaks a rule at this moment."""
    return [f"{name}: {row[0]}" for name, rule in RULES.items() for row in world.rows(rule)]


def _files(world: World) -> Iterator[str]:
    """Each file is whole and is the one that the database knows; there are no others, no half written ones either."""
    media = world.stack.var / "media"
    known = dict(world.rows("SELECT path, sha256 FROM billing_document"))
    there = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    yield from (f"a file that nobody knows: {name}" for name in sorted(there - set(known)))
    yield from (f"a file is missing: {name}" for name in sorted(set(known) - there))
    for name in sorted(there & set(known)):
        if _sha256(media / name) != known[name]:
            yield f"a file is not the one that was made: {name}"


def _mails(world: World) -> Iterator[str]:
    """Each message arrived, if more than once then under one Message-ID; with an invoice comes its very file."""
    mails = world.post.mails()
    ids = {mail.message_id.strip("<>").split(".")[0]: mail.message_id for mail in mails}
    if len(ids) != len({mail.message_id for mail in mails}):
        yield "a message went out under two Message-IDs"
    for pk, key in world.rows("SELECT id::text, key FROM messaging_message WHERE state = 'sent'"):
        if pk not in ids:
            yield f"no mail arrived of the message {key}"
    if len({(mail.message_id, mail.to, mail.subject) for mail in mails}) != len(
        {mail.message_id for mail in mails}
    ):
        yield "a repeated mail says something else than the first"
    sent = Counter(file for mail in {m.message_id: m for m in mails}.values() for file in mail.files)
    rows = world.rows(
        "SELECT i.number || '.pdf', d.sha256 FROM billing_document d JOIN billing_invoice i ON i.id = d.invoice_id"
    )
    made = Counter((name, digest) for name, digest in rows)
    yield from (
        f"the invoice {name} was mailed otherwise than it was made"
        for name, _ in (made - sent) + (sent - made)
    )


def _panel(world: World) -> Iterator[str]:
    """The panel has the accounts that we know of, one for each domain name, and no others."""
    ours = dict(world.rows("SELECT username, domain FROM hosting_hostingaccount"))
    theirs = world.panel.accounts()
    yield from (
        f"the panel has no {name}, or for another domain"
        for name, domain in ours.items()
        if theirs.get(name) != domain
    )
    yield from (
        f"the panel has {name} for {theirs[name]}, of which we know nothing"
        for name in sorted(set(theirs) - set(ours))
    )


def _provider(world: World) -> Iterator[str]:
    """The provider and we know of the same payments, in the same state, one for each time that somebody began to pay."""
    ours = {key: (reference, state) for key, reference, state in world.rows(
        "SELECT idempotency_key, reference, state FROM payments_payment WHERE reference IS NOT NULL")}  # fmt: skip
    asked = Counter(payment["metadata"]["order"] for payment in world.provider.payments())
    yield from (
        f"{times} payments were made at the provider for {key}" for key, times in asked.items() if times != 1
    )
    for payment in world.provider.payments():
        key, there = payment["metadata"]["order"], (payment["id"], payment["status"])
        if key in ours and ours[key] != there:
            yield f"{key} is {ours[key]} to us, {there} to the provider"
        if key not in ours and payment["status"] == "paid":
            yield f"{key} was paid at the provider, and we do not know it"


def _check(world: World) -> Iterator[str]:
    """`hospes check`: the map, the grants and policies, the chain of the journal, the settings."""
    done = world.hospes("check", "--json")
    if done.returncode == 2 or not done.stdout:
        yield f"hospes check broke: {done.stderr[-500:]}"
        return
    findings = json.loads(done.stdout)["findings"]
    yield from (
        f"hospes check, {what}: {problem}" for what, problems in findings.items() for problem in problems
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


__all__ = ["PATIENCE", "RULES", "broken", "in_the_database"]
