"""The mails about a customer's addresses for invoices, technical matters and emergencies."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.accounts.addresses import contacts
from hospes.customers.models import ContactAddress, Customer
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach, Reader
from hospes.messaging.rendering import Rendered, register


def _contact(message: Message) -> ContactAddress:
    found: ContactAddress = ContactAddress.objects.get(pk=message.about, customer_id=message.customer_id or 0)
    return found


def _mailbox(message: Message, now: datetime) -> Reader:
    """The address itself; whose mailbox it is we do not know, so by no name."""
    contact = _contact(message)
    if message.kind == "contact.confirm" and contact.ended_at is not None:
        raise NobodyToReach("the address was withdrawn or overtaken before its mail left")
    return Reader("", contact.email, contact.language, None)


def confirm(message: Message) -> Rendered:
    """Who would like to send what there; and the link."""
    contact = _contact(message)
    path = reverse("contact_address", kwargs={"token": contacts.token(contact.pk)})
    context = {
        "customer": _customer(contact), "use": _use(contact), "until": contact.expires_at,
        "url": settings.HOSPES_PORTAL_URL + path,
    }  # fmt: skip
    return Rendered(_("Confirm the address for %(use)s") % context, "mail/contact.confirm", context)


def _notice(subject: Promise, said: Callable[[dict[str, str]], str]) -> Callable[[Message], Rendered]:
    def render(message: Message) -> Rendered:
        contact = _contact(message)
        words = {"customer": _customer(contact), "use": _use(contact), "email": contact.email}
        return Rendered(
            f"{subject}: {words['customer']}",
            "mail/contact.notice",
            {"said": said(words), "at": message.created_at},
        )

    return render


def _customer(contact: ContactAddress) -> str:
    return Customer.objects.get(pk=contact.customer_id).name


def _use(contact: ContactAddress) -> str:
    return str(ContactAddress.Use(contact.use).label)


register("contact.confirm", confirm, reader=_mailbox)
register("contact.changed", _notice(
    gettext_lazy("An address was changed"),
    lambda w: _("Mail about %(use)s of %(customer)s now goes to %(email)s.") % w,
))  # fmt: skip
register("contact.ended", _notice(
    gettext_lazy("An address is no longer used"),
    lambda w: _("Mail about %(use)s of %(customer)s no longer goes to %(email)s, but to the holder.") % w,
))  # fmt: skip
register("contact.declined", _notice(
    gettext_lazy("An address was declined"),
    lambda w: _("Who reads %(email)s does not want the mail about %(use)s of %(customer)s. Nothing was changed.") % w,
))  # fmt: skip
register("contact.put_back", _notice(
    gettext_lazy("An address is used again"),
    lambda w: _("Mail about %(use)s of %(customer)s goes to %(email)s again, as before.") % w,
))  # fmt: skip
register("contact.was_changed", _notice(
    gettext_lazy("An address is no longer used"),
    lambda w: _("Mail about %(use)s of %(customer)s no longer goes to %(email)s.") % w,
), reader=_mailbox)  # fmt: skip
name({
    "contact.confirm": gettext_lazy("Confirm an address"),
    "contact.changed": gettext_lazy("An address was changed"),
    "contact.ended": gettext_lazy("An address is no longer used"),
    "contact.declined": gettext_lazy("An address was declined"),
    "contact.put_back": gettext_lazy("An address is used again"),
    "contact.was_changed": gettext_lazy("An address is no longer used"),
})  # fmt: skip
