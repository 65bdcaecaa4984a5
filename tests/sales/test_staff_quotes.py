"""Quotes of staff: free lines and discounts by who may, versions, withdrawn, over; ordered on account without retyping (P15)."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.accounts.models.staff import Power, StaffRole
from hospes.billing.models import Invoice, InvoiceLine
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.sales import documents, jobs, queries, quoting, services, sweeps
from hospes.sales.models import Order, Quote, QuoteDraft, QuoteLine
from hospes.sales.quoting import Line, Words
from hospes.sales.services import QuoteRefused
from hospes.services.models import Service
from tests.accounts import people as accounts
from tests.sales.shop import DAY, IP, LATER, accepted, again, all_of, declined, entries, quoted
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P15")]
UNTIL = TODAY + 20 * DAY


@pytest.fixture(autouse=True)
def _rate(_rights: None) -> None:
    make.vat_rates()


@pytest.fixture
def clerk() -> Actor:
    return Actor.staff(accounts.colleague("billing_clerk").pk, ip=IP)


def a_draft(customer: Any, actor: Actor, *lines: Line, now: datetime = NOW, **words: Any) -> QuoteDraft:
    """Begin a quote and write it."""
    said = Words(**{"valid_until": UNTIL} | words)
    with acting(Purpose.CONTRACT, actor=actor):
        made = quoting.begin(customer_id=customer.pk, author_id=actor.id, words=said, key=f"t:{now}", now=now)
        if lines:
            quoting.save(draft=made, words=said, lines=lines, seen=made.changed_at, today=now.date(), now=now)
        return QuoteDraft.objects.get(pk=made.pk)


def sent(customer: Any, actor: Actor, *lines: Line, now: datetime = NOW, **words: Any) -> Quote:
    drafted = a_draft(customer, actor, *lines, now=now, **words)
    with acting(Purpose.CONTRACT, actor=actor):
        return quoting.send(draft=drafted, seen=drafted.changed_at, today=now.date(), now=now)


def next_version(quote: Quote, actor: Actor, *, now: datetime = LATER, **words: Any) -> Quote:
    with acting(Purpose.CONTRACT, actor=actor):
        drafted = quoting.begin(customer_id=quote.customer_id, author_id=actor.id, words=Words(UNTIL), key=f"v:{now}", now=now,
                                replaces=again(quote))  # fmt: skip
        return quoting.send(draft=drafted, seen=drafted.changed_at, today=now.date(), now=now)


WORK = Line(description="Migratie van de oude website", cents=12_500)


def test_a_quote_of_products_and_free_lines_with_discounts_adds_up_to_the_cent(clerk: Actor) -> None:
    product = make.product(prices={12: 7500})
    hosting = Line(product.pk, 12, 1, "Voorbeeld.test", discount_basis_points=1000)
    once = Line(product.pk, 12, 1, "tweede.test", discount_basis_points=3333, discount_once=True)
    quote = sent(
        make.customer(), clerk, hosting, once, WORK, intro="Zoals besproken", reference="Bestelling 7"
    )
    assert (quote.number, quote.version, quote.made_by, quote.state) == ("O2026-00001", 1, "staff", "open")
    assert [(x.product_id, x.label, x.net_cents, x.steps_from, x.steps_cents) for x in all_of(QuoteLine)] == [
        (product.pk, "voorbeeld.test", 6750, [1], [6750]),
        (product.pk, "tweede.test", 5000, [1, 2], [5000, 7500]),
        (None, "", 12_500, [1], [12_500]),
    ]
    assert (quote.net_cents, quote.vat_cents, quote.total_cents) == (24_250, 5093, 29_343)
    assert [m.kind for m in all_of(Message)] == ["sales.quote_sent"]
    assert [action for action, _, _ in entries("quote.")] == ["quote.drafted", "quote.drafted", "quote.sent"]
    assert all_of(QuoteDraft) == []


def test_only_who_has_the_power_makes_quotes_and_the_database_says_so(clerk: Actor) -> None:
    customer = make.customer()
    with as_owner():
        StaffRole.objects.filter(pk="billing_clerk").update(powers=[])
    with pytest.raises(Refused), transaction.atomic():
        a_draft(customer, clerk, WORK)
    with as_owner():
        StaffRole.objects.filter(pk="billing_clerk").update(powers=[Power.QUOTE])
    drafted = a_draft(customer, clerk, WORK)
    with as_owner():
        StaffRole.objects.filter(pk="billing_clerk").update(powers=[])
    with pytest.raises(Refused), transaction.atomic(), acting(Purpose.CONTRACT, actor=clerk):
        quoting.send(draft=drafted, seen=drafted.changed_at, today=TODAY, now=NOW)
    assert all_of(Quote) == []


def test_a_customers_own_session_makes_no_quote_like_one_of_staff(clerk: Actor) -> None:
    customer = make.customer(kind="business")
    quote = quoted(customer)
    holder = make.holder_of(customer)
    common = {
        "customer_id": customer.pk,
        "made_at": NOW,
        "valid_until": UNTIL,
        "net_cents": 0,
        "vat_cents": 0,
        "total_cents": 0,
    }
    for number, words in enumerate((
        {"number": "O1", "on_account": True}, {"number": quote.number, "version": 2}, {"number": "O2", "made_by": "staff"},
    )):  # fmt: skip
        with (
            acting(Purpose.CONTRACT, actor=Actor.person(holder.pk, ip=IP), customer=customer.pk, person=holder.pk),
            pytest.raises(IntegrityError), transaction.atomic(),
        ):  # fmt: skip
            Quote.objects.create(key=f"x:{number}", **common | words)
    with (
        acting(Purpose.CONTRACT, actor=Actor.person(holder.pk, ip=IP), customer=customer.pk, person=holder.pk),
        pytest.raises(IntegrityError), transaction.atomic(),
    ):  # fmt: skip
        Quote.objects.filter(pk=quote.pk).update(
            state="accepted", decided_at=NOW + 60 * DAY
        )  # after its last day
    with (
        pytest.raises(Refused),
        transaction.atomic(),
        acting(Purpose.CONTRACT, actor=JOB, customer=customer.pk),
    ):
        list(QuoteDraft.objects.all())


def test_a_new_version_takes_the_place_of_the_one_before_also_while_its_page_is_open(clerk: Actor) -> None:
    customer = make.customer()
    first = sent(customer, clerk, WORK)
    second = next_version(first, clerk)
    assert (second.number, second.version, second.total_cents) == (first.number, 2, first.total_cents)
    assert (again(first).state, again(first).closed_at) == ("replaced", LATER)
    with pytest.raises(QuoteRefused, match=r"new version|nieuwe versie"):
        accepted(first)
    with pytest.raises(QuoteRefused, match=r"new version|nieuwe versie"):
        declined(first)
    with acting(Purpose.CONTRACT, actor=JOB, customer=customer.pk):
        assert [q.version for q in queries.versions(second)] == [2, 1]
        assert queries.quote(customer.pk, first.number) == second
    assert accepted(second).total_cents == second.total_cents
    with pytest.raises(QuoteRefused, match=r"accepted|geaccepteerd"):
        next_version(second, clerk, now=LATER + DAY)


def test_a_version_that_was_accepted_meanwhile_is_not_replaced(clerk: Actor) -> None:
    first = sent(make.customer(), clerk, WORK)
    with acting(Purpose.CONTRACT, actor=clerk):
        drafted = quoting.begin(
            customer_id=first.customer_id,
            author_id=clerk.id,
            words=Words(UNTIL),
            key="v",
            now=NOW,
            replaces=first,
        )
    order = accepted(first)
    with pytest.raises(QuoteRefused), acting(Purpose.CONTRACT, actor=clerk):
        quoting.send(draft=drafted, seen=drafted.changed_at, today=TODAY, now=LATER)
    assert (again(first).state, all_of(Order)) == ("accepted", [order])


def test_what_was_withdrawn_is_not_accepted_and_what_was_accepted_is_not_withdrawn(clerk: Actor) -> None:
    customer = make.customer()
    gone, taken = sent(customer, clerk, WORK), sent(customer, clerk, WORK, now=LATER)
    accepted(taken)
    with acting(Purpose.CONTRACT, actor=clerk):
        quoting.withdraw(quote=gone, now=LATER)
        with pytest.raises(QuoteRefused):
            quoting.withdraw(quote=taken, now=LATER)
    with pytest.raises(QuoteRefused, match=r"withdrawn|ingetrokken"):
        accepted(gone)
    assert [again(q).state for q in (gone, taken)] == ["withdrawn", "accepted"]
    assert "sales.quote_withdrawn" in [m.kind for m in all_of(Message)]


def test_two_colleagues_do_not_undo_each_others_work(clerk: Actor) -> None:
    drafted = a_draft(make.customer(), clerk, WORK)
    with acting(Purpose.CONTRACT, actor=clerk), pytest.raises(QuoteRefused, match=r"colleague|collega"):
        quoting.save(draft=drafted, words=Words(UNTIL), lines=[], seen=NOW - DAY, today=TODAY, now=LATER)


def test_declining_keeps_the_reason_and_who_when_and_from_where(clerk: Actor) -> None:
    customer = make.customer()
    quote, holder = sent(customer, clerk, WORK), make.holder_of(customer)
    with acting(
        Purpose.CONTRACT, actor=Actor.person(holder.pk, ip=IP), customer=customer.pk, person=holder.pk
    ):
        services.decline_quote(quote_id=quote.pk, person_id=holder.pk, ip=IP, now=LATER, reason="Te duur")
    now = again(quote)
    assert (now.state, now.decline_reason, now.decided_by_id, now.decided_at, now.decided_from) == (
        "declined", "Te duur", holder.pk, LATER, IP,
    )  # fmt: skip


@pytest.mark.parametrize(("day", "state"), [(UNTIL, "open"), (UNTIL + DAY, "expired")])
def test_a_quote_is_over_on_the_day_after_its_last(clerk: Actor, day: date, state: str) -> None:
    quote = sent(make.customer(), clerk, WORK)
    with as_login("worker"):
        assert sweeps.close_quotes(today=day, now=LATER) == (state == "expired")
        assert sweeps.close_quotes(today=day, now=LATER) == 0
    assert again(quote).state == state


@pytest.mark.parametrize(("before", "told"), [(6, 0), (5, 1), (0, 1)])
def test_one_reminder_some_days_before(clerk: Actor, before: int, told: int) -> None:
    sent(make.customer(), clerk, WORK)
    with as_login("worker"):
        sweeps.remind_of_quotes(today=UNTIL - before * DAY, now=LATER)
        sweeps.remind_of_quotes(today=UNTIL - before * DAY, now=LATER)
    assert [m.kind for m in all_of(Message)].count("sales.quote_reminder") == told


def test_an_order_on_account_is_invoiced_and_delivered_with_the_very_same_lines(clerk: Actor) -> None:
    customer = make.customer(kind="business")
    product = make.product(prices={12: 7500})
    line = Line(product.pk, 12, 1, "voorbeeld.test", discount_basis_points=1000)
    quote = sent(customer, clerk, line, WORK, on_account=True, term_days=21, purchase_order="PO-9")
    order = accepted(quote)
    for _ in range(2):
        with as_login("worker"):
            jobs.put_on_account.run(order_id=order.pk)
    for _ in range(2):
        with as_login("worker"):
            jobs.deliver.run(order_id=order.pk)
    [invoice] = all_of(Invoice)
    assert (invoice.total_cents, invoice.paid_cents, invoice.purchase_order, invoice.quote_number) == (
        quote.total_cents, 0, "PO-9", quote.number,
    )  # fmt: skip
    assert (invoice.due_on - invoice.issued_on).days == 21
    assert [(x.kind, x.net_cents, x.details) for x in all_of(InvoiceLine)] == [
        ("term", 6750, "voorbeeld.test"), ("work", 12_500, ""),
    ]  # fmt: skip
    [service] = all_of(Service)
    assert (service.price_cents, service.started_on) == (6750, TODAY)
    [held] = all_of(Order)
    assert held.state == "on_account"
    assert held.delivered_at is not None


def test_a_private_person_is_not_offered_to_pay_later(clerk: Actor) -> None:
    with pytest.raises(QuoteRefused, match=r"Only companies|Alleen bedrijven"):
        a_draft(make.customer(), clerk, WORK, on_account=True)


def test_an_order_that_is_paid_first_is_not_put_on_account(clerk: Actor) -> None:
    order = accepted(sent(make.customer(kind="business"), clerk, WORK))
    with as_login("worker"):
        jobs.put_on_account.run(order_id=order.pk)
    assert (all_of(Order)[0].state, all_of(Invoice)) == ("awaiting_payment", [])
    with pytest.raises(IntegrityError), transaction.atomic(), acting(Purpose.BILLING, actor=JOB):
        Order.objects.filter(pk=order.pk).update(state="on_account")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_file_is_the_same_each_time_also_after_the_customer_moved(clerk: Actor, language: str) -> None:
    customer = make.customer(holder=make.person(language=language), kind="business")
    quote = sent(
        customer,
        clerk,
        Line(make.product(prices={1: 700}).pk, 1, 1, "a.test", discount_basis_points=1250),
        WORK,
        now=NOW + timedelta(microseconds=7),
        intro="Zoals besproken:\n\neen groter pakket.",
    )
    with acting(Purpose.CONTRACT, actor=clerk):
        first = documents.pdf_of(quote)
        page = documents.document_of(quote)
    with as_owner():
        type(customer).objects.filter(pk=customer.pk).update(town="Elders")
    with acting(Purpose.CONTRACT, actor=JOB, customer=customer.pk):
        assert documents.pdf_of(again(quote)) == first
    assert first.startswith(b"%PDF")
    assert b"pdfuaid" in first
    assert page.said.total_cents == quote.total_cents


@pytest.mark.django_db(transaction=True)
def test_accepted_twice_at_once_it_is_one_order(committed_database: None, clerk: Actor) -> None:
    quote = sent(make.customer(), clerk, WORK)
    made, ready = list[Any](), threading.Barrier(2)

    def accept() -> None:
        try:
            ready.wait()
            made.append(accepted(quote))
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({order.pk for order in made}) == len(all_of(Order)) == 1


def test_another_customers_quote_is_not_there(clerk: Actor) -> None:
    quote, mine = sent(make.customer(), clerk, WORK), make.customer()
    with acting(Purpose.CONTRACT, actor=JOB, customer=mine.pk):
        assert queries.quote(mine.pk, quote.number) is None
        assert queries.versions(quote) == []
        assert not Quote.objects.filter(pk=quote.pk).exists()
