"""What stands on the accounts: the trial balance, revenue by month, and what is still to become revenue."""

from datetime import date

from django.utils.translation import gettext as _

from hospes.billing.ledger.booking_sql import RECOGNISED, SIGN
from hospes.billing.ledger.models import is_dutch
from hospes.billing.ledger.reports.table import Column, Kind, Period, Table, ask, summed

# Profit and loss begins each book year at nothing: what was before it belongs to the result of earlier years.
_TRIAL = """
WITH sums AS (
  SELECT CASE WHEN a.kind = 'P' AND e.booked_on < %(year)s THEN (SELECT id FROM billing_ledgeraccount WHERE use = 'result')
              ELSE a.id END AS id,
         sum(CASE WHEN e.booked_on < %(first)s THEN l.debit_cents - l.credit_cents ELSE 0 END)::bigint AS before,
         sum(CASE WHEN e.booked_on >= %(first)s THEN l.debit_cents ELSE 0 END)::bigint AS debit,
         sum(CASE WHEN e.booked_on >= %(first)s THEN l.credit_cents ELSE 0 END)::bigint AS credit
    FROM billing_ledgerline l JOIN billing_ledgerentry e ON e.id = l.entry_id JOIN billing_ledgeraccount a ON a.id = l.account_id
   WHERE e.booked_on <= %(last)s GROUP BY 1)
SELECT a.code, CASE WHEN %(dutch)s THEN a.name_nl ELSE a.name_en END, s.before, s.debit, s.credit, s.before + s.debit - s.credit
  FROM sums s JOIN billing_ledgeraccount a USING (id) ORDER BY a.code
"""


def trial_balance(period: Period, today: date) -> Table:
    """Every account: what stood on it, what was booked, what stands on it; debit is positive. All of it together is nothing."""
    columns = [
        Column(_("Account")), Column(_("Name")), Column(_("Opening balance"), Kind.CENTS), Column(_("Debit"), Kind.CENTS),
        Column(_("Credit"), Kind.CENTS), Column(_("Closing balance"), Kind.CENTS),
    ]  # fmt: skip
    rows = ask(
        _TRIAL,
        first=period.first,
        last=period.last,
        year=Period.book_year_with(period.first).first,
        dutch=is_dutch(),
    )
    return Table(
        columns,
        rows,
        summed(columns, rows, _("Total")),
        [_("Balances: debit is positive, credit is negative.")],
    )


_REVENUE = """
SELECT m.month::date, coalesce(sum(l.credit_cents - l.debit_cents), 0)::bigint
  FROM generate_series(date_trunc('month', %(first)s::date), %(last)s::date, interval '1 month') AS m (month)
  LEFT JOIN (SELECT e.booked_on, l.credit_cents, l.debit_cents FROM billing_ledgerline l
               JOIN billing_ledgerentry e ON e.id = l.entry_id JOIN billing_ledgeraccount a ON a.id = l.account_id
              WHERE a.use LIKE 'revenue%%' AND e.booked_on BETWEEN %(first)s AND %(last)s) l
    ON date_trunc('month', l.booked_on) = m.month
 GROUP BY 1 ORDER BY 1
"""


def revenue(period: Period, today: date) -> Table:
    """Revenue by month, as it was earned: what was invoiced in advance counts in the months that it is of."""
    columns = [Column(_("Month"), Kind.MONTH), Column(_("Revenue"), Kind.CENTS, drawn=True)]
    rows = ask(_REVENUE, first=period.first, last=period.last)
    return Table(columns, rows, summed(columns, rows, _("Total")))


# What is on the account now becomes revenue in the months to come: of each line the months that were not released yet.
_DEFERRED = f"""
SELECT m.month::date, sum({SIGN} *
         ({RECOGNISED.format(net="l.net_cents", until="(m.month + interval '1 month - 1 day')::date")}
        - {RECOGNISED.format(net="l.net_cents", until="(m.month - interval '1 day')::date")}))::bigint
  FROM billing_ledgerentry e JOIN billing_invoice i ON e.origin = 'invoice:' || i.id
  JOIN billing_invoiceline l ON l.invoice_id = i.id
 CROSS JOIN LATERAL generate_series(
         greatest(date_trunc('month', e.booked_on) + interval '1 month', date_trunc('month', l.period_from)),
         date_trunc('month', l.period_until), interval '1 month') AS m (month)
 WHERE e.journal = 'S' AND l.period_until >= e.booked_on
   AND NOT EXISTS (SELECT FROM billing_ledgerrelease r WHERE r.line_id = l.id AND r.month = m.month)
 GROUP BY 1 ORDER BY 1
"""
_STANDS = """
SELECT coalesce(sum(l.credit_cents - l.debit_cents), 0)::bigint
  FROM billing_ledgerline l JOIN billing_ledgeraccount a ON a.id = l.account_id WHERE a.use = 'deferred'
"""


def deferred(period: Period, today: date) -> Table:
    """In which months to come what is invoiced in advance becomes revenue; together that is what stands on the account."""
    columns = [Column(_("Month"), Kind.MONTH), Column(_("Becomes revenue"), Kind.CENTS, drawn=True)]
    rows = ask(_DEFERRED)
    total = summed(columns, rows, _("Total"))
    stands = ask(_STANDS)[0][0]
    notes = [] if stands == total[1] else [
        _("On the account stands another amount than this: run “hospes ledger check”.")
    ]  # fmt: skip
    return Table(columns, rows, total, notes)
