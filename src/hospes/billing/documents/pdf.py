"""The invoice as a page to read: PDF/A-3a and PDF/UA-1, with the UBL invoice inside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from hospes.billing.documents import notation
from hospes.billing.documents.characters import drawable, for_paper, paragraphs
from hospes.billing.documents.colours import tint, written_in
from hospes.billing.documents.countries import country_name
from hospes.billing.documents.labels import labels
from hospes.billing.documents.model import InvoiceDocument
from hospes.billing.documents.parts import DirectDebit, DocumentLine, Party
from hospes.billing.documents.press import print_pdf
from hospes.billing.documents.wording import (
    badge_said,
    group_said,
    notes_said,
    opening_said,
    payment_said,
    rate_said,
)

# In characters: what fits a column of figures, and how much text surely stays on one page.
_NARROW = 16
_FITS_A_PAGE = 1200


def invoice_pdf(doc: InvoiceDocument, xml: bytes = b"", *, created_at: datetime | None = None) -> bytes:
    """
    Return the document as PDF/A-3a with xml attached as factuur.xml (relationship: alternative); a pro-forma has none.

    created_at (with a zone) is what the file says about when it was made; without it, the day of issue at
    00:00 UTC. The same arguments give the same bytes. xml is UTF-8 and attached byte for byte.
    Raises press.PressError when the page cannot be made, ValueError for an invoice without xml or a pro-forma with.
    """
    if doc.is_pro_forma == bool(xml):
        raise ValueError(
            "an invoice or credit note has UBL inside; a pro-forma must not be booked and has none"
        )
    made = created_at or datetime.combine(doc.issued_on, time(), tzinfo=UTC)
    inputs = {"page": json.dumps(page(doc)), "xml": xml.decode("utf-8"), "logo": doc.logo_svg}
    return print_pdf(inputs, created_at=made)


def page(said: InvoiceDocument) -> dict[str, Any]:
    """
    Return everything that stands on the page, written out, as the template wants it.

    All text goes to the template as data: it can say anything and is never read as markup.
    """
    doc = _on_paper(said)
    words = labels(doc.language)
    heading = words[doc.kind.value]
    return {
        "language": doc.language,
        "title": drawable(f"{f'{heading} {said.number}'.strip()} · {said.seller.name}"),
        "author": drawable(said.seller.name),
        "heading": heading,
        "running": f"{heading} {doc.number}".strip(),
        "accent": doc.accent,
        "accent_ink": written_in(doc.accent),
        "accent_tint": tint(doc.accent),
        "seller": doc.seller.name,
        "footer": _footer(doc),
        "address": _address(doc),
        "facts": list(_facts(doc)),
        "badge": badge_said(doc),
        "greeting": words["greeting"].format(name=doc.buyer.addressed_as),
        "opening": [{"text": text, "strong": strong} for text, strong in opening_said(doc)],
        "columns": [words[name] for name in ("description", "quantity", "price", "vat", "amount")],
        "rows": [_row(line, doc) for line in doc.lines],
        "sums": list(_sums(doc)),
        "total": _total(doc),
        "payments": list(_payments(doc)),
        "notes": [for_paper(note) for note in notes_said(doc)],
        "pay": list(_how_to_pay(doc)),
        "how_to_pay": words["how_we_collect" if doc.direct_debit or doc.collect_on else "how_to_pay"],
        "page_of": words["page"],
        "attachment": words["credit_attachment" if doc.is_credit_note else "attachment"],
    }


def _on_paper(doc: InvoiceDocument) -> InvoiceDocument:
    """The same document with every text from outside made fit to print."""
    return replace(
        doc,
        number=for_paper(doc.number, _NARROW),
        customer_number=for_paper(doc.customer_number, _NARROW),
        quote_number=for_paper(doc.quote_number, _NARROW),
        buyer_reference=for_paper(doc.buyer_reference, _NARROW),
        order_reference=for_paper(doc.order_reference, _NARROW),
        copies_to=tuple(for_paper(name, _NARROW) for name in doc.copies_to),
        corrects_number=for_paper(doc.corrects_number, _NARROW),
        reason=for_paper(doc.reason),
        seller_iban=drawable(doc.seller_iban),
        payment_method=for_paper(doc.payment_method),
        seller=_party_on_paper(doc.seller),
        buyer=_party_on_paper(doc.buyer),
        lines=tuple(replace(line, description=for_paper(line.description)) for line in doc.lines),
    )


def _party_on_paper(party: Party) -> Party:
    return replace(
        party,
        name=for_paper(party.name),
        contact_name=for_paper(party.contact_name),
        street=for_paper(party.street),
        postcode=for_paper(party.postcode).replace(" ", notation.NO_BREAK),
        town=for_paper(party.town),
        kvk=for_paper(party.kvk, _NARROW),
        vat_number=for_paper(party.vat_number, _NARROW),
        email=for_paper(party.email),
    )


def _town(party: Party) -> str:
    return f"{party.postcode}{notation.NO_BREAK * 2}{party.town}" if party.postcode else party.town


def _address(doc: InvoiceDocument) -> list[str]:
    buyer, lines = doc.buyer, [doc.buyer.name]
    if buyer.contact_name:
        lines.append(labels(doc.language)["attention"].format(name=buyer.contact_name))
    lines += [buyer.street, _town(buyer)]
    if buyer.country != doc.seller.country:
        lines.append(country_name(buyer.country, doc.language))
    return lines


def _footer(doc: InvoiceDocument) -> list[list[str]]:
    words, seller = labels(doc.language), doc.seller
    town = _town(seller)
    if seller.country != doc.buyer.country:
        town += f", {country_name(seller.country, doc.language)}"
    columns = (
        [seller.name, seller.street, town],
        [f"{words['kvk']} {seller.kvk}", f"{words['vat_number']} {seller.vat_number}"],
        [f"{words['iban']} {notation.iban(doc.seller_iban)}", seller.email],
    )
    return [[text for text in column if text] for column in columns]


def _facts(doc: InvoiceDocument) -> Iterator[tuple[str, str]]:
    words = labels(doc.language)
    prefix = {"credit_note": "credit_", "pro_forma": "pro_forma_"}.get(doc.kind, "")
    facts = [
        (words[f"{prefix}number"], doc.number),
        (words[f"{prefix}issued_on"], notation.long_date(doc.issued_on, doc.language)),
        (words["delivered_on"], _day(doc.delivered_on, doc)),
        (words["corrects"], _corrected(doc)),
        (words["customer_number"], doc.customer_number),
        (words["quote_number"], doc.quote_number),
        (words["buyer_reference"], doc.buyer_reference),
        (words["order_reference"], doc.order_reference),
        (words["your_kvk"], doc.buyer.kvk),
        (words["your_vat_number"], doc.buyer.vat_number),
        (words["copies_to"], ", ".join(doc.copies_to)),
    ]
    if doc.open_cents and not doc.is_credit_note:
        facts.insert(2, (words["due_on"], _day(doc.due_on, doc)))
    return ((label, value) for label, value in facts if value)


def _day(day: date | None, doc: InvoiceDocument) -> str:
    return notation.long_date(day, doc.language) if day else ""


def _corrected(doc: InvoiceDocument) -> str:
    if not doc.corrects_issued_on:
        return doc.corrects_number
    dated = labels(doc.language)["corrects_dated"]
    return dated.format(number=doc.corrects_number, date=_day(doc.corrects_issued_on, doc))


def _row(line: DocumentLine, doc: InvoiceDocument) -> dict[str, Any]:
    words, language = labels(doc.language), doc.language
    period = ""
    if line.period_from and line.period_to:
        period = notation.period(line.period_from, line.period_to, language, words["to"])
    return {
        "description": line.description,
        "details": [*paragraphs(line.details), *([period] if period else [])],
        "breakable": len(line.description) + len(line.details) > _FITS_A_PAGE,
        "amounts": [
            notation.number(line.quantity, language),
            notation.euros(line.unit_price_cents, language),
            rate_said(line, doc),
            notation.euros(line.net_cents, language),
        ],
    }


def _sums(doc: InvoiceDocument) -> Iterator[tuple[str, str]]:
    words, language = labels(doc.language), doc.language
    yield words["net"], notation.euros(doc.net_cents, language)
    for group in doc.vat_groups:
        yield group_said(group, doc), notation.euros(group.vat_cents, language)


def _total(doc: InvoiceDocument) -> tuple[str, str]:
    label = "credit_total" if doc.is_credit_note else "total"
    return labels(doc.language)[label], notation.euros(doc.total_cents, doc.language)


def _payments(doc: InvoiceDocument) -> Iterator[tuple[str, str]]:
    still_open = "credit_still_open" if doc.is_credit_note else "still_open"
    if doc.set_off_cents:
        row = labels(doc.language)["set_off_row"].format(number=doc.corrects_number)
        yield row, notation.euros(-doc.set_off_cents, doc.language)
    if doc.paid_cents:
        yield payment_said(doc), notation.euros(-doc.paid_cents, doc.language)
    if doc.paid_cents or doc.set_off_cents:
        yield labels(doc.language)[still_open], notation.euros(doc.open_cents, doc.language)


def _how_to_pay(doc: InvoiceDocument) -> Iterator[tuple[str, str]]:
    if doc.is_credit_note or not doc.open_cents:
        return
    words = labels(doc.language)
    yield words["pay_amount"], notation.euros(doc.open_cents, doc.language)
    if doc.direct_debit:
        yield from _how_we_collect(doc, doc.direct_debit)
        return
    if doc.collect_on:  # through the payment provider, which has the mandate and the account
        yield words["collect_on"], _day(doc.collect_on, doc)
        return
    yield words["pay_to"], notation.iban(doc.seller_iban)
    yield words["pay_name"], doc.seller.name
    yield words["pay_mention"], doc.mentioned_as
    yield words["pay_before"], _day(doc.due_on, doc)


def _how_we_collect(doc: InvoiceDocument, debit: DirectDebit) -> Iterator[tuple[str, str]]:
    words, account = labels(doc.language), "".join(debit.debited_iban.split())
    yield words["collect_on"], _day(doc.collect_on or doc.due_on, doc)
    # Enough for the payer to know the account; who finds the paper learns nothing to take money with.
    yield words["collect_from"], drawable(f"{account[:2]} •• {account[-4:]}")
    yield words["mandate"], for_paper(debit.mandate_reference)
    yield words["creditor"], for_paper(debit.creditor_identifier)
