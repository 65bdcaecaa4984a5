"""The page: what stands on it, that it is PDF/A-3 with the UBL inside, and that nothing typed can hurt it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from hospes.billing.documents import InvoiceDocument, Language, Party, invoice_pdf, invoice_xml
from hospes.billing.documents.characters import FONTS, drawable, for_paper
from hospes.billing.documents.colours import contrast, tint, written_in
from hospes.billing.documents.labels import labels
from hospes.billing.documents.pdf import page
from hospes.billing.documents.press import PressError, print_pdf, typeset
from tests.billing.documents.samples import (
    BUSINESS,
    FRENCH,
    MIXED,
    PRIVATE,
    REVERSE_CHARGE,
    SAMPLES,
    SELLER,
    make_credit_note,
    make_document,
    make_line,
)

MADE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def xml_of(doc: InvoiceDocument) -> bytes:
    return b"" if doc.is_pro_forma else invoice_xml(doc)


def make_pdf(doc: InvoiceDocument) -> PdfReader:
    return PdfReader(io.BytesIO(invoice_pdf(doc, xml_of(doc), created_at=MADE)))


def text_of(pdf: PdfReader) -> str:
    """All text, with one kind of space."""
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def catalog(pdf: PdfReader) -> DictionaryObject:
    return cast(DictionaryObject, pdf.trailer["/Root"])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_kind_of_document_is_made_without_a_warning(name: str) -> None:
    doc = SAMPLES[name]
    inputs = {"page": json.dumps(page(doc)), "xml": xml_of(doc).decode(), "logo": ""}
    pdf, warnings = typeset(inputs, created_at=MADE)
    assert warnings == []
    assert pdf == invoice_pdf(doc, xml_of(doc), created_at=MADE)


def test_the_ubl_invoice_is_inside_byte_for_byte_as_an_alternative() -> None:
    doc = make_document(*MIXED, buyer=BUSINESS)
    xml = invoice_xml(doc)
    pdf = PdfReader(io.BytesIO(invoice_pdf(doc, xml)))
    assert {name: list(contents) for name, contents in pdf.attachments.items()} == {"factuur.xml": [xml]}
    [specification] = [reference.get_object() for reference in catalog(pdf)["/AF"]]
    assert specification["/AFRelationship"] == "/Alternative"
    assert specification["/EF"]["/F"].get_object()["/Subtype"] == "/text/xml"


def test_a_pro_forma_has_nothing_inside_and_no_other_document_goes_without() -> None:
    assert not make_pdf(SAMPLES["pro-forma"]).attachments
    with pytest.raises(ValueError, match="UBL inside"):
        invoice_pdf(make_document())
    with pytest.raises(ValueError, match="must not be booked"):
        invoice_pdf(SAMPLES["pro-forma"], b"<x/>")


def test_the_file_claims_pdf_a_3a_and_pdf_ua_1_and_says_what_it_is() -> None:
    pdf = make_pdf(make_document(language="en"))
    claims = cast(StreamObject, catalog(pdf)["/Metadata"]).get_data().decode()
    for claim in (
        "<pdfaid:part>3</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "Invoice F2026-00042 · Voorbeeldhost B.V.",
    ):
        assert claim in claims
    assert catalog(pdf)["/Lang"] == "en-GB"
    assert catalog(pdf)["/MarkInfo"] == {"/Marked": True, "/Suspects": False}


def test_only_our_own_fonts_are_used_and_all_are_inside() -> None:
    [only_page] = make_pdf(make_document()).pages
    fonts = [font.get_object() for font in only_page["/Resources"]["/Font"].values()]
    assert {font["/BaseFont"].split("+")[1].split("-")[0] for font in fonts} == {"Inter"}
    for font in fonts:
        assert "/FontFile2" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"]


def test_each_shipped_font_comes_with_its_licence() -> None:
    families = {font.stem.split("-")[0] for font in FONTS.glob("*.ttf")}
    licensed = {path.stem.rsplit("-", 1)[1] for path in FONTS.glob("*.txt")}
    assert families == licensed


def test_an_open_business_invoice_shows_everything_that_the_law_and_the_reader_want() -> None:
    text = text_of(
        make_pdf(
            make_document(
                *MIXED,
                buyer=BUSINESS,
                order_reference="PO-2026-118",
                buyer_reference="Afdeling 5",
                copies_to=("Inkoop",),
            )
        )
    )
    for said in (
        "Voorbeeldhost B.V. Serverlaan 12 3511 AB Utrecht",
        "KvK 12345678 Btw NL123456789B01",
        "IBAN NL91 ABNA 0417 1643 00",
        "Testbedrijf 2 & Zonen V.O.F. t.a.v. Contactpersoon 2 Testplein 3-5 2611 GS Delft",
        "Factuurnummer F2026-00042",
        "Factuurdatum 22 november 2026",
        "Betalen vóór of op 6 december 2026",
        "Klantnummer 10001",
        "Offertenummer O2026-00017",
        "Uw referentie Afdeling 5",
        "Uw inkoopnummer PO-2026-118",
        "Kopie aan Inkoop",
        "Uw btw-nummer NL987654321B01",
        "Beste Contactpersoon 2, We ontvangen graag € 143,57 uiterlijk op 6 december 2026.",
        "Webhosting Plus voorbeeld-1.example, 25 GB 22 november 2026 t/m 21 november 2027 "
        "12 € 7,99 21% € 95,88",
        "Korting eerste jaar −1 € 10,00 21% −€ 10,00",
        "Totaal zonder btw € 120,88 Btw 21% over € 98,38 € 20,66 Btw 9% over € 22,50 € 2,03 Totaal € 143,57",
        "Zo betaalt u Bedrag € 143,57 Naar rekening NL91 ABNA 0417 1643 00 Op naam van Voorbeeldhost B.V. "
        "Met als omschrijving F2026-00042 Uiterlijk op 6 december 2026",
        "Pagina 1 van 1",
    ):
        assert said in text


def test_the_same_in_english() -> None:
    text = text_of(make_pdf(make_document(*MIXED, language="en")))
    for said in (
        "Invoice number F2026-00042 Invoice date 22 November 2026 To be paid by 6 December 2026",
        "Dear Voornaam Achternaam 1, Please pay €143.57 by 6 December 2026.",
        "22 November 2026 to 21 November 2027",
        "Total without VAT €120.88 VAT 21% on €98.38 €20.66 VAT 9% on €22.50 €2.03 Total €143.57",
        "How to pay Amount €143.57",
        "Page 1 of 1",
    ):
        assert said in text


@pytest.mark.promise("P01")
@pytest.mark.parametrize("buyer", [PRIVATE, BUSINESS, replace(BUSINESS, contact_name=""), FRENCH])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_people_are_addressed_by_name_and_never_by_number(buyer: Party, language: Language) -> None:
    said = page(make_document(buyer=buyer, language=language))
    assert buyer.addressed_as in said["greeting"]
    assert "10001" not in said["greeting"] + "".join(said["address"])
    assert [value for _, value in said["facts"]].count("10001") == 1


def test_a_paid_invoice_says_when_and_how_and_asks_for_nothing() -> None:
    text = text_of(make_pdf(make_document(paid=True)))
    assert "Dank u wel, deze factuur is betaald. U hoeft niets meer te doen." in text
    assert "Betaald op 22 november 2026 met iDEAL −€ 116,01 Nog te betalen € 0,00" in text
    assert "Zo betaalt u" not in text
    assert "6 december 2026" not in text


def test_a_partly_paid_invoice_asks_for_the_rest() -> None:
    text = text_of(make_pdf(SAMPLES["business, partly paid"]))
    assert "We ontvingen al € 50,00. Er staat nog € 66,01 open." in text
    assert "Zo betaalt u Bedrag € 66,01" in text


def test_a_credit_note_names_its_invoice_and_asks_for_nothing() -> None:
    text = text_of(make_pdf(make_credit_note()))
    assert "Creditfactuur" in text
    assert "Hoort bij factuur F2026-00012" in text
    assert "Totaal terug € 116,01" in text
    assert "Zo betaalt u" not in text
    paid_back = text_of(make_pdf(make_credit_note(paid=True, language="en")))
    assert "Paid back on 22 November 2026 with iDEAL −€116.01 Still to be returned €0.00" in paid_back


def test_reverse_charge_is_said_with_the_vat_number_of_the_buyer() -> None:
    text = text_of(make_pdf(make_document(REVERSE_CHARGE, buyer=FRENCH)))
    assert "Btw verlegd over € 199,00 € 0,00" in text
    assert "Uw btw-nummer FR12345678901" in text
    assert "75002 Paris Frankrijk" in text


def test_many_lines_go_over_several_pages_each_with_header_and_number() -> None:
    doc = make_document(*(make_line(f"Domeinnaam nummer-{n}.example", details="Een jaar") for n in range(60)))
    pages = [" ".join(page.extract_text().split()) for page in make_pdf(doc).pages]
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        assert f"Pagina {number} van {len(pages)}" in text
        assert "Omschrijving Aantal Prijs Btw Bedrag" in text
        assert ("Factuur F2026-00042 Voorbeeldhost B.V." in text) == (number > 1)
    everything = " ".join(pages)
    assert [everything.count(f"nummer-{n}.example") for n in range(60)] == [1] * 60
    assert "Totaal € 725,27" in pages[-1]


HOSTILE = '#import "@preview/x:1.0.0": * #panic() ] [ *bold* _it_ $x$ `code` // c \\ <l> @ref ~ -- "q"'


@pytest.mark.parametrize(
    "text", [HOSTILE, "#" * 300, "x" * 300, "👩‍👩‍👧 😀 ❤️", "張偉 田中さくら 김철수", "Ångström Žižek Πλάτων"]
)
def test_hostile_text_stands_on_the_page_as_it_was_typed(text: str) -> None:
    buyer = replace(BUSINESS, name=text, contact_name=text, street=text, town=text)
    pdf = make_pdf(make_document(make_line(text, details=text), buyer=buyer, order_reference=text))
    # address (name, contact, street, town), reference, greeting, line, details; lines may break anywhere
    assert "".join(text_of(pdf).split()).count("".join(text.split())) >= 8


def test_writing_from_right_to_left_is_drawn_with_its_own_letters() -> None:
    name = "דוד לוי محمد علي"
    text = text_of(make_pdf(make_document(buyer=replace(PRIVATE, name=name))))
    assert set(name) <= set(unicodedata.normalize("NFKC", text))


def test_characters_that_turn_the_direction_of_writing_are_dropped() -> None:
    assert drawable("a\u202egnp.exe\u2066\ufeffb\u00ad") == "agnp.exeb"


def test_what_no_font_has_becomes_a_square_and_stops_nothing() -> None:
    assert drawable("a\x00b\tc\ue000d\ud800\u0e2a") == "a b c□d?□"
    assert drawable(" \u202e ") == "□"
    assert "a b c□d" in text_of(make_pdf(make_document(make_line("a\x00b\tc\ue000d"))))


def test_long_words_may_break_but_leave_nothing_behind_when_copied() -> None:
    assert for_paper("kort woord") == "kort woord"
    assert for_paper("een-lange-naam@voorbeeld-1.example", 10).split("\u200b") == [
        *("een-", "lange-", "naam@", "voorbeeld-", "1.", "example")
    ]
    host = "een-hele-lange-naam.van-een-computer.voorbeeld-1.example"
    assert host in text_of(make_pdf(make_document(make_line(host))))


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=80).filter(str.strip), st.text(max_size=200))
def test_no_text_at_all_can_stop_an_invoice(name: str, details: str) -> None:
    doc = make_document(make_line(name, details=details), buyer=replace(PRIVATE, name=name, town=name))
    assert invoice_pdf(doc, invoice_xml(doc)).startswith(b"%PDF-1.7")


def test_same_document_and_time_same_bytes_also_from_several_threads() -> None:
    doc = make_document(*MIXED)
    first = invoice_pdf(doc, invoice_xml(doc), created_at=MADE)
    with ThreadPoolExecutor(4) as threads:
        rest = list(threads.map(lambda _: invoice_pdf(doc, invoice_xml(doc), created_at=MADE), range(8)))
    assert rest == [first] * 8
    assert invoice_pdf(doc, invoice_xml(doc)) != first  # another time, another file


FORKED = """
import os, sys
from hashlib import sha256
from hospes.billing.documents import invoice_pdf, invoice_xml
from tests.billing.documents.samples import MIXED, make_document
def work():
    doc = make_document(*MIXED)
    print(sha256(invoice_pdf(doc, invoice_xml(doc))).hexdigest(), flush=True)
