"""A quote as a page to read: the same page as an invoice, with other words; PDF/A-3a and PDF/UA-1, without a UBL inside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hospes.billing.documents import notation
from hospes.billing.documents.characters import drawable, for_paper, paragraphs
from hospes.billing.documents.labels import labels
from hospes.billing.documents.model import DocumentKind, InvoiceDocument
from hospes.billing.documents.parts import Language
from hospes.billing.documents.pdf import page
from hospes.billing.documents.press import print_pdf

_NARROW = 16

_WORDS: dict[Language, dict[str, str]] = {
    "nl": {
        "heading": "Offerte", "number": "Offertenummer", "version": "Versie", "made_on": "Datum",
        "valid_until": "Geldig tot en met",
        "opening": "Hierbij onze offerte. U kunt die accepteren tot en met {date}. Het gaat om {amount}, inclusief btw.",
        "how": "Zo accepteert u de offerte", "where": "Waar", "account": "In uw account, onder Bestellingen",
        "until": "Uiterlijk op", "paying": "Betalen", "first": "Direct na het accepteren",
        "at_once": "Direct na ontvangst van de factuur; de factuur komt na het accepteren",
        "later": "Binnen {days} dagen na de factuurdatum; de factuur komt na het accepteren",
        "terms": "Op deze offerte zijn onze algemene voorwaarden van toepassing. De prijzen zijn zonder btw.",
    },
    "en": {
        "heading": "Quote", "number": "Quote number", "version": "Version", "made_on": "Date", "valid_until": "Valid until",
        "opening": "This is our quote. You can accept it up to and including {date}. It comes to {amount}, including VAT.",
        "how": "How to accept this quote", "where": "Where", "account": "In your account, under Orders",
        "until": "By", "paying": "Payment", "first": "Right after you accept",
        "at_once": "On receipt of the invoice; the invoice comes once you accepted",
        "later": "Within {days} days of the invoice date; the invoice comes once you accepted",
        "terms": "Our general terms apply to this quote. Prices are without VAT.",
    },
}  # fmt: skip


@dataclass(frozen=True)
class QuoteDocument:
    """
    A quote that is ready to be sent. `said`: parties, lines and sums, as a pro-forma whose `due_on` is the last day.

    `term_days`: within how many days its invoice is to be paid; None where it is paid first.
    """

    said: InvoiceDocument
    version: int
    intro: str = ""
    term_days: int | None = None

    def __post_init__(self) -> None:
        if self.said.kind is not DocumentKind.PRO_FORMA or self.version < 1:
            raise ValueError("a quote is in no book, and its versions are counted from 1")


def quote_pdf(doc: QuoteDocument, *, created_at: datetime) -> bytes:
    """
    Return the quote as PDF/A-3a and PDF/UA-1; the same arguments give the same bytes. Raises press.PressError.

    created_at (with a zone) is what the file says about when it was made.
    """
    inputs = {"page": json.dumps(quote_page(doc)), "xml": "", "logo": doc.said.logo_svg}
    return print_pdf(inputs, created_at=created_at.replace(microsecond=0))  # the typesetter takes none


def quote_page(doc: QuoteDocument) -> dict[str, Any]:
    """Everything that stands on the page, written out; all text goes to the template as data."""
    said, words = doc.said, _WORDS[doc.said.language]
    made = page(said)
    number = for_paper(said.number, _NARROW)
    until = notation.long_date(said.due_on, said.language)
    opening = words["opening"].format(date=until, amount=notation.euros(said.total_cents, said.language))
    return made | {
        "title": drawable(f"{words['heading']} {said.number} · {said.seller.name}"),
        "heading": words["heading"],
        "running": f"{words['heading']} {number}",
        "facts": [*_facts(doc, number), *_others(made["facts"], said.language)],
        "badge": "",
        "opening": [{"text": text, "strong": False} for text in (*_as_one(doc.intro), opening)],
        "notes": [*_notes(made["notes"], said.language), words["terms"]],
        "pay": list(_how(doc, until)),
        "how_to_pay": words["how"],
    }


def _as_one(intro: str) -> Iterator[str]:
    """The introduction, as it runs on before our own sentence."""
    if intro.strip():
        yield " ".join(for_paper(text) for text in paragraphs(intro)) + " "


def _facts(doc: QuoteDocument, number: str) -> Iterator[tuple[str, str]]:
    said, words = doc.said, _WORDS[doc.said.language]
    yield words["number"], number
    if doc.version > 1:
        yield words["version"], str(doc.version)
    yield words["made_on"], _day(said.issued_on, said.language)
    yield words["valid_until"], _day(said.due_on, said.language)


def _others(facts: list[tuple[str, str]], language: Language) -> Iterator[tuple[str, str]]:
    """What an invoice says as well, but for its own number and days, which come first."""
    words = labels(language)
    own = {words[name] for name in ("pro_forma_number", "pro_forma_issued_on", "due_on")}
    return ((label, value) for label, value in facts if label not in own)


def _notes(notes: list[str], language: Language) -> list[str]:
    return [note for note in notes if note != for_paper(labels(language)["note_pro_forma"])]


def _how(doc: QuoteDocument, until: str) -> Iterator[tuple[str, str]]:
    words = _WORDS[doc.said.language]
    yield words["where"], words["account"]
    yield words["until"], until
    yield words["paying"], _when(doc.term_days, words)


def _when(term_days: int | None, words: Mapping[str, str]) -> str:
    if term_days is None:
        return words["first"]
    return words["later"].format(days=term_days) if term_days else words["at_once"]


def _day(day: date, language: Language) -> str:
    return notation.long_date(day, language)
