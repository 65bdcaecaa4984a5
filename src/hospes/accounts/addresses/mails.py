"""The mails about a change of e-mail address: to the new one, and to the old one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.accounts.addresses import changes
from hospes.accounts.models import AddressChange
from hospes.customers.models import Person
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach, Reader
from hospes.messaging.rendering import Rendered, register


def _link(name: str, **arguments: Any) -> str:
    return settings.HOSPES_PORTAL_URL + reverse(name, kwargs=arguments or None)


def _change(message: Message) -> AddressChange:
    found: AddressChange = AddressChange.objects.get(pk=message.about, person_id=message.person_id or 0)
    return found


def _at(column: str) -> Callable[[Message, datetime], Reader]:
    """Who reads it: the person, at the address of before or at the one that was asked for."""

    def reader(message: Message, now: datetime) -> Reader:
        change = _change(message)
        person = Person.objects.get(pk=change.person_id)
        return Reader(" ".join(person.name.split()), getattr(change, column), person.language, None)

    return reader


def _of_new(message: Message, now: datetime) -> Reader:
    """The new address, while the wish stands; who showed that it is theirs is told so, by their own name."""
    change = _change(message)
    if change.closed_at is not None or change.expires_at <= now:
        raise NobodyToReach("the change of address was withdrawn or overtaken before its mail left")
    if changes.is_shown_by_another(change.new_email, person_id=change.person_id):
        other = Person.objects.filter(email__iexact=change.new_email).first()
        if other is None:
            raise NobodyToReach("the address belongs to somebody who is gone")
        return Reader(" ".join(other.name.split()), other.email, other.language, None)
    return _at("new_email")(message, now)


def confirm(message: Message) -> Rendered:
    """The link that shows that somebody reads the new address; none where it is somebody else's."""
    change = _change(message)
    if changes.is_shown_by_another(change.new_email, person_id=change.person_id):
        return Rendered(str(_("Somebody gave your e-mail address")), "mail/account.address_in_use", {})
    url = _link("own_address_confirm", token=changes.token("confirm", change.pk))
    return Rendered(
        str(_("Confirm your new e-mail address")), "mail/account.confirm_new_address",
        {"url": url, "until": change.expires_at},
    )  # fmt: skip


def _notice(subject: Promise, kind: str, *, undo: bool = False) -> Callable[[Message], Rendered]:
    def render(message: Message) -> Rendered:
        change = _change(message)
        context = {
            "at": message.created_at, "new": change.new_email, "old": change.old_email, "until": change.undo_until,
            "reset_url": _link("account_reset_password"),
        }  # fmt: skip
        if undo:
            context["url"] = _link("own_address_undo", token=changes.token("undo", change.pk))
        return Rendered(str(subject), f"mail/{kind}", context)

    return render


register("account.confirm_new_address", confirm, reader=_of_new)
register(
    "account.address_change_asked",
    _notice(_("Another e-mail address was asked for"), "account.address_change_asked"),
    reader=_at("old_email"),
)
register(
    "account.address_changed",
    _notice(_("Your e-mail address was changed"), "account.address_changed"),
    reader=_at("new_email"),
)
register(
    "account.address_was_changed",
    _notice(_("Your e-mail address was changed"), "account.address_was_changed", undo=True),
    reader=_at("old_email"),
)
register(
    "account.address_undone",
    _notice(_("The change of your e-mail address was undone"), "account.address_undone"),
    reader=_at("old_email"),
)
register(
    "account.address_was_undone",
    _notice(_("The change of your e-mail address was undone"), "account.address_was_undone"),
    reader=_at("new_email"),
)
name({
    "account.confirm_new_address": _("Confirm the new e-mail address"),
    "account.address_change_asked": _("Another e-mail address was asked for"),
    "account.address_changed": _("The e-mail address was changed"),
    "account.address_was_changed": _("The e-mail address was changed"),
    "account.address_undone": _("The change of the e-mail address was undone"),
    "account.address_was_undone": _("The change of the e-mail address was undone"),
})  # fmt: skip
