"""
Changing one's e-mail address. All of it acts for access, at the door.

The new address counts once its mailbox has shown that it is read, and the person is logged in when it does: a link that went to
a stranger by mistake gives a stranger nothing. The old mailbox can undo it for a week, without a password: who took over an
account does not keep it by moving its address away. Nothing here says whether somebody else has an address.
"""

from datetime import datetime, timedelta
from typing import Final

from allauth.account.models import EmailAddress
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, router, transaction
from django.utils.translation import gettext as _

from hospes.accounts import services
from hospes.accounts.addresses import AddressRefused as AddressRefused
from hospes.accounts.models import AddressChange, PasswordReset
from hospes.accounts.origins import sessions
from hospes.accounts.passwords.alike import nobodys_address
from hospes.accounts.shutting_out import shut_out
from hospes.customers.models import Person
from hospes.messaging import services as messaging

#: How long the link to the new address works, and the one by which the old address undoes it.
LASTS: Final = timedelta(days=1)
UNDO: Final = timedelta(days=7)
#: So often within a day somebody can ask: nobody fills a stranger's mailbox through us.
MOST_A_DAY: Final = 5

_signers: Final = {use: Signer(salt=f"hospes.accounts.addresses.{use}") for use in ("confirm", "undo")}


class ChangeGone(Exception):
    """The link is of no change that can still be confirmed or undone: used, withdrawn, too late, or never one."""


def token(use: str, change_id: int) -> str:
    """What a link carries: which change, signed; `use` is "confirm" or "undo", and one does not do for the other."""
    return _signers[use].sign(str(change_id))


def _read(use: str, given: str) -> int:
    try:
        return int(_signers[use].unsign(given))
    except (BadSignature, ValueError):
        raise ChangeGone from None


# --- asking ---------------------------------------------------------------------------------------------------------------


def pending(person_id: int, *, now: datetime) -> AddressChange | None:
    """The change that a person asked for and did not confirm yet."""
    return AddressChange.objects.filter(person_id=person_id, closed_at=None, expires_at__gt=now).first()


