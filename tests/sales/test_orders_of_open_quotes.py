"""What the database holds a customer's own session to, whoever has taken it over: a quote of now, ordered once and as it was accepted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.customers.models import Customer
from hospes.kernel.acting import Actor, acting
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Purpose
from hospes.sales import agreements
from hospes.sales.models import Order, Quote, QuoteLine
from tests.sales.shop import DAY, LATER, accepted, again, all_of, quoted, wanted
from tests.sales.test_prices_of_quotes import product
from tests.sales.test_prices_of_quotes import quoted as quoted_with
from tests.support import make, rights
from tests.support.ageing import the_database_believes
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.database]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    make.vat_rates()


@contextmanager
def own_session(customer_id: int, *, logged_in: bool = False) -> Iterator[int]:
    """The holder's own session; `logged_in`: on a connection that belongs to the portal's login, as in an installation."""
    with as_owner():
        holder = make.holder_of(Customer.objects.get(pk=customer_id))
    with connection.cursor() as cursor:
        if logged_in:
            cursor.execute(f'SET SESSION AUTHORIZATION "{LOGINS["portal"].role}"')
        try:
            with acting(Purpose.CONTRACT, actor=Actor.person(holder.pk), customer=customer_id):
                yield holder.pk
        finally:
            if logged_in:
                cursor.execute("RESET SESSION AUTHORIZATION")
                rights.dress(connection)


def once_more(quote: Quote, *, logged_in: bool = False, **words: Any) -> None:
    """Write such a quote down again, as the customer's own session; taken back at the end."""
    copy = again(quote)
    copy.pk, copy._state.adding, copy.key, copy.number = None, True, "cart:again", "OF-again"
    for name, value in words.items():
        setattr(copy, name, value)
    with own_session(quote.customer_id, logged_in=logged_in), transaction.atomic():
        copy.save(force_insert=True)
        transaction.set_rollback(True)


def ordered(quote: Quote, *, logged_in: bool = False, **decided: Any) -> None:
    """Write an order of it down, past the service that accepts quotes; taken back at the end."""
    with own_session(quote.customer_id, logged_in=logged_in) as person_id, transaction.atomic():
        if decided:
            Quote.objects.filter(pk=quote.pk).update(**decided, decided_by=person_id)
        Order.objects.create(
            quote_id=quote.pk, customer_id=quote.customer_id, person_id=person_id, total_cents=quote.total_cents,
            placed_at=NOW, number="B-again", **vars(agreements.of_now("nl")),
        )  # fmt: skip
        transaction.set_rollback(True)


@pytest.mark.parametrize("off", [-800 * DAY, -2 * HOUR, 2 * HOUR, 30 * DAY])
def test_a_quote_is_of_the_moment_that_it_is_for_the_database(off: timedelta) -> None:
    quote = quoted(make.customer())
    day = (NOW + off).date()
    with the_database_believes(NOW):
        once_more(quote, logged_in=True)
        once_more(quote, logged_in=True, made_at=NOW + timedelta(minutes=20))
        with pytest.raises(IntegrityError, match="of the day on which it is made"):
            once_more(quote, logged_in=True, made_at=NOW + off, valid_until=day + 30 * DAY)


@pytest.mark.parametrize("valid_until", [TODAY - DAY, TODAY + 367 * DAY])
def test_its_prices_do_not_hold_for_ever(valid_until: Any) -> None:
    quote = quoted(make.customer())
    once_more(quote, valid_until=TODAY + 366 * DAY)
    with pytest.raises(IntegrityError, match="of the day on which it is made"):
        once_more(quote, valid_until=valid_until)


@pytest.mark.parametrize("state", ["open", "declined", "expired", "replaced", "withdrawn"])
def test_only_what_was_accepted_is_ordered(state: str) -> None:
    quote = quoted(make.customer())
    with as_owner():
        if state != "open":
            Quote.objects.filter(pk=quote.pk).update(state=state, decided_at=NOW, closed_at=NOW)
    with pytest.raises(IntegrityError, match="ordered when it is accepted"):
        ordered(quote)


def test_and_only_while_it_was_valid_by_the_clock_of_the_database() -> None:
    quote = quoted(make.customer())
    with the_database_believes(LATER):
        ordered(quote, logged_in=True, state="accepted", decided_at=LATER)
    with (
        the_database_believes(NOW + 60 * DAY),
        pytest.raises(IntegrityError, match="ordered when it is accepted"),
    ):
        ordered(quote, logged_in=True, state="accepted", decided_at=LATER)
    with as_owner():
        Quote.objects.filter(pk=quote.pk).update(state="accepted", decided_at=NOW + 60 * DAY)
    with pytest.raises(IntegrityError, match="ordered when it is accepted"):
        ordered(quote)


def test_a_promotion_is_used_by_whoever_has_its_price() -> None:
    thing = product()
    quote = quoted_with(make.customer(), thing, code=make.promotion())
    with pytest.raises(IntegrityError, match="promotion of this quote is not used"):
        ordered(quote, state="accepted", decided_at=LATER)
    assert accepted(quote).total_cents == quote.total_cents


def test_nothing_is_added_to_what_was_accepted() -> None:
    quote = quoted(make.customer(), wanted(label="een.test"))
    [more] = all_of(QuoteLine)
    more.pk, more._state.adding, more.position, more.label = None, True, 2, "twee.test"
    with own_session(quote.customer_id), transaction.atomic():
        more.save(force_insert=True)  # as long as it is open
        transaction.set_rollback(True)
    accepted(quote)
    more.pk = None
    with (
        pytest.raises(IntegrityError, match="added to a quote that was decided upon"),
        own_session(quote.customer_id),
        transaction.atomic(),
    ):
        more.save(force_insert=True)
    assert len(all_of(QuoteLine)) == 1
