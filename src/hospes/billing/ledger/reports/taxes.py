"""The figures of the tax returns: the Dutch VAT return, the One Stop Shop, and the EU sales list."""

from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from hospes.billing.ledger.booking_sql import TURNOVER
from hospes.billing.ledger.reports.table import Column, Kind, Period, Row, Table, ask, summed

_GROUPS = f"""
SELECT turnover, category, country, rate, base, vat FROM (
  SELECT g.*, {TURNOVER} AS turnover FROM (
    SELECT l.vat_category AS category, l.vat_country AS country, l.vat_basis_points AS rate,
           sum(l.credit_cents - l.debit_cents)::bigint AS base, sum(l.vat_cents)::bigint AS vat
      FROM billing_ledgerline l JOIN billing_ledgerentry e ON e.id = l.entry_id
     WHERE l.vat_cents IS NOT NULL AND e.booked_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3) g) t
"""
_INPUT = """
SELECT coalesce(sum(l.debit_cents - l.credit_cents), 0)::bigint
  FROM billing_ledgerline l JOIN billing_ledgerentry e ON e.id = l.entry_id JOIN billing_ledgeraccount a ON a.id = l.account_id
 WHERE a.use = 'vat_input' AND e.booked_on BETWEEN %(first)s AND %(last)s
"""

#: In which box of the Dutch return turnover stands, by where it belongs (rules.turnover) and its category.
_BOXES = {"standard": "1a", "reduced": "1b", "other": "1c", "zero": "1e", "eu": "3b"}


def box(turnover: str, category: str) -> str:
    """The box of turnover; "" for what is not in the Dutch return: services outside the EU, and what goes by the One Stop Shop."""
    return "3a" if category == "G" else _BOXES.get(turnover, "")


def vat_return(period: Period, today: date) -> Table:
    """The boxes of the Dutch VAT return, in cents: the return itself asks for whole euros."""
    sums: dict[str, tuple[int, int]] = {}
    outside = 0
    for turnover, category, _country, _rate, base, vat in _groups(period):
        where = box(turnover, category)
        was = sums.get(where, (0, 0))
        sums[where] = (was[0] + base, was[1] + vat)
        outside += base if not where else 0
    due = sum(vat for where, (_base, vat) in sums.items() if where)
    paid = ask(_INPUT, first=period.first, last=period.last)[0][0]
    columns = [
        Column(_("Box")),
        Column(_("What")),
        Column(_("Turnover"), Kind.CENTS),
        Column(_("VAT"), Kind.CENTS),
    ]
    rows: list[Row] = [(where, what, *sums.get(where, (0, 0))) for where, what in _names().items()]
    rows += [
        ("5a", _("VAT due"), None, due),
        ("5b", _("VAT paid to suppliers"), None, paid),
        ("5g", _("To pay"), None, due - paid),
    ]
    notes = [
        _(
            "Purchases are not kept here: boxes 2a, 4a and 4b, and most of 5b, come from your bookkeeping of purchases."
        )
    ]
    if outside:
        notes.append(
            _(
                "Not in this return: turnover that goes by the One Stop Shop, or is outside the scope of Dutch VAT."
            )
        )
    return Table(columns, rows, None, notes)


def _groups(period: Period) -> list[tuple[str, str, str, int, int, int]]:
    return ask(_GROUPS, first=period.first, last=period.last, home=settings.HOSPES_OPERATOR.country)


def _names() -> dict[str, str]:
    return {
        "1a": _("Supplies and services taxed at the standard rate"),
        "1b": _("Supplies and services taxed at the reduced rate"),
        "1c": _("Supplies and services taxed at other rates, except 0%"),
        "1e": _("Supplies and services taxed at 0% or not taxed with you"),
        "2a": _("Supplies and services of which the VAT was reverse charged to you"),
        "3a": _("Supplies to countries outside the EU"),
        "3b": _("Supplies to and services in countries within the EU"),
        "4a": _("Supplies and services from countries outside the EU"),
        "4b": _("Supplies and services from countries within the EU"),
    }


