"""
The billing run. It acts for billing, and within each batch for the contract, of which the services are.

Each batch of customers is a transaction of its own: what is done stands, also when the run is killed, and another run does the
rest. Where a batch fails in a way that nobody foresaw it is halved, until who is to blame stands alone and is reported.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from threading import Lock
from typing import Final

import structlog
from django.conf import settings
from django.db import Error, InterfaceError
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Run, RunProblem
from hospes.billing.run import batches, hands
from hospes.billing.run.batches import Horizon, Problem, Tally
from hospes.billing.tax.services import settle_exemptions
from hospes.kernel import acting, journal
from hospes.kernel.acting import Actor
from hospes.kernel.failures import class_of
from hospes.kernel.purposes import Purpose

logger = structlog.get_logger(__name__)
journal.register({"billing.run": _("Billing run")})

#: So many services are in a batch.
SIZE: Final = 2000

#: So many work on the run of a night, each on another batch. More would wait for each other: numbers are given one after another.
HANDS: Final = 2

#: When so many customers one after another fail, and nobody in between does not, it is not they who are to blame.
TOO_MANY: Final = 100


@dataclass(frozen=True)
class Progress:
    """How far a run is: of so many services that are due, so many were looked at; and what came of them."""

    due: int
    seen: int
    tally: Tally


Say = Callable[[Progress], None]


def horizon(day: date, *, today: date, now: datetime) -> Horizon:
    """What a run for a day looks at, by the operator's lead times."""
    operator = settings.HOSPES_OPERATOR
    return Horizon(
        day + timedelta(days=operator.consumer_lead_days), day + timedelta(days=operator.business_lead_days), today, now
    )  # fmt: skip


def run(
    day: date, *, today: date, now: datetime, actor: Actor, size: int = SIZE, say: Say = lambda progress: None,
    clock: Callable[[], datetime] | None = None, hands: int = 1,
) -> Run:  # fmt: skip
    """
    Renew and invoice everything that renews within its lead time, seen from a day; `today` is the day of issue.

    Harmless to repeat: what was renewed is not due any more. A service that is more than one term behind gets one term after
    another. With more than one of the `hands` batches are done beside each other, by threads with connections of their own, so
    not within a transaction. Raises what an error says when it is nobody's data that is to blame.
    """
    return Going(day, today=today, now=now, actor=actor, size=size, say=say, hands=hands).whole(clock)


def look(
    day: date, *, today: date, now: datetime, actor: Actor, size: int = SIZE, say: Say = lambda progress: None
) -> Tally:
    """What a run would do now, without doing it: one term of everything that is due."""
    looked_at, tally, after = horizon(day, today=today, now=now), Tally(), 0
    with acting.acting(Purpose.BILLING, actor=actor):
        ends = batches.edges(horizon=looked_at, size=size)
    for upto, seen in ends:
        if upto > after:
            with acting.acting(Purpose.BILLING, actor=actor):
                tally.add(batches.look(after, upto, horizon=looked_at))
        after = upto
        say(Progress(ends[-1][1], seen, tally))
    return tally


def _finish(made: Run, *, now: datetime) -> None:
    """A run that came to its end has nothing to say of what it did not meet again: that is solved."""
    RunProblem.objects.filter(solved_at=None, run__for_date__lte=made.for_date).exclude(
        run_id=made.pk
    ).update(solved_at=now)
    Run.objects.filter(pk=made.pk).update(finished_at=now)
    made.refresh_from_db()


