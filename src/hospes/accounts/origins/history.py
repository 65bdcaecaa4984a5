"""
Everything that was done with an account: every login, failed attempt and change; by whom, when, from where, with what (P11).

Acts for security about the person who looks: they see their own. Who may see the logins of others acts about the customer too,
and sees what concerns that, and the logins of all who have access now, from when they have it (the database: `hospes_people`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.accounts.origins.browsers import shown
from hospes.accounts.origins.places import Place, place_of
from hospes.accounts.viewing import services as viewing
from hospes.accounts.viewing.services import Told
from hospes.customers.models import Membership, Person
from hospes.customers.queries import in_force
from hospes.kernel import journal
from hospes.kernel.models import FAILED, SELDOM, JournalEntry
from hospes.kernel.purposes import Purpose

#: What entries are about, for who wants to see only some of them.
KINDS: Final[dict[str, Promise]] = {
    "login": gettext_lazy("logging in and out"),
    "failed": gettext_lazy("failed attempts"),
    "protection": gettext_lazy("protection of the account"),
    "change": gettext_lazy("other changes"),
}
_LOGIN: Final = ("account.login", "account.logout", "account.confirmed", "session.ended", "session.moved",
                 "account.token_used")  # fmt: skip
#: What a program does that shows a token; it is logged in nowhere.
_OF_PROGRAMS: Final = ("account.token_used", "account.token_refused")
_PROTECTION: Final = ("account.", "access.", "limits.", "second.", "session.", "staff.", "token.")


def _asked(kind: str) -> Q:
    """The entries of a kind."""
    login, failed = Q(action__in=_LOGIN), FAILED
    protection = Q(pk__in=[])
    for beginning in _PROTECTION:
        protection |= Q(action__startswith=beginning)
    return {
        "login": login,
        "failed": failed,
        "protection": protection & ~login & SELDOM,
        "change": ~protection & SELDOM,
    }[kind]


@dataclass(frozen=True)
class Member:
    """Somebody who has access to the customer; `name` as far as the one who looks may know it."""

    person_id: int
    name: str
    role: str
    since: datetime
    is_me: bool


@dataclass(frozen=True)
class Event:
    """
    One thing that was done. `by` is the kind of actor and `by_whom` the words for it; `about` the name of the person whose login
    it is about, where that is somebody else. Address, place and browser are empty for staff, and of others for who may not
    see them. `looked` says more of a look of our staff at the pages, as the customer sees them.
    """

    id: int
    at: datetime
    action: str
    what: str
    by: str
    by_whom: str
    about: str
    for_what: Promise
    ip: str | None
    place: Place | None
    browser: str
    looked: Told | None = None


@dataclass(frozen=True)
class Mark:
    """Where a page ended: the next one begins after it."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"

    @classmethod
    def read(cls, text: str) -> "Mark | None":
        """The mark that an address carries; None for what is none."""
        micros, _dash, pk = text.partition("-")
        if not (
            micros.isascii()
            and micros.isdigit()
            and len(micros) < 18
            and pk.isascii()
            and pk.isdigit()
            and len(pk) < 19
        ):
            return None
        return cls(_EPOCH + timedelta(microseconds=int(micros)), int(pk))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def members(customer_id: int, *, viewer: int, sees_all: bool, now: datetime) -> list[Member]:
    """
    Who has access now, the one who looks first; only that one for who does not see the others.

    Acts within the purpose of access, which knows names; all else here acts for security.
    """
    held = Membership.objects.filter(in_force(now), customer_id=customer_id).order_by("since", "pk")
    rows = [row for row in held.values_list("person_id", "role", "since") if sees_all or row[0] == viewer]
    named = {
        p.pk: p.name
        for p in Person.objects.filter(pk__in=[row[0] for row in rows]).only(
            "given_name", "family_name", "email"
        )
    }
    found = [Member(pk, named.get(pk, ""), role, since, pk == viewer) for pk, role, since in rows]
    return sorted(found, key=lambda member: not member.is_me)


