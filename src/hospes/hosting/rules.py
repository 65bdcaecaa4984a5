"""User names on a panel: pure functions."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain, count
from typing import Final

#: DirectAdmin's limit (and that of the Unix tools below it).
LONGEST: Final = 10


def usernames(domain: str) -> Iterator[str]:
    """
    User names for a domain, without end, each once: its first label, then the same with a number.

    They begin with a letter and have at most ten letters and digits: "bakkerij-de-boer.nl" gives bakkerijde,
    bakkerijd2, bakkerijd3 …; names in other scripts, of which nothing is left, give "web".
    """
    stem = _stem(domain)
    numbered = (f"{stem[: LONGEST - len(str(number))]}{number}" for number in count(2))
    seen = set[str]()
    for name in chain([stem[:LONGEST]], numbered):
        if name not in seen:  # a stem that ends in digits makes some names twice
            seen.add(name)
            yield name


def _stem(domain: str) -> str:
    label = domain.lower().strip(".").split(".")[0]
    if label.startswith("xn--"):
        try:
            label = label.encode("ascii").decode("idna")
        except UnicodeError:
            label = label.removeprefix("xn--")
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower()).lstrip("0123456789") or "web"
