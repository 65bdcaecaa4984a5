"""
Pro-forma documents: what an unpaid order comes to, or what is invoiced next, as a PDF to have approved. No invoice, no number,
in no book.

Acts for billing, also as the customer's own session: it reads what their invoice would say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import cast

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import override

from hospes.billing import rules
from hospes.billing.documents.model import (
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Language,
    Party,
    VatCategory,
    VatGroup,
)
from hospes.billing.documents.pdf import invoice_pdf
from hospes.billing.queries import wishes
from hospes.billing.tax.queries import taxes_of
from hospes.catalogue.models import Product
from hospes.catalogue.queries import vat_codes
from hospes.customers.models import Customer
from hospes.sales import names
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.sales.queries import pay_until
from hospes.services.models import Content, Service, State
from hospes.services.rules import going_on, renewal

#: States of services that go on to a next term.
_GO_ON = (State.ACTIVE, State.SUSPENDED, State.CANCELLED)


def of_order(order: Order, *, language: str, today: date, contact: str = "") -> InvoiceDocument:
    """The pro-forma of an order that waits for its payment: what its invoice will say, in a language."""
    quote, lines = Quote.objects.get(pk=order.quote_id), list[DocumentLine]()
    groups = list[tuple[int, rules.Tax]]()
    for line in QuoteLine.objects.filter(quote_id=quote.pk).order_by("position"):
        tax = rules.Tax(line.vat_basis_points, line.vat_category, line.vat_country, line.vat_reason)
        with override(language):
            setup, (number, words) = names.setup_of(line.description), names.counted(line)
        lines.append(_line(words, names.details_of(line), number, line.steps_cents[0] // number, tax))
        groups.append((line.steps_cents[0], tax))
        if line.setup_cents:
            lines.append(_line(setup, names.details_of(line), 1, line.setup_cents, tax))
            groups.append((line.setup_cents, tax))
    return _document(
        order.customer_id, lines, groups, quote_number=quote.number, due_on=pay_until(order, today=today),
        language=language, today=today, contact=contact, reference=quote.reference, purchase_order=quote.purchase_order,
    )  # fmt: skip


@dataclass(frozen=True)
class Term:
    """A term of a service that is to be invoiced, as its line will say: so many, at so much each."""

    product: Product
    details: str
    quantity: int
    each_cents: int
    first: date
    last: date

    @property
    def cents(self) -> int:
        """What it comes to, without VAT."""
        return self.each_cents * self.quantity


def next_terms(customer_id: int, *, today: date) -> list[Term]:
    """
    What the next run that invoices something of a customer will invoice, as things stand: the terms that begin first.

    Acts for the contract as the customer, or for billing among everybody.
    """
    held = Service.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=F("renews_on")),
        customer_id=customer_id,
        state__in=_GO_ON,
        renews_on__gt=today,
    ).select_related("product")
    services = sorted(held, key=lambda each: (each.renews_on, each.pk))
    return [next_term(each) for each in services if each.renews_on == services[0].renews_on]


def next_term(service: Service) -> Term:
    """The next term of a service that goes on: with what was planned or raised for it, and agreed when it was ordered."""
    contents = list(
        Content.objects.filter(service_id=service.pk, from_on__lte=service.renews_on).exclude(
            until_on=F("from_on")
        )
    )
    content = next(c for c in contents if c.until_on is None or c.until_on > service.renews_on)
    product = Product.objects.get(pk=content.product_id)
    agreed = _agreed(service, contents, service.run_months // content.months + 1)
    each = content.price_cents if agreed is None else going_on(agreed, content.options_cents)
    last = renewal(service.anchor_on, service.run_months + content.months) - timedelta(days=1)
    details = names.details(service.label, content.details)
    return Term(product, details, content.quantity, each, service.renews_on, last)


def _agreed(service: Service, contents: Sequence[Content], nth: int) -> int | None:
    """
    What one costs in the n-th term while an introductory price lasts; None after that, or once the package, its term or price was
    changed by something else than a raise, which is of the price after it, or options, of which the price comes to it.
    """
    line_id = service.origin.removeprefix("quote_line:")
    line = QuoteLine.objects.filter(
        pk=int(line_id) if line_id.isdigit() else 0, customer_id=service.customer_id
    ).first()
    if line is None or len(line.steps) < 2:
        return None
    prices = {line.steps[-1].cents // line.quantity} | {
        c.price_cents - c.options_cents for c in contents if c.raised_id is not None
    }
    if line.steps[-1].from_term <= nth:
        return None
    if any(
        (c.product_id, c.months) != (line.product_id, line.months)
        or c.price_cents - c.options_cents not in prices
        for c in contents
    ):
        return None
    return [step.cents for step in line.steps if step.from_term <= nth][-1] // line.quantity


def taxes_of_terms(customer_id: int, terms: Sequence[Term], *, today: date) -> list[rules.Tax]:
    """The VAT of each as it is now; raises TaxUnknown, and RateUnknown."""
    taxes = taxes_of(customer_id, net_cents=sum(term.cents for term in terms), today=today)
    codes = vat_codes({term.product.pk for term in terms}, today=today)
    return [taxes.of(codes[term.product.pk]) for term in terms]


def of_terms(
    customer_id: int,
    terms: Sequence[Term],
    taxes: Sequence[rules.Tax],
    *,
    language: str,
    today: date,
    contact: str = "",
) -> InvoiceDocument:
    """The pro-forma of terms that are to be invoiced, each with its VAT, in a language."""
    with override(language):
        lines = [
            replace(
                _line(t.product.name, t.details, t.quantity, t.each_cents, tax),
                period_from=t.first, period_to=t.last,
            )
            for t, tax in zip(terms, taxes, strict=True)
        ]  # fmt: skip
    groups = [(term.cents, tax) for term, tax in zip(terms, taxes, strict=True)]
    due_on = max(terms[0].first, today)
    return _document(
        customer_id,
        lines,
        groups,
        quote_number="",
        due_on=due_on,
        language=language,
        today=today,
        contact=contact,
    )


def pdf(document: InvoiceDocument) -> bytes:
    """Its file; takes a moment, so it is made outside of transactions."""
    return invoice_pdf(document)


def _line(words: str, details: str, quantity: int, each_cents: int, tax: rules.Tax) -> DocumentLine:
    return DocumentLine(
        description=words, details=details, quantity=Decimal(quantity), unit_price_cents=each_cents,
        net_cents=each_cents * quantity,
        vat_percent=Decimal(tax.basis_points) / 100, vat_category=VatCategory(tax.category),
    )  # fmt: skip


def _document(
    customer_id: int, lines: list[DocumentLine], groups: list[tuple[int, rules.Tax]], *, quote_number: str, due_on: date,
    language: str, today: date, contact: str = "", reference: str = "", purchase_order: str = "",
) -> InvoiceDocument:  # fmt: skip
    operator, wanted = settings.HOSPES_OPERATOR, wishes(customer_id)
    sums, number = rules.taxed(groups), Customer.objects.values_list("number", flat=True).get(pk=customer_id)
    seller = Party(
        name=operator.name, street=operator.street, postcode=operator.postcode, town=operator.town, country=operator.country,
        kvk=operator.kvk, vat_number=operator.vat_number, email=operator.email,
    )  # fmt: skip
    abroad = {tax.country for _cents, tax in groups if tax.category == "S"} - {operator.country}
    return InvoiceDocument(
        number="", kind=DocumentKind.PRO_FORMA, issued_on=today, due_on=due_on, seller=seller, seller_iban=operator.iban,
        buyer=_buyer(customer_id, contact), customer_number=str(number), quote_number=quote_number,
        buyer_reference=reference or wanted.reference,
        order_reference=purchase_order or wanted.purchase_order, lines=tuple(lines),
        vat_groups=tuple(
            VatGroup(category=VatCategory(g.category), percent=g.percent, net_cents=g.net_cents, vat_cents=g.vat_cents)
            for g in sums.groups
        ),
        vat_country=abroad.pop() if abroad else "", net_cents=sums.net_cents, vat_cents=sums.vat_cents,
        total_cents=sums.total_cents, language=cast(Language, language), accent=operator.accent,
    )  # fmt: skip


def _buyer(customer_id: int, contact: str) -> Party:
    customer = Customer.objects.get(pk=customer_id)
    return Party(
        name=customer.name, contact_name=contact if customer.kind == Customer.Kind.BUSINESS else "", street=customer.street,
        postcode=customer.postcode, town=customer.town, country=customer.country, kvk=customer.kvk_number,
        vat_number=customer.vat_number, email=customer.invoice_email,
    )  # fmt: skip
