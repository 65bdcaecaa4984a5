"""Numbers of quotes and orders, and the form of a domain name."""

import re
from datetime import date

import idna

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def domain_name(text: str) -> str:
    """
    A domain name in lower-case ASCII (RFC 5891), without scheme, "www." or path; raises ValueError when it is none.

    It needs at least two labels, and a last one that is no number. Not by Python's own codec: that is of before RFC 5891 and
    makes strasse.de, which is somebody else's, of straße.de.
    """
    bare = re.sub(r"^[a-z]+://", "", text.strip().lower()).split("/")[0].removesuffix(".")
    bare = re.sub(r"^www\.(?=[^.]+\.)", "", bare)  # www.nl is a name by itself
    try:
        ascii_name = idna.encode(bare, uts46=True).decode("ascii")
    except UnicodeError:
        raise ValueError("this is no domain name") from None
    labels = ascii_name.split(".")
    if (
        len(labels) < 2
        or len(ascii_name) > 253
        or not all(_LABEL.fullmatch(x) for x in labels)
        or labels[-1].isdigit()
    ):
        raise ValueError("this is no domain name")
    return ascii_name


def quote_number(day: date, number: int) -> str:
    """A quote number, as in O2026-00042 (O for offerte)."""
    return f"O{day.year}-{number:05d}"


def order_number(day: date, number: int) -> str:
    """An order number, as in B2026-00042 (B for bestelling)."""
    return f"B{day.year}-{number:05d}"