# What credits an invoice of an earlier quarter changes the return of that one (art. 369g(4) VAT directive): it stands apart.
_SHOP = f"""
SELECT of_quarter, country, rate, base, vat FROM (
  SELECT g.*, {TURNOVER} AS turnover FROM (
    SELECT CASE WHEN was.booked_on < date_trunc('quarter', e.booked_on) THEN date_trunc('quarter', was.booked_on)::date END AS of_quarter,
           l.vat_category AS category, l.vat_country AS country, l.vat_basis_points AS rate,
           sum(l.credit_cents - l.debit_cents)::bigint AS base, sum(l.vat_cents)::bigint AS vat
      FROM billing_ledgerline l JOIN billing_ledgerentry e ON e.id = l.entry_id
      LEFT JOIN billing_invoice i ON e.origin = 'invoice:' || i.id
      LEFT JOIN billing_ledgerentry was ON was.origin = 'invoice:' || i.credits_id
     WHERE l.vat_cents IS NOT NULL AND e.booked_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3, 4) g) t
 WHERE turnover = 'oss' ORDER BY of_quarter NULLS FIRST, country, rate, base, vat
"""


def oss(period: Period, today: date) -> Table:
    """What goes by the One Stop Shop: by country of the consumers, and rate; corrections of earlier quarters by themselves."""
    columns = [
        Column(_("Country")), Column(_("Rate"), Kind.PERCENT), Column(_("Turnover"), Kind.CENTS, drawn=True), Column(_("VAT"), Kind.CENTS),
        Column(_("Correction of")),
    ]  # fmt: skip
    found = ask(_SHOP, first=period.first, last=period.last, home=settings.HOSPES_OPERATOR.country)
    rows: list[Row] = [(*amounts, _quarter(of_quarter)) for of_quarter, *amounts in found]
    notes = [_("The return of a quarter is due by the end of the month after it.")]
    if any(of_quarter for of_quarter, *_amounts in found):
        notes.append(
            _(
                "What was credited of an earlier quarter is no turnover of this one: the return has a place for corrections, by"
                " quarter and country."
            )
        )
    return Table(columns, rows, summed(columns, rows, _("Total")), notes)


def _quarter(first_day: date | None) -> str:
    if first_day is None:
        return ""
    return _("quarter %(quarter)s of %(year)s") % {
        "quarter": first_day.month // 3 + 1,
        "year": first_day.year,
    }


# The number of who bought is as the invoice has it: it was checked then, and the list has to agree with the invoices.
_SALES_LIST = f"""
SELECT country, number, sum(base)::bigint, array_agg(DISTINCT customer_id) FROM (
  SELECT g.*, {TURNOVER} AS turnover FROM (
    SELECT l.vat_category AS category, l.vat_country AS country, l.vat_basis_points AS rate, i.buyer_vat_number AS number,
           i.customer_id, l.credit_cents - l.debit_cents AS base
      FROM billing_ledgerline l JOIN billing_ledgerentry e ON e.id = l.entry_id
      JOIN billing_invoice i ON e.origin = 'invoice:' || i.id
     WHERE l.vat_cents IS NOT NULL AND l.vat_category IN ('AE', 'K') AND e.booked_on BETWEEN %(first)s AND %(last)s) g) t
 WHERE turnover = 'eu' GROUP BY 1, 2 ORDER BY 1, 2
"""


def sales_list(period: Period, today: date) -> Table:
    """Services to companies in other EU countries, by their VAT number: for the EU sales list (opgaaf ICP)."""
    columns = [Column(_("Country")), Column(_("VAT number")), Column(_("Services"), Kind.CENTS)]
    found = ask(_SALES_LIST, first=period.first, last=period.last, home=settings.HOSPES_OPERATOR.country)
    rows = [row[:3] for row in found]
    notes = []
    if any(not number for _country, number, _cents in rows):
        notes.append(_("An amount is without a VAT number: the tax office does not take it like this."))
    return Table(
        columns, rows, summed(columns, rows, _("Total")), notes, [pk for row in found for pk in row[3]]
    )
