"""
Taking on staff, what their roles are and what roles may do. All of it acts for security, and the door can do none of it.

Every verb is written down twice: in the journal, and with what it was before in `StaffChange`; all who manage the staff are
told by mail. That who asks for it has the power to, and that somebody remains who has, the database holds
(`models.staff_guards`).
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import Power, StaffChange, StaffMember, StaffPost, StaffRole
from hospes.accounts.models.staff import OPEN_TO_STAFF
from hospes.accounts.second import dropping
from hospes.accounts.services import make_person
from hospes.accounts.staff import queries
from hospes.accounts.staff.invitations import LASTS, Invitation
from hospes.customers.models import Person
from hospes.kernel import journal
from hospes.kernel.acting import SYSTEM, Actor, acting, current
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging

journal.register({
    "staff.invited": _("Invited to work here"),
    "staff.hired": _("Became a member of staff"),
    "staff.roles_changed": _("Roles of a colleague changed"),
    "staff.role_changed": _("What a role may do changed"),
    "staff.let_in_anew": _("A colleague has to set up the login anew"),
    "staff.dismissed": _("Left the staff"),
})  # fmt: skip

_MEMBER: Final = "accounts_staffmember"
_What = StaffChange.What


class StaffRefused(Exception):
    """It was not done; the message is fit to show to a colleague."""


# --- people ---------------------------------------------------------------------------------------------------------------


def invite(
    *,
    email: str,
    given_name: str,
    family_name: str,
    roles: Collection[str],
    actor: Actor,
    language: str = "nl",
    by_mail: bool = True,
    anew: bool = False,
    now: datetime,
) -> Invitation:
    """
    Invite somebody to work here: a mail with a link by which they choose a password themselves.

    Somebody who has an account already stays who they are, names included. Who works here, or was invited before, gets these
    roles and a new link; the old one is dead. Raises StaffRefused when no role is named, and for somebody who works here
    already, unless they are to set up their login `anew`.
    """
    keys = _known(roles)
    with acting(Purpose.ACCESS, actor=actor):
        person_id = _person(email, given_name, family_name, language, now)
    with _managing(actor):
        member = StaffMember.objects.select_for_update(of=("self",)).filter(pk=person_id).first()
        if member is not None and member.joined_at is not None and member.until is None and not anew:
            raise StaffRefused(_("This colleague works here already."))
        invitation = _invited(person_id, now)
        had = _set_roles(person_id, keys)
        _written("staff.invited", _What.INVITED, about=person_id, had=had, has=keys, now=now)
        if by_mail:
            _tell("staff.invitation", person_id, invitation)
    if anew:
        _forget_second_step(person_id, actor, now)
    return invitation


def _person(email: str, given_name: str, family_name: str, language: str, now: datetime) -> int:
    """The person who has this address; a new one without a password where nobody has."""
    known = Person.objects.filter(email__iexact=email.strip())
    if found := known.first():
        return int(found.pk)
    try:
        with transaction.atomic(using=_alias()):
            person = Person.objects.create_user(
                email, None, given_name=given_name, family_name=family_name, language=language, created_at=now
            )
            EmailAddress.objects.create(user=person, email=person.email, verified=False, primary=True)
    except IntegrityError:  # made at this very moment
        return int(known.get().pk)
    return int(person.pk)


def _invited(person_id: int, now: datetime) -> Invitation:
    """Write the invitation; who left before begins again."""
    terms = {"since": now, "until": None, "invited_at": now, "invited_until": now + LASTS, "joined_at": None}
    StaffMember.objects.update_or_create(person_id=person_id, defaults=terms)
    return Invitation(person_id, now)


def take_up(invitation: Invitation, *, now: datetime) -> bool:
    """Begin to work here; False when the invitation cannot be taken up (any more). At the door, for access."""
    is_open = StaffMember.objects.filter(
        pk=invitation.person_id,
        invited_at=invitation.invited_at,
        invited_until__gte=now,
        joined_at=None,
        until=None,
    )
    if not is_open.update(joined_at=now):
        return False
    EmailAddress.objects.filter(user_id=invitation.person_id, primary=True).update(verified=True)
    _note("staff.hired", invitation.person_id, ["joined_at"], now)
    for manager in queries.managers(now=now):
        if manager != invitation.person_id:
            key = f"staff.joined:{invitation.person_id}:{now.isoformat()}:{manager}"
            messaging.enqueue(
                "staff.joined", key=key, person_id=manager, about_id=invitation.person_id, now=now
            )
    return True


def take_on(*, person_id: int, roles: Collection[str], now: datetime) -> StaffMember:
    """
    Let a person work here at once, without an invitation: for commands on the machine, which act as the system.

    Gives them just these roles, whatever they had. They get into the office once they have set up a second step.
    """
    keys = _known(roles)
    scene = current()
    with _managing(scene.actor if scene else SYSTEM):
        terms = {"since": now, "until": None, "invited_at": now, "invited_until": now, "joined_at": now}
        member, _new = StaffMember.objects.update_or_create(person_id=person_id, defaults=terms)
        had = _set_roles(person_id, keys)
        _note("staff.hired", person_id, ["since", "until", "joined_at"], now)
        StaffChange.objects.create(at=now, what=_What.HIRED, about_id=person_id, had=had, has=keys)
    return member


def hire(
    *,
    email: str,
    password: str | None,
    given_name: str,
    family_name: str,
    roles: Collection[str],
    language: str = "nl",
    now: datetime,
) -> StaffMember:
    """Make a person who works here, with a password that is known already: for the demo and for measuring. Acts for access."""
    person = make_person(
        email=email,
        password=password,
        given_name=given_name,
        family_name=family_name,
        language=language,
        now=now,
    )
    return take_on(person_id=person.pk, roles=roles, now=now)


def change_roles(*, person_id: int, roles: Collection[str], actor: Actor, now: datetime) -> None:
    """Give a colleague these roles and no others, from their next click on."""
    keys = _known(roles)
    with _managing(actor):
        member = _member(person_id)
        had = _set_roles(member.pk, keys)
        if had == keys:
            return
        change = _written("staff.roles_changed", _What.ROLES, about=person_id, had=had, has=keys, now=now)
        _tell_about(change, person_id)


def dismiss(*, person_id: int, actor: Actor | None = None, now: datetime) -> None:
    """End the work of a colleague, or an invitation: from their next click on they are nobody in the office."""
    scene = current()
    with _managing(actor or (scene.actor if scene else SYSTEM)):
        if not StaffMember.objects.filter(pk=person_id, until=None).update(until=now):
            return
        had = _roles(person_id)
        change = _written("staff.dismissed", _What.DISMISSED, about=person_id, had=had, has=[], now=now)
        _tell_about(change, person_id)


def let_in_anew(*, person_id: int, actor: Actor, now: datetime) -> None:
    """
    Have a colleague set up password and second step anew, who lost one of them: they get a link, as when they were invited.

    Until they used it they are nobody in the office. Nobody does this to themselves.
    """
    if actor.id == person_id:
        raise StaffRefused(_("You cannot do this for yourself: ask a colleague."))
    with _managing(actor):
        member = _member(person_id)
        if member.joined_at is None:
            raise StaffRefused(_("This colleague has an invitation that was not taken up yet."))
        StaffMember.objects.filter(pk=person_id).update(
            joined_at=None, invited_at=now, invited_until=now + LASTS
        )
        keys = _roles(person_id)
        _written("staff.let_in_anew", _What.ANEW, about=person_id, had=keys, has=keys, now=now)
        _tell("staff.anew", person_id, Invitation(person_id, now))
    _forget_second_step(person_id, actor, now)


def _forget_second_step(person_id: int, actor: Actor, now: datetime) -> None:
    with acting(Purpose.ACCESS, actor=actor):
        dropping.drop_all(person_id, now=now)


# --- what roles may do ----------------------------------------------------------------------------------------------------


def change_role(
    *, key: str, purposes: Collection[Purpose], powers: Collection[Power], actor: Actor, now: datetime
) -> bool:
    """
    Say what a role acts for and has the power to, from everybody's next click on; False when it was so already.

    Raises StaffRefused for a purpose that the office may not act for, or when nobody would manage the staff any more.
    """
    wanted = [purpose.value for purpose in Purpose if purpose in purposes]
    if not wanted or not set(purposes) <= set(OPEN_TO_STAFF):
        raise StaffRefused(_("A role acts for at least one purpose, of those that the office is open for."))
    powerful = [power.value for power in Power if power in powers]
    with _managing(actor):
        role = StaffRole.objects.select_for_update().get(pk=key)
        changes = [
            (what, name, getattr(role, name), new)
            for what, name, new in ((_What.PURPOSES, "purposes", wanted), (_What.POWERS, "powers", powerful))
            if set(getattr(role, name)) != set(new)
        ]
        if not changes:
            return False
        StaffRole.objects.filter(pk=key).update(purposes=wanted, powers=powerful)
        names = [name for _what, name, _had, _has in changes]
        journal.record("staff.role_changed", at=now, table="accounts_staffrole", changed=names)
        for what, _name, had, has in changes:
            change = StaffChange.objects.create(
                at=now, what=what, by_id=actor.id, role_id=key, had=had, has=has
            )
            _tell_managers(change)
    return True


# --- beneath --------------------------------------------------------------------------------------------------------------


@contextmanager
def _managing(actor: Actor) -> Iterator[None]:
    """Act for security; what the database refuses since nobody would remain who manages the staff is StaffRefused."""
    try:
        with acting(Purpose.SECURITY, actor=actor):
            yield
    except IntegrityError as error:
        refused_by = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if refused_by != "staff_keep_an_administrator":
            raise
        said = _("Somebody has to remain who manages the staff. Give somebody else that role first.")
        raise StaffRefused(said) from None


def _known(roles: Collection[str]) -> list[str]:
    """The keys of roles in their order; raises StaffRefused when there is none, or one that does not exist."""
    keys = [role.key for role in queries.roles() if role.key in set(roles)]
    if not keys or len(keys) < len(set(roles)):
        raise StaffRefused(_("Choose at least one role."))
    return keys


def _member(person_id: int) -> StaffMember:
    """Somebody who works here, locked; raises StaffRefused for all others."""
    found = StaffMember.objects.select_for_update(of=("self",)).filter(pk=person_id, until=None).first()
    if found is None:
        raise StaffRefused(_("This person does not work here (any more)."))
    return found


def _roles(person_id: int) -> list[str]:
    held = StaffPost.objects.filter(member_id=person_id).order_by("role__position")
    return list(held.values_list("role_id", flat=True))


def _set_roles(person_id: int, keys: list[str]) -> list[str]:
    """Give somebody these roles, the new ones before the old ones go; returns those that they had."""
    had = _roles(person_id)
    for key in keys:
        if key not in had:
            StaffPost.objects.create(member_id=person_id, role_id=key)
    gone = StaffPost.objects.filter(member_id=person_id).exclude(role_id__in=keys)
    # What gives somebody the power to do this goes last: it may be their own.
    for post in sorted(gone.select_related("role"), key=lambda post: Power.MANAGE.value in post.role.powers):
        post.delete()
    return had


def _note(action: str, person_id: int, changed: list[str], now: datetime) -> None:
    journal.record(action, at=now, table=_MEMBER, object_id=person_id, person_id=person_id, changed=changed)


def _written(
    action: str, what: StaffChange.What, *, about: int, had: list[str], has: list[str], now: datetime
) -> StaffChange:
    """Write down what changed about a colleague, and tell all who manage the staff."""
    _note(action, about, ["role"] if had != has else [], now)
    scene = current()
    by = scene.actor.id if scene and scene.actor.kind == "staff" else None
    change = StaffChange.objects.create(at=now, what=what, about_id=about, by_id=by, had=had, has=has)
    _tell_managers(change)
    return change


def _tell_managers(change: StaffChange) -> None:
    for manager in queries.managers(now=change.at):
        if manager != change.about_id:
            messaging.enqueue(
                "staff.changed", key=f"staff.changed:{change.pk}:{manager}", person_id=manager,
                about_id=change.pk, now=change.at,
            )  # fmt: skip


def _tell_about(change: StaffChange, person_id: int) -> None:
    """Tell the colleague whom it is about."""
    messaging.enqueue("staff.about_you", key=f"staff.about_you:{change.pk}", person_id=person_id, about_id=change.pk,
                      now=change.at)  # fmt: skip


def _tell(kind: str, person_id: int, invitation: Invitation) -> None:
    key = f"{kind}:{person_id}:{invitation.invited_at.isoformat()}"
    messaging.enqueue(kind, key=key, person_id=person_id, now=invitation.invited_at)


def _alias() -> str:
    scene = current()
    return scene.alias if scene else "default"
