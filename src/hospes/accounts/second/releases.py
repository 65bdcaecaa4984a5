"""
The way back for who lost the second step, and has no recovery code: it is taken off after a waiting time.

Every address that we know of the person is told at once, each with a link that stops it. Then either the person asks, who
gave the password: after days they get a link at their confirmed address, which takes the password once more. Or a colleague
has it done, by name and with reasons: after an hour at least it comes off when the person next logs in with the password.
Who takes the step after all has found it again: that stops it too. Nobody works around it for a colleague but who manages
staff, and nobody for themself.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.accounts import services
from hospes.accounts.models import Release
from hospes.accounts.second import dropping, limits, telling, ways
from hospes.accounts.second.limits import Limit
from hospes.accounts.staff.queries import standing_of
from hospes.kernel import journal
from hospes.messaging import services as messaging

journal.register({
    "account.release_asked": _("Asked to have the second step taken off"),
    "account.release_by_staff": _("Our staff had the second step taken off"),
    "account.release_stopped": _("Taking off the second step was stopped"),
    "account.release_used": _("Second step taken off"),
    "account.release_lapsed": _("The request to take off the second step ran out"),
})  # fmt: skip

#: Whoever stops requests should not have to do so all day.
_OFTEN: Final = Limit("release", 3, 7 * limits.DAY)

SHORTEST_REASON: Final = 10

#: Of whom somebody may have the second step taken off.
Right = Literal["customers", "colleagues"]


class ReleaseRefused(Exception):
    """It is not done; the message says why, fit to show to who asked."""

    def __init__(self, why: Promise) -> None:
        super().__init__(str(why))
        self.why = why


_STAFF = _("You work here: ask an administrator to have your second step taken off.")
_TOO_OFTEN = _("This was asked for several times this week. Call us, then we look at it together.")
_NOT_YOURS = _("Your role does not have second steps taken off.")
_NOT_A_COLLEAGUE = _("This is a colleague: only an administrator can do this.")
_NOT_YOURSELF = _("Nobody does this for themself. Ask another colleague.")
_NOTHING_THERE = _("This person has no second step.")
_NO_REASON = _("Write down how you know that it is this person, and what happened.")


# --- asking ---------------------------------------------------------------------------------------------------------------


def ask(*, person_id: int, now: datetime) -> Release:
    """Begin the waiting time for a person who gave the password; one that runs already goes on. Raises ReleaseRefused."""
    if standing_of(person_id, now=now) is not None:
        raise ReleaseRefused(_STAFF)
    running = under_way(person_id, now=now)
    if running is not None:
        return running
    if not limits.spend(_OFTEN, person_id, now=now):
        raise ReleaseRefused(_TOO_OFTEN)
    rules = settings.HOSPES_WAY_BACK
    due = now + timedelta(days=rules.wait_days)
    _end(person_id, Release.Outcome.LAPSED, now=now)  # what ran out and no sweep has seen yet
    made: Release = Release.objects.create(
        person_id=person_id, asked_at=now, due_at=due, ends_at=due + timedelta(days=rules.link_days)
    )
    _note("account.release_asked", made, now)
    telling.tell_everywhere("account.release_asked", made, now)
    return made


def ask_for(
    *, person_id: int, colleague_id: int, may: frozenset[Right], reason: str, now: datetime
) -> Release:
    """
    Have somebody's second step taken off, as a colleague with reasons; a request of the person's own is overtaken.

    Raises ReleaseRefused. What was asked by a colleague already goes on as it is.
    """
    if (objection := objection_to(person_id, colleague_id=colleague_id, may=may, now=now)) is not None:
        raise ReleaseRefused(objection)
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReleaseRefused(_NO_REASON)
    running = under_way(person_id, now=now)
    if running is not None and running.by_staff_id is not None:
        return running
    _end(person_id, Release.Outcome.OVERTAKEN, now=now)
    rules = settings.HOSPES_WAY_BACK
    due = now + timedelta(hours=rules.staff_wait_hours)
    made: Release = Release.objects.create(
        person_id=person_id, asked_at=now, due_at=due, ends_at=due + timedelta(days=rules.link_days),
        by_staff_id=colleague_id, reason=reason.strip(),
    )  # fmt: skip
    _note("account.release_by_staff", made, now)
    telling.tell_everywhere("account.release_by_staff", made, now)
    return made


def objection_to(
    person_id: int, *, colleague_id: int, may: frozenset[Right], now: datetime
) -> Promise | None:
    """Why a colleague may not have this person's second step taken off; None when they may."""
    if person_id == colleague_id:
        return _NOT_YOURSELF
    is_colleague = standing_of(person_id, now=now) is not None
    if ("colleagues" if is_colleague else "customers") not in may:
        return _NOT_A_COLLEAGUE if may and is_colleague else _NOT_YOURS
    return None if ways.has_step(person_id) else _NOTHING_THERE


