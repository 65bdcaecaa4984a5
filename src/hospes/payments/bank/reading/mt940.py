"""
MT940, as Dutch banks send it: a text of fields, several statements in a file, each with its balances.

The library reads the fields; the free text of :86: is ours, since banks put name, account and remittance there each in their own
way: with words between slashes (/IBAN/…/NAME/…/REMI/…), as "REK: … NAAM: …", or in numbered parts (?20, >20).
"""

import logging
import re
import warnings
from datetime import date
from decimal import Decimal
from typing import Any, Final

import mt940
from django.utils.translation import gettext as _
from mt940.processors import date_fixup_pre_processor

from hospes.payments.bank.reading import MOST_LINES, BadFile, Line, Statement

# It writes lines that it cannot read to its log, and those are of people.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)

_BEGIN: Final = re.compile(r"(?m)^:20:")
_ENVELOPE: Final = re.compile(r"\{[1-5]:[^{}]*\}|\{4:|(?m:^-\}?\s*$)|(?m:^-XXX\s*$)")
_SLASHED: Final = re.compile(
    r"/(TRTP|EREF|MARF|IBAN|BIC|NAME|REMI|USTD|STRD|CSID|CNTP|ORDP|BENM|ISDT|RTRN|PREF|PURP|ULTD|ULTB|SVCL|ID|ADDR|CD|NRTX|KREF|SWOC|OCMT|TR|CHGS|EXCH|RTYP|RCMT)/"
)
_IBAN: Final = re.compile(r"\b([A-Z]{2}\d{2}[A-Z0-9]{11,30})\b")
_LABELLED: Final = re.compile(r"REK:\s*([A-Z]{2}\d{2}[A-Z0-9]{11,30})\s*/\s*NAAM:\s*(.+)$")
_NUMBERED: Final = re.compile(r"[?>](\d\d)")
#: What follows the closing balance is about the account, no line.
_AFTER: Final = re.compile(r"(?ms)(^:62[FM]:[^\n]*)\n.*\Z")
_RETURNED: Final = re.compile(r"[A-Z]{2}\d{2}|[A-Z]{4}")
_NAMED: Final = re.compile(r"\d{2,3}")


def read(data: bytes) -> list[Statement]:
    """The statements of an MT940 file; raises BadFile."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    text = _ENVELOPE.sub("", text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    begins = [match.start() for match in _BEGIN.finditer(text)]
    if text.count("\n:61:") > MOST_LINES:
        raise BadFile(_("This file has more than 100,000 lines. Download a shorter period at your bank."))
    if not begins:
        raise BadFile(_("There is no statement in this file."))
    ends = [*begins[1:], len(text)]
    return [_statement(text[begin:end]) for begin, end in zip(begins, ends, strict=True)]


def _statement(text: str) -> Statement:
    """One statement: from its :20: to the next one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = mt940.models.Transactions(
                processors={"pre_statement": [date_fixup_pre_processor]}, options=mt940.Options.all()
            )
            found.parse(_AFTER.sub(r"\1\n", text))
    except Exception:  # noqa: BLE001  # the library raises what it meets: RuntimeError, ValueError, decimal errors
        raise BadFile(
            _(
                "A line of this MT940 file cannot be read. Download it at your bank once more; nothing of it was taken."
            )
        ) from None
    known: dict[str, Any] = found.data
    opening = known.get("final_opening_balance") or known.get("intermediate_opening_balance")
    closing = known.get("final_closing_balance") or known.get("intermediate_closing_balance")
    if opening is None or closing is None or len(found) != len(re.findall(r"(?m)^:61:", text)):
        raise BadFile(
            _(
                "A statement in this file does not say its opening and closing balance. Nothing of it was taken."
            )
        )
    number = "/".join(str(known[name]) for name in ("statement_number", "sequence_number") if known.get(name))
    return Statement(
        account=_account(str(known.get("account_identification") or "")), number=number[:35],
        currencies=frozenset(str(each.amount.currency) for each in (opening, closing)), opened_on=_day(opening.date),
        closed_on=_day(closing.date), opening_cents=_cents(opening.amount.amount), closing_cents=_cents(closing.amount.amount),
        lines=tuple(_line(each.data) for each in found),
    )  # fmt: skip


