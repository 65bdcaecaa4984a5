"""
How a contract can be ended: by consumers as the law says, by companies as was agreed.

Sources, Dutch Civil Code, for consumers: art. 6:236 j ("Wet van Dam": after a silent renewal on any day, with at most a month's
notice), 6:237 k (the same once a year is over, where a term is longer than that), 6:237 l.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hospes.services.rules.raising import CONSUMER_EXIT_MONTHS
from hospes.services.rules.terms import Term, renewal

#: The longest notice that a consumer can be held to once a contract was renewed silently.
CONSUMER_NOTICE_MONTHS = 1
#: For so long a consumer can be held to a term, however long it is.
CONSUMER_BOUND_MONTHS = 12


@dataclass(frozen=True)
class Ways:
    """
    The days on which a service can end that is cancelled now: the first day without it, each.

    soonest: the first day that is possible; at_term_end: the end of the term, which is the same day where nothing sooner is
    possible. `is_free`: ended before the term does, with the unused part paid back.
    """

    soonest: date
    at_term_end: date

    @property
    def is_free(self) -> bool:
        """Whether it can end sooner than its term."""
        return self.soonest < self.at_term_end


def ways_to_end(
    *,
    is_consumer: bool,
    terms: Sequence[Term],
    bound_until: date,
    asked_on: date,
    business_notice_days: int,
    held_since: date | None = None,
    raised_on: date | None = None,
) -> Ways:
    """
    When a service can end that somebody cancels on a day.

    `terms`: the one that runs, and after it those that were invoiced before they begin. Who cancels in time is not held to one of
    those because it was invoiced.

    A consumer is bound to the term that they agreed to, up to `bound_until`, and can end it on its last day without notice; of a
    term of more than a year, on the day on which the year is over (counted from `held_since`, where they took it over in that
    term). After that they can end it on any day, a month after they say so, date to date: 15 January, 15 February; 31 January,
    28 February. A company ends at the end of its term when it says so as many days before; else of the next one.

    `raised_on`: from when the price is raised. Everybody can end it as of that day up to then; a consumer also for a month after
    it, at once.
    """
    if is_consumer:
        found = _of_consumer(terms, consumer_bound_until(terms, bound_until, held_since), asked_on)
    else:
        end = _end_after(terms, asked_on + timedelta(days=business_notice_days))
        found = Ways(end, end)
    if raised_on is None:
        return found
    if asked_on <= raised_on:
        return Ways(min(found.soonest, raised_on), found.at_term_end)
    if is_consumer and asked_on <= renewal(raised_on, CONSUMER_EXIT_MONTHS):
        return Ways(asked_on, found.at_term_end)
    return found


def consumer_bound_until(terms: Sequence[Term], bound_until: date, held_since: date | None = None) -> date:
    """Up to when a consumer is held to what they agreed to: to the end of that term, but no longer than a year."""
    for term in terms:
        if term.begins_on < bound_until <= term.renews_on:
            begun = max(term.begins_on, held_since or term.begins_on)
            return min(bound_until, renewal(begun, CONSUMER_BOUND_MONTHS))
    return bound_until


def _of_consumer(terms: Sequence[Term], bound_until: date, asked_on: date) -> Ways:
    if asked_on < bound_until:
        return Ways(bound_until, _end_after(terms, bound_until))
    end = _end_after(terms, asked_on)
    return Ways(min(renewal(asked_on, CONSUMER_NOTICE_MONTHS), end), end)


def _end_after(terms: Sequence[Term], day: date) -> date:
    """The first end of a term on or after a day."""
    for term in terms:
        if term.renews_on >= day:
            return term.renews_on
    term = terms[-1]
    while term.renews_on < day:
        term = term.next()
    return term.renews_on
