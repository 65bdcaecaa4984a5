"""
Which country and which network an IP address belongs to, from one file on this machine; nobody is asked.

The file is a table of ranges, searched in the form in which it lies there (some 10 MB for the whole internet). Numbers in it are
little-endian; `building` makes it, and says where its contents come from.

    magic (8) | counts: ranges of IPv6, of IPv4, origins, bytes of names, bytes of about (5 × u32) | empty (4)
    starts of IPv6 ranges: the upper 64 bits (u64 each) | starts of IPv4 ranges (u32) | their origins (u32), of IPv4, then of IPv6
    of each origin: AS number (u32), where its name begins (u32), country (2 letters) | names, each ended by a zero | about

A range goes on until the next one begins; origin 0 is "nothing is known". An address within a /64 is where that /64 is.
"""

import struct
import sys
from bisect import bisect_right
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

MAGIC: Final = b"HOSPNET1"
HEADER: Final = struct.Struct("<8s5I4x")


class NotAFile(ValueError):
    """This is no table of networks, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Country (ISO 3166-1, two letters) and network of a range; "" and 0 where nothing is known."""

    country: str = ""
    asn: int = 0
    network: str = ""


NOTHING: Final = Origin()


class Networks:
    """A table of networks in its file's form."""

    def __init__(self, raw: "bytes | memoryview") -> None:
        """Raises NotAFile when these are not the bytes of a whole table, or on a big-endian machine."""
        view = memoryview(raw).toreadonly()
        if len(view) < HEADER.size or sys.byteorder != "little":
            raise NotAFile("this is no table of networks")
        magic, six, four, origins, names, about = HEADER.unpack_from(view)
        sizes = [six * 8, four * 4, four * 4, six * 4, origins * 4, origins * 4, origins * 2, names, about]
        if magic != MAGIC or HEADER.size + sum(sizes) != len(view):
            raise NotAFile("this is no table of networks, or not a whole one")
        parts, place = [], HEADER.size
        for size in sizes:
            parts.append(view[place : place + size])
            place += size
        self._starts6, self._starts4 = parts[0].cast("Q"), parts[1].cast("I")
        self._origins4, self._origins6 = parts[2].cast("I"), parts[3].cast("I")
        self._asn, self._name_at = parts[4].cast("I"), parts[5].cast("I")
        self._country, self._names = parts[6], parts[7]
        self.about = bytes(parts[8]).decode()
        if max((*self._origins4, *self._origins6), default=0) >= max(origins, 1):
            raise NotAFile("this table of networks contradicts itself")

    def __len__(self) -> int:
        return len(self._starts4) + len(self._starts6)

    def origin_of(self, address: IPv4Address | IPv6Address) -> Origin:
        """Country and network of an address; takes microseconds."""
        if isinstance(address, IPv4Address):
            starts, origins, number = self._starts4, self._origins4, int(address)
        else:
            starts, origins, number = self._starts6, self._origins6, int(address) >> 64
        found = bisect_right(starts, number) - 1
        return self._origin(origins[found]) if found >= 0 else NOTHING

    def _origin(self, index: int) -> Origin:
        country = bytes(self._country[index * 2 : index * 2 + 2]).decode("ascii").strip()
        asn, at = self._asn[index], self._name_at[index]
        name = bytes(self._names[at : at + 200]).partition(b"\0")[0].decode("utf-8", "replace")
        return Origin(country, asn, name) if country or asn else NOTHING
