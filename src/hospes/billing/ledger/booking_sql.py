"""
Booking invoices, other things, and revenue of months: each one statement over a set, however large.

Such a statement finds what is not booked yet, takes numbers for it, makes the entries and then all their lines: so they stand or
fall together, and no number is lost. It is the same for one invoice and for all of them.
"""

from typing import Final

# --- what billing has, as the ledger sees it: of an invoice `i`, of a line `l` ----------------------------------------------

SIGN: Final = "(CASE WHEN i.kind = 'credit_note' THEN -1 ELSE 1 END)"
_CATEGORY: Final = "l.vat_category"
_COUNTRY: Final = "l.vat_country"
_ACCOUNT: Final = "l.revenue_account"

#: VAT by group, as the document has it.
_TAXES: Final = """
  SELECT d.id AS invoice_id, t.vat_category AS category, t.vat_country AS country, t.vat_basis_points AS rate, d.sign * t.vat_cents AS vat
    FROM due d JOIN billing_invoicetax t ON t.invoice_id = d.id
"""

# --- rules, as `rules` has them ---------------------------------------------------------------------------------------------

#: What of a line's amount is revenue by the end of a day: rules.recognised.
RECOGNISED: Final = """CASE WHEN l.period_until IS NULL THEN {net} ELSE
    round(({net})::numeric * least(greatest({until} - l.period_from + 1, 0), l.period_until - l.period_from + 1)
          / (l.period_until - l.period_from + 1))::bigint END"""

#: Where the turnover of a group of VAT belongs: rules.turnover.
TURNOVER: Final = """CASE
    WHEN category IN ('S', 'Z') AND country <> %(home)s THEN 'oss'
    WHEN category = 'S' THEN coalesce((SELECT r.code FROM billing_vatrate r WHERE r.country = %(home)s AND r.basis_points = rate
                                        LIMIT 1), 'other')
    WHEN category IN ('G', 'O') THEN 'outside'
    WHEN category IN ('AE', 'K') AND country <> %(home)s THEN 'eu'
    ELSE 'zero' END"""

_OPEN_FROM: Final = """open_from AS MATERIALIZED (
  SELECT coalesce((max(month) + interval '1 month')::date, '-infinity'::date) AS day FROM billing_ledgerclosing)"""


def _account(use: str) -> str:
    return f"(SELECT id FROM billing_ledgeraccount WHERE use = {use})"


# The account that a line asks for by its RGS code, or that of its kind of turnover.
_REVENUE: Final = f"""coalesce((SELECT id FROM billing_ledgeraccount WHERE rgs_code = wished AND kind = 'P' ORDER BY code LIMIT 1),
           {_account("'revenue_' || turnover")})"""

_MONTH_END: Final = "(date_trunc('month', {day}) + interval '1 month - 1 day')::date"


def _numbered(journal: str, rows: str) -> str:
    """
    The book year of each day of rows (issuing.book_year: the operator's, or else the calendar year), and the first of as many
    numbers as there are rows, for each of these years.
    """
    return f"""years AS MATERIALIZED (
  SELECT booked_on, coalesce(b.year, extract(year FROM booked_on))::int AS year
    FROM (SELECT DISTINCT booked_on FROM {rows}) days
    LEFT JOIN billing_bookyear b ON booked_on BETWEEN b.begins_on AND b.ends_on),
firsts AS MATERIALIZED (
  SELECT year, hospes_next_numbers('ledger_{journal}:' || year, how_many) AS first
    FROM (SELECT year, count(*)::int AS how_many FROM {rows} JOIN years USING (booked_on) GROUP BY 1 ORDER BY 1) counted)"""


# --- invoices and credit notes ----------------------------------------------------------------------------------------------

