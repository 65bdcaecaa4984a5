"""The last runs, what they could not do, and what the next days will bring. Acts for billing."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import connections

from hospes.billing.models import Run, RunProblem
from hospes.billing.run import sql
from hospes.kernel import acting


@dataclass(frozen=True)
class Coming:
    """What a run on a day will have to do: how many services, and what they come to in cents without VAT."""

    on: date
    services: int
    cents: int


def last_runs(limit: int = 10) -> list[Run]:
    """The last runs, the latest first."""
    return list(Run.objects.order_by("-started_at", "-pk")[:limit])


def open_problem_count() -> int:
    """How many customers or services could not be invoiced and still cannot."""
    return RunProblem.objects.filter(solved_at=None).count()


def coming(today: date, *, days: int) -> list[Coming]:
    """
    What the run of each of the next days brings, as things stand now: today's with everything that is due already.

    Days on which nothing comes stand there too.
    """
    operator = settings.HOSPES_OPERATOR
    values: dict[str, date | int] = {
        "today": today, "last": today + timedelta(days=days - 1), "consumer_days": operator.consumer_lead_days,
        "company_days": operator.business_lead_days,
    }  # fmt: skip
    scene = acting.current()
    with connections[scene.alias if scene else "default"].cursor() as cursor:
        cursor.execute(sql.COMING, values)
        found = {day: Coming(day, services, int(cents)) for day, services, cents in cursor.fetchall()}
    each = (today + timedelta(days=number) for number in range(days))
    return [found.get(day, Coming(day, 0, 0)) for day in each]
