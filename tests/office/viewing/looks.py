"""How the tests begin to see as the customer sees, and what is left of it."""

from typing import Any

from django.test import Client

from hospes.accounts.models import Familiar, OpenSession, Session, Viewing
from hospes.customers.models import Person
from hospes.kernel.models import JournalEntry
from tests.office.people import Case
from tests.support.rights import as_owner

REASON = "Belde over een factuur die er niet is"

#: Every page below /zien/k/<number>/ that can be shown, and what a colleague's roles must act for (any of them).
PAGES: dict[str, set[str]] = {
    "": {"billing", "contract"},
    "diensten/": {"contract"},
    "diensten/{service}/": {"contract"},
    "facturen/": {"billing"},
    "facturen/{invoice}/": {"billing"},
    "facturen/{invoice}/pdf/": {"billing"},
    "bestellingen/": {"contract"},
    "bestellingen/{order}/": {"billing"},
    "offertes/{quote}/": {"contract"},
    "toegang/": set(),
    "adressen/": {"support"},
    "toegang/geschiedenis/": {"security"},
    "toegang/sessies/": {"security"},
    "toegang/plaatsen/": {"security"},
    "gegevens/": {"rights"},
}


def address(case: Case, page: str = "") -> str:
    """Where a page of the customer is shown to a colleague."""
    with as_owner():
        quote = case.order.quote.number
    things = {
        "service": case.service.pk,
        "invoice": case.invoice.number,
        "order": case.order.number,
        "quote": quote,
    }
    return f"/zien/k/{case.customer.number}/{page.format(**things)}"


def begin(client: Client, case: Case, reason: str = REASON) -> Viewing:
    """Give the reason, and be led to the overview."""
    answer = client.post(f"{case.page}zien/", {"reason": reason})
    assert (answer.status_code, answer["location"]) == (302, address(case))
    with as_owner():
        return Viewing.objects.select_related("staff").latest("pk")


def seen(viewing: Viewing) -> Viewing:
    """How it stands now."""
    with as_owner():
        return Viewing.objects.select_related("staff").get(pk=viewing.pk)


def entries() -> list[tuple[str, str, int | None, int | None, int | None]]:
    """What the journal has of it: action, kind of actor, actor, customer, person."""
    with as_owner():
        found = JournalEntry.objects.filter(action__startswith="staff.viewed_as").order_by("pk")
        return list(found.values_list("action", "actor_kind", "actor_id", "customer_id", "person_id"))


def of_person(person: Person) -> dict[str, Any]:
    """What is kept of somebody's logging in, and whatever else a login would leave."""
    with as_owner():
        return {
            "person": Person.objects.filter(pk=person.pk).values().get(),
            "sessions": list(OpenSession.objects.filter(person=person).values()),
            "devices": list(Familiar.objects.filter(person=person).values()),
            "entries": list(JournalEntry.objects.filter(actor_id=person.pk).values_list("pk", flat=True)),
        }


def stored_sessions() -> set[str]:
    """The keys of all sessions."""
    with as_owner():
        return set(Session.objects.values_list("session_key", flat=True))
