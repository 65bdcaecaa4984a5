"""What goes back when the next term was invoiced ahead, each term at what it cost: introductory, raised and planned prices meet."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from hospes.catalogue.models import Product
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import pro_forma
from hospes.services import endings, raises, sweeps
from hospes.services.changes import ChangeRefused
from hospes.services.models import Charge, Content, Service
from tests.accounts import people as accounts
from tests.billing.run import due
from tests.billing.run.test_renewals import _with_steps
from tests.services.test_changes import STAFF, ask, carried_out
from tests.services.test_life_cycle import again
from tests.services.test_raises import planned, price_on, row, told
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]
DAY = timedelta(days=1)
YEAR = date(2027, 3, 2)


@pytest.fixture
def keeper() -> Actor:
    return Actor.staff(accounts.colleague("administrator").pk)


def introduced(steps: dict[int, int], **words: Any) -> Service:
    """Years from 2 March 2026 on, the first ones at introductory prices."""
    service = _with_steps(steps, months=12, started_on=TODAY, **words)
    with as_owner():
        Service.objects.filter(pk=service.pk).update(intro_cents=steps[1])
        Product.objects.filter(pk=service.product_id).update(most=10)
    return again(service)


def renewed(day: date = YEAR) -> int:
    """The run that invoices the term from a day on; what its line costs."""
    due.run(day - 14 * DAY)
    return due.lines()[-1].net_cents


def back(service: Service, on: date) -> int:
    with acting(Purpose.CONTRACT, actor=JOB):
        return endings.given_back(again(service), on)


def left(cents: int, days: int, of: int = 365) -> int:
    """What is left of a term that has so many days left."""
    return cents - round(cents * (of - days) / of)


def test_of_an_introductory_term_that_is_not_over_goes_back_what_it_cost() -> None:
    service = introduced({1: 3650, 2: 7300})
    assert renewed() == 7300
    assert back(service, YEAR - 10 * DAY) == 100 + 7300
    assert back(service, YEAR) == 7300
    assert back(service, YEAR + 100 * DAY) == left(7300, 266, 366)


def test_of_two_introductory_terms_each_goes_back_at_its_own_price() -> None:
    service = introduced({1: 3650, 2: 5475, 3: 7300})
    assert renewed() == 5475
    assert back(service, YEAR - 10 * DAY) == 100 + 5475
    assert renewed(date(2028, 3, 2)) == 7300
    assert back(service, date(2028, 2, 21)) == left(5475, 10, 366) + 7300


def test_more_of_it_in_the_weeks_before_the_price_goes_up_costs_what_each_term_costs() -> None:
    service = introduced({1: 3650, 2: 7300})
    renewed()
    asked = ask(service, kind="change", quantity=2, at=NOW + 355 * DAY)
    assert asked.cents == 100 + 7300
    assert carried_out(asked, now=NOW + 355 * DAY) == "done"
    assert back(service, YEAR - 10 * DAY) == 2 * (100 + 7300)


def test_a_raise_counts_for_the_term_that_was_invoiced_at_it(keeper: Actor) -> None:
    service = make.service(price_cents=7300)
    make.vat_rates()
    planned(service, keeper)
    told()
    assert renewed() == 8030
    assert back(service, YEAR - 10 * DAY) == 200 + 8030
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert back(service, YEAR) == 8030


def test_a_planned_change_counts_for_the_term_that_was_invoiced_as_it(keeper: Actor) -> None:
    make.vat_rates()
    service, small = make.service(price_cents=7300), make.product(prices={12: 3650})
    assert carried_out(ask(service, kind="change", product=small, when="term_end")) == "done"
    assert renewed() == 3650
    assert back(service, YEAR - 10 * DAY) == 200 + 3650
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert back(service, YEAR) == 3650


def test_a_raise_leaves_the_introduction_alone_and_counts_after_it(keeper: Actor) -> None:
    service = introduced({1: 3650, 3: 7300})
    planned(service, keeper)
    told()
    assert (row(service).takes_effect_on, price_on(service, YEAR)) == (YEAR, 8030)
    with acting(Purpose.BILLING, actor=JOB):
        assert [x.cents for x in pro_forma.next_terms(service.customer_id, today=TODAY)] == [3650]
    assert renewed() == 3650
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert (again(service).price_cents, row(service).state) == (8030, "in_force")
    assert back(service, YEAR + 166 * DAY) == left(3650, 200, 366)
    with acting(Purpose.BILLING, actor=JOB):
        assert [x.cents for x in pro_forma.next_terms(service.customer_id, today=YEAR)] == [8030]
    assert renewed(date(2028, 3, 2)) == 8030


def test_more_of_what_was_raised_in_its_introduction_has_the_introductory_price(keeper: Actor) -> None:
    service = introduced({1: 3650, 3: 7300})
    planned(service, keeper)
    told()
    renewed()
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    asked = ask(service, kind="change", quantity=3, at=NOW + 531 * DAY)
    assert asked.cents == left(3 * 3650, 200, 366) - left(3650, 200, 366)
    assert carried_out(asked, now=NOW + 531 * DAY) == "done"
    assert renewed(date(2028, 3, 2)) == 3 * 8030


@pytest.mark.parametrize("when", ["now", "term_end"])
def test_another_number_after_the_raise_does_not_end_the_introduction(keeper: Actor, when: str) -> None:
    service = introduced({1: 3650, 4: 7300})
    planned(service, keeper)
    told()
    renewed()
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert carried_out(ask(service, kind="change", quantity=2, when=when, at=NOW + 531 * DAY)) == "done"
    with acting(Purpose.BILLING, actor=JOB):
        assert [x.cents for x in pro_forma.next_terms(service.customer_id, today=YEAR)] == [2 * 3650]
    assert renewed(date(2028, 3, 2)) == 2 * 3650
    sweeps.begin_what_was_planned(today=date(2028, 3, 2), now=NOW)
    assert back(service, date(2028, 3, 2)) == 2 * 3650
    assert renewed(date(2029, 3, 2)) == 2 * 8030


def test_more_of_it_in_the_weeks_before_a_raise_that_was_invoiced_keeps_the_raise(keeper: Actor) -> None:
    make.vat_rates()
    service = make.service(price_cents=7300)
    planned(service, keeper)
    told()
    renewed()
    asked = ask(service, kind="change", quantity=2, at=NOW + 355 * DAY)
    assert asked.cents == 200 + 8030
    assert carried_out(asked, now=NOW + 355 * DAY) == "done"
    assert (row(service).takes_effect_on, price_on(service, YEAR)) == (YEAR, 8030)
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert (again(service).price_cents, back(service, YEAR)) == (8030, 2 * 8030)
    assert renewed(date(2028, 3, 2)) == 2 * 8030


def test_what_was_planned_and_invoiced_is_not_taken_back_nor_lost_when_it_is_cancelled() -> None:
    make.vat_rates()
    service, small = make.service(price_cents=7300), make.product(prices={12: 3650})
    assert carried_out(ask(service, kind="change", product=small, when="term_end")) == "done"
    renewed()
    assert carried_out(ask(service, kind="unplan", at=NOW + 355 * DAY)) == "refused"
    assert carried_out(ask(service, kind="cancel", when="term_end", at=NOW + 355 * DAY)) == "done"
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert (again(service).product_id, again(service).price_cents, back(service, YEAR)) == (
        small.pk,
        3650,
        3650,
    )


def test_options_stay_in_what_is_raised_and_a_fixed_price_is_not_for_them(keeper: Actor) -> None:
    make.vat_rates()
    service = make.service(price_cents=7300, choice_ids=[7], choice_counts=[2], quantity=2)
    bare = make.service(price_cents=7300, product=service.product)
    with as_owner():
        Content.objects.filter(service=service).update(
            choice_ids=[7], choice_counts=[2], details="Ruimte: 2 × 10 GB"
        )
    planned(service, keeper, basis_points=None, price_cents=9000)
    with as_owner():
        assert list(raises.RaisedService.objects.values_list("service_id", flat=True)) == [bare.pk]
    planned(service, keeper, key="percent")
    told()
    assert (price_on(service, YEAR), price_on(bare, YEAR)) == (8030, 9000)
    with as_owner():
        coming = Content.objects.get(service=service, until_on=None)
    assert (coming.choice_ids, coming.choice_counts, coming.details) == ([7], [2], "Ruimte: 2 × 10 GB")
    due.run(YEAR - 14 * DAY)
    assert sorted((x.service_id, x.quantity, x.unit_cents) for x in due.lines()) == [
        (service.pk, 2, 8030), (bare.pk, 1, 9000),
    ]  # fmt: skip
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert (again(service).price_cents, again(service).choice_ids, again(service).choice_counts) == (
        8030,
        [7],
        [2],
    )


def test_an_introduction_was_agreed_with_who_ordered_it_and_not_with_who_takes_it_over() -> None:
    from tests.services.test_moves import both_agreed, done

    service, to = introduced({1: 3650, 3: 7300}), make.customer()
    offer = both_agreed(service, to)
    assert offer.price_cents == 7300
    assert done(offer, today=TODAY + 10 * DAY) == "done"
    with acting(Purpose.CONTRACT, actor=JOB, customer=to.pk):
        assert [x.cents for x in pro_forma.next_terms(to.pk, today=TODAY)] == [7300]
    assert renewed() == 7300


def test_a_change_in_the_weeks_before_a_planned_one_gives_back_what_was_invoiced() -> None:
    make.vat_rates()
    service, small, large = (
        make.service(price_cents=7300), make.product(prices={12: 3650}), make.product(prices={12: 14600}),
    )  # fmt: skip
    assert carried_out(ask(service, kind="change", product=small, when="term_end")) == "done"
    assert renewed() == 3650
    asked = ask(service, kind="change", product=large, at=NOW + 355 * DAY)
    assert carried_out(asked, now=NOW + 355 * DAY) == "done"
    with as_owner():
        assert [x.cents for x in Charge.objects.order_by("pk")] == [-(200 + 3650), 400 + 14600]


@pytest.fixture
def both_lengths() -> Product:
    """For 20 cents a day of a year, or 6.20 a month."""
    make.vat_rates()
    return make.product(prices={1: 620, 12: 7300}, most=10)


def other_length(product: Product, *, months: int, to: int, **words: Any) -> Service:
    """From 2 March 2026 on; with terms of another length from the next one on, which was invoiced."""
    service = make.service(product=product, months=months, price_cents={1: 620, 12: 7300}[months], **words)
    assert carried_out(ask(service, kind="change", months=to, when="term_end")) == "done"
    renewed(service.renews_on)
    return again(service)


@pytest.mark.parametrize(("months", "to", "left_cents"), [(12, 1, 10 * 20 + 620), (1, 12, 10 * 20 + 7300)])
def test_of_terms_of_different_length_each_goes_back_as_long_as_it_is(
    both_lengths: Product, months: int, to: int, left_cents: int
) -> None:
    service = other_length(both_lengths, months=months, to=to)
    begins = service.term.begins_on
    assert back(service, begins - 10 * DAY) == left_cents
    assert back(service, begins) == {1: 620, 12: 7300}[to]
    sweeps.begin_what_was_planned(today=begins, now=NOW)
    assert back(service, begins) == {1: 620, 12: 7300}[to]


@pytest.mark.parametrize(("months", "to"), [(12, 1), (1, 12)])
def test_nothing_is_changed_at_once_while_a_term_of_another_length_is_invoiced_and_did_not_begin(
    both_lengths: Product, months: int, to: int
) -> None:
    large = make.product(prices={1: 1240, 12: 14600}, most=10)
    service = other_length(both_lengths, months=months, to=to)
    begins = service.term.begins_on
    for days in (10, 1, 0):  # on its first day until the sweep has let it begin
        for words in ({"quantity": 2}, {"product": large}):
            with pytest.raises(ChangeRefused) as refused:
                ask(service, kind="change", at=NOW + (begins - TODAY - days * DAY), **words)
            assert refused.value.code == "not_now"
    sweeps.begin_what_was_planned(today=begins, now=NOW)
    asked = ask(service, kind="change", quantity=2, at=NOW + (begins - TODAY))
    assert asked.cents == {1: 620, 12: 7300}[to]
    assert carried_out(asked, now=NOW + (begins - TODAY)) == "done"
    assert renewed(again(service).renews_on) == 2 * {1: 620, 12: 7300}[to]


def test_of_an_addition_that_ends_with_what_it_belongs_to_goes_back_each_term_as_long_as_it_is(
    both_lengths: Product,
) -> None:
    main = make.service(price_cents=7300)
    service = other_length(
        both_lengths, months=12, to=1, belongs_to=main, customer=main.customer, label="extra"
    )
    at = NOW + (YEAR - TODAY - 10 * DAY)
    assert carried_out(ask(main, kind="cancel", when="now", asked=STAFF, at=at), now=at) == "done"
    sweeps.end_what_is_due(today=at.date(), now=at)
    with as_owner():
        assert Charge.objects.get(service=service).cents == -(10 * 20 + 620)


@pytest.mark.parametrize(("kind", "notice_days"), [("private", 30), ("business", 10)])
def test_who_cancels_in_time_ends_with_the_term_that_runs_also_after_the_next_was_invoiced(
    settings: Any, kind: str, notice_days: int
) -> None:
    """As the mail about the renewal says: up to and including its last day, and it ends without costs."""
    settings.HOSPES_OPERATOR = replace(settings.HOSPES_OPERATOR, business_notice_days=notice_days)
    make.vat_rates()
    service = make.service(
        price_cents=7300, customer=make.customer(kind=kind), started_on=date(2025, 3, 2), run_months=24
    )
    assert service.renews_on == YEAR
    assert renewed() == 7300
    at = NOW + (YEAR - TODAY - 10 * DAY)
    asked = ask(service, kind="cancel", when="soonest", at=at)
    assert (asked.on, asked.cents) == (YEAR, -7300)
    assert carried_out(asked, now=at) == "done"
    sweeps.end_what_is_due(today=YEAR, now=NOW)
    with as_owner():
        [given] = Charge.objects.all()
    assert (given.cents, given.period_from, given.period_until) == (-7300, YEAR, date(2028, 3, 1))
