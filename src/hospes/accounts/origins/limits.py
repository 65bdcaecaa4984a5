"""
Limits of a customer to networks and countries: who is elsewhere does not get at that customer, whatever else they have.

The portal asks with every request; the database asks again (`hospes_from_here`) before it shows a person a row of the customer.
Several entries widen one another; none is no limit. Staff are not held by them, nor is what runs by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from hospes.accounts.countries import EVERY, name_of
from hospes.accounts.models import AccessLimit, LimitLift
from hospes.accounts.network import written
from hospes.accounts.origins.places import place_of
from hospes.customers.queries import holders
from hospes.kernel import journal
from hospes.messaging import services as messaging

journal.register({
    "limits.added": _("Limit to networks or countries added"),
    "limits.removed": _("Limit to networks or countries removed"),
    "limits.lift_asked": _("Link to lift all limits asked for"),
    "limits.lifted": _("All limits to networks and countries lifted"),
    "limits.kept_out": _("Kept out: not one of the networks or countries that you allow"),
})  # fmt: skip

#: As many entries as a customer may have.
MOST: Final = 50
#: A network larger than this (in bits of its prefix) is as good as no limit: it is refused, as a slip.
_SHORTEST: Final = {4: 8, 6: 16}
#: How long a link that lifts all limits works, and the time between two.
LIFT_LASTS, LIFT_PAUSE = timedelta(hours=1), timedelta(minutes=1)

_signer = Signer(salt="hospes.accounts.origins.limits")


class Refused(ValueError):
    """The limit cannot be set so; the message is for the person."""


class ShutsYouOut(Exception):
    """With this limit you could not come back from where you are now; say that you are sure."""


@dataclass(frozen=True)
class Limit:
    """A network ("192.0.2.0/24") or a country ("NL") from which access is allowed."""

    id: int
    network: str
    country: str

    def __str__(self) -> str:
        return self.network or name_of(self.country)

    def covers(self, ip: str | None) -> bool:
        """Whether an address is in it."""
        try:
            address = ip_address(ip or "")
        except ValueError:
            return False
        if self.country:
            return place_of(str(address)).country == self.country
        return address in ip_network(self.network)


def allow(limits: Iterable[Limit], ip: str | None) -> bool:
    """Whether one may come from an address: no limit is as good as one that covers it."""
    held = list(limits)
    return not held or any(limit.covers(ip) for limit in held)


def of(customer_ids: Sequence[int]) -> dict[int, list[Limit]]:
    """The limits of customers that have any. Acts for access, or for security about one of them."""
    found: dict[int, list[Limit]] = {}
    rows = AccessLimit.objects.filter(customer_id__in=customer_ids).order_by("country", "network", "pk")
    for pk, customer_id, network, country in rows.values_list("pk", "customer_id", "network", "country"):
        found.setdefault(customer_id, []).append(Limit(pk, network or "", country))
    return found


def network(text: str) -> str:
    """A network as it is kept: an address stands for itself. Raises Refused for what is none, or nearly everything."""
    try:
        found = written(text)
    except ValueError:
        raise Refused(_("This is not a network. Write it like 192.0.2.0/24, or give one address.")) from None
    if found.prefixlen < _SHORTEST[found.version]:
        raise Refused(_("This network is so large that it is hardly a limit. Did you mean a smaller one?"))
    return str(found)


def add(
    *, customer_id: int, network: str = "", country: str = "", ip: str | None, sure: bool, now: datetime
) -> None:
    """
    Allow one more network or country, or begin to limit access to it. Acts within the purpose of access, for a holder.

    Raises Refused, and ShutsYouOut when the holder's own address `ip` would not be allowed then, unless they are `sure`.
    """
    if country and country not in EVERY:
        raise Refused(_("Choose a country from the list."))
    held = of([customer_id]).get(customer_id, [])
    if len(held) >= MOST:
        raise Refused(_("You have as many as there can be. Remove one first."))
    if any((limit.network, limit.country) == (network, country) for limit in held):
        return
    if not sure and not allow([*held, Limit(0, network, country)], ip):
        raise ShutsYouOut
    AccessLimit.objects.create(
        customer_id=customer_id, network=network or None, country=country, added_at=now
    )
    _written("limits.added", customer_id, ["network" if network else "country"], now)


def remove(*, customer_id: int, limit_id: int, ip: str | None, sure: bool, now: datetime) -> None:
    """Allow one network or country less; with the last one gone, all are allowed. See `add`."""
    held = of([customer_id]).get(customer_id, [])
    left = [limit for limit in held if limit.id != limit_id]
    if len(left) == len(held):
        return
    if not sure and not allow(left, ip):
        raise ShutsYouOut
    AccessLimit.objects.filter(pk=limit_id, customer_id=customer_id).delete()
    _written("limits.removed", customer_id, [], now)


def _written(action: str, customer_id: int, changed: list[str], now: datetime) -> None:
    """Write down what was changed, and have all who hold the customer told."""
    journal.record(action, at=now, table="accounts_accesslimit", customer_id=customer_id, changed=changed)
    for person_id in holders(customer_id, now=now):
        key = f"limits:{customer_id}:{person_id}:{now:%Y%m%d%H%M%S%f}"
        messaging.enqueue(
            "account.limits_changed", key=key, person_id=person_id, customer_id=customer_id, now=now
        )


# --- the way back ---------------------------------------------------------------------------------------------------------


def ask_lift(*, customer_id: int, person_id: int, now: datetime) -> None:
    """Have a holder mailed a link that lifts all limits; a second within a minute is not sent. Acts for access."""
    if person_id not in holders(customer_id, now=now):
        return
    mine = LimitLift.objects.filter(customer_id=customer_id, person_id=person_id, closed_at=None)
    if mine.filter(asked_at__gt=now - LIFT_PAUSE).exists():
        return
    asked: LimitLift = LimitLift.objects.create(
        customer_id=customer_id, person_id=person_id, asked_at=now, expires_at=now + LIFT_LASTS
    )
    journal.record("limits.lift_asked", at=now, table="accounts_limitlift", object_id=asked.pk, customer_id=customer_id,
                   person_id=person_id)  # fmt: skip
    messaging.enqueue("account.limit_lift", key=f"limit_lift:{asked.pk}", person_id=person_id, customer_id=customer_id,
                      about_id=asked.pk, now=now)  # fmt: skip


def lift_token(lift_id: int, person_id: int) -> str:
    """What the link carries: which wish, of whom, signed by who writes the mail."""
    return _signer.sign(f"{lift_id}.{person_id}")


def lift_of(token: str, *, person_id: int, now: datetime) -> LimitLift | None:
    """The wish that a link is about; None when it is not this person's, was used or has run out. Acts for access."""
    try:
        lift_id, _dot, whose = _signer.unsign(token).partition(".")
    except BadSignature:
        return None
    if whose != str(person_id):
        return None
    return LimitLift.objects.filter(
        pk=int(lift_id), person_id=person_id, closed_at=None, expires_at__gt=now
    ).first()


def lift(wish: LimitLift, *, now: datetime) -> bool:
    """Lift all limits of a customer by a wish that is open; False when it was used meanwhile. Acts for access."""
    if wish.person_id not in holders(wish.customer_id, now=now):
        return False
    if not LimitLift.objects.filter(pk=wish.pk, closed_at=None).update(closed_at=now):
        return False
    AccessLimit.objects.filter(customer_id=wish.customer_id).delete()
    _written("limits.lifted", wish.customer_id, [], now)
    return True
