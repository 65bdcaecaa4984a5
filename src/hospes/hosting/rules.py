"""User names on a panel: pure functions."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

#: DirectAdmin's limit (and that of the Unix tools below it).
LONGEST: Final = 10


def usernames(domain: str) -> Iterator[str]:
    """
    User names for a domain, without end: its first label, then the same with a number.

    They begin with a letter and have at most ten letters and digits: "bakkerij-de-boer.nl" gives bakkerijde,
    bakkerijd2, bakkerijd3 …; names in other scripts, of which nothing is left, give "web".
    """
    stem = _stem(domain)
    yield stem[:LONGEST]
    number = 2
    while True:
        yield f"{stem[: LONGEST - len(str(number))]}{number}"
        number += 1


def _stem(domain: str) -> str:
    label = domain.lower().strip(".").split(".")[0]
    if label.startswith("xn--"):
        try:
            label = label.encode("ascii").decode("idna")
        except UnicodeError:
            label = label.removeprefix("xn--")
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower()).lstrip("0123456789") or "web"
