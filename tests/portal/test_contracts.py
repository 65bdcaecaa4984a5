"""One service in the portal: what it costs to change is shown before, cancelling says when and what comes back (P22)."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import rendering
from hospes.messaging.models import Message
from hospes.sales import jobs as sales_jobs
from hospes.sales.models import Order, QuoteLine, Refund, Withdrawal
from hospes.services import jobs as service_jobs
from hospes.services.models import Charge, Content, Request, Service, Task
from tests.portal.visit import House, browser, house, member, text
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]


def worked() -> None:
    """Have the worker do what waits for it."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        waiting = cursor.fetchall()
        cursor.execute("DELETE FROM procrastinate_jobs")
    names = {"services.jobs.carry_out": service_jobs.carry_out, "sales.jobs.take_in": sales_jobs.take_in}
    with as_login("worker"):
        for name, arguments in waiting:
            if name in names:
                import json

                names[name].run(**(json.loads(arguments) if isinstance(arguments, str) else arguments))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def at(place: House, what: str = "") -> str:
    return f"/k/{place.number}/diensten/{place.service.pk}/{what}"


def held(place: House) -> Service:
    with as_owner():
        return Service.objects.get(pk=place.service.pk)


def test_an_upgrade_shows_what_it_costs_and_then_is_done_for_that() -> None:
    with clock.moved_to(NOW):
        place = house()
        client, large = browser(place.holder), make.product(prices={12: 15000})
        query = {"choice": f"{large.pk}:12", "quantity": "1", "when": "now"}
        shown = client.get(at(place, "wijzigen/"), query)
        assert "€ 90,75 inclusief btw" in text(shown).replace("\u00a0", " ")
        page = shown.content.decode()
        sent = query | {"do": "confirm", "key": hidden(page, "key"), "shown": hidden(page, "shown")}
        for _ in range(2):  # a double click
            client.post(at(place, "wijzigen/"), sent)
        assert "wordt uitgevoerd" in text(client.get(at(place)))
        worked()
        said = text(client.get(at(place))).replace("\u00a0", " ")
    assert held(place).product_id == large.pk
    assert "€ 150,00" in said
    with as_owner():
        assert [c.cents for c in Charge.objects.order_by("pk")] == [-7500, 15000]
        assert Request.objects.count() == 1


@pytest.mark.parametrize(("kind", "said"), [
    ("private", "€ 181,50 inclusief btw / 12 maanden"), ("business", "€ 150,00 exclusief btw / 12 maanden"),
])  # fmt: skip
def test_packages_to_choose_from_have_the_price_as_the_customer_reads_it(kind: str, said: str) -> None:
    with clock.moved_to(NOW):
        place = house(kind=kind)
        make.product(prices={12: 15000})
        page = text(browser(place.holder).get(at(place, "wijzigen/"))).replace("\u00a0", " ")
    assert said in page


def test_a_change_to_another_kind_of_vat_says_to_the_cent_what_the_documents_will() -> None:
    with clock.moved_to(NOW):
        place = house()
        client, large = browser(place.holder), make.product(prices={12: 15000})
        make.vat_of(large, "reduced")
        query = {"choice": f"{large.pk}:12", "quantity": "1", "when": "now"}
        shown = client.get(at(place, "wijzigen/"), query)
        said = text(shown).replace("\u00a0", " ")
        page = shown.content.decode()
        client.post(
            at(place, "wijzigen/"),
            query | {"do": "confirm", "key": hidden(page, "key"), "shown": hidden(page, "shown")},
        )
        worked()
        after = text(client.get(at(place))).replace("\u00a0", " ")
        with as_login("worker"), acting(Purpose.MESSAGES, actor=JOB):
            letter = rendering.render(Message.objects.get(kind="services.change"), now=NOW)
    assert "€ 163,50 inclusief btw / 12 maanden" in said  # 150,00 with 9 %
    assert "€ 72,75 inclusief btw" in said  # that, less 75,00 with 21 %
    assert "€ 163,50 inclusief btw" in after
    mailed = letter.text.replace("\u00a0", " ")
    assert "€ 163,50 inclusief btw" in mailed
    assert "€ 72,75 inclusief btw" in mailed


