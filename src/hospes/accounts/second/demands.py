"""Customers that want a second step of everybody with access. Their holder says so, and can take it back."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import StepDemand
from hospes.accounts.second import ways
from hospes.customers.models import Membership, Person
from hospes.customers.queries import Capacity, in_force
from hospes.kernel import journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.acting import current as scene
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging

journal.register({
    "account.step_demanded": _("A second step was made compulsory for everybody with access"),
    "account.step_not_demanded": _("A second step is no longer compulsory for everybody with access"),
})  # fmt: skip


def locked(capacities: Iterable[Capacity]) -> frozenset[int]:
    """Numbers of the customers that demand a second step. Acts within the purpose of access."""
    numbers = {capacity.customer_id: capacity.number for capacity in capacities}
    if not numbers:
        return frozenset()
    demanding = StepDemand.objects.filter(customer_id__in=numbers).values_list("customer_id", flat=True)
    return frozenset(numbers[pk] for pk in demanding)


def is_demanded(customer_id: int) -> bool:
    """Whether a customer demands a second step. Acts for the purpose of security, or of access."""
    return StepDemand.objects.filter(customer_id=customer_id).exists()


def people_without(customer_id: int, *, now: datetime) -> list[str]:
    """Names of those with access to a customer who have no second step. Acts within the purpose of access."""
    held = Membership.objects.filter(in_force(now), customer_id=customer_id).values("person_id")
    everybody = Person.objects.filter(pk__in=held).order_by("pk")
    return [person.name for person in everybody if not ways.has_step(person.pk)]


class DemandRefused(Exception):
    """It is not demanded; the message says why, fit to show to who asked."""

    def __init__(self, why: Promise) -> None:
        super().__init__(str(why))
        self.why = why


_OWN_FIRST = _("Set up a second step of your own first: it is asked of you too.")


def demand(*, customer_id: int, person_id: int, now: datetime) -> bool:
    """
    Demand a second step of everybody with access to a customer, and tell them; False when it was demanded already.

    Raises DemandRefused for who has none: they would be shut out themself. Acts for the purpose of security, bound to the
    customer; the caller has seen to it that its holder asks.
    """
    if is_demanded(customer_id):
        return False
    with acting(Purpose.ACCESS, actor=_actor()):
        if not ways.has_step(person_id):
            raise DemandRefused(_OWN_FIRST)
    StepDemand.objects.create(customer_id=customer_id, since=now, by_id=person_id)
    _note("account.step_demanded", customer_id, now)
    _tell_all("account.step_demanded", customer_id, now)
    return True


def let_be(*, customer_id: int, now: datetime) -> bool:
    """Demand it no longer; False when it was not demanded. Acts as `demand` does."""
    if not StepDemand.objects.filter(customer_id=customer_id).delete()[0]:
        return False
    _note("account.step_not_demanded", customer_id, now)
    _tell_all("account.step_not_demanded", customer_id, now)
    return True


def _note(action: str, customer_id: int, now: datetime) -> None:
    journal.record(
        action, at=now, table="accounts_stepdemand", object_id=customer_id, customer_id=customer_id
    )


def _actor() -> Actor:
    here = scene()
    if here is None:
        raise RuntimeError("a demand is made inside acting()")
    return here.actor


def _tell_all(kind: str, customer_id: int, now: datetime) -> None:
    """A mail to each person with access; whom that is, is for the door to see."""
    with acting(Purpose.ACCESS, actor=_actor()):
        people = list(
            Membership.objects.filter(in_force(now), customer_id=customer_id).values_list(
                "person_id", flat=True
            )
        )
        for person_id in people:
            messaging.enqueue(kind, key=f"{kind}:{customer_id}:{person_id}:{now.isoformat()}", person_id=person_id,
                              customer_id=customer_id, now=now)  # fmt: skip
