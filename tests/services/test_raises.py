"""Raises: planned in one go, told to each once, in force at a renewal after they were told in time; planned changes go first."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from hospes.accounts.models.staff import StaffRole
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.services import changes, endings, raises, rules, sweeps
from hospes.services.changes import ChangeRefused
from hospes.services.models import Content, Raise, RaisedService, RaiseNotice, Service, ServiceChange
from hospes.services.raises import RaiseRefused, Wanted
from hospes.services.rules import Term, renewal
from hospes.services.services import BY_SYSTEM, activate
from tests.accounts import people as accounts
from tests.services.test_changes import ask, carried_out
from tests.services.test_life_cycle import again
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]
DAY = timedelta(days=1)
SOON = TODAY + 40 * DAY


@pytest.fixture
def keeper() -> Actor:
    return Actor.staff(accounts.colleague("administrator").pk)


def a_year(**words: Any) -> Service:
    """A year from 2 March 2026 on, at 73 euro; renews on 2 March 2027."""
    return make.service(price_cents=7300, **words)


def planned(service: Service, keeper: Actor, *, key: str = "r", today: date = TODAY, **words: Any) -> Raise:
    usual = {"from_on": SOON, "announce_on": today, "basis_points": 1000}
    with as_login("office"), acting(Purpose.CONTRACT, actor=keeper):
        want = Wanted(service.product_id, service.months, **usual | words)
        return raises.plan(want, key=key, today=today, now=NOW)


def told(*, today: date = TODAY, left: datetime | None = NOW) -> int:
    """Tell customers, let the mails leave, and give each raise its day."""
    n = raises.announce(today=today, now=NOW)
    if left is not None:
        with as_owner():
            Message.objects.filter(kind="services.raise", state="waiting").update(state="sent", sent_at=left)
    raises.note_delivered()
    raises.settle_all(now=NOW)
    return n


def row(service: Service) -> RaisedService:
    with as_owner():
        return RaisedService.objects.filter(service=service).order_by("-pk")[0]


def price_on(service: Service, day: date) -> int:
    with as_owner():
        held = Content.objects.filter(service=service, from_on__lte=day)
        [found] = [c for c in held if (c.until_on is None or c.until_on > day) and c.until_on != c.from_on]
        return found.price_cents


# --- days ---


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from([1, 3, 12]), st.integers(0, 900), st.integers(0, 900),
    st.integers(0, 90), st.booleans(),
)  # fmt: skip
def test_a_raise_counts_from_the_first_renewal_that_is_late_enough(
    start: date, months: int, from_days: int, told_days: int, notice: int, is_consumer: bool
) -> None:
    term, from_on, told_on = Term.first(start, months), start + from_days * DAY, start + told_days * DAY
    on = rules.raised_from(
        term=term,
        from_on=from_on,
        told_on=told_on,
        notice_days=notice,
        is_consumer=is_consumer,
        started_on=start,
    )
    earliest = max(from_on, told_on + notice * DAY, renewal(start, 3) if is_consumer else start)
    renewals = [renewal(start, months * n) for n in range(1, 100)]
    assert on == next(day for day in renewals if day >= earliest)


@given(st.integers(0, 10**9), st.integers(1, 100_000))
def test_a_percentage_is_rounded_to_the_cent(cents: int, points: int) -> None:
    new = rules.raised_cents(cents, basis_points=points, price_cents=None)
    assert abs(new * 10_000 - cents * (10_000 + points)) * 2 <= 10_000


def test_while_there_is_no_service_yet_a_raise_has_no_day(keeper: Actor) -> None:
    service = a_year(state="pending")
    planned(service, keeper)
    told()
    assert row(service).takes_effect_on is None
    with acting(Purpose.CONTRACT, actor=JOB):
        activate(service_id=service.pk, reason="provisioned", now=NOW + 60 * DAY)
    raises.settle_all(now=NOW + 60 * DAY)
    assert row(service).takes_effect_on == again(service).renews_on == renewal(TODAY + 60 * DAY, 12)


# --- planning ---


def test_a_dry_run_says_what_planning_does_and_planning_twice_plans_once(keeper: Actor) -> None:
    first = a_year()
    for _ in range(2):
        make.service(product=first.product, price_cents=5000, started_on=TODAY - DAY)
    a_year(product=first.product, state="terminated", ended_on=TODAY)
    with acting(Purpose.CONTRACT, actor=JOB):
        want = Wanted(first.product_id, 12, SOON, TODAY, basis_points=1000)
        reach = raises.dry_run(want)
        assert raises.dry_run(Wanted(first.product_id, 12, SOON, TODAY, 1000, None, TODAY)).services == 2
        assert (
            raises.dry_run(Wanted(first.product_id, 12, SOON, TODAY, None, 6000)).services == 2
        )  # the third pays more already
    assert (reach.services, reach.customers, reach.old_year_cents, reach.more_cents) == (3, 3, 17_300, 1730)
    made = planned(first, keeper)
    assert planned(first, keeper) == made
    with as_owner():
        assert RaisedService.objects.count() == 3
    with pytest.raises(RaiseRefused):
        planned(first, keeper, key="another")  # each has one already
    with as_owner():
        assert Raise.objects.count() == 1


def test_planning_that_is_killed_leaves_nothing(keeper: Actor) -> None:
    service = a_year()
    with transaction.atomic():  # as if the process died before it was committed
        planned(service, keeper)
        transaction.set_rollback(True)
    with as_owner():
        assert (Raise.objects.count(), RaisedService.objects.count()) == (0, 0)
    assert planned(service, keeper).pk


def test_only_who_keeps_the_catalogue_plans_raises(keeper: Actor) -> None:
    service = a_year()
    with as_owner():
        StaffRole.objects.filter(pk="administrator").update(powers=["manage"])
    with pytest.raises(Refused), transaction.atomic():
        planned(service, keeper)


def test_it_is_taken_back_before_anybody_was_told_and_not_after(keeper: Actor) -> None:
    service = a_year()
    made = planned(service, keeper, announce_on=TODAY + DAY)
    assert told() == 0
    with as_login("office"), acting(Purpose.CONTRACT, actor=keeper):
        raises.withdraw(raise_id=made.pk, now=NOW)
    assert told(today=TODAY + DAY) == 0
    assert row(service).state == "dropped"
    made = planned(service, keeper, key="again")
    assert told() == 1
    with pytest.raises(RaiseRefused), as_login("office"), acting(Purpose.CONTRACT, actor=keeper):
        raises.withdraw(raise_id=made.pk, now=NOW)


# --- telling, and counting ---


def test_each_customer_gets_one_mail_with_all_of_its_raises_however_often_it_runs(keeper: Actor) -> None:
    customer = make.customer()
    one, two = a_year(customer=customer), a_year(customer=customer)
    planned(one, keeper)
    planned(two, keeper, key="two")
    assert (told(left=None), told(left=None)) == (1, 0)
    with as_owner():
        assert [m.kind for m in Message.objects.all()] == ["services.raise"]
        assert RaiseNotice.objects.get().raised.count() == 2


def test_it_counts_from_the_renewal_and_is_a_row_of_the_contents(keeper: Actor) -> None:
    service = a_year()
    planned(service, keeper)
    told()
    on = date(2027, 3, 2)
    assert (row(service).takes_effect_on, price_on(service, on - DAY), price_on(service, on)) == (
        on,
        7300,
        8030,
    )
    assert sweeps.begin_what_was_planned(today=on - DAY, now=NOW)["done"] == 0
    assert sweeps.begin_what_was_planned(today=on, now=NOW)["done"] == 1
    assert (again(service).price_cents, row(service).state) == (8030, "in_force")
    with as_owner():
        assert ServiceChange.objects.filter(service=service, reason="price_raised").count() == 1


@pytest.mark.parametrize(("days", "kind", "on"), [
    (30, "business", date(2027, 3, 2)), (29, "business", date(2028, 3, 2)),
    (31, "private", date(2027, 3, 2)), (30, "private", date(2028, 3, 2)),
])  # fmt: skip
def test_what_was_not_told_in_time_counts_a_term_later(keeper: Actor, days: int, kind: str, on: date) -> None:
    service = a_year(customer=make.customer(kind=kind))
    planned(service, keeper)
    told(left=NOW + (365 - days) * DAY)
    assert row(service).takes_effect_on == on


def test_a_mail_that_never_left_raises_nothing(keeper: Actor) -> None:
    service = a_year()
    planned(service, keeper)
    told(left=None)
    assert (row(service).takes_effect_on, price_on(service, date(2030, 1, 1))) == (None, 7300)


def test_a_planned_change_of_the_customer_goes_first(keeper: Actor) -> None:
    service, other = a_year(), a_year()
    for held in (service, other):
        planned(held, keeper, key=f"r{held.pk}")
    told()
    large = make.product(prices={12: 14600})
    assert carried_out(ask(service, kind="change", product=large, when="term_end")) == "done"
    assert (row(service).state, price_on(service, date(2027, 3, 2))) == ("dropped", 14600)
    assert carried_out(ask(other, kind="change", quantity=2, when="term_end")) == "done"
    assert (row(other).state, row(other).takes_effect_on) == ("announced", None)
    assert price_on(other, date(2027, 3, 2)) == 7300
    assert carried_out(ask(other, kind="unplan")) == "done"
    assert price_on(other, date(2027, 3, 2)) == 8030
    with acting(Purpose.CONTRACT, actor=JOB), pytest.raises(ChangeRefused):
        changes.take_back(
            again(other), asked=BY_SYSTEM, now=NOW
        )  # a raise is nothing that a customer planned


def test_a_change_at_once_keeps_the_raise_and_another_product_does_not(keeper: Actor) -> None:
    service = a_year()
    planned(service, keeper)
    told()
    assert carried_out(ask(service, kind="change", quantity=2)) == "done"
    assert (row(service).takes_effect_on, price_on(service, date(2027, 3, 2))) == (date(2027, 3, 2), 8030)
    large = make.product(prices={12: 14600})
    assert carried_out(ask(service, kind="change", product=large, at=NOW + DAY)) == "done"
    assert (row(service).state, price_on(service, date(2027, 3, 2))) == ("dropped", 14600)


# --- ending because of it ---


@pytest.mark.parametrize(("kind", "asked", "ends"), [
    ("business", date(2027, 3, 2), date(2027, 3, 2)),  # without it: thirty days before, so a year later
    ("business", date(2027, 3, 3), date(2028, 3, 2)),
    ("private", date(2027, 3, 2), date(2027, 3, 2)),
    ("private", date(2027, 4, 2), date(2027, 4, 2)),  # at once, up to a month after it
    ("private", date(2027, 4, 3), date(2027, 5, 3)),  # with a month's notice again
])  # fmt: skip
def test_who_does_not_want_the_raise_ends_it_on_its_day(
    keeper: Actor, kind: str, asked: date, ends: date
) -> None:
    service = a_year(customer=make.customer(kind=kind))
    planned(service, keeper)
    told()
    with acting(Purpose.CONTRACT, actor=JOB):
        held = again(service)
        if asked > date(2027, 3, 2):
            endings.renew(held, now=NOW)
        assert endings.ways_to_end(again(service), today=asked).soonest == ends


def test_a_cancelled_service_and_one_that_goes_on_after_all(keeper: Actor) -> None:
    service = a_year()
    planned(service, keeper)
    told()
    assert carried_out(ask(service, kind="cancel", when="term_end")) == "done"
    assert carried_out(ask(service, kind="undo", at=NOW + DAY)) == "done"
    assert price_on(service, date(2027, 3, 2)) == 8030


def test_another_customer_sees_nothing_of_it(keeper: Actor) -> None:
    service, mine = a_year(), make.customer()
    planned(service, keeper)
    told()
    with acting(Purpose.CONTRACT, actor=JOB, customer=mine.pk):
        assert not RaisedService.objects.exists()
        assert not RaiseNotice.objects.exists()
        assert raises.coming(service.pk) is None