def ask(*, person: Person, email: str, now: datetime) -> AddressChange:
    """Send the link to the new address and tell the old one; a wish of before is overtaken. Raises AddressRefused."""
    email = email.strip().lower()
    Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if email == person.email.lower():
        raise AddressRefused(_("This is your address already."))
    mine = AddressChange.objects.filter(person_id=person.pk)
    if mine.filter(asked_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise AddressRefused(_("You asked for this several times today. Try again tomorrow, or call us."))
    mine.filter(closed_at=None).update(closed_at=now)
    asked: AddressChange = AddressChange.objects.create(
        person_id=person.pk, old_email=person.email, new_email=email, asked_at=now, expires_at=now + LASTS
    )
    services.note("account.address_change_asked", person_id=person.pk, now=now)
    for kind in ("account.confirm_new_address", "account.address_change_asked"):
        _tell(kind, asked, now)
    return asked


def withdraw(*, person_id: int, now: datetime) -> bool:
    """Withdraw what was asked for; its link stops working at once. False when there was nothing."""
    is_open = AddressChange.objects.filter(person_id=person_id, closed_at=None, expires_at__gt=now)
    withdrawn = bool(is_open.update(closed_at=now))
    if withdrawn:
        services.note("account.address_change_withdrawn", person_id=person_id, now=now)
    return withdrawn


# --- confirming at the new address ----------------------------------------------------------------------------------------


def to_confirm(given: str, *, person_id: int, now: datetime) -> AddressChange:
    """The change of a link, if it is this person's and can be confirmed now. Raises ChangeGone."""
    open_ones = AddressChange.objects.filter(pk=_read("confirm", given), person_id=person_id, closed_at=None)
    found = open_ones.select_for_update(of=("self",)).filter(expires_at__gt=now).first()
    if found is None:
        raise ChangeGone
    return found


def confirm(given: str, *, person_id: int, now: datetime) -> AddressChange:
    """Use the new address from now on; the old one is told, with a link that undoes it. Raises ChangeGone."""
    change = to_confirm(given, person_id=person_id, now=now)
    _use(person_id, change.new_email)
    change.confirmed_at = change.closed_at = now
    change.undo_until = now + UNDO
    change.save(update_fields=["confirmed_at", "closed_at", "undo_until"])
    _links_stop(person_id, now)
    services.note("account.address_changed", person_id=person_id, now=now)
    for kind in ("account.address_changed", "account.address_was_changed"):
        _tell(kind, change, now)
    return change


# --- undoing from the old address -----------------------------------------------------------------------------------------


def to_undo(given: str, *, now: datetime) -> AddressChange:
    """The change of a link, if it can be undone now. Raises ChangeGone."""
    made = AddressChange.objects.filter(pk=_read("undo", given), undone_at=None, undo_until__gt=now)
    found = made.select_for_update(of=("self",)).first()
    if found is None:
        raise ChangeGone
    return found


def undo(given: str, *, now: datetime) -> AddressChange:
    """
    Give the account its old address back, shut out whoever moved it, and send the old address a link for a new password.

    Later changes cannot be undone any more: that would bring an address back that was taken away here. Raises ChangeGone.
    """
    change = to_undo(given, now=now)
    person = Person.objects.select_for_update(of=("self",)).get(pk=change.person_id)
    _use(person.pk, change.old_email)
    # Which session it was asked in is not kept: one that was open then. Who had more than that had a week, as the link has.
    began = sessions.oldest_open_at(person.pk, change.asked_at)
    shut_out(person, since=min(began, change.asked_at - UNDO), now=now)
    change.undone_at = now
    change.save(update_fields=["undone_at"])
    of_person = AddressChange.objects.filter(person_id=person.pk)
    of_person.filter(closed_at=None).update(closed_at=now)
    of_person.filter(confirmed_at__gt=change.confirmed_at, undone_at=None).update(undone_at=now)
    services.note("account.address_change_undone", person_id=person.pk, now=now)
    for kind in ("account.address_undone", "account.address_was_undone"):
        _tell(kind, change, now)
    services.send_reset(person_id=person.pk, now=now)
    return change


def take_back(person_id: int, since: datetime, *, now: datetime) -> None:
    """
    Close what was asked for since a moment, and give the account the address back that it had then.

    For who shuts a stranger out from the mailbox of then. Where somebody else showed meanwhile that the address is theirs, the
    account keeps the one it has.
    """
    mine = AddressChange.objects.select_for_update(of=("self",)).filter(
        person_id=person_id, asked_at__gte=since
    )
    made = list(mine.filter(undone_at=None).exclude(confirmed_at=None).order_by("confirmed_at", "pk"))
    mine.filter(closed_at=None).update(closed_at=now)
    if not made or is_shown_by_another(made[0].old_email, person_id=person_id):
        return
    try:
        with transaction.atomic(using=router.db_for_write(Person)):
            _use(person_id, made[0].old_email)
    except ChangeGone:  # shown at this very moment: whoever is shut out is shut out all the same
        return
    AddressChange.objects.filter(pk__in=[change.pk for change in made]).update(undone_at=now)
    services.note("account.address_change_undone", person_id=person_id, now=now)
    for kind in ("account.address_undone", "account.address_was_undone"):
        _tell(kind, made[0], now)


# --- what both do ---------------------------------------------------------------------------------------------------------


def is_shown_by_another(email: str, *, person_id: int) -> bool:
    """Whether somebody else showed that an address is theirs."""
    own = EmailAddress.objects.filter(email__iexact=email, verified=True).exclude(user_id=person_id)
    return bool(own.exists())


def _use(person_id: int, email: str) -> None:
    """
    Make an address the person's, since its mailbox was just shown to be theirs.

    Who gave it at sign-up and never showed that has to make way. Raises ChangeGone when somebody did.
    """
    claims = EmailAddress.objects.filter(email__iexact=email).exclude(user_id=person_id).order_by("pk")
    # Locked and looked at in one go: who shows it a moment later must not be taken for one who never did.
    locked = list(claims.select_for_update(of=("self",)))
    if any(claim.verified for claim in locked):
        raise ChangeGone
    for claim in locked:
        _set(claim.user_id, nobodys_address(email), verified=False)
    try:
        _set(person_id, email, verified=True)
    except IntegrityError:  # somebody else showed it at this very moment
        raise ChangeGone from None


def _set(person_id: int, email: str, *, verified: bool) -> None:
    Person.objects.filter(pk=person_id).update(email=email)
    EmailAddress.objects.filter(user_id=person_id).update(email=email, verified=verified, primary=True)


def _links_stop(person_id: int, now: datetime) -> None:
    PasswordReset.objects.filter(person_id=person_id, closed_at=None).update(closed_at=now)


def _tell(kind: str, change: AddressChange, now: datetime) -> None:
    messaging.enqueue(
        kind, key=f"{kind}:{change.pk}", person_id=change.person_id, about_id=change.pk, now=now
    )
