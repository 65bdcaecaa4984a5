"""What belongs to a service moves with it: each sees its own time, what changed meanwhile stops it, and nothing moves alone."""

from datetime import timedelta
from typing import Any

import pytest

from hospes.catalogue.models import Product
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.services import endings, moves, queries, tasks
from hospes.services.models import By, Content, Service, Task
from hospes.services.moves import MoveRefused
from hospes.services.services import Asked
from tests.billing.run import due
from tests.services.test_changes import ask as ask_change
from tests.services.test_changes import carried_out as change_carried_out
from tests.services.test_life_cycle import again
from tests.services.test_moves import asked, both_agreed, done, offered
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]
DAY = timedelta(days=1)


def addition(of: Service, *, name: str = "Postvakken", **words: Any) -> Service:
    """Something that belongs to a service, under its name."""
    product = make.product(kind="addon", belongs_to=of.product, name_nl=name, most=10, prices={12: 1200})
    usual = {
        "price_cents": 1200,
        "label": of.label,
        "provider": "",
        "belongs_to": of,
        "customer": of.customer,
    }
    return make.service(product=product, **(usual | words))


def with_options(**words: Any) -> tuple[Service, list[int]]:
    """A year at 73 euro, twice some more room included."""
    product = make.product(prices={12: 5300})
    [room] = make.option(product=product, kind="quantity", choices=[{12: 1000}], most=5)
    service = make.service(
        price_cents=7300, product=product, choice_ids=[room.pk], choice_counts=[2], **words
    )
    with as_owner():
        Content.objects.filter(service=service).update(
            choice_ids=[room.pk], choice_counts=[2], details="Ruimte: 2 × 10 GB"
        )
    return service, [room.pk]


def entitled(customer_id: int, on: Any) -> list[tuple[int, str, int]]:
    """As the customer's own session sees it: service, name and number."""
    with as_login("portal"), acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer_id):
        found = queries.entitled_at(customer_id, moment=NOW + DAY, day=on)
    return sorted((x.service_id, x.label, x.quantity) for x in found)


def test_additions_and_options_go_along_and_both_see_their_own_time() -> None:
    service, rooms = with_options()
    boxes = addition(service, quantity=2)
    ended = addition(service, name="Oud", state="terminated", ended_on=TODAY)
    to, giver, day = make.customer(), service.customer_id, TODAY + 100 * DAY
    offer = both_agreed(service, to)
    assert (offer.additions, offer.additions_cents, offer.term_cents) == ("2 × Postvakken", 2400, 7300 + 2400)
    assert done(offer, today=day) == "done"
    held, beside = again(service), again(boxes)
    assert (held.customer_id, held.choice_ids, held.choice_counts) == (to.pk, rooms, [2])
    assert (beside.customer_id, beside.belongs_to_id, beside.quantity) == (to.pk, service.pk, 2)
    assert again(ended).customer_id == giver
    with as_owner():
        rows = Content.objects.filter(service_id__in=(service.pk, boxes.pk), until_on=None).order_by(
            "service_id"
        )
        assert [(c.customer_id, c.from_on, c.choice_ids, c.details) for c in rows] == [
            (to.pk, day, rooms, "Ruimte: 2 × 10 GB"), (to.pk, day, [], ""),
        ]  # fmt: skip
    both = [(service.pk, service.label, 1), (boxes.pk, boxes.label, 2)]
    assert (entitled(giver, day - DAY), entitled(giver, day)) == (both, [])
    assert (entitled(to.pk, day - DAY), entitled(to.pk, day)) == ([], both)


def test_of_two_that_move_on_one_day_each_addition_is_remembered_under_its_own_name() -> None:
    giver, to, day = make.customer(), make.customer(), TODAY + 10 * DAY
    product = make.product()
    mains = [make.service(customer=giver, product=product) for _ in range(2)]
    extras = [addition(each) for each in mains]
    for n, each in enumerate(mains):
        assert done(both_agreed(each, to, key=f"k{n}"), today=day) == "done"
    assert entitled(giver.pk, day - DAY) == sorted((x.pk, x.label, 1) for x in (*mains, *extras))


def test_what_moved_and_came_back_is_seen_for_both_times() -> None:
    service, to = make.service(), make.customer()
    boxes = addition(service)
    with as_owner():
        giver = Customer.objects.get(pk=service.customer_id)
    assert done(both_agreed(service, to), today=TODAY + 10 * DAY) == "done"
    assert done(both_agreed(again(service), giver, key="back"), today=TODAY + 20 * DAY) == "done"
    both = [(service.pk, service.label, 1), (boxes.pk, boxes.label, 1)]
    assert [len(entitled(giver.pk, TODAY + n * DAY)) for n in (9, 10, 19, 20)] == [2, 0, 0, 2]
    assert [entitled(to.pk, TODAY + n * DAY) for n in (9, 10, 19, 20)] == [[], both, both, []]


