"""What comes back every month: recurring revenue, and the customers who left."""

from datetime import date

from django.utils.translation import gettext as _

from hospes.billing.ledger.booking_sql import SIGN
from hospes.billing.ledger.reports.table import Column, Kind, Period, Table, ask

# Of each line about a period, its amount for a whole month; it counts in the months whose last day is in the period. A credit
# note takes off what it gives back, over its own days, of what the line that it credits counts for. What came back or was set
# off for some days was rounded to a cent, so an amount within those cents is none.
_MONTHLY = f"""
  SELECT month, customer_id, CASE WHEN abs(sum(cents)) > sum(rounded) THEN sum(cents) ELSE 0 END AS cents
    FROM (SELECT m.month::date AS month, l.customer_id, {SIGN} * l.net_cents * d.monthly AS cents,
                 CASE WHEN i.kind = 'credit_note' OR l.kind = 'change' THEN d.monthly ELSE 0 END AS rounded
            FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id
            LEFT JOIN billing_invoiceline o ON o.id = l.credits_line_id
           CROSS JOIN LATERAL (SELECT 365.25 / 12 / (l.period_until - l.period_from + 1) AS monthly) d
            JOIN generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 month') AS m (month)
              ON (m.month + interval '1 month - 1 day')::date BETWEEN l.period_from AND l.period_until
           WHERE i.issued_on <= %(last)s
             AND coalesce(o.period_until - o.period_from, l.period_until - l.period_from) >= 27) found
   GROUP BY 1, 2
"""

_RECURRING = f"""
WITH monthly AS ({_MONTHLY})
SELECT m.month::date, coalesce(round(sum(r.cents)), 0)::bigint, count(*) FILTER (WHERE r.cents > 0)
  FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 month') AS m (month)
  LEFT JOIN monthly r ON r.month = m.month GROUP BY 1 ORDER BY 1
"""


def recurring(period: Period, today: date) -> Table:
    """Recurring revenue of each month: what was invoiced over periods of a month or more, as an amount a month."""
    columns = [
        Column(_("Month"), Kind.MONTH), Column(_("Recurring revenue"), Kind.CENTS, drawn=True), Column(_("Customers"), Kind.NUMBER)
    ]  # fmt: skip
    rows = ask(_RECURRING, first=period.first, last=min(period.last, today))
    notes = [
        _(
            "Counted are lines about a month or more, in the months on whose last day they run; a year counts as a twelfth."
        )
    ]
    return Table(columns, rows, None, notes)


# A customer leaves in the month at whose end nothing runs any more while something did at the end of the month before.
_CHURN = f"""
WITH monthly AS ({_MONTHLY}),
there AS (SELECT month, customer_id, cents FROM monthly WHERE cents > 0),
moved AS (
  SELECT coalesce(n.month, (b.month + interval '1 month')::date) AS month,
         (b.customer_id IS NOT NULL)::int AS before, (b.customer_id IS NULL)::int AS came, (n.customer_id IS NULL)::int AS gone,
         CASE WHEN n.customer_id IS NULL THEN b.cents ELSE 0 END AS lost
    FROM there n FULL JOIN there b ON b.customer_id = n.customer_id AND b.month = (n.month - interval '1 month')::date)
SELECT month, sum(before), sum(came), sum(gone), CASE WHEN sum(before) > 0 THEN round(sum(gone) * 10000.0 / sum(before))::int END,
       round(sum(lost))::bigint
  FROM moved WHERE month BETWEEN %(since)s AND %(last)s GROUP BY 1 ORDER BY 1
"""


def churn(period: Period, today: date) -> Table:
    """How many customers came and left in each month, and what they paid a month."""
    columns = [
        Column(_("Month"), Kind.MONTH), Column(_("Customers before"), Kind.NUMBER), Column(_("New customers"), Kind.NUMBER),
        Column(_("Customers who left"), Kind.NUMBER, drawn=True), Column(_("Left, of those before"), Kind.PERCENT),
        Column(_("Recurring revenue lost"), Kind.CENTS),
    ]  # fmt: skip
    before = (period.first.replace(day=1) - date.resolution).replace(day=1)
    # A month that is not over is no churn yet.
    last = min(period.last, today.replace(day=1) - date.resolution)
    rows = ask(_CHURN, first=before, since=period.first, last=last)
    notes = [_("A customer left in the month at whose end nothing of theirs ran any more.")]
    return Table(columns, rows, None, notes)