def events(
    customer_id: int, of: Sequence[Member], *, sees_all: bool, who: int | None = None, kind: str = "", after: Mark | None = None,
    limit: int,
) -> list[Event]:  # fmt: skip
    """
    What was done, the newest first: at most so many, after a mark; about and by one of the members, or of one kind, where asked.

    `of` are the `members`, the one who looks first; who does not see all of them sees what they did themself.

    That they stood on a list of our staff is left out: it would hide the rest, and stands with who looked. So are the pages of a
    look as the customer sees them: they stand with its beginning.

    One statement, of which each part goes along an index from the newest entry on, however many there are.
    """
    everything = JournalEntry.objects.exclude(action__in=journal.among_others())
    everything = everything.exclude(action__startswith=viewing.PAGE)
    if kind:
        everything = everything.filter(_asked(kind))
    if after is not None:
        everything = everything.filter(at__lte=after.at).exclude(at=after.at, pk__gte=after.id)
    parts = _parts(everything, customer_id, of, sees_all=sees_all, who=who)
    cut = [_columns(part)[:limit] for part in parts]
    rows = cut[0].union(*cut[1:], all=True).order_by("-at", "-id")[:limit] if len(cut) > 1 else cut[0]
    names, listed = {member.person_id: member for member in of}, list(rows)
    looks = viewing.told(row["object_id"] for row in listed if row["action"] == viewing.BEGUN)
    return [_event(row, names, sees_all, looks) for row in listed]


def _parts(
    everything: "QuerySet[JournalEntry, JournalEntry]",
    customer_id: int,
    of: Sequence[Member],
    *,
    sees_all: bool,
    who: int | None,
) -> "list[QuerySet[JournalEntry, JournalEntry]]":
    """The entries that concern the customer, and those about each of the members' logins: no entry is in two of them."""
    of_customer = everything.filter(customer_id=customer_id)
    whose = who if sees_all else of[0].person_id
    if whose is not None:
        of_customer = of_customer.filter(Q(person_id=whose) | Q(actor_id=whose))
    return [of_customer] + [
        everything.filter(
            person_id=member.person_id, customer_id=None, at__gte=_EPOCH if member.is_me else member.since
        )
        for member in of
        if who in (None, member.person_id)
    ]


_COLUMNS: Final = (
    "id", "at", "action", "purpose", "actor_kind", "actor_id", "person_id", "ip", "browser", "object_id"
)  # fmt: skip


def _columns(part: "QuerySet[JournalEntry, JournalEntry]") -> "QuerySet[JournalEntry, dict[str, Any]]":
    rows: QuerySet[JournalEntry, dict[str, Any]] = part.order_by("-at", "-id").values(*_COLUMNS)
    return rows


def _event(
    row: Mapping[str, Any], of: Mapping[int, Member], sees_all: bool, looks: Mapping[int, Told]
) -> Event:
    by, actor = row["actor_kind"], row["actor_id"]
    about = of.get(row["person_id"] or 0)
    whose = of.get(actor or 0) if by == "person" else about
    told = by in ("person", "visitor") and (sees_all or (whose is not None and whose.is_me))
    return Event(
        id=row["id"], at=row["at"], action=row["action"], what=journal.label(row["action"]), by=by,
        by_whom=_by_whom("program" if row["action"] in _OF_PROGRAMS else by, whose, sees_all),
        about=about.name if about and not about.is_me and about.person_id != actor else "",
        for_what=Purpose(row["purpose"]).declared.label,
        ip=row["ip"] if told else None, place=place_of(row["ip"]) if told and row["ip"] else None,
        browser=shown(row["browser"] or "") if told else "",
        looked=looks.get(row["object_id"] or 0) if row["action"] == viewing.BEGUN else None,
    )  # fmt: skip


def _by_whom(by: str, whose: Member | None, sees_all: bool) -> str:
    if by == "person":
        if whose is None:
            return _("somebody who has no access any more") if sees_all else _("somebody else with access")
        return _("you") if whose.is_me else whose.name
    return {
        "visitor": _("somebody who was not logged in"),
        "program": _("a program with a token"),
        "staff": _("one of our staff"),
    }.get(by, _("automatically"))


def mark_of(event: Event) -> Mark:
    """Where a page ends whose last event this is."""
    return Mark(event.at, event.id)


def failed_lately(customer_id: int, of: Sequence[Member], *, now: datetime, most: int = 100) -> int:
    """How many attempts to get in failed in the past thirty days; counted up to `most`, in one statement."""
    failed = JournalEntry.objects.filter(FAILED, at__gt=now - timedelta(days=30))
    parts = _parts(failed, customer_id, of, sees_all=len(of) > 1, who=None)
    cut = [part.order_by("-at").values("pk")[:most] for part in parts]
    found = cut[0].union(*cut[1:], all=True)[:most] if len(cut) > 1 else cut[0]
    return len(found)
