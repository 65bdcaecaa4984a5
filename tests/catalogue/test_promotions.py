"""Promotion codes: found as they are typed, used no more often than they may, also by two at the same moment."""

from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.catalogue import promotions
from hospes.catalogue.models import Promotion, PromotionUse
from hospes.catalogue.promotions import CodeRefused
from hospes.catalogue.queries import code
from hospes.customers.models import Customer
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from tests.support import make
from tests.support.make import TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.database]

DAY = timedelta(days=1)


def use(promotion: Promotion, customer: Customer, origin: str, *, today: date = TODAY) -> None:
    """As the customer's holder does by ordering."""
    with acting(Purpose.CONTRACT, actor=Actor.person(make.holder_of(customer).pk), customer=customer.pk):
        promotions.use(promotion_id=promotion.pk, customer_id=customer.pk, origin=origin, today=today)


def give_back(customer: Customer, origin: str) -> bool:
    with acting(Purpose.CONTRACT, actor=Actor.person(make.holder_of(customer).pk), customer=customer.pk):
        return promotions.give_back(origin=origin, today=TODAY)


def uses(promotion: Promotion) -> int:
    with as_owner():
        counted: int = Promotion.objects.get(pk=promotion.pk).uses
        held = PromotionUse.objects.filter(promotion=promotion, given_back_on=None).count()
    assert counted == held
    return counted


# --- found ---


def test_a_code_is_found_as_it_is_typed_while_it_counts() -> None:
    product = make.product()
    promotion = make.promotion(
        code="LENTE", products=[product], months=[12], valid_from=TODAY, valid_until=TODAY + DAY
    )
    found = code(" lente ", today=TODAY)
    assert found is not None
    assert (found.promotion_id, found.is_left) == (promotion.pk, True)
    assert found.for_line(product.pk, 12) == found.discount
    assert found.for_line(product.pk, 1) is found.for_line(0, 12) is None
    assert [code("LENTE", today=TODAY + n * DAY) is None for n in (-1, 0, 1, 2)] == [True, False, False, True]
    assert code("LENT", today=TODAY) is None


def test_a_code_that_was_stopped_is_not_found() -> None:
    make.promotion(code="LENTE", stopped=True)
    assert code("LENTE", today=TODAY) is None


# --- used ---


def test_the_same_order_uses_a_code_once() -> None:
    promotion, customer = make.promotion(most_uses=1), make.customer()
    for _ in range(3):
        use(promotion, customer, "order:1")
    assert uses(promotion) == 1


def test_a_code_is_used_no_more_often_than_it_may_in_all() -> None:
    promotion, one, other = make.promotion(most_uses=2), make.customer(), make.customer()
    use(promotion, one, "order:1")
    use(promotion, other, "order:2")
    with pytest.raises(CodeRefused, match=r"^Deze actiecode is zo vaak"):
        use(promotion, one, "order:3")
    assert uses(promotion) == 2
    found = code(promotion.code, today=TODAY)
    assert found is not None
    assert not found.is_left


def test_a_code_is_used_no_more_often_than_it_may_by_one_customer() -> None:
    promotion, one, other = make.promotion(most_per_customer=1), make.customer(), make.customer()
    use(promotion, one, "order:1")
    with pytest.raises(CodeRefused, match=r"^U hebt deze actiecode zo vaak"):
        use(promotion, one, "order:2")
    use(promotion, other, "order:3")
    assert uses(promotion) == 2


@pytest.mark.parametrize(
    "words",
    [
        {"stopped": True},
        {"valid_from": TODAY + DAY},
        {"valid_until": TODAY - DAY},
        {"customer_kind": "business"},
    ],
)
def test_a_code_is_not_used_when_or_by_whom_it_does_not_count_for(words: dict[str, Any]) -> None:
    promotion, customer = make.promotion(**words), make.customer(kind="private")
    with pytest.raises(CodeRefused, match="geldt niet"):
        use(promotion, customer, "order:1")
    assert uses(promotion) == 0


def test_a_use_that_is_given_back_can_be_taken_again_and_is_given_back_once() -> None:
    promotion, one, other = make.promotion(most_uses=1, most_per_customer=1), make.customer(), make.customer()
    use(promotion, one, "order:1")
    assert give_back(one, "order:1")
    assert not give_back(one, "order:1")
    assert uses(promotion) == 0
    use(promotion, other, "order:2")
    assert uses(promotion) == 1
    with as_owner(), pytest.raises(Exception, match="stays so"), transaction.atomic():
        PromotionUse.objects.filter(origin="order:1").update(given_back_on=None)


def test_nobody_sees_or_gives_back_what_another_used() -> None:
    promotion, one, other = make.promotion(), make.customer(), make.customer()
    use(promotion, one, "order:1")
    assert not give_back(other, "order:1")
    assert uses(promotion) == 1


@settings(max_examples=12, deadline=None)
@given(
    st.integers(1, 4), st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=10),
)  # fmt: skip
def test_whatever_is_taken_and_given_back_the_limits_hold(
    most: int, each: int, moves: list[tuple[int, bool]]
) -> None:
    with transaction.atomic():
        promotion = make.promotion(most_uses=most, most_per_customer=each)
        customers, held = [make.customer() for _ in range(3)], list[tuple[int, str]]()
        for number, (who, takes) in enumerate(moves):
            theirs = [origin for owner, origin in held if owner == who]
            if takes:
                fits = len(held) < most and len(theirs) < each
                if fits:
                    use(promotion, customers[who], f"order:{number}")
                    held.append((who, f"order:{number}"))
                else:
                    with pytest.raises(CodeRefused):
                        use(promotion, customers[who], f"order:{number}")
            elif theirs:
                assert give_back(customers[who], theirs[0])
                held.remove((who, theirs[0]))
            assert uses(promotion) == len(held)
        transaction.set_rollback(True)


# --- at the same moment ---


def at_once(*calls: Callable[[], None]) -> list[str]:
    """What became of each: "" or the refusal."""
    gate, said = Barrier(len(calls)), list[str]()

    def run(call: Callable[[], None]) -> None:
        try:
            gate.wait(10)
            call()
            said.append("")
        except CodeRefused as refusal:
            said.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limits", [{"most_uses": 1}, {"most_per_customer": 1}])
def test_of_two_who_take_the_last_use_at_the_same_moment_one_has_it(limits: dict[str, int]) -> None:
    promotion, customer = make.promotion(**limits), make.customer()
    other = customer if "most_per_customer" in limits else make.customer()
    said = at_once(
        lambda: use(promotion, customer, "order:1"),
        lambda: use(promotion, other, "order:2"),
        lambda: use(promotion, customer, "order:3"),
    )
    assert said[0] == ""
    assert all(said[1:])
    assert uses(promotion) == 1
