"""
What somebody may have meant by what they typed into the search field: pure, no database.

One text can be several keys: "12345" is a customer number, and the beginning of a domain name.
"""

import re
from dataclasses import dataclass
from typing import Final

from hospes.customers.rules import phone_number
from hospes.customers.words import folded

LONGEST: Final = 120
_NUMBER: Final = re.compile(r"\d{4,12}")
_DOCUMENT: Final = re.compile(r"[A-Z]{1,3}\d{4}-?\d{1,12}")
_ADDRESS_SHORTEST: Final = 3
_LABEL: Final = re.compile(r"[a-z0-9-]{3,}(\.[a-z0-9-]*)*")


@dataclass(frozen=True)
class Keys:
    """The keys that a text can be; an empty one is not looked up."""

    number: int | None = None
    words: tuple[str, ...] = ()
    address: str = ""
    phone: str = ""
    document: str = ""
    label: str = ""

    def __bool__(self) -> bool:
        return any(vars(self).values())


def read(text: str) -> Keys:
    """Read a search text; what cannot be any key gives empty Keys."""
    text = " ".join(text[:LONGEST].replace("\x00", " ").split())
    if "@" in text:
        address = text.lower().strip("<>")
        return Keys(
            address=address if len(address) > _ADDRESS_SHORTEST and not address.startswith("@") else ""
        )
    return Keys(
        number=int(text) if _NUMBER.fullmatch(text) else None,
        words=_words(text), phone=_phone(text), document=_document(text), label=_label(text),
    )  # fmt: skip


def _words(text: str) -> tuple[str, ...]:
    """The words of a name, the longest first: it narrows down most. A name has a letter in it."""
    words = folded(text) if re.search(r"[^\W\d_]", text) else []
    return tuple(sorted(words, key=lambda word: -len(word)))[:6]


def _phone(text: str) -> str:
    if not re.fullmatch(r"[+()\d\s./-]{8,}", text):
        return ""
    try:
        return phone_number(text)
    except ValueError:
        return ""


def _document(text: str) -> str:
    """The number of an invoice, order or quote as it is written: "f202600042" is F2026-00042."""
    bare = text.upper().replace(" ", "")
    if not _DOCUMENT.fullmatch(bare):
        return ""
    head, year_and_rest = re.match(r"([A-Z]+)(.*)", bare).groups()  # type: ignore[union-attr]  # it matched above
    return f"{head}{year_and_rest[:4]}-{year_and_rest[4:].lstrip('-')}"


def _label(text: str) -> str:
    """The beginning of a domain name, in the form in which services have it."""
    bare = re.sub(r"^[a-z]+://", "", text.lower()).split("/")[0].removeprefix("www.")
    if not bare.isascii():
        try:
            bare = bare.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return bare if _LABEL.fullmatch(bare) else ""
