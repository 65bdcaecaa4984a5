"""Other options in an introduction, and beside a raise: each comes to the price once, and goes with its own part (P22)."""

from datetime import date

import pytest

from hospes.catalogue.models import Choice, ChoicePrice
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import pro_forma
from hospes.services import changes, options, rules, sweeps
from hospes.services.models import Content, Service
from tests.accounts import people as accounts
from tests.billing.run import due
from tests.services.optioned import DAY, YEAR, asked_for, had, ordered, sold, wanted, with_space
from tests.services.test_changes import STAFF, ask, carried_out
from tests.services.test_life_cycle import again
from tests.services.test_paid_ahead import back, introduced, left, renewed
from tests.services.test_raises import planned as raise_planned
from tests.services.test_raises import price_on, row, told
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]

# --- introductions and raises ---


def an_introduction(steps: dict[int, int]) -> tuple[Service, Choice]:
    service = introduced(steps)
    return service, with_space(service.product)


def test_an_introduction_goes_on_with_what_the_options_cost_added_to_it() -> None:
    service, space = an_introduction({1: 1000, 3: 7300})
    asked = asked_for(service, {space.pk: 1})
    assert (asked.price_cents, asked.cents) == (10950, 3650)
    assert carried_out(asked) == "done"
    assert (again(service).intro_cents, again(service).price_cents) == (4650, 10950)
    assert back(service, TODAY) == 4650
    with acting(Purpose.BILLING, actor=JOB):
        assert [x.cents for x in pro_forma.next_terms(service.customer_id, today=TODAY)] == [4650]
    assert renewed() == 4650
    assert renewed(date(2028, 3, 2)) == 10950


def test_an_introduction_goes_on_when_options_go_and_is_never_below_zero() -> None:
    for first, then in ((5000, 1350), (1000, 0)):
        service, space = an_introduction({1: first, 3: 7300})
        with as_owner():
            has = {"choice_ids": [space.pk], "choice_counts": [1]}
            Service.objects.filter(pk=service.pk).update(**has)
            part = options.columns_of([rules.Part(space.pk, 1, 3650, TODAY)])
            Content.objects.filter(service=service).update(**has, **part)
        asked = asked_for(service, {}, asked=STAFF)
        assert (asked.price_cents, asked.cents) == (3650, then - first)
        assert carried_out(asked) == "done"
        with acting(Purpose.BILLING, actor=JOB):
            assert [x.cents for x in pro_forma.next_terms(service.customer_id, today=TODAY)] == [then]
        due.run(YEAR - 14 * DAY)
        assert again(service).intro_cents == then
        assert renewed(date(2028, 3, 2)) == 3650


def test_options_for_the_next_term_leave_the_introduction_as_well() -> None:
    service, space = an_introduction({1: 1000, 3: 7300})
    assert carried_out(asked_for(service, {space.pk: 2}, when="term_end")) == "done"
    assert renewed() == 1000 + 7300
    assert back(service, YEAR - 10 * DAY) == left(1000, 10) + 8300
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert back(service, YEAR) == 8300
    assert carried_out(asked_for(service, {space.pk: 2}, quantity=2, days=365)) == "done"
    assert back(service, YEAR) == 2 * 8300
    assert renewed(date(2028, 3, 2)) == 2 * 14600


@pytest.fixture
def keeper() -> Actor:
    return Actor.staff(accounts.colleague("administrator").pk)


@pytest.mark.parametrize("when", ["now", "term_end"])
def test_a_raise_that_was_told_comes_of_the_rest_and_not_of_what_was_added(keeper: Actor, when: str) -> None:
    make.vat_rates()
    it = sold()
    raise_planned(it.service, keeper)
    told()
    assert carried_out(asked_for(it.service, {it.space.pk: 3, it.usual.pk: 1}, when=when)) == "done"
    if when == "now":
        assert (row(it.service).takes_effect_on, price_on(it.service, YEAR)) == (YEAR, 8030 + 3650)
        assert renewed() == 8030 + 3650
    else:  # what the customer planned goes first
        assert renewed() == 7300 + 3650
        sweeps.begin_what_was_planned(today=YEAR, now=NOW)
        told(today=YEAR)
        assert price_on(it.service, date(2028, 3, 2)) == 8030 + 3650


