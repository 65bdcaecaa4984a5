"""The mails about who works here and what they may do, written by the worker from ids."""

from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import StaffChange, StaffMember
from hospes.accounts.staff import queries
from hospes.accounts.staff.invitations import Invitation, link
from hospes.customers.models import Person
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach
from hospes.messaging.rendering import Rendered, register


def invitation(message: Message, *, anew: bool = False) -> Rendered:
    """The link by which somebody begins; NobodyToReach when it would not work any more."""
    member = StaffMember.objects.filter(pk=message.person_id or 0, joined_at=None, until=None).first()
    if member is None or member.invited_at != message.created_at:
        raise NobodyToReach("the invitation was taken up, withdrawn or overtaken by another one")
    context = {
        "url": link(Invitation(member.pk, member.invited_at)), "until": member.invited_until, "anew": anew,
        "roles": ", ".join(role.name for role in queries.roles_of(member.pk)),
    }  # fmt: skip
    subject = _("Set up your login for the office anew") if anew else _("You are invited to work with us")
    return Rendered(str(subject), "mail/staff.invitation", context)


def begin_anew(message: Message) -> Rendered:
    """The same for somebody who works here, and lost the password or the second step."""
    return invitation(message, anew=True)


def joined(message: Message) -> Rendered:
    """That a colleague took up the invitation, for all who manage the staff."""
    context = {"about": _name(message.about), "at": message.created_at}
    return Rendered(str(_("A colleague began")), "mail/staff.joined", context)


def changed(message: Message) -> Rendered:
    """What changed in who may do what, for all who manage the staff."""
    subject = str(_("Who may do what in the office has changed"))
    return Rendered(subject, "mail/staff.changed", _told(StaffChange.objects.get(pk=message.about)))


def about_you(message: Message) -> Rendered:
    """The same for whom it is about."""
    change = StaffChange.objects.get(pk=message.about)
    return Rendered(str(_("Your roles in the office")), "mail/staff.about_you", _told(change))


def _told(change: StaffChange) -> dict[str, object]:
    words = queries.words_of_rights()
    return {
        "what": change.what, "at": change.at, "about": _name(change.about_id), "by": _name(change.by_id),
        "role": words.get(change.role_id or "", ""), "had": queries.in_words(change.had, words),
        "has": queries.in_words(change.has, words),
    }  # fmt: skip


def _name(person_id: int | None) -> str:
    person = Person.objects.filter(pk=person_id or 0).first()
    return person.name if person else ""


register("staff.invitation", invitation)
register("staff.anew", begin_anew)
register("staff.joined", joined)
register("staff.changed", changed)
register("staff.about_you", about_you)
name({
    "staff.invitation": _("Invitation to work here"),
    "staff.anew": _("Set up the login anew"),
    "staff.joined": _("A colleague began"),
    "staff.changed": _("Who may do what has changed"),
    "staff.about_you": _("Your roles have changed"),
})  # fmt: skip
