"""What can be ordered on a day, and for which price."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.catalogue.models import Choice, Option, Price, Product
from hospes.catalogue.queries import by_product, offer, offers
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

FIRST = date(2026, 3, 1)
DAY = timedelta(days=1)


def cents(product: Product, months: int, today: date) -> int | None:
    found = offer(slug=product.slug, months=months, today=today)
    return found.cents if found else None


def test_a_price_counts_from_its_first_day_and_not_the_day_before() -> None:
    product = make.product(prices={12: 7500})
    make.price(product=product, months=12, cents=9900, valid_from=FIRST)
    assert cents(product, 12, FIRST - DAY) == 7500
    assert cents(product, 12, FIRST) == 9900
    assert cents(product, 12, FIRST + 1000 * DAY) == 9900


def test_before_its_first_price_a_product_is_not_for_sale() -> None:
    product = make.product(prices={12: 7500})
    with as_owner():
        Price.objects.update(valid_from=FIRST)
    assert offers(today=FIRST - DAY) == []
    assert cents(product, 12, FIRST - DAY) is None
    assert cents(product, 12, FIRST) == 7500


def test_the_newest_price_wins_also_when_it_is_lower_or_was_entered_earlier() -> None:
    product = make.product(prices={12: 1})
    for valid_from, price in ((FIRST + 2 * DAY, 300), (FIRST, 500), (FIRST + DAY, 400)):
        make.price(product=product, months=12, cents=price, valid_from=valid_from)
    assert [cents(product, 12, FIRST + n * DAY) for n in (-1, 0, 1, 2, 3)] == [1, 500, 400, 300, 300]


def test_a_new_price_of_one_term_leaves_the_other_terms_as_they_were() -> None:
    product = make.product(prices={1: 750, 12: 7500})
    make.price(product=product, months=12, cents=9900, valid_from=FIRST)
    assert (cents(product, 1, FIRST), cents(product, 12, FIRST), cents(product, 24, FIRST)) == (
        750,
        9900,
        None,
    )


def test_what_is_taken_off_sale_cannot_be_ordered_whatever_its_price() -> None:
    product, other = make.product(), make.product()
    with as_owner():
        Product.objects.filter(pk=product.pk).update(for_sale=False)
    assert cents(product, 12, FIRST) is None
    assert {o.product.pk for o in offers(today=FIRST)} == {other.pk}


def test_what_was_never_there_cannot_be_ordered() -> None:
    make.product()
    assert offer(slug="no-such-thing", months=12, today=FIRST) is None


def test_offers_come_in_the_order_of_the_catalogue_the_shortest_term_first() -> None:
    later = make.product(position=2, prices={12: 1, 1: 2})
    sooner = make.product(position=1, prices={36: 3, 3: 4, 12: 5})
    found = [(o.product.pk, o.months) for o in offers(today=FIRST)]
    assert found == [(sooner.pk, 3), (sooner.pk, 12), (sooner.pk, 36), (later.pk, 1), (later.pk, 12)]


def test_there_is_one_price_a_term_and_day_for_a_term_that_is_sold() -> None:
    product = make.product(prices={12: 7500})
    with pytest.raises(IntegrityError, match="one_price_per_term_and_day"), transaction.atomic():
        make.price(product=product, months=12, cents=1)
    for months in (2, 13, 48):
        with pytest.raises(IntegrityError, match="price_is_for_a_term_we_sell"), transaction.atomic():
            make.price(product=product, months=months, cents=1)


def test_a_price_is_never_negative() -> None:
    product = make.product()
    with pytest.raises(IntegrityError, match="cents"), transaction.atomic():
        make.price(product=product, months=24, cents=-1)


def test_texts_are_in_the_language_of_the_reader() -> None:
    product = make.product(name_nl="Begin", name_en="Start", summary_nl="Klein", summary_en="Small")
    with override("nl"):
        assert (str(product), product.summary) == ("Begin", "Klein")
    with override("en"):
        assert (str(product), product.summary) == ("Start", "Small")


_PRICES = st.lists(
    st.tuples(st.integers(-40, 40), st.sampled_from([1, 12]), st.integers(0, 10**7)),
    max_size=6, unique_by=lambda price: price[:2],
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(_PRICES, st.integers(-45, 45))
def test_the_price_of_a_day_is_that_of_the_latest_first_day_not_after_it(
    prices: list[tuple[int, int, int]], day: int
) -> None:
    with transaction.atomic():
        product = make.product(prices={24: 1})
        for offset, months, price in prices:
            make.price(product=product, months=months, cents=price, valid_from=FIRST + offset * DAY)
        for months in (1, 12):
            begun = [(offset, price) for offset, term, price in prices if term == months and offset <= day]
            assert cents(product, months, FIRST + day * DAY) == (max(begun)[1] if begun else None)
        transaction.set_rollback(True)


# --- set-up, introduction, options ---


def test_an_offer_says_what_it_costs_now_and_later() -> None:
    product = make.product(prices={1: 795})
    make.price(product=product, months=12, cents=7_950, setup_cents=1_500, intro_cents=5_950, intro_terms=1)
    found = offer(slug=product.slug, months=12, today=FIRST)
    assert found is not None
    quotation = found.quotation()
    assert (quotation.now_cents, quotation.later_cents) == (5_950 + 1_500, 7_950)


def test_a_term_that_is_sold_no_longer_is_not_offered_and_a_price_that_was_withdrawn_does_not_count() -> None:
    product = make.product(prices={12: 7_500, 1: 750})
    make.price(product=product, months=12, cents=0, offered=False, valid_from=FIRST)
    assert cents(product, 12, FIRST - DAY) == 7_500
    assert cents(product, 12, FIRST) is None
    make.price(product=product, months=1, cents=1, valid_from=FIRST, withdrawn_at=make.NOW)
    assert cents(product, 1, FIRST) == 750
    make.price(product=product, months=1, cents=2, valid_from=FIRST)
    assert cents(product, 1, FIRST) == 2


def test_offers_come_by_group_then_by_product() -> None:
    second = make.product(group=make.group(position=2), prices={1: 1})
    first = make.product(group=make.group(position=1), position=9, prices={1: 1})
    assert [o.product for o in offers(today=FIRST)] == [first, second]
    assert [p for p, _ in by_product(offers(today=FIRST))] == [first, second]


def test_options_are_offered_for_the_terms_that_they_have_a_price_for() -> None:
    product = make.product(prices={1: 750, 12: 7_500})
    week, month = make.option(product=product, choices=[{1: 0, 12: 0}, {12: 2_400}])
    [room] = make.option(product=product, kind="quantity", choices=[{12: 1_800}])
    monthly, yearly = offers(today=FIRST)
    assert [[c.choice for c in o.choices] for o in monthly.options] == [[week]]
    assert [[c.choice for c in o.choices] for o in yearly.options] == [[week, month], [room]]
    with as_owner():
        Choice.objects.filter(pk=month.pk).update(for_sale=False)
        Option.objects.filter(pk=room.option_id).update(for_sale=False)
    assert [[c.choice for c in o.choices] for o in offers(today=FIRST)[1].options] == [[week]]


def test_what_is_chosen_is_what_can_be_had() -> None:
    product = make.product(prices={12: 7_500})
    week, month = make.option(product=product, choices=[{12: 0}, {12: 2_400}])
    [room] = make.option(product=product, kind="quantity", choices=[{12: 1_800}], most=3)
    found = offer(slug=product.slug, months=12, today=FIRST)
    assert found is not None

    def chosen(**numbers: int) -> list[tuple[int, int]] | None:
        wanted = {
            {"week": week.pk, "month": month.pk, "room": room.pk, "other": 0}[k]: n
            for k, n in numbers.items()
        }
        answer = found.chosen(wanted)
        return None if answer is None else [(c.choice.pk, n) for c, n in answer]

    assert chosen() == [(week.pk, 1)]
    assert chosen(month=1, room=3) == [(month.pk, 1), (room.pk, 3)]
    assert chosen(room=0) == [(week.pk, 1)]
    for wrong in ({"room": 4}, {"week": 1, "month": 1}, {"month": 2}, {"other": 1}, {"room": -1}):
        assert chosen(**wrong) is None
    costs = found.quotation(chosen=found.chosen({month.pk: 1, room.pk: 2}) or [])
    assert costs.now_cents == 7_500 + 2_400 + 2 * 1_800
