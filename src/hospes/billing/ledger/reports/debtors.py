"""What customers still have to pay, and for how long."""

from datetime import date

from django.utils.translation import gettext as _

from hospes.billing.ledger.reports.table import Column, Kind, Period, Table, ask, summed

#: What is open on an invoice: what was credited needs no paying (billing.models.OPEN).
_OPEN = "i.total_cents - i.credited_cents - i.paid_cents"
_IS_OPEN = "i.kind = 'invoice' AND i.paid_cents < i.total_cents - i.credited_cents"

_ITEMS = f"""
SELECT i.number, c.number, i.issued_on, i.due_on, i.total_cents, {_OPEN}, greatest(%(today)s - i.due_on, 0), i.customer_id
  FROM billing_invoice i JOIN customers_customer c ON c.id = i.customer_id
 WHERE {_IS_OPEN} ORDER BY i.due_on, i.id
"""


def open_items(period: Period, today: date) -> Table:
    """Every invoice that is not paid yet, the longest due first; customers by number only."""
    columns = [
        Column(_("Invoice"), Kind.INVOICE), Column(_("Customer"), Kind.CUSTOMER), Column(_("Date"), Kind.DAY),
        Column(_("Due"), Kind.DAY), Column(_("Total"), Kind.CENTS), Column(_("Open"), Kind.CENTS),
        Column(_("Days late"), Kind.NUMBER),
    ]  # fmt: skip
    found = ask(_ITEMS, today=today)
    rows = [row[:7] for row in found]
    total = summed(columns, rows, _("Total"))
    return Table(columns, rows, (*total[:6], None), [], [row[7] for row in found])


_AGEING = f"""
SELECT b.place, count(i.id), coalesce(sum({_OPEN}), 0)::bigint
  FROM (VALUES (0, NULL::int, 0), (1, 1, 30), (2, 31, 60), (3, 61, 90), (4, 91, NULL)) AS b (place, since, until)
  LEFT JOIN billing_invoice i ON {_IS_OPEN}
   AND (b.since IS NULL OR %(today)s - i.due_on >= b.since) AND (b.until IS NULL OR %(today)s - i.due_on <= b.until)
 GROUP BY 1 ORDER BY 1
"""


def ageing(period: Period, today: date) -> Table:
    """How much is open for how long after its due date."""
    columns = [
        Column(_("Late")), Column(_("Invoices"), Kind.NUMBER), Column(_("Open"), Kind.CENTS, drawn=True)
    ]  # fmt: skip
    names = [_("Not due yet"), _("1 to 30 days"), _("31 to 60 days"), _("61 to 90 days"), _("Over 90 days")]
    rows = [(names[place], number, cents) for place, number, cents in ask(_AGEING, today=today)]
    return Table(columns, rows, summed(columns, rows, _("Total")))
