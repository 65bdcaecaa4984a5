"""Handing a service over in the portal, quotes of staff, and a raise that is coming: what both sides read and can do."""

from typing import Any

import pytest

from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.services import jobs
from hospes.services.models import Move, MoveOffer, RaisedService, Service
from tests.portal.test_contracts import at, hidden
from tests.portal.visit import House, browser, house, member, text
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]


def given(place: House, **words: str) -> Any:
    """Ask for it as the holder does."""
    client = browser(place.holder)
    page = client.get(at(place, "overdragen/")).content.decode()
    return client.post(
        at(place, "overdragen/"), {"when": "now", "key": hidden(page, "key")} | words, follow=True
    )


def test_a_service_goes_from_one_to_another_with_what_each_is_told() -> None:
    with clock.moved_to(NOW):
        mine, other = house(), house()
        answer = given(mine, to_number=str(other.number), to_email=other.holder.email.upper())
        assert "wordt overgedragen" in text(answer)
        with as_owner():
            move = Move.objects.get(service=mine.service)
        with as_login("worker"):
            jobs.offer_move.run(move_id=move.pk)
        with as_owner():
            offer = MoveOffer.objects.get(move=move)
        taker = browser(other.holder)
        assert mine.service.label in text(taker.get(f"/k/{other.number}/diensten/"))
        where = f"/k/{other.number}/diensten/overdracht/{offer.pk}/"
        page = taker.get(where).content.decode()
        assert mine.customer.name in page
        said = {"do": "accept", "agreed": hidden(page, "agreed")}
        taker.post(where, said)  # without the terms
        with as_owner():
            assert MoveOffer.objects.get(pk=offer.pk).state == "open"
        for _ in range(2):
            taker.post(where, said | {"terms": "on"})
        with as_login("worker"):
            jobs.carry_out_move.run(offer_id=offer.pk)
        with as_owner():
            held = MoveOffer.objects.get(pk=offer.pk)
            assert (held.decided_by_id, held.state, bool(held.terms_sha256)) == (
                other.holder.pk,
                "accepted",
                True,
            )
            assert Service.objects.get(pk=mine.service.pk).customer_id == other.customer.pk
        assert taker.get(f"/k/{other.number}/diensten/{mine.service.pk}/").status_code == 200
        giver = browser(mine.holder)
        assert giver.get(at(mine)).status_code == 404
        seen = giver.get(f"/k/{mine.number}/diensten/overdracht/")
        assert "van de ander sinds" in text(seen)
        assert other.customer.name not in seen.content.decode()


def test_it_reads_the_same_whether_the_other_exists_or_not() -> None:
    with clock.moved_to(NOW):
        one, two, other = house(), house(), house()
        right = given(one, to_number=str(other.number), to_email=other.holder.email)
        wrong = given(two, to_number="99999999", to_email="niemand@mail.example")
        with as_owner():
            moves = list(
                Move.objects.filter(service_id__in=(one.service.pk, two.service.pk)).values_list(
                    "pk", flat=True
                )
            )
        for pk in moves:
            with as_login("worker"):
                jobs.offer_move.run(move_id=pk)
        pages = [text(browser(h.holder).get(at(h))) for h in (one, two)]
    for said in (text(right), text(wrong), *pages):
        assert "als nummer en e-mailadres kloppen" in said


def test_only_the_holder_hands_over_and_takes_back() -> None:
    with clock.moved_to(NOW):
        mine, other = house(), house()
        admin = browser(member(mine.customer, "administration"))
        assert 'id="move"' not in admin.get(at(mine)).content.decode()
        assert admin.get(at(mine, "overdragen/")).status_code == 403
        given(mine, to_number=str(other.number), to_email=other.holder.email)
        browser(mine.holder).post(at(mine, "overdragen/intrekken/"))
    with as_owner():
        assert Move.objects.get(service=mine.service).withdrawn_at is not None


def test_a_form_of_a_version_that_is_over_says_so_and_changes_nothing() -> None:
    with clock.moved_to(NOW):
        place = house(kind="business")
        client = browser(place.holder)
        where = f"/k/{place.number}/offertes/{place.quote.number}/"
        page = client.get(where).content.decode()
        with as_owner():
            Quote.objects.filter(pk=place.quote.pk).update(state="replaced", closed_at=NOW)
            newer = make.quote(customer=place.customer, number=place.quote.number, version=2, valid_until="2999-01-01", made_by="staff",
                               intro="De nieuwe")  # fmt: skip
        form = {"do": "accept", "terms": "on", "agreed": hidden(page, "agreed"), "version": "1"}
        assert "nieuwe versie" in text(client.post(f"{where}besluit/", form, follow=True))
        assert "De nieuwe" in text(client.get(where))
        assert "nieuwere versie" in text(client.get(f"{where}?versie=1"))
        # What was agreed to on the page of one version does not count for another.
        client.post(f"{where}besluit/", form | {"version": "2"})
        with as_owner():
            assert not Order.objects.filter(quote__number=place.quote.number).exists()
        client.post(f"{where}besluit/", {"do": "decline", "version": "2", "reason": "  Te   duur "})
        assert "Te duur" in text(client.get(where))
    with as_owner():
        now = Quote.objects.get(pk=newer.pk)
    assert (now.state, now.decline_reason, now.decided_by_id) == ("declined", "Te duur", place.holder.pk)


