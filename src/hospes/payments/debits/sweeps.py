"""What direct debit does by the clock: announcing, making the file, booking what was collected, letting mandates lapse."""

from collections import Counter
from datetime import datetime

from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.debits import announcing, batches, booking, mandates, rules
from hospes.payments.debits.models import Batch, Debit

_State = Debit.State


def day_begins(*, now: datetime, actor: Actor = JOB) -> Counter[str]:
    """Everything that a day brings, in the order in which it follows from each other; harmless to repeat, and to break off."""
    tally = collect(now=now, actor=actor)
    with acting(Purpose.BILLING, actor=actor):
        tally["lapsed"] = mandates.lapse(today=clock.day_of(now), now=now)
    tally += keep_up(now=now, actor=actor)
    tally += announce(now=now, actor=actor)
    if mandates.is_offered() and rules.is_bank_day(clock.day_of(now)):
        with acting(Purpose.BILLING, actor=actor):
            batch = batches.make(now=now)
        tally["filed"] = batch.count if batch else 0
    return +tally


def announce(*, now: datetime, actor: Actor = JOB, page_size: int = announcing.PAGE) -> Counter[str]:
    """Announce what is to be collected, a page of invoices in a transaction."""
    tally: Counter[str] = Counter()
    last = 0
    while mandates.is_offered():
        with acting(Purpose.BILLING, actor=actor):
            announcing.one_at_a_time()
            page = announcing.due(today=clock.day_of(now), after=last, limit=page_size)
            for last in page:
                tally["announced"] += announcing.announce(invoice_id=last, now=now) is not None
        if len(page) < page_size:
            break
    return tally


def collect(*, now: datetime, actor: Actor = JOB) -> Counter[str]:
    """Book what was collected, since its day is over; a collection a transaction."""
    tally: Counter[str] = Counter()
    today = clock.day_of(now)
    with acting(Purpose.BILLING, actor=actor):
        at_the_bank = Debit.objects.filter(state=_State.SUBMITTED, collect_on__lt=today).order_by(
            "collect_on", "pk"
        )
        found = list(at_the_bank.values_list("pk", "collect_on"))
    for pk, day in found:
        if rules.is_collected(collect_on=day, today=today):
            with acting(Purpose.BILLING, actor=actor):
                tally["collected"] += booking.collected(debit_id=pk, now=now)
    return tally


def keep_up(*, now: datetime, actor: Actor = JOB) -> Counter[str]:
    """Tell of mandates; call off what is over, also out of a file that nobody downloaded yet: that one is taken back."""
    with acting(Purpose.BILLING, actor=actor):
        waiting = list(
            Batch.objects.filter(state=Batch.State.MADE, downloaded_at=None).values_list("pk", flat=True)
        )
    tally: Counter[str] = Counter()
    for pk in waiting:
        with acting(Purpose.BILLING, actor=actor):
            tally["taken_back"] += batches.take_back_if_over(batch_id=pk, now=now)
    with acting(Purpose.BILLING, actor=actor):
        mandates.tell(now=now)
        announcing.one_at_a_time()
        tally += announcing.call_off_what_is_over(now=now)
    return tally
