"""Shutting somebody else out of an account: what was there before they came in stays, what came since goes."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from hospes.accounts import services
from hospes.accounts.addresses import changes
from hospes.accounts.models import (
    AddressChange,
    ApiToken,
    Invitation,
    OpenSession,
    Passkey,
    PasswordReset,
    Phone,
    RecoveryCode,
    Release,
)
from hospes.accounts.models.tokens import Scope
from hospes.accounts.origins import alarms
from hospes.accounts.second import phones, recovery, releases
from hospes.accounts.tokens import services as tokens
from hospes.customers.models import ContactAddress, Customer, Membership, Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.accounts.origins.test_new_places import code
from tests.accounts.second.steps import STEP
from tests.portal.sharing import entries, letters, somebody, told
from tests.portal.visit import browser
from tests.support import make, names
from tests.support.entering import enter
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P12")]

TICK = timedelta(microseconds=1)
USES = ContactAddress.Use


@pytest.fixture
def person() -> Person:
    found = somebody(password=people.PASSWORD)
    make.customer(holder=found, kind="business", invoice_email=found.email)
    return found


@pytest.fixture
def came_in(person: Person) -> datetime:
    """When the stranger came in: an hour ago."""
    with clock.shifted(timedelta(hours=-1)):
        enter(Client(), person)
    return sessions_of(person)[0].started_at


def sessions_of(person: Person) -> list[OpenSession]:
    with as_owner():
        return list(OpenSession.objects.filter(person=person).order_by("started_at"))


def customer_of(person: Person) -> Customer:
    with as_owner():
        return Customer.objects.get(memberships__person=person, memberships__role="holder")


def report(person: Person) -> Any:
    """Press the button behind the link of the mail about the stranger's login."""
    token = alarms.token(opened_id=sessions_of(person)[0].pk, person_id=person.pk)
    return browser().post(f"/account/niet-ik/{token}/")


def add(person: Person, at: datetime) -> None:
    """Everything that lets somebody in again, or sees what goes on, added at a moment."""
    customer = customer_of(person)
    with acting(Purpose.ACCESS, actor=SYSTEM):
        services.preset_second_step(person_id=person.pk, secret=people.SECRET, now=at)
        phones.confirm(person_id=person.pk, number="+31612345678", now=at)
        recovery.make(person.pk, now=at)
        tokens.make(person_id=person.pk, name="x", scopes=[Scope.READ_ORDERS], networks=[], days=30, now=at)
    with as_owner():
        Passkey.objects.create(
            person=person, name="x", rp_id="x", handle=str(at).encode(), sealed=b"x", added_at=at
        )
    made = {"made_at": at, "sent_at": at, "expires_at": at + timedelta(days=3), "invited_by": person}
    make.invitation(customer=customer, **made)
    friend = somebody()
    make.invitation(
        customer=customer, email=friend.email, person=friend, closed_at=at, outcome="accepted", **made
    )
    make.membership(person=friend, customer=customer, role="technical", since=at, given_by=person)
    asked = {"asked_by": person, "asked_at": at, "expires_at": at + timedelta(days=3)}
    make.contact_address(customer=customer, use=USES.TECHNICAL, confirmed_at=at, **asked)
    make.contact_address(customer=customer, use=USES.EMERGENCY, confirmed_at=None, **asked)
    bills = make.contact_address(customer=customer, use=USES.INVOICES, confirmed_at=at, **asked)
    with as_owner():
        Customer.objects.filter(pk=customer.pk).update(invoice_email=bills.email)


def left(person: Person) -> dict[str, int]:
    """How much of all that is there."""
    customer = customer_of(person)
    with as_owner():
        return {
            "apps": Authenticator.objects.filter(user=person).count(),
            "passkeys": Passkey.objects.filter(person=person).count(),
            "phones": Phone.objects.filter(person=person, ended_at=None, step_since__isnull=False).count(),
            "codes": RecoveryCode.objects.filter(person=person).count(),
            "tokens": ApiToken.objects.filter(person=person, ended_at=None).count(),
            "invitations": Invitation.objects.filter(customer=customer, closed_at=None).count(),
            "people": sum(
                each.in_force(clock.now()) for each in Membership.objects.filter(customer=customer)
            ),
            "addresses": ContactAddress.objects.filter(customer=customer, ended_at=None).count(),
        }


