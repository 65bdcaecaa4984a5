"""Who acts for whom."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from hospes.customers.models import ContactAddress, Customer, Membership, Person
from hospes.customers.rules import CAPABILITIES, Capability, may


@dataclass(frozen=True)
class Capacity:
    """A customer that a person may act for, and as what."""

    customer_id: int
    number: int
    name: str
    kind: str
    role: str

    def may(self, what: Capability) -> bool:
        """Whether the person may do something for this customer."""
        return may(self.role, what)

    @property
    def capabilities(self) -> frozenset[Capability]:
        return CAPABILITIES.get(self.role, frozenset())

    @property
    def role_label(self) -> str:
        """What the role is called, in the active language."""
        return str(Membership.Role(self.role).label)


def in_force(now: datetime, *, of: str = "") -> Q:
    """
    The memberships that count at a moment: begun, and not over. The one place that says so (and `hospes_scope`, in SQL).

    `of` is the path to them where something else is looked for: `Person.objects.filter(in_force(now, of="memberships"))`;
    what else is asked of the membership belongs into the same `filter`.
    """
    path = f"{of}__" if of else ""
    return Q(**{f"{path}since__lte": now}) & (Q(**{f"{path}until": None}) | Q(**{f"{path}until__gt": now}))


def capacities(person_id: int, *, now: datetime) -> list[Capacity]:
    """The customers that a person may act for at this moment, by number."""
    held = Membership.objects.filter(in_force(now), person_id=person_id)
    roles = dict(held.values_list("customer_id", "role"))
    named = (
        Customer.objects.filter(pk__in=roles).order_by("number").values_list("pk", "number", "name", "kind")
    )
    return [Capacity(pk, number, name, kind, roles[pk]) for pk, number, name, kind in named]


def holders(customer_id: int, *, now: datetime) -> list[int]:
    """The persons who hold a customer at this moment, who has done so longest first."""
    held = Membership.objects.filter(in_force(now), customer_id=customer_id, role=Membership.Role.HOLDER)
    return list(held.order_by("since", "pk").values_list("person_id", flat=True))


def addressee(customer_id: int, *, now: datetime) -> Person | None:
    """The person by whose name a customer is addressed: who has held it longest."""
    held = holders(customer_id, now=now)
    return Person.objects.filter(pk=held[0]).first() if held else None


@dataclass(frozen=True)
class Access:
    """Somebody's access to a customer, as those see it who may know who has one."""

    id: int
    person_id: int
    name: str
    email: str
    role: str
    since: datetime
    until: datetime | None
    given_by: str

    @property
    def role_label(self) -> str:
        """What the role is called, in the active language."""
        return str(Membership.Role(self.role).label)

    def has_begun(self, now: datetime) -> bool:
        """Whether the access counts already."""
        return self.since <= now


def people(customer_id: int, *, now: datetime) -> list[Access]:
    """Who has access to a customer now or from a later moment: holders first, then by name. Acts for access, unscoped."""
    rows = list(Membership.objects.filter(Q(until=None) | Q(until__gt=now), customer_id=customer_id))
    ids = {row.person_id for row in rows} | {row.given_by_id for row in rows if row.given_by_id}
    known = Person.objects.in_bulk(ids)
    found = [
        Access(
            row.pk, row.person_id, known[row.person_id].name, known[row.person_id].email, row.role, row.since, row.until,
            known[row.given_by_id].name if row.given_by_id else "",
        )
        for row in rows
    ]  # fmt: skip
    order = list(Membership.Role.values)
    return sorted(found, key=lambda one: (order.index(one.role), one.name.casefold(), one.id))


def has_access(customer_id: int, email: str, *, now: datetime) -> bool:
    """Whether somebody with this address has access to a customer. Acts for access, unscoped."""
    held = Membership.objects.filter(in_force(now), customer_id=customer_id, person__email__iexact=email)
    return bool(held.exists())


def contact_addresses(customer_id: int, use: str) -> list[str]:
    """The confirmed addresses of a customer for a kind of mail that several can have; the first first."""
    used = ContactAddress.objects.filter(customer_id=customer_id, use=use, ended_at=None)
    return list(used.exclude(confirmed_at=None).order_by("pk").values_list("email", flat=True))


def contact_address(customer_id: int, use: str) -> str:
    """The confirmed address of a customer for a kind of mail (`ContactAddress.Use`); "" where there is none."""
    used = ContactAddress.objects.filter(customer_id=customer_id, use=use, ended_at=None)
    return used.exclude(confirmed_at=None).values_list("email", flat=True).first() or ""