#: `{which}` says which invoices; the parameters are home, size, now.
INVOICES: Final = f"""
WITH {_OPEN_FROM},
due AS MATERIALIZED (
  SELECT i.id, i.customer_id, i.number, {SIGN} AS sign, i.total_cents, i.buyer_country,
         greatest(i.issued_on, o.day) AS booked_on
    FROM billing_invoice i CROSS JOIN open_from o
   WHERE {{which}} AND NOT EXISTS (SELECT FROM billing_ledgerentry e WHERE e.origin = 'invoice:' || i.id)
   ORDER BY i.issued_on, i.id LIMIT %(size)s),
{_numbered("s", "due")},
entries AS (
  INSERT INTO billing_ledgerentry (journal, book_year, number, booked_on, origin, document, customer_id, made_at)
  SELECT 'S', year, first + row_number() OVER (PARTITION BY year ORDER BY booked_on, id) - 1, booked_on, 'invoice:' || id, number,
         customer_id, %(now)s
    FROM due JOIN years USING (booked_on) JOIN firsts USING (year)
  RETURNING id, customer_id, substr(origin, 9)::bigint AS invoice_id),
lines AS MATERIALIZED (
  SELECT d.id AS invoice_id, d.sign * l.net_cents AS net,
         d.sign * {RECOGNISED.format(net="l.net_cents", until=_MONTH_END.format(day="d.booked_on"))} AS earned,
         {_CATEGORY} AS category, {_COUNTRY} AS country, l.vat_basis_points AS rate, {_ACCOUNT} AS wished
    FROM due d JOIN billing_invoiceline l ON l.invoice_id = d.id),
groups AS MATERIALIZED (
  SELECT category, country, rate, {TURNOVER} AS turnover FROM (SELECT DISTINCT category, country, rate FROM lines) g),
accounts AS MATERIALIZED (
  SELECT category, country, rate, wished, {_REVENUE} AS revenue
    FROM (SELECT DISTINCT category, country, rate, wished FROM lines) w JOIN groups USING (category, country, rate)),
taxes AS MATERIALIZED ({_TAXES}),
parts AS (
  SELECT invoice_id, category, country, rate, account_id, sum(cents)::bigint AS cents
    FROM lines JOIN accounts USING (category, country, rate, wished)
   CROSS JOIN LATERAL (VALUES (revenue, earned), ({_account("'deferred'")}, net - earned)) p (account_id, cents)
   GROUP BY 1, 2, 3, 4, 5 HAVING sum(cents) <> 0),
running AS (
  SELECT *, sum(cents) OVER (of_group ORDER BY account_id) AS so_far, sum(cents) OVER of_group AS whole
    FROM parts WINDOW of_group AS (PARTITION BY invoice_id, category, country, rate)),
amounts AS (
  SELECT id AS invoice_id, 0 AS sort, {_account("'debtors'")} AS account_id, -sign * total_cents AS cents, '' AS category,
         '' AS country, NULL::int AS rate, NULL::bigint AS vat
    FROM due
   UNION ALL
  SELECT invoice_id, 1, account_id, cents, category, country, rate,
         CASE WHEN whole <> 0 THEN round(vat * so_far / whole) - round(vat * (so_far - cents) / whole)
              WHEN so_far = cents THEN vat ELSE 0 END
    FROM running JOIN taxes USING (invoice_id, category, country, rate)
   UNION ALL
  SELECT invoice_id, 2, {_account("CASE WHEN turnover IN ('zero', 'eu', 'outside') THEN 'vat_other' ELSE 'vat_' || turnover END")},
         sum(vat)::bigint, '', '', NULL, NULL
    FROM taxes JOIN groups USING (category, country, rate) GROUP BY 1, 3 HAVING sum(vat) <> 0),
booked AS (
  INSERT INTO billing_ledgerline (entry_id, customer_id, account_id, position, debit_cents, credit_cents, vat_category, vat_country,
                                  vat_basis_points, vat_cents)
  SELECT e.id, e.customer_id, a.account_id, row_number() OVER (PARTITION BY e.id ORDER BY sort, account_id, category, country, rate),
         greatest(-cents, 0), greatest(cents, 0), category, country, rate, vat
    FROM amounts a JOIN entries e USING (invoice_id))
SELECT count(*) FROM entries
"""

# --- anything else ----------------------------------------------------------------------------------------------------------

#: Entries as arrays (origins, customers, days, documents), all in one journal, and their lines (of which origin, the account by
#: its use, cents: debit above zero, credit below).
POSTINGS: Final = f"""
WITH {_OPEN_FROM},
due AS MATERIALIZED (
  SELECT g.origin, g.customer_id, g.document, greatest(g.day, o.day) AS booked_on
    FROM unnest(%(origins)s::text[], %(customers)s::bigint[], %(days)s::date[], %(documents)s::text[])
         AS g (origin, customer_id, day, document) CROSS JOIN open_from o
   WHERE NOT EXISTS (SELECT FROM billing_ledgerentry e WHERE e.origin = g.origin)),
{{numbered}},
entries AS (
  INSERT INTO billing_ledgerentry (journal, book_year, number, booked_on, origin, document, customer_id, made_at)
  SELECT %(journal)s, year, first + row_number() OVER (PARTITION BY year ORDER BY booked_on, origin) - 1, booked_on, origin, document,
         customer_id, %(now)s
    FROM due JOIN years USING (booked_on) JOIN firsts USING (year)
  RETURNING id, customer_id, origin),
booked AS (
  INSERT INTO billing_ledgerline (entry_id, customer_id, account_id, position, debit_cents, credit_cents, vat_category, vat_country)
  SELECT e.id, e.customer_id, a.id, row_number() OVER (PARTITION BY e.id ORDER BY l.place), greatest(l.cents, 0),
         greatest(-l.cents, 0), '', ''
    FROM unnest(%(of)s::text[], %(uses)s::text[], %(cents)s::bigint[]) WITH ORDINALITY AS l (origin, use, cents, place)
    JOIN entries e USING (origin) LEFT JOIN billing_ledgeraccount a USING (use))
SELECT count(*) FROM entries
"""