ALL = {"apps": 1, "passkeys": 1, "phones": 1, "codes": 10, "tokens": 1, "invitations": 1, "people": 2, "addresses": 3}  # fmt: skip
NONE = dict.fromkeys(ALL, 0) | {"people": 1}
TAKEN_OFF = [
    "account.passkey_removed", "account.second_step_off", "account.phone_removed", "account.recovery_codes_dropped",
    "account.token_ended", "access.invitation_withdrawn", "access.removed", "contact.ended", "account.shut_out",
]  # fmt: skip


def noted() -> list[str]:
    return [entry[0] for entry in entries("")]


# --- "this was not me" ----------------------------------------------------------------------------------------------------


def test_what_was_there_before_the_stranger_came_in_stays(person: Person, came_in: datetime) -> None:
    add(person, came_in - TICK)
    assert left(person) == ALL
    report(person)
    assert left(person) == ALL
    assert not set(TAKEN_OFF[:-1]) & set(noted())
    assert customer_of(person).invoice_email != person.email


def test_what_came_since_goes_and_stands_in_the_journal(person: Person, came_in: datetime) -> None:
    add(person, came_in)
    assert left(person) == ALL
    assert report(person)["Location"].startswith("/account/password/reset/key/")
    assert left(person) == NONE
    for action in TAKEN_OFF:
        assert action in noted(), action
    assert customer_of(person).invoice_email == person.email
    assert told("account.shut_out") == [person.email]
    assert "passkeys, een app" in letters("account.shut_out")[0].text


def test_of_a_person_with_both_only_the_new_goes(person: Person, came_in: datetime) -> None:
    add(person, came_in - timedelta(days=3))
    with acting(Purpose.ACCESS, actor=SYSTEM):
        tokens.make(
            person_id=person.pk, name="y", scopes=[Scope.READ_ORDERS], networks=[], days=30, now=came_in
        )
        recovery.make(person.pk, now=came_in)
    with as_owner():
        Passkey.objects.create(person=person, name="y", rp_id="x", handle=b"y", sealed=b"x", added_at=came_in)
        kept = ApiToken.objects.get(name="x").pk
    report(person)
    assert left(person) == ALL | {"codes": 0}  # a stranger had seen the new ones
    with as_owner():
        assert Passkey.objects.get().name == "x"
        assert ApiToken.objects.get(ended_at=None).pk == kept


def test_an_address_for_mail_goes_back_to_the_one_of_before(person: Person, came_in: datetime) -> None:
    customer, before = customer_of(person), came_in - timedelta(days=9)
    asked = {
        "asked_by": person,
        "asked_at": before,
        "expires_at": before + timedelta(days=3),
        "confirmed_at": before,
    }
    own = make.contact_address(customer=customer, use=USES.INVOICES, ended_at=came_in, **asked)
    asked |= {"asked_at": came_in, "expires_at": came_in + timedelta(days=3), "confirmed_at": came_in}
    theirs = make.contact_address(customer=customer, use=USES.INVOICES, **asked)
    with as_owner():
        Customer.objects.filter(pk=customer.pk).update(invoice_email=theirs.email)
    report(person)
    assert customer_of(person).invoice_email == own.email
    with as_owner():
        assert ContactAddress.objects.get(customer=customer, ended_at=None).pk == own.pk
    assert "contact.put_back" in noted()
    assert own.email in letters("contact.put_back")[0].text


def test_who_cannot_take_access_away_any_more_does_not_by_this(person: Person, came_in: datetime) -> None:
    """Handing over is no hostage: who sold their company does not get it back by reporting their own login."""
    add(person, came_in)
    customer = customer_of(person)
    with as_owner():
        buyer = Membership.objects.get(customer=customer, role="technical")
        Membership.objects.filter(pk=buyer.pk).update(role="holder")
        Membership.objects.filter(customer=customer, person=person).update(until=clock.now(), ended_by=person)
    report(person)
    with as_owner():
        assert Membership.objects.get(pk=buyer.pk).until is None
        assert ContactAddress.objects.filter(customer=customer, ended_at=None).count() == 3


