"""Quotes of staff to the end: several with a discount, free lines, on account; each service's price and each renewal to the cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from hospes.billing.models import Invoice, InvoiceLine
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import jobs, pro_forma
from hospes.sales.models import QuoteLine
from hospes.sales.quoting import Line
from hospes.services import endings
from hospes.services.models import Service
from tests.accounts import people as accounts
from tests.billing.run import due
from tests.sales.shop import IP, accepted, all_of
from tests.sales.test_staff_quotes import sent
from tests.support import make
from tests.support.make import TODAY
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P15")]
DAY = timedelta(days=1)
YEAR = date(2027, 3, 2)


@pytest.fixture(autouse=True)
def _rate(_rights: None) -> None:
    make.vat_rates()


@pytest.fixture
def clerk() -> Actor:
    return Actor.staff(accounts.colleague("billing_clerk").pk, ip=IP)


def ordered(clerk: Actor, *lines: Line) -> list[Service]:
    """Quoted by staff, accepted on account, invoiced and delivered, and all of it works."""
    order = accepted(sent(make.customer(kind="business"), clerk, *lines, on_account=True, term_days=30))
    with as_login("worker"):
        jobs.put_on_account.run(order_id=order.pk)
        jobs.deliver.run(order_id=order.pk)
    with as_owner():
        Service.objects.update(state="active")
    return all_of(Service)


def lines_of(invoice: Invoice) -> list[tuple[str, int, int, int]]:
    with as_owner():
        rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
        return [(x.kind, x.quantity, x.unit_cents, x.net_cents) for x in rows]


def renewed(day: date) -> Invoice:
    with as_login("worker"):
        due.run(day - 14 * DAY)
    invoice: Invoice = all_of(Invoice)[-1]
    return invoice


def back(service: Service, on: date) -> int:
    with acting(Purpose.CONTRACT, actor=JOB):
        return endings.given_back(Service.objects.get(pk=service.pk), on)


def test_several_with_a_discount_for_ever_cost_whole_cents_each_at_every_renewal(clerk: Actor) -> None:
    hosting = make.product(prices={12: 7_777}, most=9)
    work = Line(description="Migratie van de oude website", cents=12_345, discount_basis_points=1_000)
    [service] = ordered(clerk, Line(hosting.pk, 12, 7, "voorbeeld.test", discount_basis_points=1_111), work)
    # Seven times 77.77 is 544.39; 11.11 % of it is 60.48; of the 483.91 that is left seven times 69.13 is charged, 483.91.
    assert (7 * 7_777 * 1_111 + 5_000) // 10_000 == 6_048
    assert (service.quantity, service.price_cents, service.intro_cents) == (7, 6_913, None)
    [invoice] = all_of(Invoice)
    assert lines_of(invoice) == [("term", 7, 6_913, 48_391), ("work", 1, 11_110, 11_110)]
    assert (invoice.net_cents, invoice.vat_cents) == (59_501, 12_495)
    assert invoice.due_on - invoice.issued_on == 30 * DAY
    again = renewed(YEAR)
    assert lines_of(again) == [("term", 7, 6_913, 48_391)]
    assert (again.vat_cents, again.total_cents) == (10_162, 58_553)
    assert back(service, YEAR) == 48_391


@pytest.mark.parametrize(("quantity", "points"), [(3, 1_000), (7, 1_111), (2, 10_000), (1, 999)])
def test_a_discount_on_the_first_term_only_is_over_at_the_renewal(
    clerk: Actor, quantity: int, points: int
) -> None:
    hosting = make.product(prices={12: 7_777}, most=9)
    work = Line(description="Inrichten", cents=100)
    [service] = ordered(
        clerk,
        Line(hosting.pk, 12, quantity, "voorbeeld.test", discount_basis_points=points, discount_once=True),
        work,
    )
    whole = quantity * 7_777
    first = whole - (whole * points + 5_000) // 10_000
    first -= first % quantity  # each costs whole cents
    [invoice] = all_of(Invoice)
    assert [net for _kind, _n, _each, net in lines_of(invoice)] == [first, 100]
    [held, _work] = all_of(QuoteLine)
    assert (held.steps_from, held.steps_cents) == ([1, 2], [first, whole])
    # What was paid goes back to the cent.
    assert back(service, TODAY) == first
    assert back(service, TODAY + 100 * DAY) == first - round(Decimal(first) * 100 / 365)
    with as_login("worker"), acting(Purpose.BILLING, actor=JOB):
        [term] = pro_forma.next_terms(service.customer_id, today=TODAY)
    assert (term.quantity, term.cents) == (quantity, whole)
    assert lines_of(renewed(YEAR)) == [("term", quantity, 7_777, whole)]


def test_a_discount_of_an_introduction_and_what_comes_after_it(clerk: Actor) -> None:
    hosting = make.product(prices={}, most=9)
    make.price(product=hosting, months=12, cents=9_999, intro_cents=4_999, intro_terms=2, setup_cents=1_500)
    [service] = ordered(clerk, Line(hosting.pk, 12, 3, "voorbeeld.test", discount_basis_points=1_250))
    intro, later = 14_997 - 1_875, 29_997 - 3_750
    intro, later = intro - intro % 3, later - later % 3
    assert (intro, later) == (13_122, 26_247)
    assert (service.price_cents, service.intro_cents) == (later // 3, intro // 3)
    [invoice] = all_of(Invoice)
    assert lines_of(invoice) == [("term", 3, intro // 3, intro), ("setup", 1, 4_500, 4_500)]
    assert lines_of(renewed(YEAR)) == [("term", 3, intro // 3, intro)]
    assert back(service, YEAR - 10 * DAY) == intro - round(Decimal(intro) * 355 / 365) + intro
    assert lines_of(renewed(date(2028, 3, 2))) == [("term", 3, later // 3, later)]
    assert lines_of(renewed(date(2029, 3, 2))) == [("term", 3, later // 3, later)]


def test_of_free_lines_alone_nothing_is_renewed(clerk: Actor) -> None:
    work = Line(description="Advies", cents=9_995, discount_basis_points=3_333)
    assert ordered(clerk, work) == []
    [invoice] = all_of(Invoice)
    assert lines_of(invoice) == [("work", 1, 6_664, 6_664)]
    with as_login("worker"):
        assert due.run(YEAR).services == 0
