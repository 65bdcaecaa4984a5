"""Options, numbers and additions from the cart to the invoice and the service: at prices that nobody can make up."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospes.billing.models import InvoiceLine
from hospes.catalogue import queries
from hospes.catalogue.models import Choice, Product, Promotion, RegistryNotice
from hospes.catalogue.rules import Step
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.sales import jobs, registries, services, withdrawals
from hospes.sales.models import CartLine, Order, Quote, QuoteLine, RegistryKnown
from hospes.sales.services import QuoteRefused, Wanted
from hospes.services import changes, endings, tasks
from hospes.services.models import By, Charge, Content, Service, State, Task
from hospes.services.services import Asked
from hospes.services.tasks import WorkRefused
from tests.sales.shop import LATER, accepted, all_of, paid, quoted
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def _rates(db: None) -> None:
    make.vat_rates()


def package(**words: Any) -> Product:
    """A year for 79.50 and once 15.00."""
    made = make.product(prices={}, **words)
    make.price(product=made, months=12, cents=7_950, setup_cents=1_500)
    return made


def line(
    product: Product, counts: dict[int, int] | None = None, *, months: int = 12, quantity: int = 1, code: Promotion | None = None,
    label: str = "voorbeeld.test", **words: Any,
) -> Wanted:  # fmt: skip
    """A line as the shop asks for it."""
    found = queries.offer(slug=product.slug, months=months, today=TODAY)
    assert found is not None
    chosen = found.chosen(counts or {})
    assert chosen is not None
    held = queries.code(code.code, today=TODAY) if code else None
    discount = held.for_line(product.pk, months) if held else None
    costs = found.quotation(chosen=chosen, quantity=quantity, discount=discount)
    asked: dict[str, Any] = {
        "net_cents": costs.now_cents, "setup_cents": costs.setup_cents, "steps": costs.steps, "quantity": quantity,
        "choices": tuple((each.choice.pk, n) for each, n in chosen),
        "details": queries.choice_words((each.choice, n) for each, n in chosen),
    }  # fmt: skip
    return Wanted(product.pk, product.name_nl, label, months, **(asked | words))


def room(product: Product) -> Choice:
    """Ten GB more for 18.00 a year, at most five times."""
    [counted] = make.option(product=product, kind="quantity", choices=[{12: 1_800}], most=5, name_nl="Ruimte")
    with as_owner():
        Choice.objects.filter(pk=counted.pk).update(disk_mb=10_000)
        return Choice.objects.get(pk=counted.pk)


# --- what is ordered says what it is made of, everywhere ------------------------------------------------------------------


def test_options_are_in_the_quote_the_invoice_and_the_service_and_stay_when_the_catalogue_changes() -> None:
    thing, customer = package(), make.customer()
    extra = room(thing)
    quote = quoted(customer, line(thing, {extra.pk: 2}))
    assert (quote.net_cents, quote.vat_cents, quote.total_cents) == (13_050, 2_741, 15_791)
    [held] = all_of(QuoteLine)
    assert (held.steps_cents, held.setup_cents) == ([11_550], 1_500)
    assert held.details == f"Ruimte: 2 × {extra.name_nl}"
    order = accepted(quote)
    paid(order)
    term, setup = all_of(InvoiceLine)
    assert (term.quantity, term.unit_cents, term.net_cents) == (1, 11_550, 11_550)
    assert term.details == f"voorbeeld.test · Ruimte: 2 × {extra.name_nl}"
    assert setup.net_cents == 1_500
    jobs.deliver.run(order_id=order.pk)
    with as_owner():
        Choice.objects.filter(pk=extra.pk).update(name_nl="Anders", for_sale=False)
        thing.prices.update(cents=99_999)
    [service] = all_of(Service)
    assert (service.price_cents, service.quantity, service.choice_ids, service.choice_counts) == (
        11_550, 1, [extra.pk], [2],
    )  # fmt: skip
    [content] = all_of(Content)
    assert (content.price_cents, content.details) == (11_550, f"Ruimte: 2 × {extra.name_nl}")


def test_a_number_with_a_discount_for_ever_costs_whole_cents_each_at_every_renewal() -> None:
    thing, customer = package(kind="monitoring", most=9), make.customer()
    code = make.promotion(basis_points=1_111, forever=True)
    quote = quoted_with(customer, code, line(thing, quantity=7, code=code))
    [held] = all_of(QuoteLine)
    assert held.steps_cents == [
        49_462
    ]  # 55650 less 6183 is 49467, of which five more come off: seven times 7066
    order = accepted(quote)
    paid(order)
    assert [(x.quantity, x.unit_cents) for x in all_of(InvoiceLine)] == [(7, 7_066), (1, 10_500)]
    jobs.deliver.run(order_id=order.pk)
    [service] = all_of(Service)
    assert (service.quantity, service.price_cents, service.term_cents) == (7, 7_066, 49_462)


def quoted_with(customer: Customer, code: Promotion, *lines: Wanted, key: str = "cart:1") -> Quote:
    with acting(Purpose.CONTRACT, actor=Actor.person(make.holder_of(customer).pk), customer=customer.pk):
        return services.make_quote(
            customer_id=customer.pk, lines=lines, key=key, today=TODAY, now=NOW, promotion_id=code.pk
        )


# --- nobody makes a price up ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"net_cents": 13_049, "steps": (Step(1, 11_549),)},  # a cent less
        {"choices": ()},  # paid for, and not there: or the other way round
        {"setup_cents": 0, "net_cents": 11_550},
        {"quantity": 2},  # two for the price of one
        {
            "quantity": 20,
            "net_cents": 20 * 13_050,
            "setup_cents": 20 * 1_500,
            "steps": (Step(1, 20 * 11_550),),
        },
    ],
)
def test_a_made_up_price_with_options_is_refused_by_the_database(wrong: dict[str, Any]) -> None:
    thing, customer = package(), make.customer()
    extra = room(thing)
    asked = line(thing, {extra.pk: 2}, **wrong)
    with pytest.raises(IntegrityError, match="not the one in force"), transaction.atomic():
        quoted(customer, asked)
    assert all_of(Quote) == []


def test_an_option_of_another_product_or_too_many_of_it_is_refused_by_the_database() -> None:
    thing, other, customer = package(), package(), make.customer()
    mine, others = room(thing), room(other)
    good = line(thing, {mine.pk: 1})
    for choices in (((others.pk, 1),), ((mine.pk, 1), (mine.pk, 1)), ((10**9, 1),)):
        with pytest.raises(IntegrityError, match="not the one in force"), transaction.atomic():
            quoted(customer, line(thing, {mine.pk: 1}, choices=choices))
    many = line(thing, {mine.pk: 5}, choices=((mine.pk, 6),), steps=(Step(1, 7_950 + 6 * 1_800),),
                net_cents=1_500 + 7_950 + 6 * 1_800)  # fmt: skip
    with pytest.raises(IntegrityError, match="not the one in force"), transaction.atomic():
        quoted(customer, many)
    assert quoted(customer, good).net_cents == 1_500 + 9_750


def test_a_number_that_is_not_there_costs_nothing_and_is_refused() -> None:
    """A comparison with NULL is neither true nor false, which an aggregate passes over."""
    thing, customer = package(), make.customer()
    mine = room(thing)
    free = line(thing, {mine.pk: 1}, choices=((mine.pk, None),), steps=(Step(1, 7_950),), net_cents=9_450)
    with pytest.raises(IntegrityError), transaction.atomic():
        quoted(customer, free)
    with as_owner(), connection.cursor() as cursor:
        for numbers, fits in (([None], False), ([1], True)):
            cursor.execute(
                "SELECT fits FROM catalogue_chosen(%s, 12, %s, %s, %s::integer[])",
                [thing.pk, TODAY, [mine.pk], numbers],
            )
            assert cursor.fetchone() == (fits,)


@pytest.mark.parametrize("model", [CartLine, QuoteLine, Service, Content])
def test_nor_does_it_stand_anywhere(model: type[Model]) -> None:
    [constraint] = [each for each in model._meta.constraints if each.name.endswith("_has_so_many_of_each")]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_expr(conbin, conrelid), convalidated FROM pg_constraint WHERE conname = %s",
            [constraint.name],
        )
        [(expression, validated)] = cursor.fetchall()
        cursor.execute(
            f"SELECT {expression} FROM (VALUES ('{{1,NULL}}'::smallint[]), ('{{1,0}}'), ('{{}}')) x (choice_counts)"
        )
        assert (validated, [row[0] for row in cursor.fetchall()]) == (True, [False, True, True])


def test_of_a_list_something_is_chosen_by_whoever_orders() -> None:
    thing, customer = package(), make.customer()
    first, second = make.option(product=thing, choices=[{12: 500}, {12: 900}])
    assert line(thing).choices == ((first.pk, 1),)
    with pytest.raises(IntegrityError, match="not the one in force"), transaction.atomic():
        quoted(customer, line(thing, choices=(), steps=(Step(1, 7_950),), net_cents=9_450))
    assert quoted(customer, line(thing, {second.pk: 1})).net_cents == 7_950 + 900 + 1_500


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(0, 9)), max_size=3), st.integers(1, 40),
    st.none() | st.tuples(st.booleans(), st.integers(1, 10_000), st.booleans()),
)  # fmt: skip
def test_the_database_reckons_as_the_shop_does(
    options: list[tuple[int, int, int]], quantity: int, off: tuple[bool, int, bool] | None
) -> None:
    thing, counts = package(most=40), {}
    for cents, _setup, n in options:
        [counted] = make.option(product=thing, kind="quantity", choices=[{12: cents}], most=9)
        counts[counted.pk] = n
    code = None
    if off:
        amount = {"basis_points": off[1]} if off[0] else {"cents": off[1]}
        code = make.promotion(**amount, forever=off[2])
    asked = line(thing, counts, quantity=quantity, code=code)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.extra, c.setup, c.fits, s.steps_from, s.steps_cents FROM catalogue_chosen(%s, 12, %s, %s, %s) c,"
            " catalogue_steps(7950, NULL, 0, c.extra, %s, %s, %s, %s) s",
            [thing.pk, TODAY, [pk for pk, _ in asked.choices], [n for _, n in asked.choices], quantity,
             code.basis_points if code else None, code.cents if code else None, bool(code and code.forever)],
        )  # fmt: skip
        _extra, setup, fits, froms, cents = cursor.fetchone()
    assert fits
    assert [Step(*pair) for pair in zip(froms, cents, strict=True)] == list(asked.steps)
    assert asked.setup_cents == quantity * (1_500 + setup)
    if off:
        assert all(step.cents % quantity == 0 for step in asked.steps)


# --- additions ------------------------------------------------------------------------------------------------------------


def addition(of: Product, cents: int = 600) -> Product:
    return make.product(kind="addon", belongs_to=of, prices={12: cents})


def running(customer: Customer, product: Product) -> Service:
    order = accepted(quoted(customer, line(product), key="cart:running"))
    paid(order)
    jobs.deliver.run(order_id=order.pk)
    [service] = all_of(Service)
    with acting(Purpose.CONTRACT, actor=JOB):
        Service.objects.filter(pk=service.pk).update(state=State.ACTIVE)
    return service


def test_an_addition_is_ordered_with_a_package_and_ends_with_it() -> None:
    thing, customer = package(), make.customer()
    order = accepted(quoted(customer, line(thing), line(addition(thing), parent=0)))
    paid(order)
    jobs.deliver.run(order_id=order.pk)
    jobs.deliver.run(order_id=order.pk)
    main, added = all_of(Service)
    assert (added.belongs_to_id, added.label, added.price_cents) == (main.pk, main.label, 600)
    [task] = all_of(Task)
    with acting(Purpose.CONTRACT, actor=JOB):
        tasks.done(task_id=task.pk, note="Klaar.", person_id=None, now=LATER)
        Service.objects.filter(pk=main.pk).update(state=State.ACTIVE)
        held = Service.objects.select_related("product").get(pk=main.pk)
        endings.cancel(held, on=held.renews_on, asked=Asked(By.CUSTOMER), now=LATER)
        assert Service.objects.get(pk=added.pk).ends_on == held.renews_on
        endings.undo(Service.objects.get(pk=main.pk), asked=Asked(By.CUSTOMER), now=LATER)
        assert Service.objects.get(pk=added.pk).state == State.ACTIVE
        endings.end(Service.objects.select_related("product").get(pk=main.pk), on=TODAY, reason="end_reached",
                    kind=Charge.Kind.ENDED, now=LATER)  # fmt: skip
        assert Service.objects.get(pk=added.pk).state == State.TERMINATED
        assert sorted(Charge.objects.values_list("cents", flat=True)) == [-7_950, -600]


def test_an_addition_to_a_running_service_is_for_who_has_that_service() -> None:
    thing, customer, other = package(), make.customer(), make.customer()
    extra, service = addition(thing), running(customer, thing)
    asked = line(extra, service_id=service.pk)
    with pytest.raises(QuoteRefused, match="dienst van iemand anders"):
        quoted(other, asked, key="cart:2")
    order = accepted(quoted(customer, asked, key="cart:3"))
    paid(order)
    jobs.deliver.run(order_id=order.pk)
    assert all_of(Service)[1].belongs_to_id == service.pk


@pytest.mark.parametrize("words", [{}, {"label": "elders.test"}])
def test_the_database_refuses_an_addition_to_nothing_or_to_another_name(words: dict[str, Any]) -> None:
    thing, customer = package(), make.customer()
    extra = addition(thing)
    lines = (line(thing), line(extra, parent=0, **words)) if words else (line(extra),)
    with pytest.raises(IntegrityError, match="not the one in force"), transaction.atomic():
        quoted(customer, *lines)


# --- domain names: no order without knowing what the registry gets (P42) --------------------------------------------------


def extension(name: str = ".test", **words: Any) -> Product:
    return make.product(kind="domain", extension=name, prices={12: 900}, **words)


def told(product: Product, version: str = "1", **words: Any) -> RegistryNotice:
    texts = dict.fromkeys(
        ("gets_nl", "gets_en", "public_private_nl", "public_private_en", "public_business_nl", "public_business_en"), "Uw naam."
    )  # fmt: skip
    with as_owner():
        return RegistryNotice.objects.create(
            product=product, version=version, registry="Register", **({"valid_from": TODAY} | texts | words)
        )


def accept(quote: Quote, *notices: RegistryNotice) -> Order:
    with as_owner():
        person = make.holder_of(Customer.objects.get(pk=quote.customer_id))
    from hospes.sales import agreements

    with acting(
        Purpose.CONTRACT, actor=Actor.person(person.pk), customer=quote.customer_id, person=person.pk
    ):
        return services.accept_quote(
            quote_id=quote.pk, person_id=person.pk, ip=None, agreed=agreements.of_now("nl"), today=TODAY, now=LATER,
            told=[notice.pk for notice in notices], language="nl",
        )  # fmt: skip


@pytest.mark.promise("P42")
def test_a_name_is_ordered_only_by_who_was_told_what_the_registry_gets_and_that_is_on_record() -> None:
    nl, customer = extension(), make.customer()
    old = told(nl, valid_from=TODAY.replace(year=TODAY.year - 1))
    notice = told(nl, "2")
    quote = quoted(customer, line(nl))
    for known in ((), (old,)):
        with pytest.raises(QuoteRefused, match="register"):
            accept(quote, *known)
    assert all_of(Order) == []
    order = accept(quote, notice)
    [known] = all_of(RegistryKnown)
    assert (known.order_id, known.notice_id, known.known_at, known.language) == (
        order.pk,
        notice.pk,
        LATER,
        "nl",
    )


@pytest.mark.promise("P42")
def test_the_database_refuses_the_order_of_a_name_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    nl, customer = extension(), make.customer()
    notice = told(nl)
    quote = quoted(customer, line(nl))
    monkeypatch.setattr(registries, "note", lambda *a, **k: None)
    with transaction.atomic():
        accept(quote, notice)
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="what its registry gets"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def test_a_name_of_another_extension_is_refused_by_the_database() -> None:
    nl, customer = extension(), make.customer()
    with pytest.raises(IntegrityError, match="not the one in force"), transaction.atomic():
        quoted(customer, line(nl, label="voorbeeld.anders"))


# --- what a person delivers -----------------------------------------------------------------------------------------------


def work(customer: Customer, *, start: bool = True) -> Order:
    thing = make.product(kind="work", unit_nl="uur", unit_en="hour", most=40, prices={0: 8_500})
    order = accepted(quoted(customer, line(thing, months=0, quantity=3, label="")))
    if start:
        with as_owner():
            Order.objects.filter(pk=order.pk).update(start_asked_at=NOW)
    paid(order)
    jobs.deliver.run(order_id=order.pk)
    jobs.deliver.run(order_id=order.pk)
    return order


def test_work_by_the_hour_is_invoiced_when_it_is_ordered_done_once_and_never_renewed() -> None:
    work(make.customer())
    [invoiced] = all_of(InvoiceLine)
    assert (invoiced.kind, invoiced.quantity, invoiced.unit_cents, invoiced.period_from) == (
        "work",
        3,
        8_500,
        None,
    )
    assert all_of(Service) == []
    [task] = all_of(Task)
    assert (task.state, task.quantity, task.not_before) == ("open", 3, None)
    with acting(Purpose.CONTRACT, actor=SYSTEM):
        tasks.done(task_id=task.pk, note="Verhuisd.", person_id=None, now=LATER)
        with pytest.raises(WorkRefused):
            tasks.done(task_id=task.pk, note="Nog eens.", person_id=None, now=LATER)
    [task] = all_of(Task)
    assert (task.state, task.note) == ("done", "Verhuisd.")
    assert [m.kind for m in all_of(Message) if m.kind == "services.work_done"] == ["services.work_done"]


def test_a_consumer_who_did_not_ask_to_begin_waits_until_they_cannot_withdraw() -> None:
    work(make.customer(kind="private"), start=False)
    [task] = all_of(Task)
    assert task.not_before is not None
    assert (task.not_before - TODAY).days >= 15


def test_a_name_is_registered_by_a_person_and_is_active_then() -> None:
    nl, customer = extension(), make.customer()
    notice = told(nl)
    order = accept(quoted(customer, line(nl)), notice)
    paid(order)
    jobs.deliver.run(order_id=order.pk)
    [service], [task] = all_of(Service), all_of(Task)
    assert (service.state, service.provider, task.service_id) == ("pending", "registry", service.pk)
    with acting(Purpose.CONTRACT, actor=SYSTEM):
        tasks.done(task_id=task.pk, note="Geregistreerd.", person_id=None, now=LATER)
    [service] = all_of(Service)
    assert service.state == "active"
    assert [m.kind for m in all_of(Message)].count("services.active") == 1


# --- what changes later ---------------------------------------------------------------------------------------------------


def test_options_come_along_to_another_package_that_has_them_at_its_price() -> None:
    thing, bigger, bare, customer = package(), package(), package(), make.customer()
    [here] = make.option(product=thing, kind="quantity", choices=[{12: 1_800}], most=5, slug="ruimte")
    [there] = make.option(product=bigger, kind="quantity", choices=[{12: 1_000}], most=1, slug="ruimte")
    with as_owner():
        bigger.prices.update(cents=10_000)
    order = accepted(quoted(customer, line(thing, {here.pk: 3})))
    paid(order)
    jobs.deliver.run(order_id=order.pk)
    [service] = all_of(Service)
    with acting(Purpose.CONTRACT, actor=JOB):
        held = Service.objects.select_related("product").get(pk=service.pk)
        same = changes.wanted(held, product_id=thing.pk, quantity=1, months=12, today=TODAY)
        other = changes.wanted(held, product_id=bigger.pk, quantity=1, months=12, today=TODAY)
        without = changes.wanted(held, product_id=bare.pk, quantity=1, months=12, today=TODAY)
    assert (same.price_cents, same.choices) == (7_950 + 5_400, ((here.pk, 3),))
    assert (other.price_cents, other.choices) == (11_000, ((there.pk, 1),))  # at most one of it there
    assert (without.price_cents, without.choices) == (7_950, ())


def test_a_name_never_becomes_one_of_another_extension() -> None:
    nl, com, customer = extension(), extension(".other"), make.customer()
    notice = told(nl)
    order = accept(quoted(customer, line(nl)), notice)
    paid(order)
    jobs.deliver.run(order_id=order.pk)
    with acting(Purpose.CONTRACT, actor=JOB):
        held = Service.objects.select_related("product").get()
        with pytest.raises(changes.ChangeRefused):
            changes.wanted(held, product_id=com.pk, quantity=1, months=12, today=TODAY)


@pytest.mark.parametrize(
    ("asked", "is_done", "back"), [(True, True, 0), (True, False, 25_500), (False, False, 25_500)]
)
def test_work_that_was_done_because_it_was_asked_is_not_given_back(
    asked: bool, is_done: bool, back: int
) -> None:
    order = work(make.customer(kind="private"), start=asked)
    [task] = all_of(Task)
    with acting(Purpose.CONTRACT, actor=SYSTEM):
        if is_done:
            tasks.done(task_id=task.pk, note="Klaar.", person_id=None, now=LATER)
        held = Order.objects.get(pk=order.pk)
        assert [part.cents for part in withdrawals.backs(held, on=TODAY)] == [back]
