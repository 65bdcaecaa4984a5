"""
What does not agree, as one statement over all that moved lately and all that is open; the same statement opens and closes.

The parameters: since, until (days), quiet (a moment: what changed after it may not have come through yet), begins (the first day that
was ever compared), the numbers of days of `Patience`, sides (which can be judged), and states that differ, as arrays.
"""

from typing import Final

_DAY: Final = "({moment} AT TIME ZONE 'Europe/Amsterdam')::date"
_AT: Final = _DAY.format(moment="m.at")


def _id_of(kind: str) -> str:
    """The id in the origin of an entry, where it is of that kind: a cast of anything else would be refused."""
    return f"CASE WHEN r.origin ~ '^{kind}:[0-9]+(:|$)' THEN split_part(r.origin, ':', 2)::bigint END"


#: Of what an entry on the account of the provider is, by the provider's reference. What has none is looked at by itself.
_NAMED: Final = f"""
clearing AS MATERIALIZED (SELECT id FROM billing_ledgeraccount WHERE use = 'clearing'),
recent AS MATERIALIZED (
  SELECT e.id, e.origin FROM billing_ledgerentry e
   WHERE e.booked_on >= %(since)s AND e.origin !~ '^(bank_allocation|settlement):'
     AND EXISTS (SELECT FROM billing_ledgerline l WHERE l.entry_id = e.id AND l.account_id = (SELECT id FROM clearing))),
named AS (
  SELECT coalesce(p.reference, nullif(f.reference, ''), nullif(o.reference, ''), c.reference,
                  CASE WHEN r.origin ~ ':in(:back)?$' THEN y.reference ELSE nullif(y.repayment, '') END, 'entry:' || r.id) AS about
    FROM recent r
    LEFT JOIN payments_payment p ON p.id = {_id_of("payment")}
    LEFT JOIN payments_refund f ON f.id = {_id_of("refund")}
    LEFT JOIN payments_payout o ON o.id = {_id_of("payout")}
    LEFT JOIN payments_chargeback c ON c.id = {_id_of("chargeback")}
    LEFT JOIN reconciling_stray y ON y.id = {_id_of("stray")})"""

#: Both sides of each thing, whole: a payment may be of long ago and its refund of today.
_SIDES: Final = f"""
things AS MATERIALIZED (
  SELECT about FROM named
   UNION SELECT m.about FROM reconciling_movement m WHERE m.kind <> 'payout' AND {_AT} >= %(since)s
     AND m.at >= %(since)s::date - interval '1 day'
   UNION SELECT about FROM reconciling_difference WHERE side = 'provider' AND closed_at IS NULL),
origins AS (
  SELECT t.about, 'payment:' || p.id AS origin FROM things t JOIN payments_payment p ON p.reference = t.about
   UNION ALL
  SELECT t.about, 'refund:' || f.id || w.what FROM things t JOIN payments_refund f ON f.reference = t.about AND f.reference <> ''
   CROSS JOIN (VALUES (':provider'), (':back'), (':provider:back')) w (what)
   UNION ALL
  SELECT t.about, 'payout:' || o.id || w.what FROM things t JOIN payments_payout o ON o.reference = t.about AND o.reference <> ''
   CROSS JOIN (VALUES (':provider'), (':back'), (':provider:back')) w (what)
   UNION ALL
  SELECT t.about, 'chargeback:' || c.id || w.what FROM things t JOIN payments_chargeback c ON c.reference = t.about
   CROSS JOIN (VALUES (''), (':back')) w (what)
   UNION ALL
  SELECT t.about, 'stray:' || y.id || ':' || n || w.what FROM things t JOIN reconciling_stray y ON y.reference = t.about
   CROSS JOIN generate_series(1, y.attempt) n CROSS JOIN (VALUES (':in'), (':in:back')) w (what)
   UNION ALL
  SELECT t.about, 'stray:' || y.id || ':' || n || w.what FROM things t JOIN reconciling_stray y ON y.repayment = t.about AND y.repayment <> ''
   CROSS JOIN generate_series(1, y.attempt) n CROSS JOIN (VALUES (':out'), (':out:back')) w (what)
   UNION ALL
  SELECT t.about, e.origin FROM things t
    JOIN billing_ledgerentry e ON e.id = CASE WHEN t.about ~ '^entry:[0-9]+$' THEN substr(t.about, 7)::bigint END),
booked AS MATERIALIZED (
  SELECT o.about, sum(l.debit_cents::bigint - l.credit_cents)::bigint AS cents, min(e.booked_on) AS day, max(e.made_at) AS last_at,
         max(e.customer_id) AS customer_id
    FROM origins o JOIN billing_ledgerentry e USING (origin)
    JOIN billing_ledgerline l ON l.entry_id = e.id AND l.account_id = (SELECT id FROM clearing)
   GROUP BY 1),
said AS MATERIALIZED (
  SELECT m.about, sum(m.cents)::bigint AS cents, count(*) AS times, min({_AT}) AS day, max(m.at) AS last_at,
         max(m.customer_id) AS customer_id
    FROM reconciling_movement m JOIN things USING (about) WHERE m.gone_at IS NULL AND m.kind <> 'payout' GROUP BY 1),
going AS (
  SELECT reference AS about, -cents AS cents FROM payments_refund
   WHERE state = 'sent' AND sent_at >= %(until)s::date - %(refund_days)s * interval '1 day'
   UNION ALL
  SELECT reference, -cents FROM payments_payout
   WHERE state = 'sent' AND requested_at >= %(until)s::date - %(refund_days)s * interval '1 day')"""

