"""
What a person does for a customer: setting up what nobody makes by itself yet, and one-off work. Acts for the contract.

A kind of `BY_HAND` makes a piece of work of each new service (`jobs`); who has done it says so, and what the customer is told.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from hospes.kernel import journal
from hospes.messaging import services as messaging
from hospes.services.models import By, Service, State, Task
from hospes.services.services import Asked, activate

journal.register({"work.made": _("Work for a customer noted"), "work.done": _("Work for a customer done")})

#: Who keeps the names of domains: a name is registered once, whoever does it.
REGISTRY: Final = "registry"
#: Kinds that a person delivers.
BY_HAND: Final = frozenset({"domain", "monitoring", "addon", "work"})


class WorkRefused(Exception):
    """It cannot be said to be done; the message is fit to show to a colleague."""


@dataclass(frozen=True)
class Work:
    """What is to be done, and for whom. `origin` names what was sold."""

    customer_id: int
    product_id: int
    label: str
    quantity: int
    details: str
    origin: str
    service_id: int | None = None


def make(work: Work, *, now: datetime, not_before: date | None = None) -> Task:
    """Note a piece of work; the second time gives the same again."""
    made, is_new = Task.objects.get_or_create(
        origin=work.origin, defaults=vars(work) | {"made_at": now, "not_before": not_before}
    )
    if is_new:
        journal.record(
            "work.made", at=now, table="services_task", object_id=made.pk, customer_id=work.customer_id
        )
    return made


def hold_back(*, service_id: int, until: date) -> None:
    """Say that the setting up of a service does not begin before a day; of what is made by itself nothing changes."""
    Task.objects.filter(service_id=service_id, state=Task.State.OPEN, not_before=None).update(
        not_before=until
    )


def set_up(*, service_id: int, now: datetime) -> None:
    """Have a colleague set a service up; again changes nothing."""
    service = Service.objects.get(pk=service_id)
    content = service.contents.order_by("-from_on").first()
    work = Work(service.customer_id, service.product_id, service.label, service.quantity,
                content.details if content else "", f"service:{service_id}", service_id)  # fmt: skip
    task = make(work, now=now)
    if task.state == Task.State.DROPPED:  # it was refused, and is tried again
        Task.objects.filter(pk=task.pk, state=Task.State.DROPPED).update(state=Task.State.OPEN, done_at=None)


def drop(*, now: datetime, service_id: int | None = None, origin: str = "") -> bool:
    """Take a piece of work that was not done yet from the list, since it is not needed any more; False for one that was done."""
    which: dict[str, Any] = {"service_id": service_id} if service_id is not None else {"origin": origin}
    held = Task.objects.filter(state=Task.State.OPEN, **which)
    return bool(held.update(state=Task.State.DROPPED, done_at=now))


def done(*, task_id: int, note: str, person_id: int | None, now: datetime) -> Task:
    """
    Say that a piece of work is done, and tell the customer; what it set up is active from now on.

    Of two who say so at once one is told WorkRefused, and the customer hears of it once.
    """
    held = Task.objects.filter(pk=task_id, state=Task.State.OPEN)
    if not held.update(state=Task.State.DONE, done_at=now, done_by=person_id, note=note):
        raise WorkRefused(_("This was done, or taken back, meanwhile. Nothing was changed."))
    task = Task.objects.get(pk=task_id)
    journal.record("work.done", at=now, table="services_task", object_id=task_id, customer_id=task.customer_id,
                   changed=["state"])  # fmt: skip
    if task.service_id is not None:
        service = Service.objects.select_for_update().get(pk=task.service_id)
        if service.state != State.PENDING:
            raise WorkRefused(
                _("The service is not waiting for this any more. Look at it on the customer's page.")
            )
        activate(
            service_id=service.pk, reason="done_by_hand", now=now, asked=Asked(By.STAFF, None, note[:200])
        )
    else:
        messaging.enqueue("services.work_done", key=f"work:{task_id}:done", customer_id=task.customer_id,
                          about_id=task_id, now=now)  # fmt: skip
    return task