def test_a_login_that_was_begun_with_the_old_password_leads_nowhere(
    person: Person, came_in: datetime
) -> None:
    add(person, came_in)
    waiting = browser()
    assert (
        waiting.post("/account/login/", {"login": person.email, "password": people.PASSWORD})["Location"]
        == STEP
    )
    report(person)  # now no step is left, so that who waits at it goes on
    assert waiting.get(STEP)["Location"] == "/account/nieuwe-plek/"
    assert waiting.post("/account/nieuwe-plek/", {"code": code()})["Location"] == "/account/login/"
    assert waiting.get("/account/email/")["Location"].startswith("/account/login/")
    assert len([each for each in sessions_of(person) if not each.ended]) == 0


def test_taking_off_the_second_step_is_stopped_and_links_for_a_password_too(
    person: Person, came_in: datetime
) -> None:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        phones.confirm(person_id=person.pk, number="+31612345678", now=came_in - TICK)
        releases.ask(person_id=person.pk, now=came_in)
        stale = services.open_reset(person_id=person.pk, now=clock.now())
    report(person)
    with as_owner():
        assert Release.objects.get().outcome == Release.Outcome.STOPPED
        assert PasswordReset.objects.get(pk=stale.pk).closed_at is not None
        assert PasswordReset.objects.filter(closed_at=None).count() == 1  # the one that they are led to


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_an_address_that_the_stranger_gave_the_account_goes_too(
    person: Person, came_in: datetime, is_confirmed: bool
) -> None:
    own, theirs = person.email, names.email()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        asked = changes.ask(person=person, email=theirs, now=came_in)
        if is_confirmed:
            changes.confirm(changes.token("confirm", asked.pk), person_id=person.pk, now=came_in)
    report(person)
    with as_owner():
        assert Person.objects.get(pk=person.pk).email == own
        assert not AddressChange.objects.filter(closed_at=None).exists()
    assert told("account.address_undone") == [own] * is_confirmed
    assert told("account.shut_out") == [own]


def test_an_address_from_before_stays(person: Person, came_in: datetime) -> None:
    new = names.email()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        asked = changes.ask(person=person, email=new, now=came_in - TICK)
        changes.confirm(changes.token("confirm", asked.pk), person_id=person.pk, now=came_in)
    report(person)
    with as_owner():
        assert Person.objects.get(pk=person.pk).email == new


# --- undoing a change of address ------------------------------------------------------------------------------------------


def moved(person: Person) -> str:
    """Have the address moved away now; what undoes it."""
    with acting(Purpose.ACCESS, actor=SYSTEM):
        asked = changes.ask(person=person, email=names.email(), now=clock.now())
        changes.confirm(changes.token("confirm", asked.pk), person_id=person.pk, now=clock.now())
    return f"/account/email/terugdraaien/{changes.token('undo', asked.pk)}/"


@pytest.mark.parametrize(
    ("days", "is_kept"), [(-6.99, False), (-7.01, True)], ids=["within the week", "from before"]
)
def test_undoing_takes_off_what_came_in_the_week_before(person: Person, days: float, is_kept: bool) -> None:
    add(person, clock.now() + timedelta(days=days))
    with as_owner():  # an invitation is open for three days only, and stays on the list
        Invitation.objects.update(expires_at=clock.now() + timedelta(days=1))
    undo = moved(person)
    assert browser().post(undo).status_code == 200
    assert left(person) == (ALL if is_kept else NONE)


@pytest.mark.parametrize(
    ("ended_hours_ago", "is_kept"), [(None, False), (1, True)], ids=["open when it was asked", "over by then"]
)
def test_and_what_came_since_the_oldest_session_from_which_it_can_have_been_asked(
    person: Person, ended_hours_ago: int | None, is_kept: bool
) -> None:
    began = clock.now() - timedelta(days=12)
    with clock.moved_to(began):
        enter(Client(), person)
    if ended_hours_ago is not None:
        with as_owner():
            OpenSession.objects.update(
                ended="logout", expires_at=clock.now() - timedelta(hours=ended_hours_ago)
            )
    add(person, began)
    undo = moved(person)
    browser().post(undo)
    assert left(person) == (ALL if is_kept else NONE)


def test_the_owner_gets_a_link_for_a_password_whatever_the_stranger_asked_for(person: Person) -> None:
    undo = moved(person)
    with acting(Purpose.ACCESS, actor=SYSTEM):
        services.ask_reset(person_id=person.pk, now=clock.now())
    browser().post(undo)
    link = re.search(
        r"https?://[^/]+(/account/password/reset/key/\S+)", letters("account.password_reset")[-1].text
    )
    assert link
    assert browser().get(link.group(1), follow=True).context["form"] is not None