_PROVIDER: Final = """
  SELECT 1 AS rank, 'provider' AS side,
         CASE WHEN s.about IS NULL THEN 'not_there' WHEN b.about IS NULL THEN 'not_booked'
              WHEN s.times > 1 AND s.cents = s.times * b.cents THEN 'twice' ELSE 'amount' END AS kind,
         about, least(b.day, s.day) AS day, coalesce(b.customer_id, s.customer_id) AS customer_id, b.cents AS ours, s.cents AS theirs,
         '' AS detail, greatest(b.last_at, s.last_at) >= %(quiet)s AS is_fresh
    FROM things LEFT JOIN booked b USING (about) LEFT JOIN said s USING (about)
   WHERE coalesce(b.cents, 0) <> coalesce(s.cents, 0) AND least(b.day, s.day) BETWEEN %(begins)s AND %(until)s
     AND (s.about IS NOT NULL OR b.day <= %(until)s::date - %(provider_days)s)
     AND NOT (coalesce(b.cents, 0) = 0 AND EXISTS (SELECT FROM going g WHERE g.about = things.about AND g.cents = s.cents))
   UNION ALL
  SELECT 2, 'provider', 'state', w.about, w.day, w.customer_id, NULL, NULL, w.detail, false
    FROM unnest(%(state_about)s::text[], %(state_day)s::date[], %(state_customer)s::bigint[], %(state_detail)s::text[])
         AS w (about, day, customer_id, detail)
   WHERE w.day BETWEEN %(begins)s AND %(until)s"""

#: Until when the bank has told everything: the last day that is on a statement of every account.
_COVERED: Final = """
covered AS MATERIALIZED (
  SELECT least(%(until)s::date, min(day)) AS day
    FROM (SELECT max(closed_on) AS day FROM bank_bankstatement GROUP BY account) last),
payouts AS MATERIALIZED (
  SELECT s.*, s.parts_cents - coalesce((  -- the costs as they are booked: what was said first
           SELECT sum(c.net_cents + c.vat_cents)::bigint FROM reconciling_settlementcost c WHERE c.settlement_id = s.id),
           s.fee_cents + s.fee_vat_cents) AS whole,
         CASE WHEN s.line_id IS NOT NULL THEN coalesce((
           SELECT sum(a.cents)::bigint FROM bank_bankallocation a
            WHERE a.line_id = s.line_id AND a.kind = 'payout' AND a.undone_at IS NULL), 0) END AS came
    FROM reconciling_settlement s
   WHERE s.made_at >= %(since)s OR s.line_id IS NULL
      OR s.reference IN (SELECT about FROM reconciling_difference WHERE side = 'payout' AND closed_at IS NULL))"""

_PAYOUT: Final = f"""
  SELECT rank, 'payout', kind, reference, coalesce(settled_on, {_DAY.format(moment="made_at")}), NULL::bigint, ours, theirs, number,
         false
    FROM (
      SELECT p.*, w.* FROM payouts p CROSS JOIN covered c CROSS JOIN LATERAL (VALUES
        (1, 'payout_failed', p.state = 'failed', NULL::bigint, p.cents),
        (2, 'other_arrived', p.came <> p.cents, p.came, p.cents),
        (3, 'sum', p.state <> 'pending' AND p.whole <> p.cents, p.whole, p.cents),
        (4, 'not_arrived', p.state = 'paidout' AND p.line_id IS NULL AND p.cents <> 0
                           AND p.settled_on + %(arrival_days)s <= c.day, NULL, p.cents)) AS w (rank, kind, is_so, ours, theirs)) found
   WHERE is_so AND coalesce(settled_on, {_DAY.format(moment="made_at")}) BETWEEN %(begins)s AND %(until)s
   UNION ALL
  SELECT 5, 'payout', 'unknown_payout', 'bank_line:' || b.id, b.booked_on, NULL, a.cents, NULL, '', false
    FROM bank_bankallocation a JOIN bank_bankline b ON b.id = a.line_id
   WHERE a.kind = 'payout' AND a.undone_at IS NULL AND b.booked_on BETWEEN %(begins)s AND %(until)s::date - %(arrival_days)s
     AND (b.booked_on >= %(since)s OR 'bank_line:' || b.id IN (
            SELECT about FROM reconciling_difference WHERE side = 'payout' AND closed_at IS NULL))
     AND NOT EXISTS (SELECT FROM reconciling_settlement s WHERE s.line_id = b.id)
   UNION ALL
  SELECT 6, 'payout', 'unpaid', 'unpaid', min({_AT}), NULL, NULL, sum(m.cents)::bigint, count(*)::text, false
    FROM reconciling_movement m
   WHERE m.settlement_id IS NULL AND m.gone_at IS NULL AND m.kind NOT IN ('payout', 'other')
     AND {_AT} BETWEEN %(begins)s AND %(until)s::date - %(payout_days)s
     AND NOT EXISTS (SELECT FROM payouts p WHERE p.whole <> p.cents AND p.made_at >= m.at)
  HAVING sum(m.cents) <> 0"""

