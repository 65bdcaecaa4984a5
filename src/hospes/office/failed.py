"""Background work that failed for good: each role sees that of its purposes, and about whom as far as it may."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospes.billing.models import Invoice
from hospes.kernel import acting, datamap
from hospes.kernel.failed_jobs import FailedJob, failed_jobs
from hospes.kernel.jobs import tasks_of
from hospes.kernel.purposes import Purpose
from hospes.messaging import kinds
from hospes.messaging.models import Message
from hospes.office.piles import Item, Whose, place_of
from hospes.office.words import task_words
from hospes.payments.models import Notice, Payment
from hospes.sales.models import Order
from hospes.services.models import Service

#: What the ids in a job's arguments are of, and how such a thing is called among people.
_THINGS: Final[dict[str, tuple[type[Model], Callable[[Any], str]]]] = {
    "order_id": (Order, lambda row: row.number),
    "service_id": (Service, lambda row: row.label),
    "invoice_id": (Invoice, lambda row: row.number),
    "payment_id": (Payment, lambda row: row.reference or ""),
    "message_id": (Message, lambda row: kinds.words(row.kind)),
}


@dataclass(frozen=True)
class FailedWork:
    """Jobs of some purposes that failed for good; `others`: of all but those."""

    purposes: tuple[Purpose, ...]
    others: bool = False

    def read(self, now: datetime, size: int, after: str) -> Sequence[tuple[Item, Whose]]:
        """See piles.Source."""
        place = place_of(after)
        found = self.jobs(after=place[1] if place else 0, limit=size)
        things = _things(found)
        return [_item(job, things.get(job.id)) for job in found]

    def some(self, now: datetime, pks: Sequence[int], size: int) -> Sequence[tuple[Item, Whose]]:
        """See piles.Source."""
        found = [job for pk in sorted(pks)[:size] for job in self.jobs(after=pk - 1, limit=1) if job.id == pk]
        things = _things(found)
        return [_item(job, things.get(job.id)) for job in found]

    def jobs(self, *, after: int = 0, limit: int) -> list[FailedJob]:
        """The jobs themselves, after the one with an id."""
        return failed_jobs(tasks_of(*self.purposes), others=self.others, after=after, limit=limit)


def whose(job: FailedJob) -> Whose:
    """Whom a job is about, as far as the acting purpose may know."""
    return Whose.of(_things([job]).get(job.id))


def _item(job: FailedJob, thing: Any) -> tuple[Item, Whose]:
    tried = ngettext("tried once", "tried %(n)d times", job.tries) % {"n": job.tries}
    what = task_words(job.task)
    if thing is not None and (name := _named(thing)):
        what = _("%(work)s: %(thing)s") % {"work": what, "thing": name}
    return Item(job.id, str(job.id), what, job.failed_at, detail=tried), Whose.of(thing)


def _named(thing: Any) -> str:
    return next(name(thing) for model, name in _THINGS.values() if isinstance(thing, model))


def _things(jobs: Sequence[FailedJob]) -> dict[int, Any]:
    """What the jobs are about, by the job's id; without what the acting purpose may not read, or a policy hides from it."""
    scene = acting.current()
    found: dict[int, Any] = {}
    for argument, (model, _name) in _THINGS.items():
        if scene is None or "customer" not in datamap.readable(model, scene.grantee):
            continue
        wanted = {job.id: int(job.arguments[argument]) for job in jobs if argument in job.arguments}
        rows = model._default_manager.in_bulk(set(wanted.values())) if wanted else {}
        found |= {job_id: rows[pk] for job_id, pk in wanted.items() if pk in rows}
    if scene is not None and scene.purpose == Purpose.BILLING:
        found |= _of_notices(jobs)
    return found


def _of_notices(jobs: Sequence[FailedJob]) -> dict[int, Any]:
    """The payments that notices are about: a notice has a reference, and is nobody's."""
    wanted = {job.id: int(job.arguments["notice_id"]) for job in jobs if "notice_id" in job.arguments}
    notices = Notice.objects.in_bulk(set(wanted.values())) if wanted else {}
    references = {job_id: notices[pk].reference for job_id, pk in wanted.items() if pk in notices}
    payments = (
        {p.reference: p for p in Payment.objects.filter(reference__in=references.values())}
        if references
        else {}
    )
    return {job_id: payments[reference] for job_id, reference in references.items() if reference in payments}
