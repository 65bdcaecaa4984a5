"""What the access point takes, and how it says no."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMES = {"cac": f"{UBL}CommonAggregateComponents-2", "cbc": f"{UBL}CommonBasicComponents-2"}
CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_ROOTS, _ROLES = ["Invoice", "CreditNote"], ["Supplier", "Customer"]
TYPES = {f"{{{UBL}{root}-2}}{root}": f"{UBL}{root}-2::{root}##{CUSTOMIZATION}::2.1" for root in _ROOTS}
PARTICIPANT = r"[0-9]{4}:[0-9A-Za-z][0-9A-Za-z._:-]{0,49}"
FIELDS = frozenset({"sender", "recipient", "document_type", "process", "document"})


@dataclass(eq=False)  # not frozen: Python itself writes the traceback into an exception
class PeppolError(Exception):
    """A refusal: code is for software, message for people; id names the document that was there already."""

    status: int
    code: str
    message: str
    id: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the error as the API writes it."""
        return {"error": {"code": self.code, "message": self.message, **({"id": self.id} if self.id else {})}}


@dataclass(frozen=True)
class Envelope:
    """A document that may be sent: who to whom, its number, and its bytes."""

    sender: str
    recipient: str
    number: str
    document: bytes


def check(given: Any) -> Envelope:
    """Return what is to be sent when everything about it is right, or raise PeppolError."""
    if not isinstance(given, dict) or any(not isinstance(value, str) for value in given.values()):
        raise PeppolError(400, "bad_request", "Send a JSON object of texts.")
    if set(given) != FIELDS:
        raise PeppolError(422, "bad_fields", f"The fields are {', '.join(sorted(FIELDS))}.")
    for name in ("sender", "recipient"):
        if not re.fullmatch(PARTICIPANT, given[name]):
            raise PeppolError(422, "bad_participant", f"The {name} must look like 0106:12345678.")
    document = _decoded(given["document"])
    return Envelope(given["sender"], given["recipient"], _number(document, given), document)


def _decoded(document: str) -> bytes:
    try:
        return base64.b64decode(document, validate=True)
    except ValueError:
        raise PeppolError(422, "bad_document", "The document must be base64.") from None


def _number(document: bytes, given: Mapping[str, str]) -> str:
    """The number of a document that is what its envelope says it is."""
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        raise PeppolError(422, "bad_document", "The document is not XML.") from None
    if TYPES.get(str(root.tag)) != given["document_type"] or given["process"] != PROCESS:
        raise PeppolError(422, "wrong_type", "The document is not of the type or process that was said.")
    said = {name: _text(root, f"cac:Accounting{name}Party/cac:Party/cbc:EndpointID") for name in _ROLES}
    if _text(root, "cbc:CustomizationID") != CUSTOMIZATION or not _text(root, "cbc:ID"):
        raise PeppolError(422, "not_peppol", "The document does not follow Peppol BIS Billing 3.")
    if said != {"Supplier": given["sender"], "Customer": given["recipient"]}:
        raise PeppolError(422, "wrong_parties", "The document is from or to somebody else than was said.")
    return _text(root, "cbc:ID")


def _text(root: etree._Element, path: str) -> str:
    found = root.find(path, NAMES)
    if found is None or not found.text:
        return ""
    scheme = found.get("schemeID")
    return f"{scheme}:{found.text}" if scheme else found.text
