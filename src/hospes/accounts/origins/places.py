"""
The place that an IP address belongs to: country and network, as far as the table of networks knows them.

The table is the one that the operator loaded (`hospes networks load`), or else the one that ships. It is looked at again now and
then, so that one that was loaded is in use half a minute later, without a restart. Without any, places are unknown.
"""

import hashlib
import lzma
import time
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from hospes.accounts.countries import name_of
from hospes.accounts.origins.building import write
from hospes.accounts.origins.networks import NOTHING, Networks, NotAFile

SHIPPED: Final = Path(__file__).with_name("data") / "networks.xz"
#: What the operator loaded, below the folder of the installation's state.
LOADED: Final = "networks.dat"

#: Seconds until it is looked again whether another table was loaded.
_LOOK_AGAIN: Final = 30.0

#: Networks of one's own: loopback, private, link-local and shared addresses (RFC 1918, 4193, 3927, 6598).
_OWN_NETWORKS: Final = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
#: The same as numbers, by version: this is asked with every request.
_OWN: Final = {
    version: [
        (int(network[0]), int(network[-1]))
        for network in map(ip_network, _OWN_NETWORKS)
        if network.version == version
    ]
    for version in (4, 6)
}


@dataclass(frozen=True, slots=True)
class Place:
    """
    Country and network of an address. `country` is "" where it is unknown, `network` the name of an AS.

    `key` is the same for two addresses of the same place: the network within a country; of an unknown network its nearest
    addresses (a /24 of IPv4, a /48 of IPv6); "own" for all of one's own networks, "" where no address is known at all.
    """

    country: str = ""
    asn: int = 0
    network: str = ""
    key: str = ""

    @property
    def is_own(self) -> bool:
        return self.key == "own"

    @property
    def network_words(self) -> str:
        """What the network is called; "" where it is unknown."""
        if self.is_own:
            return _("this machine's own network")
        return self.network or (f"AS{self.asn}" if self.asn else "")

    @property
    def country_words(self) -> str:
        """What the country is called, in the active language; "" where it is unknown."""
        return name_of(self.country) if self.country else ""

    def __str__(self) -> str:
        """Both in words, such as "KPN B.V., Netherlands"."""
        words = [word for word in (self.network_words, self.country_words) if word]
        return ", ".join(words) or _("unknown")


NOWHERE: Final = Place()


def place_of(ip: str | None) -> Place:
    """The place of an IP address; an unknown one for None and for what is no address. Takes microseconds."""
    try:
        address = ip_address(ip or "")
    except ValueError:
        return NOWHERE
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if is_own(address):
        return Place(key="own")
    table = networks()
    origin = NOTHING if table is None else table.origin_of(address)
    mark = f"AS{origin.asn}" if origin.asn else _nearby(address)
    return Place(origin.country, origin.asn, origin.network, f"{origin.country}/{mark}")


def is_own(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is of the machine itself or of a network that the internet does not reach."""
    number = int(address)
    return any(first <= number <= last for first, last in _OWN[address.version])


def _nearby(address: IPv4Address | IPv6Address) -> str:
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


# --- the table in use -----------------------------------------------------------------------------------------------------


@dataclass
class _InUse:
    """The table that this process has open, from which file, and when it looks again."""

    networks: Networks | None = None
    file: tuple[str, int] | None = None
    look_again: float = 0.0


_in_use = _InUse()


def networks() -> Networks | None:
    """The table of networks; None when there is none that can be read."""
    now = time.monotonic()
    if now >= _in_use.look_again:
        _in_use.look_again = now + _LOOK_AGAIN
        _open()
    return _in_use.networks


def look_again() -> None:
    """Look with the next question whether another table was loaded."""
    _in_use.look_again = 0.0


def _open() -> None:
    path = settings.VAR / LOADED
    if not path.exists():
        path = _unpacked()
    try:
        file = (str(path), path.stat().st_mtime_ns)
        if file == _in_use.file:
            return
        # Not by mmap: a file that somebody overwrites where it is would change, or end, under those who look.
        table = Networks(path.read_bytes())
    except (OSError, NotAFile):  # gone, or no table: what is in use stays so
        return
    _in_use.networks, _in_use.file = table, file


def _unpacked() -> Path:
    """The table that ships, unpacked below the installation's state, once for all processes and starts."""
    packed = SHIPPED.read_bytes()
    path: Path = settings.VAR / f"networks-{hashlib.sha256(packed).hexdigest()[:12]}.dat"
    if not path.exists():
        with suppress(OSError):  # a state that this process may not write
            write(lzma.decompress(packed), path)
            for other in settings.VAR.glob("networks-*.dat"):
                if other != path:
                    other.unlink(missing_ok=True)
    return path
