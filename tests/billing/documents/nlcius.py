"""
NLCIUS in our own words: each rule by its id, what it is about and what must hold there (XPath 1.0).

From the Dutch user manual for the basic invoice (STPE, "Gebruiksinstructie basisfactuur", v1.0, chapter with business rules).
BR-NL-14 to 18, 22 and 23 are not in it as rules that software can check; 5 is about tax representatives, which we never have.
"""

from __future__ import annotations

from lxml import etree

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
NAMES = {
    "inv": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "cn": "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_SELLER = "/*/cac:AccountingSupplierParty/cac:Party"
_BUYER = "/*/cac:AccountingCustomerParty/cac:Party"
_DUTCH = "cac:PostalAddress/cac:Country/cbc:IdentificationCode = 'NL'"
_WHOLE_ADDRESS = "cbc:StreetName and cbc:CityName and cbc:PostalZone"
_DUTCH_ID = "cac:PartyLegalEntity/cbc:CompanyID[@schemeID = '0106' or @schemeID = '0190'][normalize-space()]"
_NEVER = "false()"

_RULES = (
    ("SI-V20-INV-R000", "/*/cbc:CustomizationID", f"normalize-space() = '{CUSTOMIZATION}'"),
    ("SI-UBL-2", "//*[not(*) and not(normalize-space())]", _NEVER),
    ("BR-NL-1", _SELLER, _DUTCH_ID),
    ("BR-NL-2", "/*", "cbc:BuyerReference or cac:OrderReference/cbc:ID"),
    ("BR-NL-3", f"{_SELLER}/cac:PostalAddress", _WHOLE_ADDRESS),
    ("BR-NL-4", f"{_BUYER}[{_DUTCH}]/cac:PostalAddress", _WHOLE_ADDRESS),
    (
        "BR-NL-7",
        "//cbc:InvoiceTypeCode | //cbc:CreditNoteTypeCode",
        ". = 380 or . = 381 or . = 384 or . = 389",
    ),
    ("BR-NL-8", "/inv:Invoice/cbc:InvoiceTypeCode", ". != 381"),
    ("BR-NL-8", "/cn:CreditNote/cbc:CreditNoteTypeCode", ". = 381"),
    ("BR-NL-9", "/*[cbc:InvoiceTypeCode = 384]", "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"),
    ("BR-NL-10", f"{_BUYER}[{_DUTCH}]", _DUTCH_ID),
    ("BR-NL-11", "/inv:Invoice[cac:LegalMonetaryTotal/cbc:PayableAmount > 0]", "cac:PaymentMeans"),
    ("BR-NL-12", "//cbc:PaymentMeansCode", ". = 30 or . = 48 or . = 49 or . = 57 or . = 58 or . = 59"),
    ("BR-NL-13", "//cac:OrderLineReference", "/*/cac:OrderReference/cbc:ID"),
    ("BR-NL-19", "//cbc:TaxCurrencyCode", _NEVER),
    ("BR-NL-20", "//cbc:TaxPointDate", _NEVER),
    ("BR-NL-21", "//cac:InvoicePeriod/cbc:DescriptionCode", _NEVER),
    ("BR-NL-24", "//cac:BillingReference/cac:InvoiceDocumentReference/cbc:IssueDate", _NEVER),
    ("BR-NL-25", f"{_SELLER}/cac:PartyTaxScheme", "not(cbc:CompanyID) or cac:TaxScheme/cbc:ID = 'VAT'"),
    ("BR-NL-26", f"{_SELLER}//cbc:CompanyLegalForm", _NEVER),
    ("BR-NL-27", "//cac:AddressLine", _NEVER),
    ("BR-NL-28", "//cbc:CountrySubentity", _NEVER),
    ("BR-NL-29", "//cbc:PaymentMeansCode", "not(@name)"),
    ("BR-NL-30", "//cac:PayeeFinancialAccount/cbc:Name", _NEVER),
    ("BR-NL-31", "//cac:PaymentMeans[cbc:PaymentMeansCode >= 58]", "not(.//cac:FinancialInstitutionBranch)"),
    ("BR-NL-32", "//cbc:AllowanceChargeReasonCode", _NEVER),
    ("BR-NL-33", "//cac:TaxTotal/cbc:TaxAmount", "@currencyID = /*/cbc:DocumentCurrencyCode"),
    ("BR-NL-35", "//cbc:TaxExemptionReasonCode", _NEVER),
)

_COMPILED = [
    (rule, etree.XPath(about, namespaces=NAMES), etree.XPath(f"boolean({holds})", namespaces=NAMES))
    for rule, about, holds in _RULES
]
RULES = frozenset(rule for rule, _, _ in _RULES)


def findings(xml: bytes) -> set[str]:
    """The ids of the rules that a document of a Dutch seller breaks, advice (BR-NL-19 and up) as well."""
    tree = etree.fromstring(xml)
    return {rule for rule, about, holds in _COMPILED for node in about(tree) if not holds(node)}
