"""
Every word of ours on a document, in Dutch and in English; what is between braces is filled in.

A dictionary and not gettext: the document is in the language of the customer, not of the process that makes
it, and the typesetter has no gettext. A test keeps the two languages complete.
"""

from __future__ import annotations

from collections.abc import Mapping

from hospes.billing.documents.model import Language

_DUTCH = {
    "invoice": "Factuur",
    "credit_note": "Creditfactuur",
    "number": "Factuurnummer",
    "credit_number": "Nummer",
    "issued_on": "Factuurdatum",
    "credit_issued_on": "Datum",
    "due_on": "Betalen vóór of op",
    "customer_number": "Klantnummer",
    "quote_number": "Offertenummer",
    "order_reference": "Uw referentie",
    "corrects": "Hoort bij factuur",
    "your_kvk": "Uw KvK-nummer",
    "your_vat_number": "Uw btw-nummer",
    "attention": "t.a.v. {name}",
    "greeting": "Beste {name},",
    "say_pay": "We ontvangen graag {amount} uiterlijk op {date}. Onderaan leest u hoe u betaalt.",
    "say_part_paid": "We ontvingen al {paid}. Er staat nog {amount} open. "
    "Dat bedrag ontvangen we graag uiterlijk op {date}.",
    "say_paid": "Dank u wel, deze factuur is betaald. U hoeft niets meer te doen.",
    "say_nothing_due": "Voor deze factuur hoeft u niets te betalen.",
    "say_credit": "Hiermee corrigeren we factuur {number}. Het bedrag van {amount} verrekenen we met wat u "
    "nog moet betalen, of u krijgt het van ons terug.",
    "say_refunded": "Hiermee corrigeren we factuur {number}. We hebben {amount} aan u terugbetaald.",
    "say_nothing_credited": "Hiermee corrigeren we factuur {number}. Het bedrag verandert niet.",
    "set_off_note": "Wordt verrekend met openstaande facturen of terugbetaald.",
    "description": "Omschrijving",
    "quantity": "Aantal",
    "price": "Prijs",
    "vat": "Btw",
    "amount": "Bedrag",
    "to": "t/m",
    "net": "Totaal zonder btw",
    "vat_over": "Btw {percent}% over {amount}",
    "reverse_charge_over": "Btw verlegd over {amount}",
    "reverse_charge": "Btw verlegd",
    "total": "Totaal",
    "credit_total": "Totaal terug",
    "paid": "Betaald op {date}",
    "paid_with": "Betaald op {date} met {method}",
    "refunded": "Terugbetaald op {date}",
    "refunded_with": "Terugbetaald op {date} met {method}",
    "still_open": "Nog te betalen",
    "credit_still_open": "Nog terug te krijgen",
    "badge_paid": "Betaald",
    "badge_refunded": "Terugbetaald",
    "how_to_pay": "Zo betaalt u",
    "pay_amount": "Bedrag",
    "pay_to": "Naar rekening",
    "pay_name": "Op naam van",
    "pay_mention": "Met als omschrijving",
    "pay_before": "Uiterlijk op",
    "kvk": "KvK",
    "vat_number": "Btw",
    "iban": "IBAN",
    "page": "Pagina {page} van {pages}",
    "attachment": "Dezelfde factuur als UBL (EN 16931), voor uw boekhoudprogramma",
}