#: What colleagues said they moved is under way (0019) until a line of the bank is said to be that.
_BY_HAND: Final = """
by_hand AS (
  SELECT split_part(e.origin, ':', 1) || ':' || split_part(e.origin, ':', 2) AS about, min(e.booked_on) AS day,
         max(e.booked_on) AS last_day, max(e.customer_id) AS customer_id, sum(l.debit_cents::bigint - l.credit_cents)::bigint AS cents
    FROM billing_ledgerentry e JOIN billing_ledgerline l ON l.entry_id = e.id
    JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = 'suspense'
   WHERE e.booked_on BETWEEN greatest(%(until)s::date - 400, %(begins)s::date) AND %(until)s
     AND e.origin !~ '^bank_(line|allocation):'
   GROUP BY 1),
on_statements AS (
  SELECT coalesce('refund:' || a.refund_id, 'payout:' || a.payout_id, 'chargeback:' || a.chargeback_id, 'debit:' || a.debit_id) AS about,
         sum(a.cents)::bigint AS cents
    FROM bank_bankallocation a WHERE a.undone_at IS NULL AND a.kind IN ('refund', 'bounce', 'claim') GROUP BY 1)"""

_BANK: Final = """
  SELECT 1, 'bank', 'line_not_booked', 'bank_line:' || b.id, b.booked_on, b.customer_id, l.cents, b.cents, '', false
    FROM bank_bankline b
    LEFT JOIN LATERAL (
      SELECT sum(l.debit_cents::bigint - l.credit_cents)::bigint AS cents FROM billing_ledgerentry e
        JOIN billing_ledgerline l ON l.entry_id = e.id AND l.account_id = (SELECT id FROM bank)
       WHERE e.origin = 'bank_line:' || b.id) l ON true
   WHERE (b.booked_on >= %(since)s OR 'bank_line:' || b.id IN (SELECT about FROM open_at_the_bank)) AND b.booked_on <= %(until)s
     AND l.cents IS DISTINCT FROM b.cents
   UNION ALL
  SELECT 2, 'bank', 'balance', 'statement:' || s.id, s.closed_on, NULL, s.opening_cents + coalesce(l.cents, 0), s.closing_cents, '',
         false
    FROM bank_bankstatement s
    LEFT JOIN LATERAL (
      SELECT sum(l.debit_cents::bigint - l.credit_cents)::bigint AS cents, bool_and(l.id IS NOT NULL) AS is_whole
        FROM bank_bankline b LEFT JOIN billing_ledgerentry e ON e.origin = 'bank_line:' || b.id
        LEFT JOIN billing_ledgerline l ON l.entry_id = e.id AND l.account_id = (SELECT id FROM bank)
       WHERE b.statement_id = s.id) l ON true
   WHERE (s.closed_on >= %(since)s OR 'statement:' || s.id IN (SELECT about FROM open_at_the_bank)) AND s.closed_on <= %(until)s
     AND coalesce(l.is_whole, true) AND s.opening_cents + coalesce(l.cents, 0) <> s.closing_cents
     AND NOT EXISTS (
       SELECT FROM bank_bankline b JOIN billing_ledgerentry e ON e.origin = 'bank_line:' || b.id
         JOIN billing_ledgerline x ON x.entry_id = e.id AND x.account_id = (SELECT id FROM bank)
        WHERE b.statement_id = s.id AND x.debit_cents::bigint - x.credit_cents <> b.cents)
   UNION ALL
  SELECT 3, 'bank', 'no_line', w.about, min(w.booked_on), max(w.customer_id), sum(w.cents)::bigint, NULL, '', false
    FROM (
      SELECT split_part(e.origin, ':', 1) || ':' || split_part(e.origin, ':', 2) AS about, e.booked_on, e.customer_id,
             l.debit_cents::bigint - l.credit_cents AS cents
        FROM billing_ledgerentry e JOIN billing_ledgerline l ON l.entry_id = e.id AND l.account_id = (SELECT id FROM bank)
       WHERE e.booked_on BETWEEN greatest(%(since)s::date, %(begins)s::date) AND %(until)s AND e.origin !~ '^bank_line:') w
   GROUP BY w.about HAVING sum(w.cents) <> 0 AND min(w.booked_on) <= %(until)s::date - %(arrival_days)s
   UNION ALL
  SELECT 4, 'bank', 'suspense', 'bank_line:' || b.id, b.booked_on, b.customer_id, NULL, b.left_cents, '', false
    FROM bank_bankline b
   WHERE b.left_cents <> 0 AND b.booked_on <= %(until)s::date - %(suspense_days)s
     AND NOT EXISTS (SELECT FROM reconciling_settlement s WHERE s.line_id = b.id)
   UNION ALL
  SELECT 5, 'bank', 'by_hand', h.about, h.day, h.customer_id, h.cents, o.cents, '', false
    FROM by_hand h CROSS JOIN covered c LEFT JOIN on_statements o USING (about)
   WHERE h.cents <> coalesce(o.cents, 0) AND h.last_day <= c.day - %(arrival_days)s
     AND (h.last_day >= %(since)s OR h.about IN (SELECT about FROM open_at_the_bank))
   UNION ALL
  SELECT 6, 'bank', 'no_statement', 'account:' || right(account, 4), max(closed_on), NULL, NULL, NULL, max(closed_on)::text, false
    FROM bank_bankstatement GROUP BY account HAVING max(closed_on) < %(until)s::date - %(statement_days)s"""

