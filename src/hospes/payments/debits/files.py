"""
Files for and from the bank: pain.008 with collections, and pain.002 with what the bank says of them. Pure: no database, no clock.

A pain.008 is made by `sepaxml`, gets our own references in place of its random ones, and must hold against its schema. Whoever
reads a file of the bank reads no entity, no DTD and nothing from elsewhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from lxml import etree
from sepaxml import SepaDD
from sepaxml.validation import ValidationError, try_valid_xml
from text_unidecode import unidecode

from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.recipients import Recipient

SCHEMA: Final = "pain.008.001.08"
#: Larger files than the bank ever sends are not read.
LARGEST: Final = 20_000_000

declare_payload(
    Recipient.BANK, "debits.file",
    "name", "IBAN", "amount", "type", "collection_date", "mandate_id", "mandate_date", "description", "endtoend_id",
)  # fmt: skip


def readable(text: str) -> str:
    """A name as banks can read it: only the letters and marks that every bank takes (EPC230-15); "" where nothing is left."""
    return " ".join(re.sub(r"[^A-Za-z0-9/?:().,'+-]", " ", unidecode(text)).split())


class FileRefused(Exception):
    """The file cannot be made or read; the message says why, without anything of its content."""


class Unnamed(FileRefused):
    """A report speaks of a collection and does not say which one."""


@dataclass(frozen=True)
class Creditor:
    """Who collects, and to which account."""

    name: str
    iban: str
    identifier: str


@dataclass(frozen=True)
class Collection:
    """One collection in a file."""

    end_to_end_id: str
    cents: int
    sequence: str
    holder: str
    iban: str
    mandate: str
    signed_on: date
    description: str


def pain_008(
    *,
    creditor: Creditor,
    reference: str,
    collect_on: date,
    collections: Sequence[Collection],
    made_at: datetime,
) -> bytes:
    """
    The file of these collections for one day; `reference` is its message id, and begins the id of each block in it.

    Raises FileRefused when it does not hold against the schema.
    """
    config = {
        "name": creditor.name,
        "IBAN": creditor.iban,
        "batch": True,
        "creditor_id": creditor.identifier,
        "currency": "EUR",
    }
    try:
        sepa = SepaDD(config, schema=SCHEMA, clean=True)
        for each in collections:
            sepa.add_payment(checked(Recipient.BANK, "debits.file", {
                "name": readable(each.holder)[:70], "IBAN": each.iban, "amount": each.cents, "type": each.sequence,
                "collection_date": collect_on, "mandate_id": each.mandate, "mandate_date": each.signed_on,
                "description": readable(each.description), "endtoend_id": each.end_to_end_id,
            }))  # fmt: skip
        made = _with_our_references(sepa.export(validate=False), reference, made_at)
        try_valid_xml(made, SCHEMA)
    except ValidationError:
        raise FileRefused("the file does not hold against its schema") from None
    return made


def _with_our_references(made: bytes, reference: str, made_at: datetime) -> bytes:
    """Put our own message id, block ids and moment in place of what the library made up."""
    root = _parsed(made)
    _find(root, "MsgId").text = reference
    _find(root, "CreDtTm").text = made_at.strftime("%Y-%m-%dT%H:%M:%S")
    for number, node in enumerate(root.iter("{*}PmtInfId"), start=1):
        node.text = f"{reference}-{number}"
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _parsed(content: bytes) -> "etree._Element":
    if len(content) > LARGEST:
        raise FileRefused("the file is too large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise FileRefused("this is no XML file") from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs do not know it
        raise FileRefused("a file of a bank has no document type")
    return root


def _find(root: "etree._Element", name: str) -> "etree._Element":
    node = next(root.iter(f"{{*}}{name}"), None)
    if node is None:
        raise FileRefused(f"the file has no {name}")
    return node


def blocks(content: bytes) -> dict[str, list[str]]:
    """The blocks of a pain.008 by their id, each with the end-to-end ids in it."""
    return {
        _text(block, "PmtInfId"): [(node.text or "").strip() for node in block.iter("{*}EndToEndId")]
        for block in _parsed(content).iter("{*}PmtInf")
    }


def amounts(content: bytes) -> dict[str, int]:
    """What a pain.008 collects, in cents by end-to-end id."""
    return {
        _text(each, "EndToEndId"): int(Decimal(_text(each, "InstdAmt")) * 100)
        for each in _parsed(content).iter("{*}DrctDbtTxInf")
    }


# --- what the bank says ---------------------------------------------------------------------------------------------------

#: States of ISO 20022 by which something goes on, and by which it does not.
_GOES_ON: Final = frozenset(
    {"ACCP", "ACSP", "ACSC", "ACTC", "ACWC", "ACCC", "ACWP", "PDNG", "RCVD", "PART", "PATC"}
)
REJECTED: Final = "RJCT"


@dataclass(frozen=True)
class Said:
    """What a bank says of a file, a block or a collection: its state, and a reason code where it has one."""

    state: str
    code: str = ""

    @property
    def is_rejected(self) -> bool:
        return self.state == REJECTED


@dataclass(frozen=True)
class Report:
    """A pain.002 about one of our files: of the whole, of blocks by their id, and of collections by their end-to-end id."""

    message_id: str
    whole: Said | None
    of_blocks: dict[str, Said]
    of_collections: dict[str, Said]


def pain_002(content: bytes) -> Report:
    """
    Read a status report of the bank (any version of pain.002). Raises FileRefused for what is none.

    Where one block or collection is spoken of twice, what rejects it counts.
    """
    root = _parsed(content)
    if not str(etree.QName(root).namespace or "").startswith("urn:iso:std:iso:20022:tech:xsd:pain.002."):
        raise FileRefused("this is no status report (pain.002)")
    group = _find(root, "OrgnlGrpInfAndSts")
    report = Report(_text(group, "OrgnlMsgId"), _said(group, "GrpSts"), {}, {})
    for block in root.iter("{*}OrgnlPmtInfAndSts"):
        if (said := _said(block, "PmtInfSts")) is not None:
            _keep(report.of_blocks, _text(block, "OrgnlPmtInfId"), said)
    for each in root.iter("{*}TxInfAndSts"):
        if (said := _said(each, "TxSts")) is not None:
            _keep(report.of_collections, _named(each), said)
    return report


def _named(collection: "etree._Element") -> str:
    """
    Which collection a report speaks of: its end-to-end id, or what a bank says instead of it; raises Unnamed for neither.

    Whether that is one of ours, the caller sees.
    """
    for name in ("OrgnlEndToEndId", "OrgnlInstrId", "OrgnlTxId"):
        if found := (collection.findtext(f"{{*}}{name}") or "").strip():
            return found
    raise Unnamed("the report speaks of a collection and does not say which")


def _keep(found: dict[str, Said], key: str, said: Said) -> None:
    if key not in found or said.is_rejected:
        found[key] = said


def _said(node: "etree._Element", name: str) -> Said | None:
    """The state that stands directly in a node, with the first reason beside it."""
    state = next(iter(node.iterchildren(f"{{*}}{name}")), None)
    if state is None:
        return None
    word = (state.text or "").strip()
    if word != REJECTED and word not in _GOES_ON:
        raise FileRefused("the file says something that we do not know")
    code = ""
    for reason in node.iterchildren("{*}StsRsnInf"):
        code = code or (reason.findtext("{*}Rsn/{*}Cd") or reason.findtext("{*}Rsn/{*}Prtry") or "").strip()
    return Said(word, code[:4])


def _text(node: "etree._Element", name: str) -> str:
    return (_find(node, name).text or "").strip()
