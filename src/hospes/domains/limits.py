"""How often one visitor may have the registries asked."""

from datetime import datetime
from typing import Final

from django.core.cache import cache

from hospes.accounts.network import network_of

#: Searches of one network in an hour: enough for somebody who cannot decide, too few to read out a registry by ours.
MOST_SEARCHES: Final = 120
_HOUR: Final = 3600


def may_search(ip: str | None, *, now: datetime) -> bool:
    """Count one more search for the network of an address, and say whether that is not one too many. The key is blinded."""
    key = f"domain_searches:{network_of(ip)}:{int(now.timestamp()) // _HOUR}"
    cache.add(key, 0, _HOUR)
    return int(cache.incr(key)) <= MOST_SEARCHES
