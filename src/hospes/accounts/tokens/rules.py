"""What a token looks like, and what its networks are. Nothing here knows the time or the database."""

import hashlib
import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Final

from hospes.accounts import network

#: By this a token is known for what it is: to whoever finds it in a file, and to scanners of source code.
BEGINS: Final = "hospes_pat_"
#: Bytes of chance in it. With that many a plain hash will do: there is nothing to guess.
CHANCE: Final = 32
#: So many networks a token can name.
MOST_NETWORKS: Final = 20

_SHAPE: Final = re.compile(rf"{BEGINS}[A-Za-z0-9_-]{{43}}")


def is_token(text: str) -> bool:
    """Whether a text can be a token at all."""
    return _SHAPE.fullmatch(text) is not None


def digest(token: str) -> bytes:
    """What is held of a token."""
    return hashlib.sha256(token.encode()).digest()


def hint(token: str) -> str:
    """How it begins: enough to know it again, and no more."""
    return token[: len(BEGINS) + 4]


def networks(text: str) -> list[str]:
    """
    The networks that somebody wrote down, in their usual form: addresses and networks, by commas, spaces or lines.

    Raises ValueError with the first that is none, or with "" for too many.
    """
    found: dict[str, None] = {}
    for word in re.split(r"[\s,;]+", text.strip()):
        if word:
            try:
                found[str(network.written(word))] = None
            except ValueError:
                raise ValueError(word) from None
    if len(found) > MOST_NETWORKS:
        raise ValueError("")
    return list(found)


def is_within(ip: str | None, listed: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; where none are listed, every one does."""
    named = [ip_network(each) for each in listed]
    if not named:
        return True
    if ip is None:
        return False
    address = ip_address(ip)
    return any(address.version == each.version and address in each for each in named)