def test_a_raise_is_put_off_once_and_not_for_ever(keeper: Actor) -> None:
    make.vat_rates()
    it = sold()
    with as_owner():
        ChoicePrice.objects.filter(choice=it.quick).update(cents=0)
    raise_planned(it.service, keeper)
    told()
    other, usual = {it.space.pk: 2, it.quick.pk: 1}, {it.space.pk: 2, it.usual.pk: 1}
    assert carried_out(asked_for(it.service, other, when="term_end")) == "done"
    assert renewed() == 7300  # what the customer planned goes first
    sweeps.begin_what_was_planned(today=YEAR, now=NOW + 365 * DAY)
    with pytest.raises(changes.ChangeRefused) as refused:  # also before the sweep gave it another day
        asked_for(it.service, usual, when="term_end", days=365)
    assert refused.value.code == "raise_goes_first"
    told(today=YEAR)
    assert row(it.service).was_put_off
    with pytest.raises(changes.ChangeRefused):
        asked_for(it.service, usual, when="term_end", days=400)
    assert (
        carried_out(asked_for(it.service, usual, days=400), now=NOW + 400 * DAY) == "done"
    )  # at once it can be
    assert price_on(it.service, date(2028, 3, 2)) == 8030


def test_what_was_planned_and_taken_back_puts_no_raise_off(keeper: Actor) -> None:
    it = sold()
    raise_planned(it.service, keeper)
    told()
    for days, kind in ((0, "change"), (1, "unplan"), (2, "change")):
        at = NOW + days * DAY
        if kind == "unplan":
            assert carried_out(ask(it.service, kind="unplan", at=at), now=at) == "done"
        else:
            asked = asked_for(it.service, {it.space.pk: 1, it.usual.pk: 1}, when="term_end", days=days)
            assert carried_out(asked, now=at) == "done"
    assert not row(it.service).was_put_off


def test_options_that_go_take_their_part_of_a_raise_along(keeper: Actor) -> None:
    make.vat_rates()
    product = make.product(prices={12: 1000})
    [space] = make.option(product=product, kind="quantity", choices=[{12: 200}], most=10)
    with as_owner():
        service = ordered(product=product, price_cents=3000, counts={space.pk: 10})
        Content.objects.filter(service=service).update(part_days=[TODAY - DAY])
    raise_planned(service, keeper)
    told()
    assert carried_out(asked_for(service, {space.pk: 5}, asked=STAFF)) == "done"
    assert price_on(service, YEAR) == 2200
    assert renewed() == 2200
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert (again(service).price_cents, wanted(service, {}, today=YEAR).price_cents) == (2200, 1100)


def test_a_raise_that_was_invoiced_keeps_with_other_options(keeper: Actor) -> None:
    make.vat_rates()
    it = sold()
    raise_planned(it.service, keeper)
    told()
    assert renewed() == 8030
    asked = asked_for(it.service, {it.space.pk: 3, it.usual.pk: 1}, days=355)
    assert asked.cents == 100 + 3650
    assert carried_out(asked, now=NOW + 355 * DAY) == "done"
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert (again(it.service).price_cents, back(it.service, YEAR)) == (11680, 11680)
    assert had(it.service) == {it.space.pk: 3, it.usual.pk: 1}
    assert renewed(date(2028, 3, 2)) == 11680


def test_an_introduction_and_a_raise_and_options_meet(keeper: Actor) -> None:
    service, space = an_introduction({1: 1000, 3: 7300})
    assert carried_out(asked_for(service, {space.pk: 1})) == "done"
    raise_planned(service, keeper)
    told()
    assert renewed() == 4650
    sweeps.begin_what_was_planned(today=YEAR, now=NOW)
    assert again(service).price_cents == 12045
    assert carried_out(asked_for(service, {space.pk: 2}, days=366)) == "done"
    assert back(service, YEAR + DAY) == left(8300, 365, 366)
    assert renewed(date(2028, 3, 2)) == 12045 + 3650


def test_another_term_ahead_with_a_raise_planned_begins_all_the_same(keeper: Actor) -> None:
    make.vat_rates()
    it = sold()
    with as_owner():
        make.price(product=it.product, months=1, cents=500)
    assert carried_out(ask(it.service, kind="change", months=1, when="term_end")) == "done"
    raise_planned(it.service, keeper)  # not told yet
    renewed()
    assert sweeps.begin_what_was_planned(today=YEAR, now=NOW) == {"done": 1}
    assert (again(it.service).months, again(it.service).price_cents) == (1, 500)
