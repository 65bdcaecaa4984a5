"""Three years of one customer: introduction, change, raise, planned downgrade, end; every amount reckoned here by itself."""

from datetime import date, timedelta

import pytest

from hospes.catalogue.models import Product
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.services import raises
from tests.accounts import people as accounts
from tests.payments.till import Till
from tests.sales.shop import all_of
from tests.stories import years
from tests.stories.years import DAY, Years, bought, line, with_vat
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

BEGIN = date(2026, 1, 31)
LEAD = timedelta(days=14)


def month_ends(first: int, last: int) -> list[date]:
    """The n-th day on which a month from 31 January 2026 on is over: the last of each month."""
    found = []
    for n in range(first, last + 1):
        y, m = divmod(2026 * 12 + n, 12)
        found.append((date(y, m + 1, 28) + 4 * DAY).replace(day=1) - DAY)
    return found


def raised(story: Years, product: Product, **words: object) -> None:
    """A raise that is planned, told, and of which the mail has left."""
    keeper = Actor.staff(accounts.colleague("administrator").pk)
    today = story.today
    with as_login("office"), acting(Purpose.CONTRACT, actor=keeper):
        want = raises.Wanted(product.pk, 12, announce_on=today, **words)  # type: ignore[arg-type]
        raises.plan(want, key=f"{today}", today=today, now=story.till.now)
    raises.announce(today=today, now=story.till.now)
    with as_owner():
        Message.objects.filter(kind="services.raise", state="waiting").update(
            state="sent", sent_at=story.till.now
        )
    raises.note_delivered()
    raises.settle_all(now=story.till.now)


def test_three_years_of_one_customer(till: Till) -> None:
    make.vat_rates()
    small = make.product(prices={}, most=5)
    make.price(product=small, months=12, cents=12_000, intro_cents=6_000, intro_terms=1)
    [room] = make.option(product=small, kind="quantity", choices=[{12: 1_000}], most=5, slug="ruimte")
    large = make.product(prices={12: 24_000}, most=5)
    make.option(product=large, kind="quantity", choices=[{12: 1_500}], most=5, slug="ruimte")
    basic = make.product(prices={12: 9_000}, most=5)
    mailboxes = make.product(kind="addon", belongs_to=small, prices={1: 500})
    story = Years(till)

    # 31 January 2026: two of them at the introductory price, two times more room each, and mailboxes by the month.
    story.on(BEGIN)
    main, boxes = bought(
        story,
        make.customer(kind="business"),
        line(small, 12, {room.pk: 2}, on=BEGIN, quantity=2),
        line(mailboxes, 1, {}, on=BEGIN, parent=0),
    )
    assert (main.price_cents, main.intro_cents, main.quantity) == (14_000, 8_000, 2)
    expected = [("invoice", BEGIN, 16_500)]
    assert [x[:3] for x in story.documents()] == expected
    renewals = month_ends(1, 36)
    assert renewals[:3] == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    assert renewals[25] == date(2028, 3, 31)
    assert renewals[24] == date(2028, 2, 29)

    for n, day in enumerate(renewals, start=1):
        assert story.run(day - LEAD - DAY) == 0
        net, due = (500, 1) if n < 36 else (0, 0)  # in the end nothing is renewed
        if n == 12:  # the raised price of two of the large ones
            net, due = net + 2 * 29_700, 2
        if n == 24:  # one of the basic ones
            net, due = net + 9_000, 2
        assert story.run(day - LEAD) == due
        if net:
            expected.append(("invoice", day - LEAD, net))
        story.pay()
        story.night(day)
        if n == 3:
            # 10 May 2026, the hundredth day: what goes back is of the 160.00 that was paid, not of the price after it.
            story.on(date(2026, 5, 10))
            unused, new = 16_000 - round(16_000 * 99 / 365), 2 * 27_000 - round(2 * 27_000 * 99 / 365)
            assert story.change(main, at_once=True, product_id=large.pk) == new - unused == 27_693
            expected.append(("invoice", date(2026, 5, 10), new - unused))
        if n == 9:
            story.on(date(2026, 11, 1))
            raised(story, large, from_on=date(2027, 1, 1), basis_points=1_000)
        if n == 16:
            story.on(date(2027, 6, 1))
            assert story.change(main, at_once=False, product_id=basic.pk, quantity=1) == 0
        if n == 32:
            story.on(date(2028, 10, 1))
            assert story.cancel(main, when="term_end") == date(2029, 1, 31)

    # Every document, and what they come to.
    story.pay()
    assert story.documents() == [(kind, day, net, with_vat(net)) for kind, day, net in expected]
    total = 16_500 + 35 * 500 + 27_693 + 59_400 + 9_000
    assert sum(net for _kind, _day, net in expected) == total
    held = years.service(main.pk)
    assert (held.state, held.ended_on, held.anchor_on) == ("terminated", date(2029, 1, 31), BEGIN)
    assert years.service(boxes.pk).ended_on == date(2029, 1, 31)

    # What the customer was entitled to.
    mailbox = (mailboxes.pk, 1, "active")
    for day, what in {
        BEGIN: [(small.pk, 2, "active"), mailbox], date(2026, 5, 9): [(small.pk, 2, "active"), mailbox],
        date(2026, 5, 10): [(large.pk, 2, "active"), mailbox], date(2028, 1, 30): [(large.pk, 2, "active"), mailbox],
        date(2028, 1, 31): [(basic.pk, 1, "active"), mailbox],
        date(2029, 1, 30): [(basic.pk, 1, "cancelled"), (mailboxes.pk, 1, "cancelled")],
        BEGIN - DAY: [], date(2029, 1, 31): [],
    }.items():  # fmt: skip
        assert (day, story.entitled(day)) == (day, what)

    # The books: in balance each year, the returns are what the invoices say, and nothing is left to be earned or paid.
    story.night(date(2029, 3, 1))
    years.books_are_right()
    assert [years.closing(years.year(y)) for y in range(2026, 2030)] == [0] * 4
    assert years.deferred(date(2029, 3, 1)) == 0
    assert sum(years.earned(years.year(y)) for y in range(2026, 2030)) == total
    for period in years.quarters(2026, 2029):
        assert (period, years.box_1a(period)) == (period, years.invoiced_taxes(period))
    assert sum(years.box_1a(p)[0] for p in years.quarters(2026, 2029)) == total
    with as_owner():
        assert [x.open_cents for x in all_of(years.Invoice)] == [0] * len(expected)
