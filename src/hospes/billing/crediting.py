"""Crediting invoices, as a whole or in part. Acts within the purpose of billing."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hospes.billing import rules
from hospes.billing.issuing import after_issue, number_of, seller_of_now
from hospes.billing.models import Invoice, InvoiceLine, InvoiceTax
from hospes.kernel import journal

journal.register({"invoice.credited": _("Credit note made")})

#: What a credit note says of the buyer is what its invoice said.
_AS_INVOICED = (
    "customer_id", "quote_number", "reference", "purchase_order", "language", "buyer_name", "buyer_contact", "buyer_street",
    "buyer_postcode", "buyer_town", "buyer_country", "buyer_kvk_number", "buyer_vat_number", "buyer_email",
)  # fmt: skip
_LINE_AS_INVOICED = (
    "customer_id", "service_id", "kind", "description", "details", "vat_category", "vat_country", "vat_basis_points",
    "vat_reason", "revenue_account", "sold_as",
)  # fmt: skip


class CreditRefused(Exception):
    """Nothing can be credited like this; the message is fit to show to staff."""


@transaction.atomic
def credit(
    *,
    invoice_id: int,
    reason: str,
    key: str,
    today: date,
    now: datetime,
    lines: Mapping[int, int] | None = None,
    period: tuple[date, date] | None = None,
) -> Invoice:
    """
    Make a credit note of an invoice; the same key gives the same credit note again.

    `lines` says what is given back: line id → cents without VAT, with the sign of the line; None is all that is left. `period`
    says of which days it is given back (the first and the last), where that is not all that the lines are about. Two at once wait
    for each other. Raises CreditRefused when a line has less left than that, or when nothing is given back.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
    if there := Invoice.objects.filter(origin=_origin(key)).first():
        return there
    wanted = _wanted(invoice, lines)
    if not reason.strip():
        raise CreditRefused(_("Say why: the customer reads it on the credit note."))
    sums = rules.credited(((cents, _tax(line)) for line, cents in wanted), _given_back(invoice))
    note = Invoice.objects.create(
        **{name: getattr(invoice, name) for name in _AS_INVOICED},
        credits=invoice, origin=_origin(key), reason=reason.strip(), seller=seller_of_now(), issued_on=today, due_on=today,
        net_cents=sums.net_cents, vat_cents=sums.vat_cents, total_cents=sums.total_cents,
        set_off_cents=min(invoice.open_cents, sums.total_cents),
        **number_of(Invoice.Kind.CREDIT_NOTE, today),
    )  # fmt: skip
    InvoiceLine.objects.bulk_create(
        _line(note, position, line, cents, period) for position, (line, cents) in enumerate(wanted, start=1)
    )
    after_issue(note, sums, action="invoice.credited", now=now)
    return note


def _wanted(invoice: Invoice, lines: Mapping[int, int] | None) -> list[tuple[InvoiceLine, int]]:
    """The lines that are credited, with the cents of each."""
    if invoice.is_credit_note:
        raise CreditRefused(_("This is a credit note; only an invoice can be credited."))
    there = list(InvoiceLine.objects.filter(invoice_id=invoice.pk).order_by("position"))
    if lines is not None and not set(lines) <= {line.pk for line in there}:
        raise CreditRefused(_("This invoice has no such line."))
    found = []
    for line in there:
        cents = line.creditable_cents if lines is None else lines.get(line.pk, 0)
        if abs(cents) > abs(line.creditable_cents) or cents * line.net_cents < 0:
            raise CreditRefused(_("More than is left of “%(line)s”.") % {"line": line.description})
        if cents:
            found.append((line, cents))
    if not found:
        raise CreditRefused(_("There is nothing (left) to credit."))
    if sum(cents for _line, cents in found) < 0:
        raise CreditRefused(_("This would make the customer pay more: make an invoice of it."))
    return found


def _tax(line: InvoiceLine) -> rules.Tax:
    return rules.Tax(line.vat_basis_points, line.vat_category, line.vat_country, line.vat_reason)


def _given_back(invoice: Invoice) -> dict[tuple[str, str, int], tuple[int, int]]:
    """What earlier credit notes of the invoice gave back: (net, VAT) in cents by group."""
    found: dict[tuple[str, str, int], tuple[int, int]] = {}
    for tax in InvoiceTax.objects.filter(invoice__credits_id=invoice.pk):
        key = tax.vat_category, tax.vat_country, tax.vat_basis_points
        net, vat = found.get(key, (0, 0))
        found[key] = net + tax.net_cents, vat + tax.vat_cents
    return found


def _line(
    note: Invoice, position: int, line: InvoiceLine, cents: int, period: tuple[date, date] | None
) -> InvoiceLine:
    """The whole of a line goes back as it was invoiced, a part of it as an amount over the days that it is of."""
    is_whole = cents == line.net_cents
    first, last = (line.period_from, line.period_until) if is_whole else _days(line, period)
    return InvoiceLine(
        **{name: getattr(line, name) for name in _LINE_AS_INVOICED},
        invoice=note, position=position, credits_line=line, net_cents=cents, period_from=first, period_until=last,
        quantity=line.quantity if is_whole else (1 if cents > 0 else -1), unit_cents=line.unit_cents if is_whole else abs(cents),
    )  # fmt: skip


def _days(line: InvoiceLine, period: tuple[date, date] | None) -> tuple[date | None, date | None]:
    """The days of a line that are in a period: what is given back of those is no revenue of the days before them."""
    if line.period_from is None or line.period_until is None or period is None:
        return line.period_from, line.period_until
    first, last = max(line.period_from, period[0]), min(line.period_until, period[1])
    return (first, last) if first <= last else (line.period_from, line.period_until)


def _origin(key: str) -> str:
    return f"credit:{key}"
