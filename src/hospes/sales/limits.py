"""How much of the shop's room one visitor, or one network, may take. The cart's own limit stands in `carts`."""

from datetime import datetime
from typing import Final

from django.core.cache import cache

from hospes.accounts.network import network_of

#: New carts of visitors that one network may begin in an hour: more than an office full of people needs, and too few for a
#: robot to fill the table. Who logged in has one cart, and is not counted.
MOST_NEW_CARTS: Final = 40
_HOUR: Final = 3600
#: Statements of withdrawal that one network may send in an hour without being logged in.
MOST_WITHDRAWALS: Final = 10


def may_begin_cart(ip: str | None, *, now: datetime) -> bool:
    """
    Count one more cart for the network of an address, and say whether that is not one too many.

    Addresses that are not known share one limit. The cache keeps a blinded key for an hour and no address.
    """
    return _counted("new_carts", ip, now) <= MOST_NEW_CARTS


def may_withdraw(ip: str | None, *, now: datetime) -> bool:
    """Count one more statement of withdrawal of somebody who is not logged in, and say whether that is not one too many."""
    return _counted("withdrawals", ip, now) <= MOST_WITHDRAWALS


def _counted(what: str, ip: str | None, now: datetime) -> int:
    key = f"{what}:{network_of(ip)}:{int(now.timestamp()) // _HOUR}"
    cache.add(key, 0, _HOUR)
    return int(cache.incr(key))