def test_a_coming_raise_stands_on_the_page_of_the_service() -> None:
    with clock.moved_to(NOW):
        place = house()
        with as_owner():
            from hospes.services.models import Raise, RaiseNotice

            plan = Raise.objects.create(product=place.service.product, months=12, basis_points=1000, from_on="2026-06-01",
                                        announce_on="2026-03-02", planned_at=NOW, key="x")  # fmt: skip
            notice = RaiseNotice.objects.create(customer=place.customer, made_at=NOW, delivered_at=NOW)
            RaisedService.objects.create(plan=plan, service=place.service, customer=place.customer, notice=notice, state="announced",
                                         old_cents=place.service.price_cents, new_cents=9999)  # fmt: skip
        from hospes.services import raises

        with as_login("worker"), acting(Purpose.CONTRACT, actor=JOB):
            raises.settle(service_id=place.service.pk, now=NOW)
        said = text(browser(place.holder).get(at(place))).replace("\u00a0", " ")
        assert "Vanaf 2 maart 2027 kost het € 120,99" in said  # 99.99 and VAT, for a consumer
        assert 'id="unplan"' not in browser(place.holder).get(at(place)).content.decode()


def test_a_page_that_comes_without_a_known_button_decides_nothing() -> None:
    with clock.moved_to(NOW):
        mine, other = house(), house()
        given(mine, to_number=str(other.number), to_email=other.holder.email)
        with as_owner():
            move = Move.objects.get(service=mine.service)
        with as_login("worker"):
            jobs.offer_move.run(move_id=move.pk)
        with as_owner():
            offer = MoveOffer.objects.get(move=move)
        taker, where = browser(other.holder), f"/k/{other.number}/diensten/overdracht/{offer.pk}/"
        agreed = hidden(taker.get(where).content.decode(), "agreed")
        for do in ({}, {"do": ""}, {"do": "x"}):
            assert taker.post(where, {"terms": "on", "agreed": agreed} | do).status_code == 302
        with as_owner():
            assert MoveOffer.objects.get(pk=offer.pk).state == "open"
        client, page = browser(mine.holder), f"/k/{mine.number}/offertes/{mine.quote.number}/"
        agreed = hidden(client.get(page).content.decode(), "agreed")
        for do in ({}, {"do": ""}, {"do": "x"}):
            answer = client.post(
                f"{page}besluit/", {"terms": "on", "registries": "on", "agreed": agreed} | do
            )
            assert answer["Location"] == page
        with as_owner():
            assert Quote.objects.get(pk=mine.quote.pk).state == "open"


def test_what_is_paid_of_an_order_on_account_is_not_asked_for_again() -> None:
    place = house(kind="business")
    with as_owner():
        Quote.objects.filter(pk=place.quote.pk).update(on_account=True, made_by="staff", term_days=14)
    order = make.order(customer=place.customer)
    with as_owner():
        Quote.objects.filter(pk=order.quote_id).update(on_account=True, made_by="staff", term_days=14)
        Order.objects.filter(pk=order.pk).update(state="on_account")
    invoice = make.invoice(customer=place.customer, origin=f"order:{order.pk}")
    client, page = browser(place.holder), f"/k/{place.number}/bestellingen/{order.number}/"
    with as_owner():
        type(invoice).objects.filter(pk=invoice.pk).update(paid_cents=0)
    assert "te betalen" in text(client.get(page))
    with as_owner():
        type(invoice).objects.filter(pk=invoice.pk).update(paid_cents=invoice.total_cents - 100)
    assert "staat nog € 1,00 open" in text(client.get(page)).replace("\xa0", " ")
    with as_owner():
        type(invoice).objects.filter(pk=invoice.pk).update(paid_cents=invoice.total_cents)
    said = text(client.get(page))
    assert "Van de factuur staat niets meer open." in said
    assert "te betalen uiterlijk" not in said


def test_only_what_is_done_by_hand_is_said_to_be_beyond_withdrawing() -> None:
    place = house()
    where = f"/k/{place.number}/offertes/{place.quote.number}/"
    client = browser(place.holder)
    assert "krijgt u alles terug" in text(client.get(where))
    with as_owner():
        work = make.product(kind="work", unit_nl="uur", unit_en="hour", prices={0: 8_500})
        line = QuoteLine.objects.filter(quote=place.quote)
        line.update(product=work, months=0)
    assert "krijgt u alles terug" not in text(client.get(where))