#: What a colleague said to be right as it is stays so as long as it is the same.
_EXPLAINED: Final = """
EXISTS (SELECT FROM reconciling_difference e
         WHERE e.closed = 'person' AND e.side = f.side AND e.about = f.about AND e.kind = f.kind AND e.detail = f.detail
           AND e.ours IS NOT DISTINCT FROM f.ours AND e.theirs IS NOT DISTINCT FROM f.theirs)"""

COMPARE: Final = f"""
WITH {_NAMED},{_SIDES},{_COVERED},{_BY_HAND},
bank AS MATERIALIZED (SELECT id FROM billing_ledgeraccount WHERE use = 'bank'),
was_open AS MATERIALIZED (SELECT side, about FROM reconciling_difference WHERE closed_at IS NULL),
open_at_the_bank AS MATERIALIZED (SELECT about FROM reconciling_difference WHERE side = 'bank' AND closed_at IS NULL),
found AS MATERIALIZED (
  SELECT DISTINCT ON (side, about) * FROM ({_PROVIDER} UNION ALL {_PAYOUT} UNION ALL {_BANK}) every
   WHERE side = ANY(%(sides)s) ORDER BY side, about, rank),
opened AS (
  INSERT INTO reconciling_difference AS d (side, kind, about, day, customer_id, ours, theirs, detail, first_seen_at, seen_at, closed, reason)
  SELECT side, kind, about, day, customer_id, ours, theirs, detail, %(now)s, %(now)s, '', '' FROM found f
   WHERE NOT f.is_fresh AND NOT {_EXPLAINED}
      ON CONFLICT (side, about) WHERE closed_at IS NULL
      DO UPDATE SET kind = EXCLUDED.kind, ours = EXCLUDED.ours, theirs = EXCLUDED.theirs, detail = EXCLUDED.detail,
                    day = EXCLUDED.day, customer_id = coalesce(EXCLUDED.customer_id, d.customer_id), seen_at = EXCLUDED.seen_at
  RETURNING d.id, d.customer_id, NOT EXISTS (SELECT FROM was_open w WHERE w.side = d.side AND w.about = d.about) AS is_new),
gone AS (
  UPDATE reconciling_difference d SET closed_at = %(now)s, closed = 'itself'
   WHERE d.closed_at IS NULL AND d.side = ANY(%(sides)s) AND d.day <= %(until)s
     AND NOT (d.kind IN ('no_line', 'state') AND d.day < %(since)s)
     AND NOT EXISTS (SELECT FROM reconciling_stray y WHERE y.reference = d.about AND y.state IN ('waiting', 'asked'))
     AND NOT EXISTS (SELECT FROM found f WHERE f.side = d.side AND f.about = d.about)
  RETURNING id, customer_id)
SELECT 'found', id, customer_id FROM opened WHERE is_new
 UNION ALL SELECT 'gone', id, customer_id FROM gone
 UNION ALL SELECT 'open', id, customer_id FROM opened WHERE NOT is_new
"""
