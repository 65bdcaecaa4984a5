"""
CAMT.053, every version: versions differ in where a name stands (`Dbtr/Nm`, since .08 `Dbtr/Pty/Nm`) and an amount.

The parser resolves no entities, loads nothing and takes no document type: a file that has one is refused. It is read entry by
entry, each thrown away once it was read, so that a large file takes little memory.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Final

from django.utils.translation import gettext as _
from lxml import etree

from hospes.payments.bank.reading import MOST_LINES, BadFile, Line, Statement

_ROOT: Final = re.compile(r"\{urn:(?:[a-z0-9:]+:)?xsd:\$?camt\.053(?:\.\d{3}){0,2}\.\d{2}\}Document")
Element = etree._Element

#: Which balance begins a statement, and which ends it, the best first; a statement in pages has intermediate ones (ITBD).
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)
_DIGITS: Final = re.compile(r"\d{1,15}(?:\.\d{1,5})?")


def read(data: bytes) -> list[Statement]:
    """The statements of a CAMT.053 file; raises BadFile."""
    try:
        found = list(_statements(data))
    except etree.XMLSyntaxError:
        raise BadFile(
            _(
                "This file is not complete, or no XML. Download it at your bank once more; nothing of it was taken."
            )
        ) from None
    if not found:
        raise BadFile(_("There is no statement in this file."))
    return found


def _statements(data: bytes) -> Iterator[Statement]:
    """Each statement once its end was read; what of it was used is freed."""
    walk = etree.iterparse(
        BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    root: Element | None = None
    lines: list[Line] = []
    currencies: set[str] = set()
    for event, node in walk:
        if root is None:
            root = _checked_root(node)
            space = str(root.tag).removesuffix("Document")
        if event == "start":
            continue
        if node.tag == f"{space}Ntry":
            entry = _Entry(node, space)
            lines += entry.lines()
            currencies |= entry.currencies
            if len(lines) > MOST_LINES:
                raise BadFile(
                    _("This file has more than 100,000 lines. Download a shorter period at your bank.")
                )
            node.clear()
        elif node.tag == f"{space}Stmt":
            yield _statement(_Part(node, space), lines, currencies)
            lines, currencies = [], set()
            node.clear()


def _checked_root(root: Element) -> Element:
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadFile(_("This file has a document type in it, which no bank sends. Nothing of it was taken."))
    if not _ROOT.fullmatch(str(root.tag)):
        raise BadFile(
            _("This is XML, but no bank statement of the kind CAMT.053. Choose CAMT.053 at your bank.")
        )
    return root


class _Part:
    """An element, and what of it is asked for by its path of plain names."""

    def __init__(self, node: Element, space: str) -> None:
        self.node, self._space = node, space

    def _path(self, path: str) -> str:
        return "/".join(self._space + name for name in path.split("/"))

    def text(self, *paths: str) -> str:
        """The first of these that is there, in one line; "" where none is."""
        for path in paths:
            found = self.node.find(self._path(path))
            if found is not None and (found.text or "").strip():
                return " ".join((found.text or "").split())
        return ""

    def texts(self, path: str) -> list[str]:
        return [
            " ".join((each.text or "").split())
            for each in self.node.findall(self._path(path))
            if (each.text or "").strip()
        ]

    def all(self, path: str) -> list["_Part"]:
        return [_Part(each, self._space) for each in self.node.findall(self._path(path))]

    def has(self, path: str) -> bool:
        return self.node.find(self._path(path)) is not None

    def day(self, *paths: str) -> date | None:
        """A day, also of a moment: the one that the bank names, whatever the zone."""
        said = self.text(*[f"{path}/{kind}" for path in paths for kind in ("Dt", "DtTm")])
        try:
            return date.fromisoformat(said[:10]) if said else None
        except ValueError:
            raise BadFile(_("A date in this file is none. Nothing of it was taken.")) from None

    def cents(self, path: str) -> tuple[int, str] | None:
        """An amount in cents, never below zero, and its currency; None where there is none."""
        found = self.node.find(self._path(path))
        return None if found is None else (_cents(found.text or ""), found.get("Ccy", ""))


def _cents(said: str) -> int:
    said = said.strip()
    try:
        value = Decimal(said) * 100 if _DIGITS.fullmatch(said) else None
    except InvalidOperation:
        value = None
    if value is None or value != value.to_integral_value():
        raise BadFile(_("An amount in this file is none, or has parts of a cent. Nothing of it was taken."))
    return int(value)


def _signed(part: _Part, cents: int) -> int:
    """As CdtDbtInd says; of a reversal too it says which way the money went now (ISO 20022, RvslInd)."""
    side = part.text("CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        raise BadFile(
            _("Of an amount in this file it is not said whether it came in or went out. Nothing was taken.")
        )
    return cents if side == "CRDT" else -cents


def _statement(part: _Part, lines: list[Line], currencies: set[str]) -> Statement:
    balances = [(each.text("Tp/CdOrPrtry/Cd"), each) for each in part.all("Bal")]
    opening, closing = _balance(balances, _OPENING, first=True), _balance(balances, _CLOSING, first=False)
    said = {(each.cents("Amt") or (0, ""))[1] for each in (opening, closing)} | {part.text("Acct/Ccy")}
    opened, closed = opening.day("Dt"), closing.day("Dt")
    if opened is None or closed is None:
        raise BadFile(_("A date in this file is none. Nothing of it was taken."))
    return Statement(
        account=part.text("Acct/Id/IBAN", "Acct/Id/Othr/Id").replace(" ", "").upper(),
        currencies=frozenset(currencies | said) - {""}, number=part.text("ElctrncSeqNb", "LglSeqNb", "Id")[:35],
        opened_on=opened, closed_on=closed,
        opening_cents=_signed(opening, (opening.cents("Amt") or (0, ""))[0]),
        closing_cents=_signed(closing, (closing.cents("Amt") or (0, ""))[0]), lines=tuple(lines),
    )  # fmt: skip


def _balance(balances: list[tuple[str, _Part]], wanted: tuple[str, ...], *, first: bool) -> _Part:
    for code in wanted:
        for said, part in balances:
            if said == code:
                return part
    between = [part for code, part in balances if code == "ITBD"]
    if not between:
        raise BadFile(
            _(
                "A statement in this file does not say its opening and closing balance. Nothing of it was taken."
            )
        )
    return between[0 if first else -1]


class _Entry:
    """An entry (Ntry), and the lines that it is: one, or those of its batch where the bank specifies that."""

    def __init__(self, node: Element, space: str) -> None:
        self.part = _Part(node, space)
        self.currencies: set[str] = set()

    def lines(self) -> list[Line]:
        """Only what is booked: what is pending comes again."""
        entry = self.part
        if entry.text("Sts/Cd", "Sts") not in ("BOOK", ""):
            return []
        amount, booked_on = entry.cents("Amt"), entry.day("BookgDt", "ValDt")
        if amount is None or booked_on is None:
            raise BadFile(_("A line in this file has no amount or no date. Nothing of it was taken."))
        self.currencies.add(amount[1])
        cents = _signed(entry, amount[0])
        details = [each for group in entry.all("NtryDtls") for each in group.all("TxDtls")]
        parts = self._shares(details, cents, amount[1])
        whole = details[0] if len(details) == 1 else None
        if parts is None:
            return [self._line(whole, cents, booked_on)]
        return [self._line(each, share, booked_on) for each, share in zip(details, parts, strict=True)]

    def _shares(self, details: list[_Part], cents: int, currency: str) -> list[int] | None:
        """What each part of a batch comes to; None where that is not said, or does not make up the whole."""
        if len(details) < 2:
            return None
        shares = []
        for each in details:
            amount = each.cents("Amt") or each.cents("AmtDtls/TxAmt/Amt")
            if amount is None or (amount[1] or currency) != currency:
                return None
            side = each if each.has("CdtDbtInd") else self.part
            shares.append(_signed(side, amount[0]))
        return shares if sum(shares) == cents and all(shares) else None

    def _line(self, tx: _Part | None, cents: int, booked_on: date) -> Line:
        entry, part = self.part, tx or self.part
        incoming = cents > 0
        is_return = tx is not None and tx.has("RtrInf")
        name, account = _other(part, incoming != (is_return and _names_us_as_receiver(part, incoming)))
        return Line(
            booked_on=booked_on, cents=cents, valued_on=entry.day("ValDt"),
            bank_reference=(part.text("Refs/AcctSvcrRef") or entry.text("AcctSvcrRef", "NtryRef"))[:70],
            end_to_end=_meant(part.text("Refs/EndToEndId"))[:70], mandate=_meant(part.text("Refs/MndtId"))[:35],
            structured=part.text("RmtInf/Strd/CdtrRefInf/Ref")[:70],
            remittance=self._remittance(tx)[:500], name=name[:140], account=account[:34],
            code=_code(entry), batch=_batch(entry, part)[:70],
            reason=part.text("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")[:35], is_reversal=entry.text("RvslInd") == "true",
        )  # fmt: skip

    def _remittance(self, tx: _Part | None) -> str:
        said = tx.texts("RmtInf/Ustrd") + tx.texts("RtrInf/AddtlInf") + tx.texts("AddtlTxInf") if tx else []
        return " ".join(said) or self.part.text("AddtlNtryInf")


def _other(part: _Part, incoming: bool) -> tuple[str, str]:
    """Who is at the other end: of what came in the debtor, of what went out the creditor; the last one that is named."""
    one = "Dbtr" if incoming else "Cdtr"
    name = part.text(
        f"RltdPties/{one}/Nm",
        f"RltdPties/{one}/Pty/Nm",
        f"RltdPties/Ultmt{one}/Nm",
        f"RltdPties/Ultmt{one}/Pty/Nm",
    )
    account = part.text(f"RltdPties/{one}Acct/Id/IBAN", f"RltdPties/{one}Acct/Id/Othr/Id")
    return name, account.replace(" ", "").upper()


def _names_us_as_receiver(part: _Part, incoming: bool) -> bool:
    """Banks name the parties of what comes back as they were in the payment itself: then the other end is on the other side."""
    one, other = ("Dbtr", "Cdtr") if incoming else ("Cdtr", "Dbtr")
    return not part.has(f"RltdPties/{one}Acct") and part.has(f"RltdPties/{other}Acct")


def _meant(said: str) -> str:
    return "" if said.upper() in ("NOTPROVIDED", "NONREF", "NOT PROVIDED") else said


def _code(entry: _Part) -> str:
    parts = [entry.text(f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "-".join(part for part in parts if part)[:20] or entry.text("BkTxCd/Prtry/Cd")[:20]


def _batch(entry: _Part, part: _Part) -> str:
    return part.text("Refs/PmtInfId") or entry.text("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId")
