"""Sharing access, as the tests play it: who invites, what the mails say, and who may do what now."""

import re
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import translation

from hospes.accounts.models import Invitation
from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import capacities
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.messaging.rendering import Letter, render
from tests.support import make, names
from tests.support.rights import as_owner

#: So long a confirmation no longer counts, but an invitation does.
A_WHILE = timedelta(minutes=30)


def somebody(**words: Any) -> Person:
    """A person who has shown that their address is theirs."""
    person = make.person(**words)
    with as_owner():
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def invite(
    client: Client,
    customer: Customer,
    email: str = "",
    role: str = "billing",
    last_day: str = "",
    prefix: str = "",
) -> Any:
    """Fill in the form."""
    form = {"email": email or names.email(), "role": role, "last_day": last_day}
    return client.post(f"{prefix}/k/{customer.number}/toegang/uitnodigen/", form)


def letters(kind: str = "") -> list[Letter]:
    """The mails that wait, as the worker writes them; of one kind, if named."""
    with translation.override(None), acting(Purpose.MESSAGES, actor=JOB):
        waiting = Message.objects.order_by("pk")
        found = waiting.filter(kind=kind) if kind else waiting
        return [render(message, now=clock.now()) for message in found]


def told(kind: str) -> list[str]:
    """The addresses that a kind of mail goes to, in order."""
    return sorted(letter.reader.address for letter in letters(kind))


def link(n: int = -1) -> str:
    """The path of the link in an invitation's mail, the last by default."""
    found = re.search(r"https?://[^/]+(/\S*uitnodiging/\S+)", letters("access.invitation")[n].text)
    assert found
    return found.group(1)


def roles(customer: Customer) -> dict[int, str]:
    """Who may act for a customer now, and as what."""
    with as_owner():
        held = Membership.objects.filter(customer=customer)
        return {row.person_id: row.role for row in held if row.in_force(clock.now())}


def open_to(person: Person) -> list[int]:
    """The customers that a person may act for now."""
    with acting(Purpose.ACCESS, actor=SYSTEM):
        return [held.customer_id for held in capacities(person.pk, now=clock.now())]


def outcomes() -> list[str]:
    """What became of each invitation ("" is open)."""
    with as_owner():
        return list(Invitation.objects.order_by("pk").values_list("outcome", flat=True))


def entries(prefix: str = "access.") -> list[tuple[str, int | None, int | None]]:
    """What stands in the journal: action, who did it, whom it concerns."""
    with as_owner():
        found = JournalEntry.objects.filter(action__startswith=prefix).order_by("pk")
        return list(found.values_list("action", "actor_id", "person_id"))
