"""The mails about shared access: the invitation itself, and what the parties are told."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.accounts.access.invitations import token_of
from hospes.accounts.models import Invitation
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel import clock
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach, Reader
from hospes.messaging.rendering import Rendered, register

# --- the invitation -------------------------------------------------------------------------------------------------------


def invited(message: Message, now: datetime) -> Reader:
    """Who was invited: by name and in their language where they have an account, else by none, in that of who invites."""
    asked = _open_invitation(message)
    person = Person.objects.filter(email__iexact=asked.email).first()
    if person is not None:
        return Reader(" ".join(person.name.split()), asked.email, person.language, None)
    return Reader("", asked.email, asked.language, None)


def invitation(message: Message) -> Rendered:
    """Who invites, for which customer, as what; and the link."""
    asked = _open_invitation(message)
    inviter, customer = Person.objects.get(pk=asked.invited_by_id), Customer.objects.get(pk=asked.customer_id)
    context = {
        "inviter": inviter.name, "customer": customer.name, "role": _role(asked.role), "until": asked.until,
        "expires_at": asked.expires_at,
        "url": settings.HOSPES_PORTAL_URL + reverse("invitation", kwargs={"token": token_of(asked.seed)}),
    }  # fmt: skip
    subject = _("%(name)s invites you to share the access to %(customer)s") % {
        "name": inviter.name, "customer": customer.name
    }  # fmt: skip
    return Rendered(subject, "mail/access.invitation", context)


def _open_invitation(message: Message) -> Invitation:
    found = Invitation.objects.filter(pk=message.about, closed_at=None).first()
    if found is None:
        raise NobodyToReach("the invitation was answered or withdrawn before its mail left")
    return found


# --- what the parties are told --------------------------------------------------------------------------------------------


def _of_invitation(
    subject: Promise, sentence: Callable[[dict[str, str]], str]
) -> Callable[[Message], Rendered]:
    def render(message: Message) -> Rendered:
        asked = Invitation.objects.get(pk=message.about)
        words = {
            "inviter": _named(asked.invited_by_id), "email": asked.email, "role": _role(asked.role),
            "customer": _customer(asked.customer_id).name,
        }  # fmt: skip
        return _notice(message, str(subject), sentence(words), asked.customer_id)

    return render


def _of_access(
    subject: Promise,
    to_them: Callable[[dict[str, str]], str],
    to_others: Callable[[dict[str, str]], str],
) -> Callable[[Message], Rendered]:
    """A notice about somebody's access: in one way to them, in another to the others."""

    def render(message: Message) -> Rendered:
        held = Membership.objects.get(pk=message.about)
        words = {
            "name": _named(held.person_id), "role": _role(held.role), "customer": _customer(held.customer_id).name,
            "by": _named(held.given_by_id), "ended_by": _named(held.ended_by_id), "until": _until(held),
        }  # fmt: skip
        is_them = message.person_id == held.person_id
        sentence = (to_them if is_them else to_others)(words)
        is_out = is_them and message.kind in ("access.removed", "access.left")
        return _notice(message, str(subject), sentence, held.customer_id, is_out=is_out)

    return render


def _notice(
    message: Message, subject: str, sentence: str, customer_id: int, *, is_out: bool = False
) -> Rendered:
    """`is_out`: the reader can no longer open the page of who has access."""
    customer = _customer(customer_id)
    path = reverse("portal:access", kwargs={"number": customer.number})
    context = {
        "said": sentence, "at": message.created_at, "url": "" if is_out else settings.HOSPES_PORTAL_URL + path
    }  # fmt: skip
    return Rendered(f"{subject}: {customer.name}", "mail/access.notice", context)


def _customer(customer_id: int) -> Customer:
    return Customer.objects.get(pk=customer_id)


def _named(person_id: int | None) -> str:
    return Person.objects.get(pk=person_id).name if person_id else ""


def _role(role: str) -> str:
    return str(Membership.Role(role).label)


def _until(held: Membership) -> str:
    if held.until is None:
        return _("It has no end date.")
    last = clock.day_of(held.until - timedelta(microseconds=1))
    return _("Its last day is %(day)s.") % {"day": formats.date_format(last, "j F Y")}


register("access.invitation", invitation, reader=invited)
register("access.invited", _of_invitation(
    gettext_lazy("Somebody was invited"),
    lambda w: _("%(inviter)s invited %(email)s to share the access to %(customer)s, with the role “%(role)s”.") % w,
))  # fmt: skip
register("access.declined", _of_invitation(
    gettext_lazy("Your invitation was declined"),
    lambda w: _("%(email)s declined the invitation to share the access to %(customer)s.") % w,
))  # fmt: skip
register("access.given", _of_access(
    gettext_lazy("Access given"),
    lambda w: _("You now have access to %(customer)s, with the role “%(role)s”. %(until)s") % w,
    lambda w: _(
        "%(name)s accepted the invitation of %(by)s and now has access to %(customer)s, with the role “%(role)s”. %(until)s"
    )
    % w,
))  # fmt: skip
register("access.changed", _of_access(
    gettext_lazy("Access changed"),
    lambda w: _("%(by)s changed your access to %(customer)s. Your role is now “%(role)s”. %(until)s") % w,
    lambda w: _("%(by)s changed the access of %(name)s to %(customer)s. The role is now “%(role)s”. %(until)s") % w,
))  # fmt: skip
register("access.removed", _of_access(
    gettext_lazy("Access taken away"),
    lambda w: _("%(ended_by)s took away your access to %(customer)s. You can no longer see or do anything there.") % w,
    lambda w: _("%(ended_by)s took away the access of %(name)s to %(customer)s.") % w,
))  # fmt: skip
register("access.left", _of_access(
    gettext_lazy("Somebody left"),
    lambda w: _("You ended your own access to %(customer)s.") % w,
    lambda w: _("%(name)s ended their own access to %(customer)s.") % w,
))  # fmt: skip
register("access.handed_over", _of_access(
    gettext_lazy("Handed over"),
    lambda w: _(
        "%(by)s handed %(customer)s over to you. You are a holder now: you see and decide everything, and who has access."
    )
    % w,
    lambda w: _("%(by)s handed %(customer)s over to %(name)s, who is a holder now.") % w,
))  # fmt: skip
name({
    "access.invitation": gettext_lazy("Invitation to share access"),
    "access.invited": gettext_lazy("Somebody was invited to share access"),
    "access.declined": gettext_lazy("An invitation was declined"),
    "access.given": gettext_lazy("Access was given"),
    "access.changed": gettext_lazy("Access was changed"),
    "access.removed": gettext_lazy("Access was taken away"),
    "access.left": gettext_lazy("Somebody left"),
    "access.handed_over": gettext_lazy("The customer account was handed over"),
})  # fmt: skip