@pytest.mark.parametrize("what", ["more of it", "another one", "ended", "price"])
def test_an_addition_that_changed_meanwhile_is_not_what_was_accepted(what: str) -> None:
    service, to = make.service(), make.customer()
    boxes = addition(service)
    offer = both_agreed(service, to)
    if what == "more of it":
        assert change_carried_out(ask_change(boxes, kind="change", quantity=2)) == "done"
    elif what == "another one":
        addition(service, name="Extra")
    elif what == "price":
        with as_owner():
            Service.objects.filter(pk=boxes.pk).update(price_cents=1201)
    else:
        with acting(Purpose.CONTRACT, actor=JOB):
            held = Service.objects.select_related("product").get(pk=boxes.pk)
            endings.cancel(held, on=TODAY, asked=Asked(By.STAFF), now=NOW)
            assert endings.end_due(service_id=boxes.pk, today=TODAY, now=NOW)
    assert done(offer) == "refused"
    assert again(service).customer_id == again(boxes).customer_id == service.customer_id


def test_an_addition_that_became_another_at_the_same_price_is_another() -> None:
    service, to = make.service(), make.customer()
    boxes = addition(service)
    offer = both_agreed(service, to)
    with acting(Purpose.CONTRACT, actor=JOB):
        held = Service.objects.select_related("product").get(pk=boxes.pk)
        endings.cancel(held, on=TODAY, asked=Asked(By.STAFF), now=NOW)
        endings.end_due(service_id=boxes.pk, today=TODAY, now=NOW)
    addition(service, name="Iets anders")
    assert done(offer) == "refused"


def test_an_addition_does_not_move_alone() -> None:
    boxes = addition(make.service())
    assert not moves.can_move(boxes)
    with pytest.raises(MoveRefused):
        asked(boxes, make.customer())


def test_a_cancelled_addition_ends_at_the_other_on_its_day() -> None:
    service, to = make.service(), make.customer()
    boxes = addition(service, state="cancelled", ends_on=TODAY + 50 * DAY)
    assert done(both_agreed(service, to), today=TODAY + 10 * DAY) == "done"
    with acting(Purpose.CONTRACT, actor=JOB):
        assert endings.end_due(service_id=boxes.pk, today=TODAY + 50 * DAY, now=NOW + 50 * DAY)
    assert [len(entitled(to.pk, TODAY + n * DAY)) for n in (9, 10, 49, 50)] == [0, 2, 2, 1]


def test_work_on_an_addition_that_is_not_ready_is_for_who_has_it_then() -> None:
    service, to = make.service(), make.customer()
    boxes = addition(service, state="pending")
    with acting(Purpose.CONTRACT, actor=JOB):
        tasks.set_up(service_id=boxes.pk, now=NOW)
    assert done(both_agreed(service, to)) == "done"
    with as_owner():
        task = Task.objects.get()
    assert task.customer_id == to.pk
    with acting(Purpose.CONTRACT, actor=JOB):
        tasks.done(task_id=task.pk, note="", person_id=None, now=NOW)
    assert (again(boxes).state, again(boxes).customer_id) == ("active", to.pk)


def test_the_other_pays_for_all_of_it_from_the_next_renewal_on() -> None:
    make.vat_rates()
    service, _rooms = with_options()
    boxes, to = addition(service), make.customer()
    assert done(both_agreed(service, to), today=TODAY + 10 * DAY) == "done"
    renews = again(service).renews_on
    due.run(renews - 14 * DAY)
    assert [(x.customer_id, x.service_id, x.net_cents, x.details) for x in due.lines()] == [
        (to.pk, service.pk, 7300, f"{service.label} · Ruimte: 2 × 10 GB"), (to.pk, boxes.pk, 1200, boxes.label),
    ]  # fmt: skip


def test_an_offer_that_waits_for_the_end_of_the_term_moves_what_belongs_to_it_then() -> None:
    service, to = make.service(), make.customer()
    boxes = addition(service)
    offer = both_agreed(service, to, when="term_end")
    assert done(offer, today=again(service).renews_on - DAY) == "accepted"
    assert done(offer, today=again(service).renews_on) == "done"
    assert again(boxes).customer_id == to.pk


def test_nobody_is_offered_a_price_in_words_of_somebody_else() -> None:
    service = make.service()
    addition(service)
    with as_owner():
        Product.objects.filter(kind="addon").update(name_en="Mailboxes")
    to = make.customer(holder=make.person(language="en"))
    found = offered(asked(service, to))
    assert found is not None
    assert found.additions == "Mailboxes"
