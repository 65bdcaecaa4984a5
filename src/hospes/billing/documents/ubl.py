"""
The invoice as UBL 2.1, for software to read: EN 16931, narrowed to what the Netherlands or Peppol asks.

Order and names of the elements follow the UBL 2.1 schemas; BT and BG numbers are those of EN 16931-1. Codes that NLCIUS
advises against (BR-NL-19 to 35) are left out of every profile: the words say the same.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum

from lxml import etree

from hospes.billing.documents.characters import for_xml
from hospes.billing.documents.labels import labels
from hospes.billing.documents.model import InvoiceDocument
from hospes.billing.documents.notation import NO_BREAK
from hospes.billing.documents.parts import DocumentLine, Party, VatCategory
from hospes.billing.documents.wording import payment_said, reason_said, set_off_said, terms_said

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC = f"{_UBL}CommonAggregateComponents-2"
_CBC = f"{_UBL}CommonBasicComponents-2"

# EAS and ICD codes of the Dutch chamber of commerce and of government bodies; UNCL 4461, 1001 and UN/ECE rec. 20 for the
# others. A standing agreement is how a credit note is settled: it is set off, or goes back to the account it came from.
_KVK_SCHEME, _OIN_SCHEME = "0106", "0190"
_CREDIT_TRANSFER, _STANDING_AGREEMENT, _DIRECT_DEBIT = "30", "57", "59"
_INVOICE_TYPE = "380"
_CREDIT_NOTE_TYPE = "381"
_ONE = "C62"


class Customization(Enum):
    """Which set of rules the document claims to follow (BT-24); one document can claim only one."""

    EN16931 = "urn:cen.eu:en16931:2017"
    NLCIUS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
    PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"


def invoice_xml(doc: InvoiceDocument, customization: Customization | None = None) -> bytes:
    """
    Return the document as a UBL 2.1 Invoice or CreditNote, UTF-8; the same document gives the same bytes.

    Without customization it is Peppol's for a buyer with an address on that network, else NLCIUS where the buyer can
    have it (a Dutch one needs a KvK number: BR-NL-10), else plain EN 16931. Raises ValueError for a customization that
    the parties cannot have, and for a pro-forma: nobody's software must book that.
    """
    if doc.is_pro_forma:
        raise ValueError("a pro-forma is no invoice and has no UBL")
    chosen = customization or best_customization(doc)
    if chosen is Customization.PEPPOL and not _endpoint(doc.buyer):
        raise ValueError("Peppol needs the buyer's address on that network (PEPPOL-EN16931-R010)")
    if chosen is Customization.NLCIUS and not _legal_id(doc.buyer) and doc.buyer.country == "NL":
        raise ValueError("NLCIUS needs the KvK number of a Dutch buyer (BR-NL-10)")
    root_name = "CreditNote" if doc.is_credit_note else "Invoice"
    namespace = f"{_UBL}{root_name}-2"
    prefixes = {None: namespace, "cac": _CAC, "cbc": _CBC}
    # lxml-stubs do not know the default namespace
    root = etree.Element(f"{{{namespace}}}{root_name}", nsmap=prefixes)  # type: ignore[arg-type]
    _add_header(root, doc, chosen)
    # Neither VAT number may stand where VAT does not apply at all (BR-O-02).
    taxed = not doc.has(VatCategory.OUT_OF_SCOPE)
    _add_party(_group(root, "AccountingSupplierParty"), doc.seller, taxed=taxed)
    buyer = _group(root, "AccountingCustomerParty")
    _add_party(buyer, doc.buyer, taxed=taxed, customer_number=doc.customer_number)
    _add_delivery(root, doc)
    _add_payment(root, doc, chosen)
    _add_totals(root, doc)
    for number, line in enumerate(doc.lines, start=1):
        _add_line(root, doc, number, line)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def best_customization(doc: InvoiceDocument) -> Customization:
    """The set of rules that suits the channel by which the buyer gets e-invoices."""
    if doc.buyer.endpoint:
        return Customization.PEPPOL
    dutch_without_number = doc.buyer.country == "NL" and not _legal_id(doc.buyer)
    return Customization.EN16931 if dutch_without_number else Customization.NLCIUS


def _legal_id(party: Party) -> tuple[str, str] | None:
    """Scheme and number by which the law knows a party (BT-30, BT-47): KvK, or OIN for a government body."""
    if kvk := party.kvk.strip():
        return _KVK_SCHEME, kvk
    scheme, _, number = party.endpoint.partition(":")
    return (scheme, number) if scheme == _OIN_SCHEME else None


def address_of(party: Party) -> str:
    """The address of a party on the Peppol network (0106:12345678): its own, or that of its KvK number; empty without."""
    return ":".join(_endpoint(party) or ())


def _endpoint(party: Party) -> tuple[str, str] | None:
    if party.endpoint:
        scheme, _, number = party.endpoint.partition(":")
        return scheme, number
    return _legal_id(party)


def _add_header(root: etree._Element, doc: InvoiceDocument, customization: Customization) -> None:
    _text(root, "CustomizationID", customization.value)
    _text(root, "ProfileID", "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0")
    _text(root, "ID", doc.number)
    _text(root, "IssueDate", doc.issued_on)
    if doc.is_credit_note:
        _text(root, "CreditNoteTypeCode", _CREDIT_NOTE_TYPE)
        _text(root, "Note", doc.reason)
    else:
        _text(root, "DueDate", doc.due_on)
        _text(root, "InvoiceTypeCode", _INVOICE_TYPE)
    _text(root, "DocumentCurrencyCode", doc.currency)
    _text(root, "BuyerReference", doc.buyer_reference.strip() or doc.customer_number)
    if doc.period:
        period = _group(root, "InvoicePeriod")
        _text(period, "StartDate", doc.period[0])
        _text(period, "EndDate", doc.period[1])
    if doc.order_reference.strip() or doc.quote_number.strip():
        order = _group(root, "OrderReference")
        # Peppol's convention: the ID must be there, and is NA when only the seller's own number is known.
        _text(order, "ID", doc.order_reference.strip() or "NA")
        _text(order, "SalesOrderID", doc.quote_number)
    if doc.corrects_number:
        reference = _group(_group(root, "BillingReference"), "InvoiceDocumentReference")
        _text(reference, "ID", doc.corrects_number)


def _add_party(parent: etree._Element, party: Party, *, taxed: bool, customer_number: str = "") -> None:
    element = _group(parent, "Party")
    if endpoint := _endpoint(party):
        _text(element, "EndpointID", endpoint[1], schemeID=endpoint[0])
    if customer_number:
        _text(_group(element, "PartyIdentification"), "ID", customer_number)
    _text(_group(element, "PartyName"), "Name", party.name)
    address = _group(element, "PostalAddress")
    _text(address, "StreetName", party.street)
    _text(address, "CityName", party.town)
    _text(address, "PostalZone", party.postcode)
    _text(_group(address, "Country"), "IdentificationCode", party.country)
    if taxed and party.vat_number.strip():
        scheme = _group(element, "PartyTaxScheme")
        _text(scheme, "CompanyID", party.vat_number)
        _text(_group(scheme, "TaxScheme"), "ID", "VAT")
    legal = _group(element, "PartyLegalEntity")
    _text(legal, "RegistrationName", party.name)
    if legal_id := _legal_id(party):
        _text(legal, "CompanyID", legal_id[1], schemeID=legal_id[0])
    if party.contact_name.strip() or party.email.strip():
        contact = _group(element, "Contact")
        _text(contact, "Name", party.contact_name)
        _text(contact, "ElectronicMail", party.email)


def _add_delivery(root: etree._Element, doc: InvoiceDocument) -> None:
    """When and where to it was supplied; where to is needed between member states (BR-IC-12)."""
    abroad = doc.has(VatCategory.INTRA_COMMUNITY)
    if doc.delivered_on or abroad:
        delivery = _group(root, "Delivery")
        if doc.delivered_on:
            _text(delivery, "ActualDeliveryDate", doc.delivered_on)
        if abroad:
            address = _group(_group(delivery, "DeliveryLocation"), "Address")
            _text(_group(address, "Country"), "IdentificationCode", doc.buyer.country)


def _add_payment(root: etree._Element, doc: InvoiceDocument, customization: Customization) -> None:
    """How to pay what is open; nothing that could make software pay a settled invoice once more."""
    if doc.open_cents and (not doc.is_credit_note or customization is Customization.PEPPOL):
        means = _group(root, "PaymentMeans")
        if doc.is_credit_note:
            _text(means, "PaymentMeansCode", _STANDING_AGREEMENT)  # NL-R-007 wants some means here, too
        elif doc.direct_debit:
            _text(means, "PaymentMeansCode", _DIRECT_DEBIT)
            _text(means, "PaymentID", doc.number)
            _text(_group(means, "PaymentMandate"), "ID", doc.direct_debit.mandate_reference)
        elif doc.collect_on:
            _text(means, "PaymentMeansCode", _STANDING_AGREEMENT)  # through the payment provider
        else:
            _text(means, "PaymentMeansCode", _CREDIT_TRANSFER)
            _text(means, "PaymentID", doc.number)
            _text(_group(means, "PayeeFinancialAccount"), "ID", "".join(doc.seller_iban.split()))
    if note := _payment_note(doc):
        _text(_group(root, "PaymentTerms"), "Note", note)


def _payment_note(doc: InvoiceDocument) -> str:
    if doc.set_off_cents:
        return set_off_said(doc).replace(NO_BREAK, " ")
    if doc.is_credit_note and doc.open_cents:
        return labels(doc.language)["set_off_note"]
    return (payment_said(doc) or terms_said(doc)).replace(NO_BREAK, " ")


def _add_totals(root: etree._Element, doc: InvoiceDocument) -> None:
    tax = _group(root, "TaxTotal")
    _amount(tax, "TaxAmount", doc.vat_cents, doc)
    for group in doc.vat_groups:
        subtotal = _group(tax, "TaxSubtotal")
        _amount(subtotal, "TaxableAmount", group.net_cents, doc)
        _amount(subtotal, "TaxAmount", group.vat_cents, doc)
        _add_tax_category(
            _group(subtotal, "TaxCategory"), group.category, group.percent, reason_said(group.category, doc)
        )
    total = _group(root, "LegalMonetaryTotal")
    _amount(total, "LineExtensionAmount", doc.net_cents, doc)
    _amount(total, "TaxExclusiveAmount", doc.net_cents, doc)
    _amount(total, "TaxInclusiveAmount", doc.total_cents, doc)
    if settled := doc.paid_cents + doc.set_off_cents:
        _amount(total, "PrepaidAmount", settled, doc)
    _amount(total, "PayableAmount", doc.open_cents, doc)


def _add_tax_category(
    element: etree._Element, category: VatCategory, percent: Decimal, reason: str = ""
) -> None:
    _text(element, "ID", category.value)
    if category is not VatCategory.OUT_OF_SCOPE:  # BR-O-05
        _text(element, "Percent", _decimal(percent))
    _text(element, "TaxExemptionReason", reason)
    _text(_group(element, "TaxScheme"), "ID", "VAT")


def _add_line(root: etree._Element, doc: InvoiceDocument, number: int, line: DocumentLine) -> None:
    credit = doc.is_credit_note
    element = _group(root, "CreditNoteLine" if credit else "InvoiceLine")
    _text(element, "ID", str(number))
    name = "CreditedQuantity" if credit else "InvoicedQuantity"
    _text(element, name, _decimal(line.quantity), unitCode=_ONE)
    _amount(element, "LineExtensionAmount", line.net_cents, doc)
    if line.period_from and line.period_to:
        period = _group(element, "InvoicePeriod")
        _text(period, "StartDate", line.period_from)
        _text(period, "EndDate", line.period_to)
    item = _group(element, "Item")
    _text(item, "Description", line.details)
    _text(item, "Name", line.description)
    _add_tax_category(_group(item, "ClassifiedTaxCategory"), line.vat_category, line.vat_percent)
    _amount(_group(element, "Price"), "PriceAmount", line.unit_price_cents, doc)


def _group(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_CAC}}}{name}")


def _text(parent: etree._Element, name: str, value: str | date, **attributes: str) -> None:
    """Add a basic element, or nothing when there is nothing to say: no element may be empty (R008)."""
    clean = value.isoformat() if isinstance(value, date) else for_xml(value)
    if clean:
        etree.SubElement(parent, f"{{{_CBC}}}{name}", attributes).text = clean


def _amount(parent: etree._Element, name: str, cents: int, doc: InvoiceDocument) -> None:
    units, rest = divmod(abs(cents), 100)
    _text(parent, name, f"{'-' if cents < 0 else ''}{units}.{rest:02d}", currencyID=doc.currency)


def _decimal(value: Decimal) -> str:
    """A plain decimal: no exponent, no trailing zeros."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
