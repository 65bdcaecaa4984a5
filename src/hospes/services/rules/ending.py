"""
How a contract can be ended: by consumers as the law says, by companies as was agreed.

Sources: art. 6:236 j and q, 6:237 k and l Dutch Civil Code ("Wet van Dam") for consumers.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from hospes.services.rules.raising import CONSUMER_EXIT_MONTHS
from hospes.services.rules.terms import Term, renewal

#: The longest notice that a consumer can be held to once a contract was renewed silently.
CONSUMER_NOTICE_MONTHS = 1


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
    term: Term,
    bound_until: date,
    asked_on: date,
    business_notice_days: int,
    raised_on: date | None = None,
) -> Ways:
    """
    When a service can end that somebody cancels on a day.

    A consumer is bound to the term that they agreed to, up to `bound_until`, and can end it on its last day without notice.
    After it was renewed silently they can end it on any day, a month after they say so, date to date: 15 January, 15 February;
    31 January, 28 February. A company ends at the end of its term when it says so as many days before; else of the next one.

    `raised_on`: from when the price is raised. Everybody can end it as of that day up to then; a consumer also for a month after
    it, at once.
    """
    found = _usual_ways(is_consumer, term, bound_until, asked_on, business_notice_days)
    if raised_on is None:
        return found
    if asked_on <= raised_on:
        return Ways(min(found.soonest, raised_on), found.at_term_end)
    if is_consumer and asked_on <= renewal(raised_on, CONSUMER_EXIT_MONTHS):
        return Ways(asked_on, found.at_term_end)
    return found


def _usual_ways(
    is_consumer: bool, term: Term, bound_until: date, asked_on: date, business_notice_days: int
) -> Ways:
    if is_consumer:
        end = _end_after(term, asked_on)
        if asked_on < bound_until:
            return Ways(max(bound_until, asked_on), max(end, bound_until))
        return Ways(min(renewal(asked_on, CONSUMER_NOTICE_MONTHS), end), end)
    end = _end_after(term, asked_on + timedelta(days=business_notice_days))
    return Ways(end, end)


def _end_after(term: Term, day: date) -> date:
    """The first end of a term on or after a day."""
    while term.renews_on < day:
        term = term.next()
    return term.renews_on
