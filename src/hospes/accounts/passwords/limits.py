"""
How many tries are free, and how long one waits after those: as data.

Who tries to get in counts for the network, for what is around that network, and for the account; none of those locks anybody
out, since delays end, a device that is known is not counted with them, and a link from one's own mailbox passes by them.
"""

import ipaddress
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limit:
    """
    Tries that cost no waiting (`free`), seconds in which one drains away, and the longest wait (0: never any).

    After the free ones each try makes the next wait twice as long, from `first` seconds on. In a siege, while more tries than
    usual fail everywhere, `siege_free` and `siege_first` hold: all one's own mistakes together are few, and others are many.
    """

    name: str
    free: float
    drain: float
    most: float
    siege_free: float
    siege_first: float = 1.0
    first: float = 1.0


#: All tries of people whom we do not know: makes nobody wait, but says when there are more than usual (`USUAL`).
EVERYONE: Final = Limit("everyone", free=0, drain=0.5, most=0, siege_free=0)
#: So many failures at once, and two a second after those, are what a quiet day can have.
USUAL: Final = 60.0

#: An account, tried from devices that are not known: 4 guesses an hour in the long run, from however many networks.
ACCOUNT: Final = Limit("account", free=5, drain=900, most=900, siege_free=2)
#: One IPv4 address or IPv6 /64. An office behind one address may mistype once a minute all day.
NETWORK: Final = Limit("network", free=10, drain=60, most=300, siege_free=0, siege_first=15)
#: What one party can easily have many of: an IPv6 /48 (65,536 times the above), an IPv4 /24.
CROWD: Final = Limit("crowd", free=60, drain=10, most=60, siege_free=20)
#: One device that is known, or the link from one's own mailbox: as good as the door itself, but no more than that.
DEVICE: Final = Limit("device", free=10, drain=300, most=900, siege_free=10)
#: Somebody who is logged in and says once more who it is, in one session.
SESSION: Final = Limit("session", free=5, drain=120, most=300, siege_free=5)

#: No limit: by this name it is remembered that somebody logged in from a network.
GOOD: Final = Limit("good", free=0, drain=1, most=0, siege_free=0)

#: New accounts from one network, and from what is around it.
SIGNUP: Final = Limit("signup", free=10, drain=360, most=1800, siege_free=10)
SIGNUP_CROWD: Final = Limit("signup_crowd", free=60, drain=60, most=900, siege_free=60)
#: Links for a new password asked for from one network, and from what is around it. There is no limit by address: that would
#: keep somebody else from getting theirs.
RESET: Final = Limit("reset", free=10, drain=60, most=300, siege_free=10)
RESET_CROWD: Final = Limit("reset_crowd", free=60, drain=10, most=60, siege_free=60)
#: New passwords sent with a link, from one network.
NEW_PASSWORD: Final = Limit("new_password", free=20, drain=30, most=300, siege_free=20)


def network_around(ip: str | None) -> str:
    """The crowd that an address is one of: an IPv6 /48, an IPv4 /24; all that are not known are one."""
    if ip is None:
        return "unknown"
    address = ipaddress.ip_address(ip)
    return str(ipaddress.ip_network((address, 48 if address.version == 6 else 24), strict=False))


def party_of(ip: str | None) -> str:
    """What one party has, as far as addresses tell: an IPv4 address, an IPv6 /48."""
    return network_around(ip) if ip is not None and ":" in ip else ip or "unknown"