def test_another_amount_than_was_shown_is_not_asked_for() -> None:
    with clock.moved_to(NOW):
        place = house()
        client = browser(place.holder)
        query = {"choice": f"{place.service.product_id}:12", "quantity": "2", "when": "now"}
        page = client.get(at(place, "wijzigen/"), query).content.decode()
        answer = client.post(
            at(place, "wijzigen/"), query | {"do": "confirm", "key": hidden(page, "key"), "shown": "1"}
        )
    assert "Het bedrag is veranderd" in text(answer)
    with as_owner():
        assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"quantity": "0"}, "1"), ({"quantity": "11"}, "10"), ({"choice": "x"}, "geldige keuze"),
        ({}, "Dit is het al"), ({"choice": "999:12"}, "geldige keuze"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_the_form(query: dict[str, str], said: str) -> None:
    with clock.moved_to(NOW):
        place = house()
        usual = {"choice": f"{place.service.product_id}:12", "quantity": "1", "when": "now"}
        answer = browser(place.holder).get(at(place, "wijzigen/"), usual | query)
    assert answer.status_code == 200
    assert said in text(answer)


def test_a_change_for_the_next_term_can_be_taken_back() -> None:
    with clock.moved_to(NOW):
        place = house()
        client = browser(place.holder)
        query = {"choice": f"{place.service.product_id}:12", "quantity": "2", "when": "term_end"}
        page = client.get(at(place, "wijzigen/"), query).content.decode()
        client.post(
            at(place, "wijzigen/"),
            query
            | {
                "do": "confirm",
                "key": hidden(page, "key"),
                "shown": "0",
                "shown_term": hidden(page, "shown_term"),
            },
        )
        worked()
        page = client.get(at(place)).content.decode()
        assert "Geplande wijziging intrekken" in page
        client.post(at(place, "intrekken/"), {"what": "unplan", "key": hidden(page, "key")})
        worked()
        assert "Geplande wijziging intrekken" not in client.get(at(place)).content.decode()


def test_a_consumer_who_was_renewed_silently_is_told_the_day_and_the_money() -> None:
    with clock.moved_to(NOW):
        place = house(kind="private")
        with as_owner():
            Service.objects.filter(pk=place.service.pk).update(
                anchor_on=date(2024, 11, 1), started_on=date(2024, 11, 1), run_months=24, renews_on=date(2026, 11, 1),
                bound_until=date(2025, 11, 1), price_cents=7300,
            )  # fmt: skip
        client = browser(place.holder)
        page = client.get(at(place, "opzeggen/")).content.decode()
        assert "2 april 2026" in page
        assert "51,55" in page  # 213 days at 20 cents, and VAT
        client.post(at(place, "opzeggen/"), {"when": "soonest", "key": hidden(page, "key")})
        worked()
        assert held(place).ends_on == date(2026, 4, 2)
        page = client.get(at(place)).content.decode()
        assert "1 april 2026" in page
        client.post(at(place, "intrekken/"), {"what": "undo", "key": hidden(page, "key")})
        worked()
    assert (held(place).state, held(place).ends_on) == ("active", None)


def test_a_consumer_in_a_term_of_two_years_is_told_that_a_year_binds_and_what_comes_back() -> None:
    with clock.moved_to(NOW):
        place = house(kind="private")
        with as_owner():
            Service.objects.filter(pk=place.service.pk).update(
                months=24,
                run_months=24,
                renews_on=date(2028, 3, 2),
                bound_until=date(2028, 3, 2),
                price_cents=14620,
            )
            Content.objects.filter(service=place.service).update(months=24, price_cents=14620)
        client = browser(place.holder)
        page = text(client.get(at(place, "opzeggen/")))
        assert "2 maart 2027: u zit er niet langer dan een jaar aan vast" in page
        assert "88,57" in page  # 366 days at 20 cents, and VAT
        assert "2 maart 2028" in page
        page = client.get(at(place, "opzeggen/")).content.decode()
        client.post(at(place, "opzeggen/"), {"when": "soonest", "key": hidden(page, "key")})
        worked()
    assert held(place).ends_on == date(2027, 3, 2)


def test_a_day_before_a_term_ends_that_was_renewed_ahead_it_is_not_said_to_be_a_month_away() -> None:
    with clock.moved_to(NOW):
        place = house(kind="private")
        with as_owner():
            begun = date(2025, 3, 12)
            Service.objects.filter(pk=place.service.pk).update(
                anchor_on=begun, started_on=begun, run_months=24, renews_on=date(2027, 3, 12), bound_until=date(2026, 3, 12)
            )  # fmt: skip
            Content.objects.filter(service=place.service).update(from_on=begun)
        page = text(browser(place.holder).get(at(place, "opzeggen/")))
    assert "12 maart 2026, aan het einde van de termijn" in page
    assert "een maand na vandaag" not in page


@pytest.mark.parametrize("when", ["now", "term_end"])
def test_what_was_planned_and_does_not_come_is_named_beside_the_change_that_takes_its_place(
    when: str,
) -> None:
    with clock.moved_to(NOW):
        place = house()
        client, small = browser(place.holder), make.product(prices={12: 5000}, name_nl="Klein pakket")
        plan = {"choice": f"{small.pk}:12", "quantity": "1", "when": "term_end"}
        page = client.get(at(place, "wijzigen/"), plan).content.decode()
        assert "gepland stond" not in page
        client.post(
            at(place, "wijzigen/"),
            plan
            | {
                "do": "confirm",
                "key": hidden(page, "key"),
                "shown": "0",
                "shown_term": hidden(page, "shown_term"),
            },
        )
        worked()
        other = {"choice": f"{place.service.product_id}:12", "quantity": "2", "when": when}
        answer = client.get(at(place, "wijzigen/"), other)
        said = text(answer).replace("\u00a0", " ")
        assert (
            "gepland stond (Klein pakket, voor € 60,50 inclusief btw per termijn), gaat dan niet door" in said
        )
        page = answer.content.decode()
        shown = {
            "do": "confirm",
            "key": hidden(page, "key"),
            "shown": hidden(page, "shown"),
            "shown_term": hidden(page, "shown_term"),
        }
        client.post(at(place, "wijzigen/"), other | shown)
        worked()
        assert "een andere wijziging komt in de plaats van de geplande" in text(client.get(at(place))).lower()


def test_the_next_term_is_told_at_the_price_that_it_will_have() -> None:
    with clock.moved_to(NOW):
        place = house(kind="private")
        with as_owner():
            line = place.quote.lines.get()
            QuoteLine.objects.filter(pk=line.pk).update(
                steps_from=[1, 3],
                steps_cents=[5000, 7500],
                net_cents=5000,
                product_id=place.service.product_id,
            )
            Service.objects.filter(pk=place.service.pk).update(
                origin=f"quote_line:{line.pk}", intro_cents=5000
            )
        page = text(browser(place.holder).get(at(place))).replace("\u00a0", " ")
    assert "wordt deze dienst verlengd, voor" in page
    assert "€ 60,50 inclusief btw" in page
    assert "€ 90,75" not in page


def test_what_a_colleague_sets_up_is_not_late_and_an_addition_is_not_handed_over() -> None:
    with clock.moved_to(NOW):
        place = house()
        addition = make.service(customer=place.customer, product=make.product(kind="addon", belongs_to=place.service.product, prices={12: 100}),
                                belongs_to=place.service)  # fmt: skip
        client = browser(place.holder)
        assert 'id="move"' in client.get(at(place)).content.decode()
        assert (
            'id="move"'
            not in client.get(at(place).replace(str(place.service.pk), str(addition.pk))).content.decode()
        )
        with as_owner():
            Service.objects.filter(pk=addition.pk).update(state="pending")
            Task.objects.create(service=addition, customer=place.customer, product_id=addition.product_id, label="x",
                                made_at=NOW, origin="test:1")  # fmt: skip
        answer = client.get(at(place).replace(str(place.service.pk), str(addition.pk)))
    assert "Een collega regelt dit voor u" in text(answer)
    assert "langer" not in text(answer)
    assert 'id="look-again"' not in answer.content.decode()


def test_no_more_of_an_addition_is_offered_than_there_may_be() -> None:
    with clock.moved_to(NOW):
        place = house()
        with as_owner():
            once = make.product(kind="addon", belongs_to=place.service.product, prices={12: 100})
            twice = make.product(kind="addon", belongs_to=place.service.product, prices={12: 100}, most=2)
        client = browser(place.holder)

        def offered() -> list[bool]:
            page = client.get(at(place)).content.decode()
            return [f'id="add-{each.slug}"' in page for each in (once, twice)]

        assert offered() == [True, True]
        with as_owner():
            had = [
                make.service(customer=place.customer, product=each, belongs_to=place.service)
                for each in (once, twice)
            ]
        assert offered() == [False, True]
        with as_owner():
            Service.objects.filter(pk=had[0].pk).update(state="terminated", ended_on=NOW.date())
            Service.objects.filter(pk=had[1].pk).update(quantity=2)
        assert offered() == [True, False]


@pytest.mark.parametrize(("kind", "is_told"), [("hosting", True), ("monitoring", False)])
def test_only_who_has_a_website_is_told_of_the_website(kind: str, is_told: bool) -> None:
    with clock.moved_to(NOW):
        place = house()
        with as_owner():
            held = make.service(customer=place.customer, product=make.product(kind=kind, prices={12: 100}))
        client, service = browser(place.holder), at(place).replace(str(place.service.pk), str(held.pk))
        pages = [text(client.get(f"{service}{what}")) for what in ("opzeggen/", "overdragen/")]
    assert ["de website" in page for page in pages] == [is_told, is_told]
    assert "de opzegging intrekken" in pages[0]


@pytest.mark.parametrize("role", ["technical", "read_only"])
def test_who_may_not_order_may_not_change_or_cancel(role: str) -> None:
    place = house()
    client = browser(member(place.customer, role))
    assert "Contract opzeggen" not in text(client.get(at(place)))
    for what in ("wijzigen/", "opzeggen/"):
        assert client.get(at(place, what)).status_code == 403
    assert client.post(at(place, "intrekken/"), {"key": "0" * 32}).status_code == 403
    with as_owner():
        assert not Request.objects.exists()


# --- withdrawing ---


def an_order(place: House) -> Order:
    with as_owner():
        Order.objects.filter(pk=place.order.pk).update(state="paid", paid_at=NOW, placed_at=NOW)
        return Order.objects.get(pk=place.order.pk)


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_function_stands_on_every_page_under_the_words_of_the_law(prefix: str) -> None:
    place = house()
    words = "Withdraw from contract here" if prefix else "Overeenkomst hier herroepen"
    for client, address in ((browser(), "/hosting/"), (browser(place.holder), f"/k/{place.number}/")):
        assert words in text(client.get(f"{prefix}{address}"))


def test_from_an_order_of_ones_own_nothing_is_filled_in_and_it_ends_at_once() -> None:
    with clock.moved_to(NOW + timedelta(days=13)):
        place = house(kind="private")
        order, client = an_order(place), browser(place.holder)
        address = f"/k/{place.number}/bestellingen/{order.number}/herroepen/"
        page = client.get(address).content.decode()
        assert "Herroeping bevestigen" in page
        done = client.post(address, {"do": "confirm", "form_id": hidden(page, "form_id")})
        assert "15 maart 2026" in text(done)
        worked()
    with as_owner():
        assert Order.objects.get(pk=order.pk).state == "withdrawn"
        assert Refund.objects.get().cents == order.total_cents


def test_on_day_15_it_says_that_it_is_over_and_what_can_be_done() -> None:
    place = house(kind="private")
    order = an_order(place)
    with clock.moved_to(NOW + timedelta(days=15)):
        answer = browser(place.holder).get(f"/k/{place.number}/bestellingen/{order.number}/herroepen/")
    assert "16 maart 2026" in text(answer)
    assert "Herroeping bevestigen" not in text(answer)


@pytest.mark.promise("P25")
def test_a_visitor_hears_the_same_whether_or_not_there_is_such_an_order() -> None:
    place = house(kind="private")
    order = an_order(place)
    with clock.moved_to(NOW + timedelta(days=3)):
        heard = []
        for contract, email in ((order.number, place.holder.email), ("B2020-00001", "nobody@mail.example")):
            client = browser()
            page = client.get("/herroepen/").content.decode()
            said = {"name": "N", "contract": contract, "email": email, "form_id": hidden(page, "form_id")}
            second = client.post("/herroepen/", said)
            assert "Herroeping bevestigen" in text(second)
            with as_owner():
                assert not Withdrawal.objects.filter(contract=contract).exists()
            done = text(client.post("/herroepen/", said | {"do": "confirm"}))
            heard.append(done.replace(contract, "…").replace(email, "…"))
        worked()
    assert heard[0] == heard[1]
    with as_owner():
        assert [w.state for w in Withdrawal.objects.order_by("pk")] == ["check", "unknown"]


def test_a_robot_is_stopped_and_told_how_else() -> None:
    with clock.moved_to(NOW):
        client, answers = browser(), []
        for _ in range(11):
            page = client.get("/herroepen/").content.decode()
            said: dict[str, Any] = {"name": "N", "contract": "x", "email": "a@mail.example", "do": "confirm"}
            answers.append(
                client.post("/herroepen/", said | {"form_id": hidden(page, "form_id")}).status_code
            )
    assert answers == [200] * 10 + [429]
