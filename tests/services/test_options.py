"""Other options for a service that runs: at the price that was shown, to the cent, and the rest stays as it was agreed (P22)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from hospes.catalogue.models import Choice, ChoicePrice, Option
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.messaging.rendering import renderer_of
from hospes.services import changes, options, requests, sweeps
from hospes.services.models import By, Content, Request, Service
from hospes.services.services import Asked
from tests.billing.run import due
from tests.services.optioned import (
    DAY,
    YEAR,
    asked_for,
    contents,
    had,
    new_price,
    ordered,
    sold,
    wanted,
    with_space,
)
from tests.services.test_changes import STAFF, ask, carried_out, charges, refusal
from tests.services.test_life_cycle import again
from tests.services.test_paid_ahead import back, renewed
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]

# --- at once ---


def test_more_space_is_charged_for_the_rest_of_the_term_and_known_to_the_server() -> None:
    it = sold()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    more = {it.space.pk: 3, it.usual.pk: 1, it.backup.pk: 1}
    asked = asked_for(it.service, more, days=100)
    assert (asked.choice_ids, asked.choice_counts) == ([it.space.pk, it.usual.pk, it.backup.pk], [3, 1, 1])
    assert (asked.price_cents, asked.cents) == (7300 + 3650 + 730, 265 * 12)
    for _ in range(2):  # a job that runs twice
        assert carried_out(asked, now=NOW + 100 * DAY) == "done"
    assert (had(it.service), again(it.service).price_cents) == (more, 11680)
    until = date(2027, 3, 1)
    assert charges(it.service) == [("unused", -5300, asked.on, until), ("new", 8480, asked.on, until)]
    words, kept = contents(it.service)[-1][2], contents(it.service)[-1][0]
    assert kept == more
    assert "3 ×" in words
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'hosting.jobs.follow'")
        assert cursor.fetchone() == (1,)


def test_the_mail_names_the_options() -> None:
    it = sold()
    assert carried_out(asked_for(it.service, {it.space.pk: 3, it.quick.pk: 1})) == "done"
    assert carried_out(asked_for(it.service, {it.usual.pk: 1}, when="term_end", days=1)) == "done"
    with acting(Purpose.MESSAGES, actor=JOB):
        first, second = [
            " ".join(renderer_of(m.kind)(m).context["said"])
            for m in Message.objects.filter(kind="services.change").order_by("pk")
        ]
    assert f"3 × {it.space.name_nl}" in first
    assert it.quick.name_nl in first
    assert it.usual.name_nl in second
    assert it.space.name_nl not in second


def test_what_stays_costs_what_was_agreed_and_what_comes_costs_what_it_does_today() -> None:
    it = sold()
    with as_owner():
        ChoicePrice.objects.filter(choice=it.space).update(cents=9900)
        it.product.prices.update(cents=99999)
    assert wanted(it.service, None).price_cents == 7300
    assert wanted(it.service, {it.space.pk: 2, it.usual.pk: 1}).price_cents == 7300
    assert wanted(it.service, {it.space.pk: 2, it.usual.pk: 1, it.backup.pk: 1}).price_cents == 8030
    assert wanted(it.service, {it.space.pk: 3, it.usual.pk: 1}).price_cents == 17200
    assert wanted(it.service, {it.usual.pk: 1}).price_cents == 0  # what was agreed for the package by itself


# --- what options were agreed at ---


def test_a_code_for_every_term_is_not_taken_off_again_when_options_go() -> None:
    product = make.product(prices={12: 1000})
    [space] = make.option(product=product, kind="quantity", choices=[{12: 200}], most=10)
    service = ordered(product=product, price_cents=1500, counts={space.pk: 10})  # half of 30.00
    assert wanted(service, {}).price_cents == 500
    assert carried_out(asked_for(service, {}, when="term_end")) == "done"
    assert renewed() == 500


def test_what_was_dearer_or_cheaper_when_it_was_agreed_is_taken_off_at_that() -> None:
    product = make.product(prices={12: 1000})
    [space] = make.option(product=product, kind="quantity", choices=[{12: 100}], most=10)
    service = ordered(product=product, price_cents=1200, counts={space.pk: 2})
    new_price(space, 500)
    assert [wanted(service, {space.pk: n}).price_cents for n in (0, 1, 2, 3)] == [1000, 1100, 1200, 1700]
    assert carried_out(asked_for(service, {space.pk: 3})) == "done"
    new_price(space, 20, on=TODAY + DAY)
    at = TODAY + DAY  # what was added last goes first
    assert [wanted(service, {space.pk: n}, today=at).price_cents for n in (0, 1, 2, 4)] == [
        1000,
        1100,
        1200,
        1720,
    ]


def test_the_list_of_the_day_of_the_order_says_what_options_were_agreed_at() -> None:
    product = make.product(prices={12: 1000})
    [space] = make.option(product=product, kind="quantity", choices=[{12: 100}], most=10)
    new_price(space, 500)
    words: dict[str, Any] = {"product": product, "price_cents": 1200, "counts": {space.pk: 2}}
    assert wanted(ordered(**words, priced_on=TODAY - DAY), {}).price_cents == 1000
    # Of one from before this was kept: by the list of the day on which it began.
    old = ordered(**words, priced_on=TODAY - DAY)
    with as_owner():
        Content.objects.filter(service=old).update(
            part_ids=[], part_counts=[], part_cents=[], part_days=[], from_on=TODAY - DAY
        )
    assert wanted(old, {}).price_cents == 1000


def test_number_and_options_and_a_new_holder_leave_what_was_agreed() -> None:
    product = make.product(prices={12: 1000}, most=10)
    [space] = make.option(product=product, kind="quantity", choices=[{12: 100}], most=10)
    service = ordered(product=product, price_cents=1200, counts={space.pk: 2})
    new_price(space, 500, on=TODAY + DAY)
    assert carried_out(ask(service, kind="change", quantity=2)) == "done"
    assert wanted(service, {}, today=TODAY + DAY).price_cents == 1000
    assert carried_out(asked_for(service, {space.pk: 1}, days=1, asked=STAFF), now=NOW + DAY) == "done"
    assert (again(service).price_cents, wanted(service, {}, today=TODAY + DAY).price_cents) == (1100, 1000)


def test_another_package_has_its_options_at_the_prices_of_that_day() -> None:
    it = sold()
    large = make.product(prices={12: 20000})
    there = with_space(large, 1000)
    assert carried_out(asked_for(it.service, {there.pk: 2}, product_id=large.pk)) == "done"
    new_price(there, 9000, on=TODAY + DAY)
    assert again(it.service).price_cents == 22000
    assert wanted(it.service, {there.pk: 1}, today=TODAY + DAY).price_cents == 21000


def test_the_other_of_a_list_takes_the_place_of_the_first() -> None:
    it = sold()
    want = wanted(it.service, {it.space.pk: 2, it.quick.pk: 1})
    assert (want.price_cents, dict(want.choices)) == (14600, {it.space.pk: 2, it.quick.pk: 1})
    # Of a list of which nothing is said one has the first.
    assert dict(wanted(it.service, {it.space.pk: 2}).choices) == {it.space.pk: 2, it.usual.pk: 1}


def test_another_number_at_the_same_time_counts_for_each_of_them() -> None:
    it = sold()
    asked = asked_for(it.service, {it.space.pk: 3, it.usual.pk: 1}, quantity=2)
    assert (asked.price_cents, asked.cents) == (10950, 2 * 10950 - 7300)


def test_the_options_that_it_has_are_no_change() -> None:
    it = sold()
    with pytest.raises(changes.ChangeRefused) as refused:
        asked_for(it.service, {it.usual.pk: 1, it.space.pk: 2})
    assert refused.value.code == "no_change"


def test_options_that_cost_nothing_are_a_change_all_the_same() -> None:
    it = sold()
    with as_owner():
        ChoicePrice.objects.filter(choice=it.backup).update(cents=0)
    asked = asked_for(it.service, {it.space.pk: 2, it.usual.pk: 1, it.backup.pk: 1})
    assert asked.cents == 0
    assert carried_out(asked) == "done"
    assert it.backup.pk in had(it.service)
    assert sum(cents for _, cents, _, _ in charges(it.service)) == 0


def test_less_gives_nothing_back_to_a_customer_at_once_and_staff_can() -> None:
    it = sold()
    asked = asked_for(it.service, {it.space.pk: 1, it.usual.pk: 1})
    assert asked.cents == -3650
    assert (carried_out(asked), refusal(asked)) == ("refused", "only_at_term_end")
    asked = asked_for(it.service, {it.space.pk: 1, it.usual.pk: 1}, days=1, asked=STAFF)
    assert carried_out(asked, now=NOW + DAY) == "done"
    assert sum(cents for _, cents, _, _ in charges(it.service)) == asked.cents


def test_there_and_back_on_one_day_costs_nothing() -> None:
    it = sold()
    for count in (5, 2):
        asked = asked_for(it.service, {it.space.pk: count, it.usual.pk: 1}, asked=STAFF)
        with as_owner():
            Request.objects.filter(pk=asked.pk).update(key=f"test:{count}")
        assert carried_out(asked) == "done"
    assert (again(it.service).price_cents, sum(cents for _, cents, _, _ in charges(it.service))) == (7300, 0)


# --- what cannot be ---


@pytest.mark.parametrize(
    "what", ["another's", "too many", "below", "two of a list", "not for sale", "no price", "unknown"]
)
def test_what_is_not_offered_is_refused(what: str) -> None:
    it, other = sold(), with_space(make.product())
    held = {it.space.pk: 2, it.usual.pk: 1}
    with as_owner():
        if what == "not for sale":
            Option.objects.filter(choices=it.backup).update(for_sale=False)
        elif what == "no price":
            ChoicePrice.objects.filter(choice=it.backup).update(offered=False)
    choices = {
        "another's": held | {other.pk: 1}, "too many": held | {it.space.pk: 6}, "below": held | {it.backup.pk: -1},
        "two of a list": held | {it.quick.pk: 1}, "unknown": held | {999_999: 1},
    }.get(what, held | {it.backup.pk: 1})  # fmt: skip
    with pytest.raises(changes.ChangeRefused) as refused:
        wanted(it.service, choices)
    assert refused.value.code == "option_not_offered"


def test_what_somebody_has_already_can_stay_or_go_when_it_is_not_for_sale_any_more() -> None:
    it = sold(choice_counts=[7, 1])  # of which there can be five by now
    with as_owner():
        Choice.objects.filter(pk=it.space.pk).update(for_sale=False)
    keeps = {it.space.pk: 7, it.usual.pk: 1, it.backup.pk: 1}
    assert wanted(it.service, keeps).price_cents == 8030
    assert (
        wanted(it.service, {it.space.pk: 6, it.usual.pk: 1}).price_cents == 7300 - 811
    )  # as they were agreed
    with pytest.raises(changes.ChangeRefused):
        wanted(it.service, keeps | {it.space.pk: 8})
    with acting(Purpose.CONTRACT, actor=JOB):
        offered = options.available(again(it.service), today=TODAY)
    assert it.space in [each.choice for option in offered for each in option.choices]


def test_another_package_has_the_options_that_were_chosen_at_its_prices_or_is_refused() -> None:
    it = sold()
    large = make.product(prices={12: 20000})
    there = with_space(large, 1000)
    assert wanted(it.service, None, product_id=large.pk).price_cents == 22000
    assert wanted(it.service, {}, product_id=large.pk).price_cents == 20000
    assert wanted(it.service, {there.pk: 5}, product_id=large.pk).price_cents == 25000
    for choices in ({there.pk: 6}, {it.space.pk: 2}):
        with pytest.raises(changes.ChangeRefused) as refused:
            wanted(it.service, choices, product_id=large.pk)
        assert refused.value.code == "option_not_offered"


def test_lists_have_the_prices_that_a_proposal_has() -> None:
    it = sold()
    large = make.product(prices={12: 20000})
    with_space(large, 1000)
    with acting(Purpose.CONTRACT, actor=JOB):
        from hospes.services import queries

        held = Service.objects.select_related("product").get(pk=it.service.pk)
        listed = changes.each_of(held, queries.choices(held, today=TODAY), today=TODAY)
        for each in listed:
            one = changes.wanted(
                held, product_id=each.product_id, quantity=1, months=each.months, today=TODAY
            )
            assert (one.price_cents, dict(one.choices)) == (each.price_cents, dict(each.choices))
    assert len(listed) == 3


# --- what changed meanwhile, and rights ---


def test_a_price_that_changed_since_it_was_shown_is_refused_and_costs_nothing() -> None:
    it = sold()
    asked = asked_for(it.service, {it.space.pk: 3, it.usual.pk: 1})
    with as_owner():
        ChoicePrice.objects.filter(choice=it.space).update(cents=3651)
    assert (carried_out(asked), refusal(asked)) == ("refused", "changed_meanwhile")
    later = asked_for(it.service, {it.backup.pk: 1, it.usual.pk: 1, it.space.pk: 2}, days=1)
    with as_owner():
        Choice.objects.filter(pk=it.backup.pk).update(for_sale=False)
    assert (carried_out(later), refusal(later)) == ("refused", "option_not_offered")
    assert (charges(it.service), again(it.service).price_cents) == ([], 7300)


def test_of_two_changes_that_were_shown_at_once_the_second_is_as_it_was_shown_or_refused() -> None:
    it = sold()
    first = asked_for(it.service, {it.space.pk: 3, it.usual.pk: 1})
    second = asked_for(it.service, {it.space.pk: 4, it.usual.pk: 1}, days=1)
    assert carried_out(first) == "done"
    assert (carried_out(second), refusal(second)) == ("refused", "changed_meanwhile")


def test_a_request_from_before_options_were_kept_takes_along_what_it_has() -> None:
    it = sold()
    asked = ask(it.service, kind="change", quantity=2)
    with as_owner():
        Request.objects.filter(pk=asked.pk).update(choice_ids=None, choice_counts=None)
    assert carried_out(asked) == "done"
    assert had(it.service) == {it.space.pk: 2, it.usual.pk: 1}


@pytest.mark.parametrize(("ids", "counts"), [([1], None), (None, [1]), ([1, 2], [1]), ([1], [None])])
def test_a_request_says_how_many_of_each(ids: list[int] | None, counts: list[int] | None) -> None:
    it = sold()
    asked = ask(it.service, kind="change", quantity=2)
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        Request.objects.filter(pk=asked.pk).update(choice_ids=ids, choice_counts=counts)


@pytest.mark.login("portal")
@pytest.mark.promise("P30")
def test_a_customers_own_session_asks_for_options_and_gives_itself_none() -> None:
    holder = make.person()
    it = sold(customer=make.customer(holder=holder))

    def as_customer() -> Any:
        return acting(
            Purpose.CONTRACT, actor=Actor.person(holder.pk), customer=it.service.customer_id, person=holder.pk
        )

    with as_customer():
        held = Service.objects.select_related("product").get(pk=it.service.pk)
        want = changes.wanted(
            held, product_id=held.product_id, quantity=1, months=12, today=TODAY, choices={it.backup.pk: 1}
        )
        words = requests.change_words(changes.propose(held, want, at_once=False, today=TODAY))
        made = requests.ask(held, words, asked=Asked(By.CUSTOMER, holder.pk), key="own", now=NOW)
    tried: list[Callable[[], object]] = [
        lambda: Request.objects.filter(pk=made.pk).update(choice_counts=[9, 9]),
        lambda: Service.objects.filter(pk=it.service.pk).update(choice_counts=[9, 9]),
        lambda: Content.objects.filter(service=it.service).update(options_cents=-5000),
    ]
    for change in tried:
        with pytest.raises(Refused), as_customer():
            change()


# --- at the end of the term ---


def test_for_the_next_term_it_is_invoiced_so_and_can_be_taken_back() -> None:
    make.vat_rates()
    it = sold()
    less = {it.space.pk: 1, it.quick.pk: 1}
    assert carried_out(asked_for(it.service, less, when="term_end")) == "done"
    assert had(it.service) == {it.space.pk: 2, it.usual.pk: 1}
    assert carried_out(ask(it.service, kind="unplan", at=NOW + DAY)) == "done"
    assert carried_out(asked_for(it.service, less, when="term_end", days=2)) == "done"
    assert renewed() == 7300 - 3650 + 7300
    assert it.quick.name_nl in due.lines()[-1].details
    assert sweeps.begin_what_was_planned(today=YEAR - DAY, now=NOW) == {}
    assert sweeps.begin_what_was_planned(today=YEAR, now=NOW + 365 * DAY) == {"done": 1}
    assert (had(it.service), again(it.service).price_cents) == (less, 10950)


def test_in_the_weeks_before_it_renews_both_terms_are_settled() -> None:
    make.vat_rates()
    it = sold()
    renewed()
    asked = asked_for(it.service, {it.space.pk: 3, it.usual.pk: 1}, days=355)
    assert asked.cents == 100 + 3650
    assert carried_out(asked, now=NOW + 355 * DAY) == "done"
    assert back(it.service, YEAR - 10 * DAY) == 300 + 10950