def postings(journal: str) -> str:
    """The statement for one journal."""
    return POSTINGS.format(numbered=_numbered(journal.lower(), "due"))


# --- revenue of months ------------------------------------------------------------------------------------------------------

#: What of each line is due in which month after the one in which its document was booked, up to a month, and not released yet.
_DUE: Final = f"""
  SELECT l.id AS line_id, l.customer_id, m.month::date AS month, {SIGN} *
         ({RECOGNISED.format(net="l.net_cents", until="(m.month + interval '1 month - 1 day')::date")}
        - {RECOGNISED.format(net="l.net_cents", until="(m.month - interval '1 day')::date")}) AS cents,
         {_CATEGORY} AS category, {_COUNTRY} AS country, l.vat_basis_points AS rate, {_ACCOUNT} AS wished
    FROM billing_ledgerentry e JOIN billing_invoice i ON e.origin = 'invoice:' || i.id
    JOIN billing_invoiceline l ON l.invoice_id = i.id
   CROSS JOIN LATERAL generate_series(
           greatest(date_trunc('month', e.booked_on) + interval '1 month', date_trunc('month', l.period_from)),
           least(date_trunc('month', l.period_until), %(month)s), interval '1 month') AS m (month)
   WHERE e.journal = 'S' AND l.period_until IS NOT NULL
     AND NOT EXISTS (SELECT FROM billing_ledgerrelease r WHERE r.line_id = l.id AND r.month = m.month)
"""

RELEASES: Final = f"""
WITH {_OPEN_FROM},
due AS MATERIALIZED (SELECT * FROM ({_DUE}) found WHERE cents <> 0),
months AS MATERIALIZED (
  SELECT month, greatest(month, day) AS booked_on FROM (SELECT DISTINCT month FROM due) m CROSS JOIN open_from),
{_numbered("m", "months")},
entries AS (
  INSERT INTO billing_ledgerentry (journal, book_year, number, booked_on, origin, document, made_at)
  SELECT 'M', year, first + row_number() OVER (PARTITION BY year ORDER BY month) - 1, booked_on,
         'release:' || to_char(month, 'YYYY-MM') || ':' || (SELECT count(*) + 1 FROM billing_ledgerentry e WHERE e.journal = 'M'
            AND e.origin LIKE 'release:' || to_char(month, 'YYYY-MM') || ':%%'), to_char(month, 'YYYY-MM'), %(now)s
    FROM months JOIN years USING (booked_on) JOIN firsts USING (year)
  RETURNING id, to_date(document, 'YYYY-MM') AS month),
released AS (
  INSERT INTO billing_ledgerrelease (line_id, customer_id, month, cents, entry_id)
  SELECT line_id, customer_id, month, cents, id FROM due JOIN entries USING (month)),
accounts AS MATERIALIZED (
  SELECT category, country, rate, wished, {_REVENUE} AS revenue
    FROM (SELECT *, {TURNOVER} AS turnover FROM (SELECT DISTINCT category, country, rate, wished FROM due) w) g),
sums AS (
  SELECT month, revenue AS account_id, sum(cents)::bigint AS cents
    FROM due JOIN accounts USING (category, country, rate, wished) GROUP BY 1, 2),
amounts AS (
  SELECT month, account_id, cents FROM sums
   UNION ALL SELECT month, {_account("'deferred'")}, -sum(cents)::bigint FROM sums GROUP BY 1),
booked AS (
  INSERT INTO billing_ledgerline (entry_id, account_id, position, debit_cents, credit_cents, vat_category, vat_country)
  SELECT e.id, account_id, row_number() OVER (PARTITION BY e.id ORDER BY cents, account_id), greatest(-cents, 0), greatest(cents, 0),
         '', ''
    FROM amounts JOIN entries e USING (month))
SELECT count(*) FROM due
"""
