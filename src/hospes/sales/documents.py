"""From a quote to the page that says the same. Acts for the contract."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from hospes.billing import rules as billing_rules
from hospes.billing.documents.model import (
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Language,
    Party,
    VatCategory,
    VatGroup,
)
from hospes.billing.documents.notation import euros
from hospes.billing.documents.quote import QuoteDocument, quote_pdf
from hospes.billing.models import Seller
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.sales import names, parties
from hospes.sales.models import Quote, QuoteLine


def pdf_of(quote: Quote) -> bytes:
    """The file of a quote, in its own language: made anew each time, and the same each time."""
    return quote_pdf(document_of(quote), created_at=quote.made_at)


def document_of(quote: Quote) -> QuoteDocument:
    """What the page of a quote says."""
    lines = list(QuoteLine.objects.filter(quote_id=quote.pk).order_by("position"))
    number = Customer.objects.values_list("number", flat=True).get(pk=quote.customer_id)
    seller = Seller.objects.filter(pk=quote.seller_id or 0).first() or Seller(**parties.seller_now())
    made_on = clock.day_of(quote.made_at)
    with override(quote.language):
        said = [each for line in lines for each in _lines(line, cast(Language, quote.language))]
    sums = billing_rules.taxed(
        (line.net_cents, billing_rules.Tax(line.vat_basis_points, line.vat_category, line.vat_country))
        for line in lines
    )
    abroad = {line.vat_country for line in lines if line.vat_category == "S"} - {seller.country}
    return QuoteDocument(
        InvoiceDocument(
            number=quote.number, kind=DocumentKind.PRO_FORMA, issued_on=made_on, due_on=max(quote.valid_until, made_on),
            seller=Party(
                name=seller.name, street=seller.street, postcode=seller.postcode, town=seller.town, country=seller.country,
                kvk=seller.kvk_number, vat_number=seller.vat_number, email=seller.email,
            ),
            seller_iban=seller.iban, buyer=_buyer(quote), customer_number=str(number), buyer_reference=quote.reference,
            order_reference=quote.purchase_order, lines=tuple(said), vat_country=abroad.pop() if abroad else "",
            vat_groups=tuple(
                VatGroup(category=VatCategory(g.category), percent=g.percent, net_cents=g.net_cents, vat_cents=g.vat_cents)
                for g in sums.groups
            ),
            net_cents=quote.net_cents, vat_cents=quote.vat_cents, total_cents=quote.total_cents,
            language=cast(Language, quote.language), accent=seller.accent,
        ),
        version=quote.version, intro=quote.intro, term_days=quote.term_days if quote.on_account else None,
    )  # fmt: skip


def _buyer(quote: Quote) -> Party:
    """The customer as it was; of quotes from before that was kept, as it is."""
    held = vars(quote) if quote.buyer_name else parties.as_now(quote.customer_id, quote.made_at)
    return Party(
        name=held["buyer_name"], contact_name=held["buyer_contact"], street=held["buyer_street"],
        postcode=held["buyer_postcode"], town=held["buyer_town"], country=held["buyer_country"],
        kvk=held["buyer_kvk_number"], vat_number=held["buyer_vat_number"],
    )  # fmt: skip


def _lines(line: QuoteLine, language: Language) -> Iterator[DocumentLine]:
    """What is due now of a line: its first term, and its set-up."""
    common: dict[str, Any] = {"quantity": Decimal(1), "vat_percent": Decimal(line.vat_basis_points) / 100,
              "vat_category": VatCategory(line.vat_category)}  # fmt: skip
    first = line.steps_cents[0]
    yield DocumentLine(
        description=line.description,
        details="\n".join(_details(line, language)),
        unit_price_cents=first,
        net_cents=first,
        **common,
    )
    if line.setup_cents:
        yield DocumentLine(
            description=names.setup_of(line.description),
            unit_price_cents=line.setup_cents,
            net_cents=line.setup_cents,
            **common,
        )


def _details(line: QuoteLine, language: Language) -> Iterator[str]:
    """For what and how long it is, what was taken off, and what later terms cost; in the active language."""
    if line.label:
        yield line.label
    if line.details:
        yield line.details
    if line.quantity > 1:
        yield _("Number: %(n)d") % {"n": line.quantity}
    if line.months:
        yield ngettext("For a term of %(n)d month", "For a term of %(n)d months", line.months) % {
            "n": line.months
        }
    if line.discount_basis_points:
        words = {"percent": line.discount_words}
        yield (_("%(percent)s discount on the first term") if line.discount_once and line.months
               else _("%(percent)s discount")) % words  # fmt: skip
    for step in line.steps[1:]:
        yield _("From term %(n)d on: %(sum)s per term, without VAT") % {
            "n": step.from_term,
            "sum": euros(step.cents, language),
        }
