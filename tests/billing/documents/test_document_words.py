"""The words that the law asks for in each VAT case, and what each kind of document asks of its reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hospes.billing.documents import DocumentKind, InvoiceDocument, Language, VatCategory
from hospes.billing.documents.pdf import page
from hospes.billing.documents.quote import QuoteDocument, quote_page
from tests.billing.documents.samples import (
    BUSINESS,
    FRENCH,
    REVERSE_CHARGE,
    SAMPLES,
    make_credit_note,
    make_document,
    untaxed,
)


def said(doc: InvoiceDocument, language: Language) -> dict[str, Any]:
    return page(replace(doc, language=language))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


ABROAD = make_document(REVERSE_CHARGE, buyer=FRENCH)


@pytest.mark.promise("P03")
@pytest.mark.parametrize(
    ("doc", "language", "rate", "sum_line", "note"),
    [
        (
            ABROAD,
            "nl",
            "verlegd",
            "Btw verlegd over € 199,00",
            "Btw verlegd: u geeft de btw aan in uw eigen land",
        ),
        (
            ABROAD,
            "en",
            "reversed",
            "VAT reverse charged on €199.00",
            "Reverse charge: you account for the VAT",
        ),
        (
            SAMPLES["goods to a member state"],
            "nl",
            "0%",
            "Btw 0%, naar ander EU-land",
            "Intracommunautaire levering",
        ),
        (
            SAMPLES["goods to a member state"],
            "en",
            "0%",
            "VAT 0%, to another EU country",
            "Intra-Community supply",
        ),
        (
            SAMPLES["export"],
            "nl",
            "0%",
            "Btw 0%, uitvoer uit de EU",
            "Uitvoer buiten de EU met 0% btw (artikel 146",
        ),
        (
            SAMPLES["export"],
            "en",
            "0%",
            "VAT 0%, export from the EU",
            "Export outside the EU at 0% VAT (Article 146",
        ),
        (
            SAMPLES["exempt"],
            "nl",
            "vrij",
            "Vrijgesteld van btw: € 199,00",
            "Vrijgesteld van btw: Artikel 11 Wet OB 1968",
        ),
        (SAMPLES["outside the scope"], "nl", "geen", "Niet onderworpen aan btw: € 199,00", None),
        (SAMPLES["outside the scope"], "en", "none", "Not subject to VAT: €199.00", None),
        (
            SAMPLES["one-stop shop"],
            "nl",
            "19%",
            "Btw 19% (Duitsland) over € 9,99",
            "Dit is de btw van Duitsland.",
        ),
        (SAMPLES["one-stop shop"], "en", "19%", "VAT 19% (Germany) on €9.99", "This is the VAT of Germany."),
    ],
)
def test_each_vat_case_has_its_own_words(
    doc: InvoiceDocument, language: Language, rate: str, sum_line: str, note: str | None
) -> None:
    on_page = said(doc, language)
    assert on_page["rows"][0]["amounts"][2] == rate
    assert plain(on_page["sums"][1][0]).startswith(sum_line)
    if note is None:
        assert on_page["notes"] == []
    else:
        [only] = on_page["notes"]
        assert only.startswith(note)


def test_reverse_charge_at_home_names_no_article_about_abroad() -> None:
    on_page = page(make_document(REVERSE_CHARGE, buyer=BUSINESS))
    assert (on_page["notes"], on_page["rows"][0]["amounts"][2]) == ([], "verlegd")


def test_own_words_for_a_reason_come_after_those_of_the_law_and_once() -> None:
    lines = [
        untaxed(VatCategory.REVERSE_CHARGE, vat_reason=why) for why in ("artikel 12(5)", "artikel 12(5)", "x")
    ]
    assert page(make_document(*lines, buyer=BUSINESS))["notes"] == ["Btw verlegd: artikel 12(5) x"]


@pytest.mark.parametrize(
    ("language", "heading", "opening", "note"),
    [
        (
            "nl",
            "Pro-formafactuur",
            "Dit is nog geen factuur. Als u € 143,57 hebt betaald,",
            "u kunt er geen btw mee",
        ),
        (
            "en",
            "Pro forma invoice",
            "This is not an invoice yet. Once you have paid €143.57,",
            "you cannot reclaim VAT",
        ),
    ],
)
def test_a_pro_forma_says_that_it_is_no_invoice(
    language: Language, heading: str, opening: str, note: str
) -> None:
    on_page = said(SAMPLES["pro-forma"], language)
    assert on_page["heading"] == on_page["running"] == heading
    assert on_page["title"] == f"{heading} · Voorbeeldhost B.V."
    assert plain("".join(piece["text"] for piece in on_page["opening"])).startswith(opening)
    assert note in on_page["notes"][0]
    assert dict(on_page["pay"])["Met als omschrijving" if language == "nl" else "Mention"] == "O2026-00017"


def test_a_direct_debit_tells_what_the_payer_must_know_and_no_whole_account() -> None:
    on_page = said(SAMPLES["direct debit"], "nl")
    assert [tuple(map(plain, pair)) for pair in on_page["pay"]] == [
        ("Bedrag", "€ 116,01"),
        ("Afgeschreven op", "6 december 2026"),
        ("Van rekening", "NL •• 6789"),
        ("Machtigingskenmerk", "M-10001-1"),
        ("Incassant-ID", "NL98ZZZ123456780000"),
    ]
    assert "van uw rekening af" in "".join(piece["text"] for piece in on_page["opening"])
    assert "0123" not in str(on_page)


def test_a_credit_note_says_of_which_day_its_invoice_is() -> None:
    facts = dict(page(make_credit_note(corrects_issued_on=date(2026, 3, 1)))["facts"])
    assert plain(facts["Hoort bij factuur"]) == "F2026-00012 van 1 maart 2026"


def test_the_day_of_supply_stands_on_the_page() -> None:
    facts = dict(said(SAMPLES["goods to a member state"], "en")["facts"])
    assert plain(facts["Supplied on"]) == "20 November 2026"


@pytest.mark.parametrize(("days", "told"), [(None, "Direct na het accepteren"), (0, "Direct na ontvangst van de factuur"),
                                            (14, "Binnen 14 dagen na de factuurdatum")])  # fmt: skip
def test_a_quote_says_when_it_is_to_be_paid(days: int | None, told: str) -> None:
    document = QuoteDocument(
        replace(make_document(kind=DocumentKind.PRO_FORMA), language="nl"), 1, term_days=days
    )
    assert quote_page(document)["pay"][-1][1].startswith(told)
