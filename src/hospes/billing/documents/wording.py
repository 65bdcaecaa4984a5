"""The sentences of a document: which one is true of this document, filled in."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from hospes.billing.documents.countries import country_name
from hospes.billing.documents.labels import labels
from hospes.billing.documents.model import EU, InvoiceDocument
from hospes.billing.documents.notation import euros, long_date, number
from hospes.billing.documents.parts import DocumentLine, PaymentMeans, VatCategory, VatGroup


def opening_said(doc: InvoiceDocument) -> list[tuple[str, bool]]:
    """The answer at the top: what this asks of the reader, in pieces, and which of them stand out."""
    values = {
        "amount": euros(
            doc.total_cents if doc.is_credit_note and not doc.set_off_cents else doc.open_cents, doc.language
        ),
        "off": euros(doc.set_off_cents, doc.language),
        "reason": doc.reason,
        "paid": euros(doc.paid_cents, doc.language),
        "date": long_date(doc.due_on, doc.language),
        "number": doc.corrects_number,
    }
    pieces: list[tuple[str, bool]] = []
    template = labels(doc.language)[_opening(doc)]
    if doc.reason:
        template += " " + labels(doc.language)["say_why"]
    for plain, name, _, _ in Formatter().parse(template):
        pieces.append((plain, False))
        if name:
            pieces.append((values[name], name != "reason"))
    return [piece for piece in pieces if piece[0]]


def payment_said(doc: InvoiceDocument) -> str:
    """Say when and how it was (partly) paid or paid back; empty when it was not."""
    if doc.paid_on is None:
        return ""
    name = ("refunded" if doc.is_credit_note else "paid") + ("_with" if doc.payment_method else "")
    day = long_date(doc.paid_on, doc.language)
    return labels(doc.language)[name].format(date=day, method=doc.payment_method)


def set_off_said(doc: InvoiceDocument) -> str:
    """Say what of a credit note is settled against its invoice; empty where nothing is."""
    if not doc.set_off_cents:
        return ""
    words = labels(doc.language)["set_off"]
    return words.format(amount=euros(doc.set_off_cents, doc.language), number=doc.corrects_number)


def badge_said(doc: InvoiceDocument) -> str:
    """One word for a document about which nothing is left to do, else empty."""
    if not (doc.is_settled and doc.paid_cents):
        return ""
    return labels(doc.language)["badge_refunded" if doc.is_credit_note else "badge_paid"]


def terms_said(doc: InvoiceDocument) -> str:
    """Say when an open invoice is to be paid; empty on every other document."""
    if doc.is_credit_note or doc.is_pro_forma or not doc.open_cents:
        return ""
    words, days = labels(doc.language), (doc.due_on - doc.issued_on).days
    if doc.payment_means is PaymentMeans.DIRECT_DEBIT or doc.collect_on:
        return words["terms_debit"].format(date=long_date(doc.collect_on or doc.due_on, doc.language))
    return words["terms_days"].format(days=days) if days else words["terms_at_once"]


def rate_said(line: DocumentLine, doc: InvoiceDocument) -> str:
    """What stands in the VAT column of a line: the rate, or why there is none."""
    words = labels(doc.language)
    return words.get(f"rate_{line.vat_category}") or f"{number(line.vat_percent, doc.language)}%"


def group_said(group: VatGroup, doc: InvoiceDocument) -> str:
    """What a VAT group is called among the sums."""
    words, abroad = labels(doc.language), doc.vat_country and group.category is VatCategory.STANDARD
    template = words.get(f"over_{group.category}") or words["vat_abroad_over" if abroad else "vat_over"]
    return template.format(
        percent=number(group.percent, doc.language),
        country=country_name(doc.vat_country, doc.language),
        amount=euros(group.net_cents, doc.language),
    )


def reason_said(category: VatCategory, doc: InvoiceDocument) -> str:
    """
    Why no VAT is charged on what is in this category (BT-120); empty where VAT is, or the rate is zero.

    The usual words come first, since the law asks for exactly those (art. 226(11) and (11a) of the VAT directive).
    """
    usual = labels(doc.language).get(f"reason_{category}", "")
    own = _own_reasons(category, doc)
    if usual and own and not own.lower().startswith(usual.lower()):
        return f"{usual}: {own}"
    return own or usual


def notes_said(doc: InvoiceDocument) -> Iterator[str]:
    """The sentences below the sums that the law asks for, or that keep a reader from a mistake."""
    words = labels(doc.language)
    if doc.is_pro_forma:
        yield words["note_pro_forma"]
    if doc.vat_country:
        yield words["note_oss"].format(country=country_name(doc.vat_country, doc.language))
    for category in dict.fromkeys(group.category for group in doc.vat_groups):
        abroad = doc.buyer.country != doc.seller.country and doc.buyer.country in EU
        usual = "note_AE_abroad" if category is VatCategory.REVERSE_CHARGE and abroad else f"note_{category}"
        if _own_reasons(category, doc):
            yield reason_said(category, doc)
        elif usual in words:
            yield words[usual]


def _own_reasons(category: VatCategory, doc: InvoiceDocument) -> str:
    reasons = (line.vat_reason.strip() for line in doc.lines if line.vat_category is category)
    return " ".join(dict.fromkeys(reason for reason in reasons if reason))


def _opening(doc: InvoiceDocument) -> str:
    if doc.is_credit_note:
        if not doc.total_cents:
            return "say_nothing_credited"
        if doc.set_off_cents:
            return "say_partly_set_off" if doc.open_cents else "say_set_off"
        return "say_refunded" if doc.is_settled else "say_credit"
    if doc.is_pro_forma:
        return "say_pro_forma"
    if not doc.total_cents:
        return "say_nothing_due"
    if doc.is_settled:
        return "say_paid"
    if doc.payment_means is PaymentMeans.DIRECT_DEBIT:
        return "say_debit"
    return "say_part_paid" if doc.paid_cents else "say_pay"
