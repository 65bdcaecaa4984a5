"""
Making the table of networks from files of ranges (CSV), one line a range, first and last address included:

    192.0.2.0,192.0.2.255,NL                         the country
    192.0.2.0,192.0.2.255,NL,64500,Voorbeeldnet      country and network: its AS number and name
    192.0.2.0,192.0.2.255,64500,Voorbeeldnet         the network only

Several files are laid over one another, so that countries and networks may come from different ones. Where ranges of one kind
overlap, the one that begins last counts.
"""

import csv
import os
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from hospes.accounts.origins.networks import HEADER, MAGIC, Networks

#: As much of a network's name as is kept, in bytes.
LONGEST_NAME = 80


class WrongLine(ValueError):
    """A line of a file that says no range; names the file and the line."""


@dataclass
class Ranges:
    """Ranges of one IP version, and what is said about each: a country, or an AS number."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    values: list[str | int] = field(default_factory=list)

    def sort(self) -> None:
        order = sorted(range(len(self.starts)), key=self.starts.__getitem__)
        for name in ("starts", "ends", "values"):
            held = getattr(self, name)
            setattr(self, name, [held[at] for at in order])

    def at(self, number: int) -> str | int | None:
        """What is said about an address."""
        found = bisect_right(self.starts, number) - 1
        return self.values[found] if found >= 0 and self.ends[found] >= number else None


class Draft:
    """What was read so far."""

    def __init__(self) -> None:
        self.countries = {4: Ranges(), 6: Ranges()}
        self.networks = {4: Ranges(), 6: Ranges()}
        self.names: dict[int, str] = {}

    def read(self, path: Path) -> int:
        """Add the ranges of a file; returns how many lines it had. Raises WrongLine and OSError."""
        count = 0
        with path.open(newline="", encoding="utf-8") as file:
            for count, line in enumerate(csv.reader(file), start=1):
                try:
                    self._add(line)
                except ValueError as error:
                    raise WrongLine(f"{path.name}, line {count}: {error}") from None
        return count

    def _add(self, line: Sequence[str]) -> None:
        if not 3 <= len(line) <= 5:
            raise ValueError("say first address, last address, country, AS number, name")
        first, last = ip_address(line[0].strip()), ip_address(line[1].strip())
        if first.version != last.version or int(last) < int(first):
            raise ValueError(f"{first} to {last} is no range")
        says = [word.strip() for word in line[2:]]
        country = "" if says[0].isdecimal() else says.pop(0).upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise ValueError(f"{country} is no country of two letters")
        if country:
            self._range(self.countries[first.version], int(first), int(last), country)
        if says and says[0] not in ("", "0"):
            asn = int(says[0])
            if not 0 < asn < 2**32:
                raise ValueError(f"{asn} is no AS number")
            self._range(self.networks[first.version], int(first), int(last), asn)
            if len(says) > 1 and says[1]:
                self.names[asn] = says[1]

    def _range(self, ranges: Ranges, first: int, last: int, value: str | int) -> None:
        ranges.starts.append(first)
        ranges.ends.append(last)
        ranges.values.append(value)

    def table(self, about: str) -> bytes:
        """The table, in its file's form; `about` says where it comes from and under which licence."""
        origins: dict[tuple[str, int], int] = {("", 0): 0}
        parts = {version: self._joined(version, origins) for version in (4, 6)}
        texts, name_at = self._texts(origins)
        told = about.encode()
        starts6 = array("Q", parts[6][0])
        starts4 = array("I", parts[4][0])
        return b"".join((
            HEADER.pack(MAGIC, len(starts6), len(starts4), len(origins), len(texts), len(told)),
            starts6.tobytes(), starts4.tobytes(), array("I", parts[4][1]).tobytes(), array("I", parts[6][1]).tobytes(),
            array("I", [asn for _, asn in origins]).tobytes(), array("I", name_at).tobytes(),
            "".join(f"{country:2}" for country, _ in origins).encode("ascii"), texts, told,
        ))  # fmt: skip

    def _joined(self, version: int, origins: dict[tuple[str, int], int]) -> tuple[list[int], list[int]]:
        """Starts of ranges of one IP version, and the origin of each; equal neighbours are one range."""
        countries, networks = self.countries[version], self.networks[version]
        countries.sort()
        networks.sort()
        starts, found = [0], [0]
        for number in _borders((countries, networks), unit := 2**64 if version == 6 else 1):
            origin = (str(countries.at(number) or ""), int(networks.at(number) or 0))
            index = origins.setdefault(origin, len(origins))
            if index != found[-1]:
                starts.append(number // unit)
                found.append(index)
        return starts, found

    def _texts(self, origins: Iterable[tuple[str, int]]) -> tuple[bytes, list[int]]:
        """The names of all networks, and where that of each origin begins; at 0 there is an empty one."""
        texts, places, at = bytearray(b"\0"), {0: 0}, []
        for _, asn in origins:
            if asn not in places:
                places[asn] = len(texts)
                name = " ".join(self.names.get(asn, "").replace("\0", " ").split()).encode()[:LONGEST_NAME]
                texts += name.decode("utf-8", "ignore").encode() + b"\0"
            at.append(places[asn])
        return bytes(texts), at


def _borders(ranges: Iterable[Ranges], unit: int) -> Iterator[int]:
    """Where something begins or ends, in order; in multiples of the unit."""
    found: set[int] = set()
    for each in ranges:
        found.update(start - start % unit for start in each.starts)
        found.update((end // unit + 1) * unit for end in each.ends)
    last = 2**128 if unit > 1 else 2**32
    return iter(sorted(number for number in found if number < last))


def write(table: bytes, path: Path) -> Networks:
    """Put a table in its place, at once or not at all; whoever reads the old one goes on with that."""
    checked = Networks(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        draft.write_bytes(table)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return checked