_ENGLISH = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "number": "Invoice number",
    "credit_number": "Number",
    "issued_on": "Invoice date",
    "credit_issued_on": "Date",
    "due_on": "To be paid by",
    "customer_number": "Customer number",
    "quote_number": "Quote number",
    "order_reference": "Your reference",
    "corrects": "Belongs to invoice",
    "your_kvk": "Your KvK number",
    "your_vat_number": "Your VAT number",
    "attention": "Attn. {name}",
    "greeting": "Dear {name},",
    "say_pay": "Please pay {amount} by {date}. How to do that is explained below.",
    "say_part_paid": "We have received {paid}, thank you. {amount} is still open. Please pay it by {date}.",
    "say_paid": "Thank you, this invoice has been paid. There is nothing more you need to do.",
    "say_nothing_due": "There is nothing to pay for this invoice.",
    "say_credit": "This corrects invoice {number}. We will set off {amount} against what you still have to "
    "pay, or pay it back to you.",
    "say_refunded": "This corrects invoice {number}. We have paid back {amount} to you.",
    "say_nothing_credited": "This corrects invoice {number}. The amount does not change.",
    "set_off_note": "Will be set off against open invoices or paid back.",
    "description": "Description",
    "quantity": "Quantity",
    "price": "Price",
    "vat": "VAT",
    "amount": "Amount",
    "to": "to",
    "net": "Total without VAT",
    "vat_over": "VAT {percent}% on {amount}",
    "reverse_charge_over": "VAT reverse charged on {amount}",
    "reverse_charge": "Reverse charge",
    "total": "Total",
    "credit_total": "Total returned",
    "paid": "Paid on {date}",
    "paid_with": "Paid on {date} with {method}",
    "refunded": "Paid back on {date}",
    "refunded_with": "Paid back on {date} with {method}",
    "still_open": "Still to pay",
    "credit_still_open": "Still to be returned",
    "badge_paid": "Paid",
    "badge_refunded": "Paid back",
    "how_to_pay": "How to pay",
    "pay_amount": "Amount",
    "pay_to": "To account",
    "pay_name": "In the name of",
    "pay_mention": "Mention",
    "pay_before": "By",
    "kvk": "KvK",
    "vat_number": "VAT",
    "iban": "IBAN",
    "page": "Page {page} of {pages}",
    "attachment": "The same invoice as UBL (EN 16931), for your bookkeeping software",
}

_LABELS: dict[Language, Mapping[str, str]] = {"nl": _DUTCH, "en": _ENGLISH}

# Only for addresses abroad: code, Dutch, English. A country that is not here is written as its code.
_COUNTRIES = {
    code: {"nl": dutch, "en": english}
    for code, dutch, english in (
        ("AT", "Oostenrijk", "Austria"),
        ("BE", "België", "Belgium"),
        ("BG", "Bulgarije", "Bulgaria"),
        ("CH", "Zwitserland", "Switzerland"),
        ("CY", "Cyprus", "Cyprus"),
        ("CZ", "Tsjechië", "Czechia"),
        ("DE", "Duitsland", "Germany"),
        ("DK", "Denemarken", "Denmark"),
        ("EE", "Estland", "Estonia"),
        ("ES", "Spanje", "Spain"),
        ("FI", "Finland", "Finland"),
        ("FR", "Frankrijk", "France"),
        ("GB", "Verenigd Koninkrijk", "United Kingdom"),
        ("GR", "Griekenland", "Greece"),
        ("HR", "Kroatië", "Croatia"),
        ("HU", "Hongarije", "Hungary"),
        ("IE", "Ierland", "Ireland"),
        ("IS", "IJsland", "Iceland"),
        ("IT", "Italië", "Italy"),
        ("LI", "Liechtenstein", "Liechtenstein"),
        ("LT", "Litouwen", "Lithuania"),
        ("LU", "Luxemburg", "Luxembourg"),
        ("LV", "Letland", "Latvia"),
        ("MT", "Malta", "Malta"),
        ("NL", "Nederland", "The Netherlands"),
        ("NO", "Noorwegen", "Norway"),
        ("PL", "Polen", "Poland"),
        ("PT", "Portugal", "Portugal"),
        ("RO", "Roemenië", "Romania"),
        ("SE", "Zweden", "Sweden"),
        ("SI", "Slovenië", "Slovenia"),
        ("SK", "Slowakije", "Slovakia"),
        ("US", "Verenigde Staten", "United States"),
    )
}


def labels(language: Language) -> Mapping[str, str]:
    """All words of a document in one language."""
    return _LABELS[language]


def country_name(code: str, language: Language) -> str:
    """The name of a country for an address, or its code where we have no name."""
    return _COUNTRIES[code][language] if code in _COUNTRIES else code
