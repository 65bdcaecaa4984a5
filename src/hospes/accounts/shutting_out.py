"""
An account back from whoever got into it: what both links do that say so ("this was not me", and undoing a change of address).

Whoever opens one reads the mail of the account. What was there before the stranger stays; what may be theirs goes, and each
thing stands in the journal. What the person could not take away themself (a customer that was handed over, say) stays: that is
for our staff to look at. Acts for access, at the door.
"""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from hospes.accounts import services
from hospes.accounts.access import sharing
from hospes.accounts.addresses import contacts
from hospes.accounts.models import Passkey, PasswordReset
from hospes.accounts.origins import devices, sessions
from hospes.accounts.second import passkeys, phones, recovery, releases, ways
from hospes.accounts.tokens import services as tokens
from hospes.customers.models import Person
from hospes.kernel import journal

journal.register({
    "account.shut_out": _("Somebody else shut out: what was added since they came in was taken off"),
    "account.recovery_codes_dropped": _("Recovery codes taken away"),
})  # fmt: skip


def shut_out(person: Person, *, since: datetime, now: datetime) -> None:
    """
    End what lets anybody in now, and take off what was added since a moment, that moment included.

    Ends at once: every session, every login that was begun, the password, links for another one, and a request to take off
    the second step. No device or place is known any more. The person is told by mail.
    """
    sessions.end_all(person.pk, sessions.Ended.REPORTED, now=now)
    devices.forget(person.pk)
    person.set_unusable_password()  # somebody else has it; the hash is part of every session and of every login that was begun
    person.save(update_fields=["password"])
    PasswordReset.objects.filter(person_id=person.pk, closed_at=None).update(closed_at=now)
    releases.found_again(person.pk, now=now)
    _take_off_steps(person.pk, since=since, now=now)
    tokens.end_made_since(person.pk, since, now=now)
    sharing.take_back(person.pk, since, now=now)
    contacts.take_back(person.pk, since, now=now)
    services.note("account.shut_out", person_id=person.pk, now=now)
    services.tell("account.shut_out", person_id=person.pk, now=now)


def _take_off_steps(person_id: int, *, since: datetime, now: datetime) -> None:
    """Take off each second step that was set up since; the codes that stand in for them too where they are as new, or alone."""
    for key in Passkey.objects.filter(person_id=person_id, added_at__gte=since):
        passkeys.remove(key, now=now)
    if Authenticator.objects.filter(user_id=person_id, created_at__gte=since).delete()[0]:
        services.note("account.second_step_off", person_id=person_id, now=now)
    phones.end_confirmed_since(person_id, since, now=now)
    worthless = recovery.are_of(person_id, since=since) or not ways.has_step(person_id)
    if worthless and recovery.drop(person_id):
        services.note("account.recovery_codes_dropped", person_id=person_id, now=now)
