"""The UBL invoice: exact values, the official schemas and the official rules of EN 16931."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from hospes.billing.documents import (
    Customization,
    DocumentLine,
    InvoiceDocument,
    Party,
    best_customization,
    invoice_xml,
)
from tests.billing.documents.official import EN16931, assert_follows_schema, findings
from tests.billing.documents.samples import (
    BUSINESS,
    FRENCH,
    MIXED,
    SAMPLES,
    lines,
    make_credit_note,
    make_document,
    make_line,
)

NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}


def values(xml: bytes, path: str) -> list[str]:
    """The texts of the elements at a path of local names."""
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    return [str(text) for text in etree.fromstring(xml).xpath(f"./{steps}/text()")]


@pytest.mark.parametrize("name", [name for name, doc in SAMPLES.items() if not doc.is_pro_forma])
def test_every_kind_of_document_follows_schema_and_rules(name: str) -> None:
    xml = invoice_xml(SAMPLES[name])
    assert_follows_schema(xml)
    assert findings(EN16931, xml) == set()


def test_an_open_business_invoice_says_exactly_this() -> None:
    xml = invoice_xml(make_document(*MIXED, buyer=BUSINESS, order_reference="PO-2026-118"))
    said = {
        "CustomizationID": [Customization.NLCIUS.value],
        "ID": ["F2026-00042"],
        "IssueDate": ["2026-11-22"],
        "DueDate": ["2026-12-06"],
        "InvoiceTypeCode": ["380"],
        "BuyerReference": ["10001"],
        "OrderReference/ID": ["PO-2026-118"],
        "OrderReference/SalesOrderID": ["O2026-00017"],
        "AccountingSupplierParty/Party/PartyLegalEntity/CompanyID": ["12345678"],
        "AccountingSupplierParty/Party/PartyTaxScheme/CompanyID": ["NL123456789B01"],
        "AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName": ["Testbedrijf 2 & Zonen V.O.F."],
        "AccountingCustomerParty/Party/PartyLegalEntity/CompanyID": ["87654321"],
        "AccountingCustomerParty/Party/Contact/Name": ["Contactpersoon 2"],
        "PaymentMeans/PaymentMeansCode": ["30"],
        "PaymentMeans/PaymentID": ["F2026-00042"],
        "PaymentMeans/PayeeFinancialAccount/ID": ["NL91ABNA0417164300"],
        "TaxTotal/TaxAmount": ["22.69"],
        "TaxTotal/TaxSubtotal/TaxableAmount": ["98.38", "22.50"],
        "TaxTotal/TaxSubtotal/TaxAmount": ["20.66", "2.03"],
        "TaxTotal/TaxSubtotal/TaxCategory/Percent": ["21", "9"],
        "LegalMonetaryTotal/LineExtensionAmount": ["120.88"],
        "LegalMonetaryTotal/TaxInclusiveAmount": ["143.57"],
        "LegalMonetaryTotal/PrepaidAmount": [],
        "LegalMonetaryTotal/PayableAmount": ["143.57"],
        "InvoiceLine/ID": ["1", "2", "3", "4"],
        "InvoiceLine/InvoicedQuantity": ["12", "1", "1", "-1"],
        "InvoiceLine/LineExtensionAmount": ["95.88", "12.50", "22.50", "-10.00"],
        "InvoiceLine/InvoicePeriod/StartDate": ["2026-11-22"],
        "InvoiceLine/InvoicePeriod/EndDate": ["2027-11-21"],
        "InvoiceLine/Price/PriceAmount": ["7.99", "12.50", "22.50", "10.00"],
    }
    assert {path: values(xml, path) for path in said} == said


def test_a_paid_invoice_asks_for_nothing_and_offers_no_account_to_pay_to() -> None:
    xml = invoice_xml(make_document(paid=True))
    assert values(xml, "LegalMonetaryTotal/PrepaidAmount") == ["116.01"]
    assert values(xml, "LegalMonetaryTotal/PayableAmount") == ["0.00"]
    assert values(xml, "PaymentTerms/Note") == ["Betaald op 22 november 2026 met iDEAL"]
    assert b"PaymentMeans" not in xml


def test_a_private_buyer_has_no_kvk_and_is_no_nlcius_business() -> None:
    xml = invoice_xml(make_document())
    buyer = "AccountingCustomerParty/Party"
    assert values(xml, "CustomizationID") == [Customization.EN16931.value]
    assert values(xml, "BuyerReference") == ["10001"]
    assert values(xml, f"{buyer}/PartyLegalEntity/RegistrationName") == ["Voornaam Achternaam 1"]
    assert values(xml, f"{buyer}/PartyLegalEntity/CompanyID") == values(xml, f"{buyer}/EndpointID") == []


def test_a_credit_note_has_its_own_root_and_names_its_invoice() -> None:
    xml = invoice_xml(make_credit_note(buyer=BUSINESS))
    assert etree.QName(etree.fromstring(xml)).localname == "CreditNote"
    assert values(xml, "CreditNoteTypeCode") == ["381"]
    assert values(xml, "BillingReference/InvoiceDocumentReference/ID") == ["F2026-00012"]
    assert values(xml, "CreditNoteLine/CreditedQuantity") == ["12"]
    assert values(xml, "LegalMonetaryTotal/PayableAmount") == ["116.01"]
    assert b"DueDate" not in xml


def test_where_vat_does_not_apply_no_vat_number_stands_and_no_rate() -> None:
    xml = invoice_xml(SAMPLES["outside the scope"])
    assert values(xml, "AccountingSupplierParty/Party/PartyTaxScheme/CompanyID") == []
    assert values(xml, "TaxTotal/TaxSubtotal/TaxCategory/Percent") == []
    assert values(xml, "TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReason") == ["Not subject to VAT"]


def test_goods_to_a_member_state_say_when_and_where_to() -> None:
    xml = invoice_xml(SAMPLES["goods to a member state"])
    assert values(xml, "Delivery/ActualDeliveryDate") == ["2026-11-20"]
    assert values(xml, "Delivery/DeliveryLocation/Address/Country/IdentificationCode") == ["FR"]
    assert values(xml, "TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReason") == [
        "Intracommunautaire levering"
    ]


def test_a_direct_debit_names_the_mandate_and_no_account_to_pay_to() -> None:
    xml = invoice_xml(SAMPLES["direct debit"])
    assert values(xml, "PaymentMeans/PaymentMeansCode") == ["59"]
    assert values(xml, "PaymentMeans/PaymentMandate/ID") == ["M-10001-1"]
    assert b"NL91ABNA0417164300" not in xml
    assert values(xml, "PaymentTerms/Note") == ["Wordt afgeschreven op of kort na 6 december 2026"]


@pytest.mark.parametrize(
    ("buyer", "chosen"),
    [
        (replace(BUSINESS, endpoint="0106:87654321"), Customization.PEPPOL),
        (replace(FRENCH, endpoint="9957:FR12345678901"), Customization.PEPPOL),
        (BUSINESS, Customization.NLCIUS),
        (FRENCH, Customization.NLCIUS),
        (replace(BUSINESS, kvk=""), Customization.EN16931),
    ],
)
def test_the_channel_of_the_buyer_chooses_the_one_set_of_rules(buyer: Party, chosen: Customization) -> None:
    doc = make_document(buyer=buyer)
    assert best_customization(doc) is chosen
    assert values(invoice_xml(doc), "CustomizationID") == [chosen.value]


def test_a_government_body_is_known_by_its_oin() -> None:
    xml = invoice_xml(make_document(buyer=replace(BUSINESS, kvk="", endpoint="0190:00000001234567890000")))
    legal = etree.fromstring(xml).find(
        ".//cac:AccountingCustomerParty//cac:PartyLegalEntity/cbc:CompanyID", NAMES
    )
    assert legal is not None
    assert (legal.get("schemeID"), legal.text) == ("0190", "00000001234567890000")


def test_a_pro_forma_has_no_ubl_that_software_could_book() -> None:
    with pytest.raises(ValueError, match="pro-forma"):
        invoice_xml(SAMPLES["pro-forma"])


def test_peppol_is_for_parties_with_an_address_on_that_network() -> None:
    xml = invoice_xml(make_document(buyer=BUSINESS), Customization.PEPPOL)
    assert values(xml, "CustomizationID") == [Customization.PEPPOL.value]
    assert values(xml, "AccountingCustomerParty/Party/EndpointID") == ["87654321"]
    assert findings(EN16931, xml) == set()
    for buyer in (replace(BUSINESS, kvk=""), FRENCH):
        with pytest.raises(ValueError, match="Peppol"):
            invoice_xml(make_document(buyer=buyer), Customization.PEPPOL)


def test_nlcius_is_not_claimed_for_a_private_person() -> None:
    with pytest.raises(ValueError, match="BR-NL-10"):
        invoice_xml(make_document(), Customization.NLCIUS)


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        (b">143.57</cbc:TaxInclusiveAmount>", b">143.56</cbc:TaxInclusiveAmount>", "BR-CO-15"),
        (b">143.57</cbc:PayableAmount>", b">143.58</cbc:PayableAmount>", "BR-CO-16"),
        (b">120.88</cbc:LineExtensionAmount>", b">120.89</cbc:LineExtensionAmount>", "BR-CO-10"),
        (b">22.69</cbc:TaxAmount>", b">22.70</cbc:TaxAmount>", "BR-CO-14"),
        (b">NL123456789B01<", b">123456789B01<", "BR-CO-09"),
    ],
)
def test_the_rules_that_we_check_with_do_catch_a_changed_amount(
    right: bytes, wrong: bytes, rule: str
) -> None:
    xml = invoice_xml(make_document(*MIXED, buyer=BUSINESS))
    assert xml.count(right) == 1
    assert rule in findings(EN16931, xml.replace(right, wrong))


def test_the_schema_that_we_check_with_does_catch_a_wrong_order() -> None:
    xml = invoice_xml(make_document()).replace(b"cbc:DueDate", b"cbc:TaxPointDate")
    with pytest.raises(etree.DocumentInvalid):
        assert_follows_schema(xml)


def test_hostile_text_arrives_as_it_was_typed() -> None:
    text = '</cbc:Name><x a="&amp;">]]> #import *bold* 👩‍👩‍👧 שלום ' + "x" * 300
    xml = invoice_xml(
        make_document(make_line(text, details="een\r\ntwee"), buyer=replace(BUSINESS, name=text))
    )
    assert values(xml, "InvoiceLine/Item/Name") == [text]
    assert values(xml, "InvoiceLine/Item/Description") == ["een\ntwee"]
    assert values(xml, "AccountingCustomerParty/Party/PartyName/Name") == [text]
    assert_follows_schema(xml)


def test_what_xml_cannot_hold_is_marked_and_stops_nothing() -> None:
    xml = invoice_xml(make_document(make_line("a\x00b\x1bc\ufffed\ud800e")))
    assert values(xml, "InvoiceLine/Item/Name") == ["a\ufffdb\ufffdc\ufffdd\ufffde"]


def test_the_same_document_gives_the_same_bytes() -> None:
    assert invoice_xml(make_document(*MIXED)) == invoice_xml(make_document(*MIXED))


@settings(max_examples=60, deadline=None)
@given(lines(), st.text(min_size=1).filter(str.strip), st.sampled_from([make_document, make_credit_note]))
def test_any_list_of_lines_follows_the_schema_and_adds_up(
    drawn: tuple[DocumentLine, ...], name: str, make: Callable[..., InvoiceDocument]
) -> None:
    doc = make(*drawn, buyer=replace(BUSINESS, name=name))
    xml = invoice_xml(doc)
    assert_follows_schema(xml)
    line = "CreditNoteLine" if doc.is_credit_note else "InvoiceLine"
    nets = [Decimal(text) for text in values(xml, f"{line}/LineExtensionAmount")]
    [total] = values(xml, "LegalMonetaryTotal/TaxInclusiveAmount")
    taxes = [Decimal(text) for text in values(xml, "TaxTotal/TaxSubtotal/TaxAmount")]
    assert sum(nets) + sum(taxes) == Decimal(total) == Decimal(doc.total_cents) / 100


@settings(max_examples=25, deadline=None)
@given(lines())
def test_any_list_of_lines_follows_the_rules(drawn: tuple[DocumentLine, ...]) -> None:
    assert findings(EN16931, invoice_xml(make_document(*drawn, buyer=BUSINESS))) == set()
