"""Issuing invoices. Acts within the purpose of billing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hospes.billing import rules
from hospes.billing.ledger import services as ledger
from hospes.billing.models import BookYear, Invoice, InvoiceLine, InvoiceTax, Seller, Series
from hospes.billing.queries import wishes
from hospes.billing.tax.services import begin_oss
from hospes.customers.models import Customer
from hospes.customers.queries import addressee
from hospes.kernel import journal
from hospes.kernel.numbers import next_number

journal.register({"invoice.issued": _("Invoice made")})


@dataclass(frozen=True)
class DraftLine:
    """
    A line to be invoiced; `net_cents` is the amount of the whole period, without VAT.

    What takes off has a negative amount. `kind` is one of InvoiceLine.Kind. `vat_category`, `vat_country` and `vat_reason`
    say why this VAT (see Tax); `revenue_account` is an RGS code where another than that of the kind is meant.
    `sold_as` is the origin that the service will have which is made of this.
    """

    description: str
    details: str
    net_cents: int
    vat_basis_points: int
    period_from: date | None = None
    period_until: date | None = None
    vat_category: str = ""
    vat_country: str = ""
    vat_reason: str = ""
    kind: str = "other"
    service_id: int | None = None
    quantity: int = 1
    revenue_account: str = ""
    sold_as: str = ""

    @property
    def tax(self) -> rules.Tax:
        """Where nothing else is said: the operator's own VAT."""
        category = self.vat_category or ("S" if self.vat_basis_points else "Z")
        country = self.vat_country or settings.HOSPES_OPERATOR.country
        return rules.Tax(self.vat_basis_points, category, country, self.vat_reason)

    @property
    def priced(self) -> tuple[int, int]:
        """Number and price each, in cents: what takes off has a negative number (EN 16931, BR-27)."""
        number = abs(self.quantity) or 1
        if self.net_cents % number:
            raise ValueError(f"{self.net_cents} cents are no {number} equal prices")
        return (-number if self.net_cents < 0 else number), abs(self.net_cents) // number


@dataclass(frozen=True)
class Draft:
    """What is to be invoiced; `origin` names it uniquely. `paid_at` and `paid_with` for what was paid beforehand."""

    customer_id: int
    origin: str
    quote_number: str
    lines: Sequence[DraftLine]
    due_on: date
    paid_at: datetime | None = None
    paid_with: str = ""
    reference: str = ""
    purchase_order: str = ""
    language: str = field(default="")  # that of who holds the customer, where nothing else is said


def issue(draft: Draft, *, today: date, now: datetime) -> Invoice:
    """
    Issue an invoice with the next number of the book year; the same origin gives the same invoice again.

    What it says of both parties is copied, since an issued invoice never changes. A reference or purchase order that the draft
    does not have is the one that the customer wants on all invoices.
    """
    if there := Invoice.objects.filter(origin=draft.origin).first():
        return there
    sums = rules.taxed((line.net_cents, line.tax) for line in draft.lines)
    paid = sums.total_cents if draft.paid_at else 0
    buyer, wanted = buyer_of(draft.customer_id, now), wishes(draft.customer_id)
    invoice = Invoice.objects.create(
        **(buyer | ({"language": draft.language} if draft.language else {})),
        seller=seller_of_now(), origin=draft.origin, quote_number=draft.quote_number,
        reference=draft.reference or wanted.reference, purchase_order=draft.purchase_order or wanted.purchase_order,
        issued_on=today, term_days=max((draft.due_on - today).days, 0), due_on=draft.due_on,
        net_cents=sums.net_cents, vat_cents=sums.vat_cents, total_cents=sums.total_cents,
        paid_cents=paid, paid_at=draft.paid_at, paid_with=draft.paid_with,
        # The number comes last, since everybody else who issues waits for it; the check above makes a second one rare, and
        # the unique origin impossible.
        **number_of(Invoice.Kind.INVOICE, today),
    )  # fmt: skip
    InvoiceLine.objects.bulk_create(
        _line(invoice, position, line) for position, line in enumerate(draft.lines, start=1)
    )
    after_issue(invoice, sums, action="invoice.issued", now=now)
    if any(line.tax.reason == "consumer_oss" for line in draft.lines):
        begin_oss(
            first_day=today, now=now
        )  # the sale that would have passed the threshold: from now on all of them
    return invoice


def _line(invoice: Invoice, position: int, line: DraftLine) -> InvoiceLine:
    quantity, unit = line.priced
    return InvoiceLine(
        invoice=invoice, customer_id=invoice.customer_id, service_id=line.service_id, kind=line.kind, position=position,
        description=line.description, details=line.details, quantity=quantity, unit_cents=unit, net_cents=line.net_cents,
        vat_category=line.tax.category, vat_country=line.tax.country, vat_basis_points=line.tax.basis_points,
        vat_reason=line.tax.reason, revenue_account=line.revenue_account, period_from=line.period_from,
        period_until=line.period_until, sold_as=line.sold_as,
    )  # fmt: skip


def after_issue(invoice: Invoice, sums: rules.Totals, *, action: str, now: datetime) -> None:
    """What goes with every document, after its lines: its VAT by rate, the journal, the ledger, and its file."""
    InvoiceTax.objects.bulk_create(
        InvoiceTax(
            invoice=invoice, customer_id=invoice.customer_id, vat_category=group.category, vat_country=group.country,
            vat_basis_points=group.basis_points, net_cents=group.net_cents, vat_cents=group.vat_cents,
        )
        for group in sums.groups
    )  # fmt: skip
    journal.record(
        action, at=now, table="billing_invoice", object_id=invoice.pk, customer_id=invoice.customer_id
    )
    ledger.book_invoice(invoice.pk, now=now)
    from hospes.billing.jobs import make_document

    make_document.enqueue(invoice_id=invoice.pk)


def number_of(kind: str, today: date) -> dict[str, object]:
    """The next number of a kind of document on a day, with its place in the series; ask for it last."""
    series, year = Series.objects.get(kind=kind), book_year(today)
    sequence = next_number(rules.series_of_year(series.key, year))
    return {
        "kind": kind, "series": series, "book_year": year, "sequence": sequence,
        "number": rules.document_number(series.prefix, year, sequence),
    }  # fmt: skip


def book_year(day: date) -> int:
    """The book year that a day is in: the operator's, or where it has none the calendar year."""
    found = BookYear.objects.filter(begins_on__lte=day, ends_on__gte=day).values_list("year", flat=True)
    return found.first() or day.year


def seller_of_now() -> Seller:
    """The operator as its documents name it from now on."""
    operator = settings.HOSPES_OPERATOR
    return Seller.objects.get_or_create(
        name=operator.name, street=operator.street, postcode=operator.postcode, town=operator.town,
        country=operator.country, kvk_number=operator.kvk, vat_number=operator.vat_number, email=operator.email,
        iban=operator.iban, accent=operator.accent,
    )[0]  # fmt: skip


def buyer_of(customer_id: int, now: datetime) -> dict[str, object]:
    """What a document says of the customer, as it is now."""
    customer, person = Customer.objects.get(pk=customer_id), addressee(customer_id, now=now)
    contact = person.name if person and customer.kind == Customer.Kind.BUSINESS else ""
    return {
        "customer_id": customer_id, "language": person.language if person else "nl", "buyer_name": customer.name,
        "buyer_contact": contact, "buyer_street": customer.street, "buyer_postcode": customer.postcode,
        "buyer_town": customer.town, "buyer_country": customer.country, "buyer_kvk_number": customer.kvk_number,
        "buyer_vat_number": customer.vat_number, "buyer_email": customer.invoice_email,
    }  # fmt: skip