class Going:
    """
    A run that goes on: rounds over all customers of whom something is due, until a round finds nothing more to do.

    `total` is what came of it so far.
    """

    def __init__(
        self,
        day: date,
        *,
        today: date,
        now: datetime,
        actor: Actor,
        size: int = SIZE,
        say: Say = lambda progress: None,
        hands: int = 1,
    ) -> None:
        self.day, self.actor, self.size, self.say, self.hands = day, actor, size, say, hands
        self.horizon, self.total, self.run_id = horizon(day, today=today, now=now), Tally(), 0
        self.in_a_row, self.rounds, self.seen, self._one = 0, 0, 0, Lock()

    def whole(self, clock: Callable[[], datetime] | None = None) -> Run:
        """Do all of it, and return the run as it is written down; `clock` tells when it came to its end."""
        now = self.horizon.now
        with acting.acting(Purpose.BILLING, actor=self.actor):
            made = Run.objects.create(for_date=self.day, started_at=now)
            journal.record("billing.run", at=now, table="billing_run", object_id=made.pk)
            settle_exemptions(today=self.horizon.today)  # who is exempt today may not be tomorrow
        self.run_id = made.pk
        while self.round():
            pass
        with acting.acting(Purpose.BILLING, actor=self.actor):
            _finish(made, now=clock() if clock else now)
        return made

    def round(self) -> bool:
        """Go over everybody once; whether anything went on, so that there may be more to do."""
        with acting.acting(Purpose.BILLING, actor=self.actor):
            ends = batches.edges(horizon=self.horizon, size=self.size)
            if ends and not self.rounds:
                Run.objects.filter(pk=self.run_id).update(due=ends[-1][1])
        before, self.rounds, self.seen = self.total.services, self.rounds + 1, 0
        parts = [
            (after, upto, seen - earlier) for (after, earlier), (upto, seen) in pairwise([(0, 0), *ends])
        ]

        def work(part: tuple[int, int, int]) -> None:
            after, upto, size = part
            self.batch(after, upto)
            with self._one:
                self.seen += size
                self.say(Progress(ends[-1][1], self.seen, self.total))

        with self.alone(whole_round=True):
            hands.share(parts, work, hands=self.hands)
        return self.total.services > before

    @contextmanager
    def alone(self, *, whole_round: bool = False) -> Iterator[None]:
        """
        Have no other run at work within the block: as long as a batch takes, or a whole round where several hands are at work.

        A transaction that only waits and writes nothing hinders no VACUUM.
        """
        if whole_round and self.hands == 1:
            yield
            return
        with acting.acting(Purpose.BILLING, actor=self.actor):
            if whole_round or self.hands == 1:
                batches.alone()
            yield

    def batch(self, after: int, upto: int) -> None:
        """Do what is due of some customers, in as many transactions as it takes."""
        while after < upto:
            try:
                with self.alone():
                    done = batches.carry_out(after, upto, horizon=self.horizon, run_id=self.run_id)
            except Exception as error:
                if _is_about_the_connection(error):
                    raise
                self.halve(after, upto, error)
                return
            with self._one:
                self.total.add(done.tally)
            self.in_a_row, after = 0, done.upto

    def halve(self, after: int, upto: int, error: Exception) -> None:
        """Try the two halves of a batch that failed by themselves; a single customer is reported."""
        with acting.acting(Purpose.BILLING, actor=self.actor):
            who = batches.customers(after, upto, horizon=self.horizon)
        if len(who) > 1:
            middle = who[len(who) // 2 - 1]
            self.batch(after, middle)
            self.batch(middle, upto)
            return
        self.in_a_row += 1
        if self.in_a_row > TOO_MANY:
            raise error
        if who:
            self.report(who[0], error)

    def report(self, customer_id: int, error: Exception) -> None:
        """Put a customer on the work list that could not be invoiced, for whatever reason."""
        logger.warning("a customer could not be invoiced", customer_id=customer_id, exc_info=error)
        tally = Tally(problems=[Problem(customer_id, None, "refused", _blame(error))])
        with acting.acting(Purpose.BILLING, actor=self.actor):
            batches.note(tally, run_id=self.run_id, now=self.horizon.now)
        with self._one:
            self.total.add(tally)


def _is_about_the_connection(error: Exception) -> bool:
    """Whether it is not the data that is to blame: the server went away."""
    if isinstance(error, InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None) if isinstance(error, Error) else ""
    return state is None or state[:2] in ("08", "57", "53")


def _blame(error: Exception) -> str:
    """The constraint that was broken, or the class of the error."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", None) or class_of(error))[:80]
