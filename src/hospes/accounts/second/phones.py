"""Phone numbers that a person showed to be theirs, and that get the codes of the second step (P07)."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from hospes.accounts import services
from hospes.accounts.models import Phone
from hospes.customers.models import Person
from hospes.kernel import journal
from hospes.messaging import texting

journal.register({
    "account.phone_confirmed": _("Phone number confirmed"),
    "account.phone_removed": _("Confirmed phone number removed"),
    "account.sms_step_on": _("Second step by text message switched on"),
})  # fmt: skip


def current(person_id: int) -> Phone | None:
    """The confirmed number that a person uses now."""
    return Phone.objects.filter(person_id=person_id, ended_at=None).first()


def confirm(*, person_id: int, number: str, now: datetime) -> Phone:
    """
    Take a number into use for the codes of the second step: the person gave the code that was sent there.

    The number that it replaces is told by a text.
    """
    old = Phone.objects.select_for_update().filter(person_id=person_id, ended_at=None).first()
    if old is not None:
        _end(old, now=now)
        if old.number != number:
            texting.enqueue(
                "account.sms_number_changed",
                key=f"number:{old.pk}",
                person_id=person_id,
                about_id=old.pk,
                now=now,
            )
    Person.objects.filter(pk=person_id, phone=number).update(
        phone_confirmed_at=now
    )  # that to call it is, if it is the same
    phone: Phone = Phone.objects.create(person_id=person_id, number=number, confirmed_at=now, step_since=now)
    _note("account.phone_confirmed", phone, now)
    _note("account.sms_step_on", phone, now)
    services.tell("account.sms_step_on", person_id=person_id, about_id=phone.pk, now=now)
    return phone


def remove(*, person_id: int, now: datetime) -> bool:
    """Stop using a person's number; False when there is none."""
    phone = Phone.objects.select_for_update().filter(person_id=person_id, ended_at=None).first()
    if phone is None:
        return False
    _end(phone, now=now)
    _note("account.phone_removed", phone, now)
    services.tell("account.sms_step_off", person_id=person_id, about_id=phone.pk, now=now)
    return True


def end_all(person_id: int, *, now: datetime) -> None:
    """Let no number of a person get codes any more, without a word; whoever does that tells the person."""
    Phone.objects.filter(person_id=person_id, ended_at=None).update(ended_at=now, step_since=None)


def end_confirmed_since(person_id: int, since: datetime, *, now: datetime) -> None:
    """End a number that was confirmed since a moment: it may be somebody else's. Whoever does that tells the person."""
    Person.objects.filter(pk=person_id, phone_confirmed_at__gte=since).update(phone_confirmed_at=None)
    for phone in Phone.objects.filter(person_id=person_id, ended_at=None, confirmed_at__gte=since):
        _end(phone, now=now)
        _note("account.phone_removed", phone, now)


def _end(phone: Phone, *, now: datetime) -> None:
    Phone.objects.filter(pk=phone.pk).update(ended_at=now, step_since=None)


def _note(action: str, phone: Phone, now: datetime) -> None:
    journal.record(action, at=now, table="accounts_phone", object_id=phone.pk, person_id=phone.person_id)
