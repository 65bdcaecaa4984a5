"""What a customer was entitled to at any moment, with the product, number and state of then (P22)."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.services import services
from hospes.services.models import Content, Service, State
from hospes.services.queries import Entitlement, entitled_at
from tests.services.test_life_cycle import again, sold, start
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(customer_id: int, moment: datetime) -> list[Entitlement]:
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer_id):
        return entitled_at(customer_id, moment=moment, day=clock.day_of(moment))


def moved(service: Service, to: State, now: datetime) -> None:
    with acting(Purpose.CONTRACT, actor=JOB):
        services.move(again(service), to, reason="test", now=now)


def test_the_state_is_that_of_the_moment_not_of_now() -> None:
    service = start(sold(quantity=3))
    for days, to in (
        (1, State.ACTIVE),
        (5, State.SUSPENDED),
        (6, State.ACTIVE),
        (9, State.CANCELLED),
        (20, State.TERMINATED),
    ):
        moved(service, to, NOW + days * DAY)
    seen = []
    for days in (0, 1, 4, 5, 6, 10, 19, 20, 400):
        found = at(service.customer_id, NOW + days * DAY)
        seen.append((found[0].state.value, found[0].is_usable, found[0].quantity) if found else None)
    assert at(service.customer_id, NOW - HOUR) == []
    assert seen == [
        ("pending", False, 3), ("active", True, 3), ("active", True, 3), ("suspended", False, 3), ("active", True, 3),
        ("cancelled", True, 3), ("cancelled", True, 3), None, None,
    ]  # fmt: skip


def test_what_is_cancelled_at_a_date_ends_then_also_before_anybody_ended_it() -> None:
    service = start(sold(months=1))
    moved(service, State.ACTIVE, NOW + HOUR)
    moved(service, State.CANCELLED, NOW + 2 * HOUR)
    end = again(service).ends_on
    assert end == again(service).renews_on
    days = (end - TODAY).days
    assert [bool(at(service.customer_id, NOW + n * DAY)) for n in (days - 1, days, days + 50)] == [
        True,
        False,
        False,
    ]


def test_what_was_never_set_up_gives_nothing() -> None:
    service = start(sold())
    moved(service, State.REFUSED, NOW + HOUR)
    assert at(service.customer_id, NOW + 30 * timedelta(minutes=1)) != []
    assert at(service.customer_id, NOW + 2 * HOUR) == []


def test_the_content_is_that_of_the_day() -> None:
    customer, small, large = make.customer(), make.product(), make.product()
    service = make.service(customer=customer, product=small)
    with as_owner():
        Content.objects.filter(service=service).update(until_on=TODAY + 10 * DAY)
        Content.objects.create(
            service=service, customer=customer, product=large, quantity=2, months=12, price_cents=15000,
            from_on=TODAY + 10 * DAY, settled_at=NOW,
        )  # fmt: skip
    got = [at(customer.pk, NOW + n * DAY)[0] for n in (0, 9, 10, 300)]
    assert [(one.product.pk, one.quantity) for one in got] == [
        (small.pk, 1),
        (small.pk, 1),
        (large.pk, 2),
        (large.pk, 2),
    ]


def test_a_service_consists_of_one_thing_at_a_time() -> None:
    service = make.service()
    with (
        as_owner(),
        pytest.raises(IntegrityError, match="one_content_of_a_service_at_a_time"),
        transaction.atomic(),
    ):
        Content.objects.create(
            service=service, customer=service.customer, product=service.product, quantity=1, months=1, price_cents=1,
            from_on=TODAY + 5 * DAY, settled_at=NOW,
        )  # fmt: skip


def test_others_are_not_told() -> None:
    service, stranger = start(sold()), make.customer()
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=stranger.pk):
        assert entitled_at(service.customer_id, moment=NOW, day=TODAY) == []
    assert at(stranger.pk, NOW) == []


@pytest.mark.parametrize("renews_on", [date(2026, 3, 1), date(2027, 3, 3)])
def test_the_database_takes_no_renewal_beside_the_anchor(renews_on: date) -> None:
    service = make.service()
    with as_owner(), pytest.raises(IntegrityError, match="service_renews_"), transaction.atomic():
        Service.objects.filter(pk=service.pk).update(renews_on=renews_on)
