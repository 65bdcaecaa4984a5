"""
The mails about the way back for who lost the second step: to the person, to each address that we know, and to the mailboxes
that a customer gave for its mail. Those are perhaps somebody else's: they read whose login it is about, and can stop it.
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import Release
from hospes.accounts.second import releases
from hospes.accounts.second.mails import notice
from hospes.customers.models import ContactAddress, Customer, Person
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach, Reader
from hospes.messaging.rendering import Rendered, register


def _moment(value: datetime) -> str:
    return str(formats.date_format(timezone.localtime(value), "j F Y, H:i"))


def _open_release(message: Message) -> Release:
    """What the mail is about, while it is not over; a mail to another address names that instead."""
    still_open = Release.objects.filter(person_id=message.person_id or 0, closed_at=None)
    release = still_open.order_by("pk").last()
    if release is None:
        raise NobodyToReach("the request is over")
    return release


def _asked(message: Message, address: str | None = None) -> Rendered:
    release = _open_release(message)
    if release.by_staff_id is None:
        subject = _("Somebody asked to take off your second step")
        said = gettext(
            "Somebody who knows your password says that the phone or passkey of your second step is lost."
        )
        more = gettext(
            "From %s on it can be taken off, with a link that we then send you and with your password."
        )
    else:
        subject = _("We were asked to take off your second step")
        said = gettext(
            "A colleague of ours has your second step taken off, since we were told that you lost your phone or passkey."
        )
        more = gettext(
            "From %s on your password alone is enough to log in; then you set up a new second step."
        )
    more = f"{more % _moment(release.due_at)} {gettext('Is that not what you want? Then stop it: one click is enough.')}"
    return notice(message, subject, said, more=more, button=gettext("Stop it"), url=releases.stop_link(release),
                  address=address)  # fmt: skip


def _asked_elsewhere(message: Message) -> Rendered:
    """The same to another address that the person confirmed."""
    other = EmailAddress.objects.filter(
        pk=message.about, user_id=message.person_id or 0, verified=True
    ).first()
    if other is None:
        raise NobodyToReach("the address is gone")
    return _asked(message, other.email)


def _asked_for_invoices(message: Message) -> Rendered:
    """The same to where the invoices of a customer go."""
    customer = Customer.objects.filter(pk=message.customer_id or 0).first()
    if customer is None:
        raise NobodyToReach("the customer is gone")
    return _asked(message, customer.invoice_email)


def _ready(message: Message) -> Rendered:
    release = _open_release(message)
    said = gettext("The waiting time is over: you can take off your second step now, with your password.")
    more = gettext("The link works until %s, and once.") % _moment(release.ends_at)
    return notice(message, _("You can take off your second step now"), said, more=more, button=gettext("Take it off"),
                  url=releases.use_link(release))  # fmt: skip


def _ready_by_staff(message: Message) -> Rendered:
    release = _open_release(message)
    said = gettext("The waiting time is over: log in with your password, and your second step comes off.")
    more = gettext("That works until %s. Set up a new second step at once.") % _moment(release.ends_at)
    return notice(message, _("Log in now, without your second step"), said, more=more, button=gettext("Stop it"),
                  url=releases.stop_link(release))  # fmt: skip


# --- to a customer's mailboxes --------------------------------------------------------------------------------------------


def _contact(message: Message) -> ContactAddress:
    used = ContactAddress.objects.filter(
        pk=message.about, customer_id=message.customer_id or 0, ended_at=None, confirmed_at__isnull=False
    ).first()
    if used is None:
        raise NobodyToReach("the address is no longer used")
    return used


def _mailbox(message: Message, now: datetime) -> Reader:
    """The address itself; whose mailbox it is we do not know, so by no name."""
    contact = _contact(message)
    return Reader("", contact.email, contact.language, None)


def _asked_for_contact(message: Message) -> Rendered:
    """
    Whose login it is about, for whoever reads a customer's mail: somebody to ask, and a link that stops it.

    Nothing of what else the person has here: no address, no number, no reason, and no link that takes the step off.
    """
    release, contact = _open_release(message), _contact(message)
    customer = Customer.objects.get(pk=contact.customer_id)
    words = {
        "name": Person.objects.get(pk=release.person_id).name, "customer": customer.name, "due": _moment(release.due_at),
    }  # fmt: skip
    context = {
        "said": gettext(
            "We were asked to take off the second step of the login of %(name)s, who holds %(customer)s. It comes off on %(due)s"
            " or later."
        )
        % words,
        "more": gettext("Ask %(name)s whether that is right. Is it not, or are you not sure? Then stop it: one click is enough.")
        % words,
        "at": message.created_at, "url": releases.stop_link(release),
    }  # fmt: skip
    return Rendered(
        gettext("A second step is to be taken off: %(customer)s") % words,
        "mail/account.release_for_contact",
        context,
    )


for _kind in ("account.release_asked", "account.release_by_staff"):
    register(_kind, _asked)
    register(f"{_kind}_elsewhere", _asked_elsewhere)
    register(f"{_kind}_for_invoices", _asked_for_invoices)
    register(f"{_kind}_for_contact", _asked_for_contact, reader=_mailbox)
register("account.release_ready", _ready)
register("account.release_ready_by_staff", _ready_by_staff)
name({
    "account.release_asked": _("Request to take off the second step"),
    "account.release_asked_elsewhere": _("Request to take off the second step, to another address"),
    "account.release_asked_for_invoices": _("Request to take off the second step, to where invoices go"),
    "account.release_asked_for_contact": _("Request to take off the second step, to an address of a customer"),
    "account.release_by_staff": _("Second step to be taken off by our staff"),
    "account.release_by_staff_elsewhere": _("Second step to be taken off by our staff, to another address"),
    "account.release_by_staff_for_invoices": _("Second step to be taken off by our staff, to where invoices go"),
    "account.release_by_staff_for_contact": _("Second step to be taken off by our staff, to an address of a customer"),
    "account.release_ready": _("The second step can be taken off now"),
    "account.release_ready_by_staff": _("The second step comes off at the next login"),
})  # fmt: skip