def _account(said: str) -> str:
    """The account without what banks write around it: a currency behind it, their name and a slash before it."""
    bare = said.replace(" ", "").upper()
    iban = _IBAN.search(bare)
    return re.sub(r"(?<=\d)EUR$", "", iban.group(1)) if iban else bare


def _day(said: Any) -> date:
    return date(said.year, said.month, said.day)


def _cents(amount: Any) -> int:
    value = Decimal(str(amount)) * 100
    if value != value.to_integral_value():
        raise BadFile(_("An amount in this file is none, or has parts of a cent. Nothing of it was taken."))
    return int(value)


def _line(said: dict[str, Any]) -> Line:
    text = "".join(part for part in str(said.get("transaction_details") or "").split("\n"))
    spaced = " ".join(str(said.get("transaction_details") or "").split())
    extra = str(said.get("extra_details") or "").strip()
    words = _words(text) or _numbered(text) or _labelled(spaced) or {"REMI": spaced}
    account = words.get("IBAN", "")
    if not account and (match := _IBAN.match(extra)):
        account = match.group(1)
    reference = str(said.get("bank_reference") or "").strip()
    asked = str(said.get("customer_reference") or "").strip()
    status = str(said.get("status") or "")
    remittance = words.get("REMI", "")
    structured = remittance.removeprefix("STRD/CUR/") if remittance.startswith("STRD/CUR/") else ""
    return Line(
        booked_on=_day(said.get("entry_date") or said["date"]), cents=_cents(said["amount"].amount), valued_on=_day(said["date"]),
        bank_reference=reference[:70], end_to_end=_meant(words.get("EREF", "") or _meant(asked))[:70],
        mandate=words.get("MARF", "")[:35], structured=structured[:70], remittance=(structured or remittance)[:500],
        name=words.get("NAME", "")[:140], account=account.replace(" ", "").upper()[:34], code=str(said.get("id") or "")[:20],
        batch=words.get("PREF", "")[:70], reason=_reason(words.get("RTRN", "")), is_reversal=status.startswith("R"),
    )  # fmt: skip


def _reason(said: str) -> str:
    return said[:4] if _RETURNED.match(said) else ""


def _meant(said: str) -> str:
    return "" if said.upper() in ("NOTPROVIDED", "NONREF", "EREF", "PREF", "MARF", "") else said


def _words(text: str) -> dict[str, str]:
    """Of "/EREF/…/NAME/…/REMI/…": each word with what follows it. ING puts account, BIC, name and town behind /CNTP/."""
    places = list(_SLASHED.finditer(text))
    if not places or places[0].start() > 0:
        return {}
    ends = [each.start() for each in places[1:]] + [len(text)]
    found: dict[str, str] = {}
    for place, end in zip(places, ends, strict=True):
        value = " ".join(text[place.end() : end].strip("/ ").split())
        found.setdefault(place.group(1), value)
    if "CNTP" in found:
        account, _bic, name, *_rest = [*found["CNTP"].split("/"), "", "", ""]
        found.setdefault("IBAN", account)
        found.setdefault("NAME", name)
    found["REMI"] = re.sub(r"^(USTD|STRD)//", "", found.get("REMI") or found.get("USTD") or "")
    return found


def _numbered(text: str) -> dict[str, str]:
    """Of "166?00…?20…?31…?32…" (also with >): 20 to 29 and 60 to 63 are the remittance, 31 the account, 32 and 33 the name."""
    if not _NAMED.match(text[:3]) or not re.match(r"\d{2,3}[?>]\d\d", text):
        return {}
    pieces = _NUMBERED.split(text)[1:]
    by_number = list(zip(pieces[::2], pieces[1::2], strict=False))
    return {
        "REMI": "".join(
            value for number, value in by_number if "20" <= number <= "29" or "60" <= number <= "63"
        ).strip(),
        "IBAN": "".join(value for number, value in by_number if number == "31").strip(),
        "NAME": "".join(value for number, value in by_number if number in ("32", "33")).strip(),
    }


def _labelled(text: str) -> dict[str, str]:
    match = _LABELLED.search(text)
    return (
        {"REMI": text[: match.start()].strip(), "IBAN": match.group(1), "NAME": match.group(2)}
        if match
        else {}
    )
