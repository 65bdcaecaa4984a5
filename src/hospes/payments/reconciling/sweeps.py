"""Comparing a day with the provider and the bank: as often as one likes, from wherever it broke off."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

import structlog

from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.providers import ProviderUnavailable
from hospes.payments.providers.books import NoBooks, ProviderBooks, provider_books
from hospes.payments.reconciling import arriving, asking, services
from hospes.payments.reconciling.models import Difference

logger = structlog.get_logger(__name__)


def reconcile(
    day: date, *, now: datetime, actor: Actor = JOB, books: ProviderBooks | None = None
) -> Counter[str]:
    """
    Compare a day that is over, and all after it that was compared before; counts what it did. Harmless to repeat.

    The provider is asked first, outside of transactions. Where it cannot be, the bank is compared all the same, the day waits
    ("waits" is 1), and everything else stays as it was. Of a provider whose books are not read only the bank is compared, and the
    day says so ("without_provider" is 1).
    """
    tally: Counter[str] = Counter()
    with acting(Purpose.BILLING, actor=actor):
        span = services.begin(day, now=now)
        since = asking.from_when(day, span.since)
    try:
        states = _ask(books or provider_books(), since=since, now=now, actor=actor, tally=tally)
    except NoBooks:
        with acting(Purpose.BILLING, actor=actor):
            tally += services.compare(span, sides=[Difference.Side.BANK], now=now)
            services.finish(day, asked_until=now, now=now, without_provider=True)
        tally["without_provider"] = 1
        return tally
    except ProviderUnavailable as outage:
        logger.warning("the payment provider could not be asked what it keeps", status=outage.code)
        with acting(Purpose.BILLING, actor=actor):
            services.wait(day, "provider")
            tally += services.compare(span, sides=[Difference.Side.BANK], now=now)
        tally["waits"] = 1
        return tally
    tally["costs"] = _book_costs(now=now, actor=actor)
    tally["arrived"] = _look_for_payouts(span.until, now=now, actor=actor)
    with acting(Purpose.BILLING, actor=actor):
        tally += services.compare(span, states=states, now=now)
        services.finish(day, asked_until=now, now=now)
    return tally


def _ask(
    books: ProviderBooks, *, since: datetime, now: datetime, actor: Actor, tally: Counter[str]
) -> list[Difference]:
    # Payments first: for those the key of the profile is enough, where the provider does not show its balance.
    states, tally["strays"] = asking.states(books, since=since, now=now, actor=actor)
    tally["movements"] = asking.movements(books, since=since, now=now, actor=actor)
    tally["payouts"] = asking.settlements(books, since=since, now=now, actor=actor)
    return states


def _book_costs(*, now: datetime, actor: Actor) -> int:
    """A page in a transaction, until all are booked."""
    done = 0
    while True:
        with acting(Purpose.BILLING, actor=actor):
            asking.alone()  # of two at once, both would find the same ones
            page = arriving.costs_to_book()
            done += arriving.book_costs(page, now=now)
        if len(page) < arriving.MOST:
            return done


def _look_for_payouts(until: date, *, now: datetime, actor: Actor) -> int:
    """Each in a transaction of its own: a line is locked while it is booked."""
    with acting(Purpose.BILLING, actor=actor):
        found = arriving.pairs(until=until)
    done = 0
    for settlement_id, line_id in found.items():
        with acting(Purpose.BILLING, actor=actor):
            done += arriving.arrived(settlement_id=settlement_id, line_id=line_id, now=now)
    return done


def catch_up(
    *, now: datetime, actor: Actor = JOB, books: ProviderBooks | None = None
) -> Iterator[tuple[date, Counter[str]]]:
    """Compare all days that are over and not finished, the oldest first; stops at the first that has to wait."""
    with acting(Purpose.BILLING, actor=actor):
        days = services.due(clock.day_of(now))
    for day in days:
        tally = reconcile(day, now=now, actor=actor, books=books)
        yield day, tally
        if tally["waits"]:
            return
