"""What can be ordered on a day, and for which price."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.catalogue.models import Price, Product
from hospes.catalogue.queries import offer, offers
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
    for months in (0, 2, 13, 48):
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