if "before" in sys.argv:
    work()
child = os.fork()
if child == 0:
    work()
    os._exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.mark.parametrize("when", ["before", "only after"])
def test_a_forked_process_makes_the_same_bytes(when: str) -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", FORKED, when],
        env={"PYTHONPATH": f"{root / 'src'}:{root}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    doc = make_document(*MIXED)
    expected = sha256(invoice_pdf(doc, invoice_xml(doc))).hexdigest()
    assert done.stdout.split() == [expected] * (2 if when == "before" else 1)


def test_a_page_that_cannot_be_made_is_one_clear_error() -> None:
    with pytest.raises(PressError, match="failed to parse SVG"):
        invoice_pdf(make_document(logo_svg="<svg"), b"<x/>")
    with pytest.raises(PressError, match="key"):
        print_pdf({"page": "{}", "xml": "", "logo": ""}, created_at=MADE)


def test_a_logo_takes_the_place_of_the_word_mark_and_is_named_for_who_cannot_see_it() -> None:
    logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="40" height="10"/></svg>'
    pdf = invoice_pdf(make_document(logo_svg=logo), b"<x/>")
    alternatives = [
        str(value.get("/Alt"))
        for value in (PdfReader(io.BytesIO(pdf)).get_object(n) for n in range(1, 400))
        if isinstance(value, DictionaryObject) and "/Alt" in value
    ]
    assert alternatives == [SELLER.name]


def test_both_languages_have_every_label_with_the_same_places_to_fill_in() -> None:
    def places(language: Language) -> dict[str, set[str]]:
        return {name: set(re.findall(r"{(\w+)}", text)) for name, text in labels(language).items()}

    assert places("nl") == places("en")
    assert all(text.strip() for language in ("nl", "en") for text in labels(language).values())


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_accent_colour_is_made_readable(accent: str) -> None:
    def rgb(colour: str) -> tuple[int, int, int]:
        return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))

    assert contrast(rgb(written_in(accent)), rgb(tint(accent))) >= 4.5
    assert contrast(rgb(written_in(accent)), (255, 255, 255)) >= 4.5


def test_a_readable_accent_stays_what_it_was() -> None:
    assert written_in("#1f4fd8") == "#1f4fd8"
    assert contrast((0, 0, 0), (255, 255, 255)) == 21


def test_large_and_odd_numbers_are_written_in_full() -> None:
    line = make_line(quantity=Decimal("1234.5600"), unit_price_cents=10**9)
    said = page(make_document(line))["rows"][0]["amounts"]
    assert said == ["1.234,56", "€\u00a010.000.000,00", "21%", "€\u00a012.345.600.000,00"]
