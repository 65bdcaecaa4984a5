"""A colleague has somebody's second step taken off: by name, with reasons, confirmed, written down, and only who may."""

import re

import pytest
from django.test import Client

from hospes.accounts.models import Release
from hospes.customers.models import Person
from hospes.kernel.models import JournalEntry
from tests.accounts.second import steps
from tests.office import people
from tests.office.conftest import AsRole
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.promise("P25")]

REASON = "Belde van het bekende nummer; noemde drie factuurnummers en de laatste betaling."


@pytest.fixture
def loser(_rights: None) -> Person:
    """The holder of a customer, who has a second step and lost it."""
    case = people.case()
    steps.with_number(case.holder)
    return case.holder


def page(person: Person) -> str:
    return f"/personen/{person.pk}/tweede-stap/"


def ask(client: Client, person: Person, reason: str = REASON) -> int:
    return client.post(page(person), {"reason": reason}).status_code


def requests() -> list[Release]:
    with as_owner():
        return list(Release.objects.order_by("pk"))


@pytest.mark.parametrize("role", ["privacy_officer", "administrator"])
def test_by_name_and_with_reasons(as_role: AsRole, loser: Person, role: str) -> None:
    client = as_role(role)
    assert client.get(page(loser)).status_code == 200
    assert ask(client, loser) == 302
    [release] = requests()
    assert (release.person_id, release.reason, release.closed_at) == (loser.pk, REASON, None)
    assert release.by_staff_id not in (None, loser.pk)
    with as_owner():
        entry = JournalEntry.objects.get(action="account.release_by_staff")
    assert (entry.actor_kind, entry.person_id) == ("staff", loser.pk)
    shown = people.text(client.get(page(loser)))
    assert REASON in shown
    assert ask(client, loser) == 302  # the same form once more: what runs goes on as it is
    assert len(requests()) == 1


@pytest.mark.parametrize("reason", ["", "weet ik", " " * 50])
def test_without_reasons_nothing_is_done(as_role: AsRole, loser: Person, reason: str) -> None:
    assert ask(as_role("administrator"), loser, reason) == 422
    assert requests() == []


@pytest.mark.parametrize("role", ["billing_clerk", "support_agent"])
def test_who_does_not_act_for_security_has_no_such_page(as_role: AsRole, loser: Person, role: str) -> None:
    client = as_role(role)
    assert client.get(page(loser)).status_code == 404
    assert ask(client, loser) == 404
    assert client.post(page(loser) + "tegenhouden/").status_code == 404
    assert requests() == []


def test_of_a_colleague_an_administrator_only_and_nobody_of_themself(as_role: AsRole) -> None:
    officer, admin = as_role("privacy_officer"), as_role("administrator")
    with as_owner():
        one, other = Person.objects.order_by("pk")
    assert ask(officer, other) == 422
    assert ask(admin, other) == 422  # that is the administrator
    assert requests() == []
    assert ask(admin, one) == 302


def test_it_can_be_stopped_here_and_the_page_shows_nothing_that_protects(
    as_role: AsRole, loser: Person
) -> None:
    client = as_role("privacy_officer")
    ask(client, loser)
    shown = client.get(page(loser)).content.decode()
    assert not re.search(re.escape(steps.NUMBER), shown)
    assert client.get(page(loser) + "tegenhouden/").status_code == 405
    client.post(page(loser) + "tegenhouden/")
    assert [release.outcome for release in requests()] == ["stopped"]


def test_looking_is_written_down(as_role: AsRole, loser: Person) -> None:
    as_role("privacy_officer").get(page(loser))
    with as_owner():
        assert JournalEntry.objects.filter(action="staff.looked", person_id=loser.pk).exists()


def test_somebody_who_is_not_there(as_role: AsRole) -> None:
    assert as_role("administrator").get("/personen/999999/tweede-stap/").status_code == 404
