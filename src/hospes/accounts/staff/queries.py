"""Who works for the operator, and what their roles let them do at this moment."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Q

from hospes.accounts.models import Passkey, Power, StaffChange, StaffMember, StaffPost, StaffRole
from hospes.accounts.models.staff import OPEN_TO_STAFF
from hospes.customers.models import Person
from hospes.kernel.purposes import Purpose


@dataclass(frozen=True)
class Standing:
    """
    As what somebody works for the operator: the union of their roles.

    `purposes` are those that the office may open for them. What a row says beyond that counts for nothing here; the
    database refuses it besides.
    """

    roles: tuple[StaffRole, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(role.key for role in self.roles)

    @property
    def names(self) -> list[str]:
        """What the roles are called, in the active language."""
        return [role.name for role in self.roles]

    @property
    def purposes(self) -> frozenset[Purpose]:
        named = {name for role in self.roles for name in role.purposes}
        return frozenset(purpose for purpose in OPEN_TO_STAFF if purpose.value in named)

    @property
    def powers(self) -> frozenset[Power]:
        named = {name for role in self.roles for name in role.powers}
        return frozenset(power for power in Power if power.value in named)


def in_force(now: datetime, *, of: str = "") -> Q:
    """The members of staff that count at a moment: they took up their invitation and did not leave. `of`: a path to them."""
    path = f"{of}__" if of else ""
    begun = Q(**{f"{path}joined_at__isnull": False, f"{path}since__lte": now})
    return begun & (Q(**{f"{path}until": None}) | Q(**{f"{path}until__gt": now}))


def standing_of(person_id: int, *, now: datetime) -> Standing | None:
    """As what a person works for the operator at this moment, in one query; None for everybody else."""
    held = StaffRole.objects.filter(in_force(now, of="posts__member"), posts__member_id=person_id)
    roles = tuple(held.order_by("position"))
    return Standing(roles) if roles else None


def roles() -> list[StaffRole]:
    """All roles, in their order."""
    return list(StaffRole.objects.order_by("position"))


def roles_of(person_id: int) -> list[StaffRole]:
    """The roles that somebody has, or is invited for."""
    return list(StaffRole.objects.filter(posts__member_id=person_id).order_by("position"))


def managers(*, now: datetime) -> list[int]:
    """The ids of all who manage the staff at this moment."""
    held = StaffMember.objects.filter(in_force(now), posts__role__powers__contains=[Power.MANAGE.value])
    return list(held.order_by("person_id").values_list("person_id", flat=True).distinct())


# --- the list -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Colleague:
    """Somebody who works, worked, or was invited to work for the operator."""

    person: Person
    member: StaffMember
    roles: tuple[str, ...]

    def state(self, now: datetime) -> str:
        """One of invited, expired, active, left."""
        if self.member.until is not None and self.member.until <= now:
            return "left"
        if self.member.joined_at is not None:
            return "active"
        return "invited" if self.member.invited_until > now else "expired"


def colleagues() -> list[Colleague]:
    """Everybody on the staff, also who left; who is there comes first, then by name. Acts for security."""
    members = {member.pk: member for member in StaffMember.objects.all()}
    people = Person.objects.filter(pk__in=members)
    held: dict[int, list[str]] = {}
    for member_id, key in StaffPost.objects.order_by("role__position").values_list("member_id", "role_id"):
        held.setdefault(member_id, []).append(key)
    found = [
        Colleague(person, members[person.pk], tuple(held.get(person.pk, ())))
        for person in people.order_by("family_name", "given_name", "pk")
    ]
    return sorted(found, key=lambda colleague: colleague.member.until is not None)


def colleague(person_id: int) -> Colleague | None:
    """One of them; None when the person was never on the staff. Acts for security."""
    member = StaffMember.objects.filter(pk=person_id).first()
    person = Person.objects.filter(pk=person_id).first()
    if member is None or person is None:
        return None
    held = StaffPost.objects.filter(member_id=person_id).order_by("role__position")
    return Colleague(person, member, tuple(held.values_list("role_id", flat=True)))


def second_steps(person_ids: list[int]) -> dict[int, list[str]]:
    """Which kinds of second step each of these people has. Acts at the door, for access."""
    found: dict[int, list[str]] = {person_id: [] for person_id in person_ids}
    held = Authenticator.objects.filter(user_id__in=person_ids).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    for person_id, kind in held.order_by("type").values_list("user_id", "type").distinct():
        found[person_id].append(kind)
    with_passkey = Passkey.objects.filter(person_id__in=person_ids).values_list("person_id", flat=True)
    for person_id in with_passkey.distinct():
        found[person_id].append(Authenticator.Type.WEBAUTHN)
    return found


def changes(*, about: int | None = None, role: str | None = None, limit: int) -> list[StaffChange]:
    """What changed lately about a colleague or a role, or in all, the newest first. Acts for security."""
    found = StaffChange.objects.order_by("-at", "-pk")
    if about is not None:
        found = found.filter(about_id=about)
    if role is not None:
        found = found.filter(role_id=role)
    return list(found[:limit])


def words_of_rights() -> dict[str, str]:
    """What roles, purposes and powers are called, by the names that changes have for them."""
    words = {purpose.value: str(purpose.declared.label) for purpose in Purpose}
    words |= {power.value: str(power.label) for power in Power}
    return words | {role.key: role.name for role in roles()}


def in_words(names: list[str], words: dict[str, str]) -> str:
    """What a change says, in words; what nobody knows any more as it stands there."""
    return ", ".join(words.get(name, name) for name in names)