# --- what becomes of it ---------------------------------------------------------------------------------------------------


def under_way(person_id: int, *, now: datetime) -> Release | None:
    """The request about a person that is neither over nor ran out."""
    return Release.objects.filter(person_id=person_id, closed_at=None, ends_at__gt=now).first()


def stop(release_id: int, *, now: datetime) -> bool:
    """Stop a request; False when it is over already."""
    held = Release.objects.filter(pk=release_id, closed_at=None)
    release = held.first()
    if release is None or not held.update(closed_at=now, outcome=Release.Outcome.STOPPED):
        return False
    _note("account.release_stopped", release, now)
    services.tell("account.release_stopped", person_id=release.person_id, about_id=release.pk, now=now)
    return True


def found_again(person_id: int, *, now: datetime) -> None:
    """Stop what runs about a person who took the second step: nothing is lost."""
    for pk in Release.objects.filter(person_id=person_id, closed_at=None).values_list("pk", flat=True):
        stop(pk, now=now)


def use(release: Release, *, now: datetime) -> bool:
    """
    Take every second step off, once; False when the request is over, or it is too early or too late.

    Who comes here gave the password just now. Of two at once, one takes it off.
    """
    held = Release.objects.filter(pk=release.pk, closed_at=None, due_at__lte=now, ends_at__gt=now)
    if not held.update(closed_at=now, outcome=Release.Outcome.USED):
        return False
    person_id = release.person_id
    dropping.drop_all(person_id, now=now)
    _note("account.release_used", release, now)
    services.tell("account.release_used", person_id=person_id, about_id=release.pk, now=now)
    return True


def use_that_of_staff(person_id: int, *, now: datetime) -> bool:
    """Take off what a colleague had taken off, once it is time; at login, after the password."""
    release = under_way(person_id, now=now)
    return release is not None and release.by_staff_id is not None and use(release, now=now)


def remind(*, now: datetime, most: int = 500) -> int:
    """
    Tell those whose waiting time is over, and close what ran out; return how many. Acts for the purpose of security.

    Both leave something behind by which the next run passes over them.
    """
    ready = Release.objects.filter(
        closed_at=None, due_at__lte=now, ends_at__gt=now, ready_told_at=None
    ).order_by("pk")
    lapsed = Release.objects.filter(closed_at=None, ends_at__lte=now).order_by("pk")
    count = 0
    for release in list(ready[:most]):
        if Release.objects.filter(pk=release.pk, ready_told_at=None).update(ready_told_at=now):
            kind = (
                "account.release_ready" if release.by_staff_id is None else "account.release_ready_by_staff"
            )
            messaging.enqueue(
                kind, key=f"{kind}:{release.pk}", person_id=release.person_id, about_id=release.pk, now=now
            )
            count += 1
    for release in list(lapsed[:most]):
        if Release.objects.filter(pk=release.pk, closed_at=None).update(
            closed_at=now, outcome=Release.Outcome.LAPSED
        ):
            _note("account.release_lapsed", release, now)
            count += 1
    return count


def _end(person_id: int, outcome: Release.Outcome, *, now: datetime) -> None:
    Release.objects.filter(person_id=person_id, closed_at=None).update(closed_at=now, outcome=outcome)


def _note(action: str, release: Release, now: datetime) -> None:
    journal.record(
        action, at=now, table="accounts_release", object_id=release.pk, person_id=release.person_id
    )


# --- links ----------------------------------------------------------------------------------------------------------------

Move = Literal["stop", "use"]


def stop_link(release: Release) -> str:
    """Where somebody stops a request: an address at the portal as configured."""
    return settings.HOSPES_PORTAL_URL + reverse(
        "mfa_stop_release", kwargs={"token": token(release.pk, "stop")}
    )


def use_link(release: Release) -> str:
    """Where its person has the second step taken off, once it is time."""
    return settings.HOSPES_PORTAL_URL + reverse("mfa_use_release", kwargs={"token": token(release.pk, "use")})


def token(release_id: int, move: Move) -> str:
    """What a link carries to stop a request, or to use it."""
    return _signer(move).sign(str(release_id))


def named_by(given: str, move: Move) -> int | None:
    """The request that a link is about; None for a link that is not ours, or for something else."""
    try:
        return int(_signer(move).unsign(given))
    except (BadSignature, ValueError):
        return None


def _signer(move: Move) -> Signer:
    return Signer(salt=f"hospes.accounts.second.releases.{move}", sep=".")
