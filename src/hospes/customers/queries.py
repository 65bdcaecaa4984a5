"""Who acts for whom."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from hospes.customers.models import Customer, Membership, Person


@dataclass(frozen=True)
class Capacity:
    """A customer that a person may act for, and as what."""

    customer_id: int
    number: int
    name: str
    kind: str
    role: str


def capacities(person_id: int, *, now: datetime) -> list[Capacity]:
    """The customers that a person may act for at this moment, by number."""
    held = Membership.objects.filter(Q(until=None) | Q(until__gt=now), person_id=person_id, since__lte=now)
    roles = dict(held.values_list("customer_id", "role"))
    named = (
        Customer.objects.filter(pk__in=roles).order_by("number").values_list("pk", "number", "name", "kind")
    )
    return [Capacity(pk, number, name, kind, roles[pk]) for pk, number, name, kind in named]


def addressee(customer_id: int) -> Person | None:
    """The person by whose name a customer is addressed: its holder."""
    held = Membership.objects.filter(
        customer_id=customer_id, role=Membership.Role.HOLDER, until=None
    ).order_by("pk")
    person_id = held.values_list("person_id", flat=True).first()
    return None if person_id is None else Person.objects.filter(pk=person_id).first()
