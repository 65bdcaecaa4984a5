"""
What a bank's file says: CAMT.053 (ISO 20022, any version) and MT940, read into the same few words. Pure: no database, no clock.

A file is read as a whole or not at all: what is broken, hostile or not understood raises `BadFile`, whose message says what is
wrong and is fit to show. Nothing of the file's content is in that message but names of accounts that are the operator's.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.utils.translation import gettext_lazy as _

#: A month of a busy account is a few megabytes; what is larger is not a statement, or one of years.
MOST_BYTES: Final = 20_000_000
#: So many lines in one file are read.
MOST_LINES: Final = 100_000


class BadFile(Exception):
    """The file cannot be taken; the message says why, and what to do, to whoever brought it."""


@dataclass(frozen=True)
class Line:
    """
    A movement on the account. `cents` is above zero for what came in. Of a batch that the bank specifies each part is a line.

    `reason` is why something came back (ISO 20022 external return reason, such as AC04), `is_reversal` that the bank undoes an
    earlier movement. `batch` says of which batch it is a part, by the name that its sender gave that.
    """

    booked_on: date
    cents: int
    valued_on: date | None = None
    bank_reference: str = ""
    end_to_end: str = ""
    mandate: str = ""
    structured: str = ""
    remittance: str = ""
    name: str = ""
    account: str = ""
    code: str = ""
    batch: str = ""
    reason: str = ""
    is_reversal: bool = False


@dataclass(frozen=True)
class Statement:
    """
    A statement of one account over a period, in the bank's words; balances are of the account, below zero when overdrawn.

    `currencies` are all that it says its amounts are in.
    """

    account: str
    currencies: frozenset[str]
    number: str
    opened_on: date
    opening_cents: int
    closed_on: date
    closing_cents: int
    lines: tuple[Line, ...] = field(default_factory=tuple)


def read(data: bytes) -> list[Statement]:
    """
    Read a file of a bank, whichever of the two kinds it is; its statements in their order.

    Raises BadFile.
    """
    from hospes.payments.bank.reading import camt, mt940

    if len(data) > MOST_BYTES:
        raise BadFile(str(_("This file is larger than 20 MB. Download a shorter period at your bank.")))
    begin = data[:4096].lstrip(b"\xef\xbb\xbf\r\n\t ")
    if not begin:
        raise BadFile(str(_("This file is empty.")))
    if begin[:1] == b"<" or begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return camt.read(data)
    if (b":20:" in data and b":61:" in data) or (b":60" in data and b":62" in data):
        return mt940.read(data)
    raise BadFile(
        str(_("This is no bank statement. Download it at your bank as CAMT.053 (XML, not zipped) or MT940."))
    )
