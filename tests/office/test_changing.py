"""Staff change a service with the amounts that the portal would show, for a reason that the customer can read."""

import re
from datetime import timedelta

import pytest

from hospes.kernel import clock
from hospes.services import jobs
from hospes.services.models import Charge, Content, Request, Service, ServiceChange
from tests.office.conftest import AsRole
from tests.office.test_ending import once
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.promise("P22")]
DAY = timedelta(days=1)


def where(service: Service) -> str:
    with as_owner():
        return f"/klanten/{service.customer.number}/diensten/{service.pk}/anders/"


def carry_out() -> Request:
    """Let the worker do what was asked last."""
    with as_owner():
        last = Request.objects.order_by("-pk")[0]
    with as_login("worker"):
        jobs.carry_out.run(request_id=last.pk)
    with as_owner():
        return Request.objects.get(pk=last.pk)


def shown(page: str) -> str:
    found = re.search(r'name="shown" value="(-?\d+)"', page)
    assert found
    return found[1]


def test_staff_upgrade_and_downgrade_at_once_to_the_cent_and_give_back(as_role: AsRole) -> None:
    with clock.moved_to(NOW + 100 * DAY):
        service, client = make.service(price_cents=7300), as_role("administrator")
        large = make.product(prices={12: 14600})
        page = client.get(where(service)).content.decode()
        wanted = {
            "choice": f"{large.pk}:12",
            "quantity": "1",
            "when": "now",
            "note": "Zoals besproken",
            "once": once(page),
        }
        offer = client.post(where(service), wanted).content.decode()
        assert shown(offer) == "5300"
        assert client.post(where(service), wanted | {"do": "confirm", "shown": "1"}).status_code == 200
        with as_owner():
            assert not Request.objects.exists()
        for _ in range(2):
            client.post(where(service), wanted | {"do": "confirm", "shown": "5300"})
        assert carry_out().state == "done"
        with as_owner():
            assert Request.objects.count() == 1
            change = ServiceChange.objects.get(service=service, reason="changed")
            assert (change.by, change.note) == ("staff", "Zoals besproken")
            back = f"{service.product_id}:12"
        page = client.get(where(service)).content.decode()
        with as_owner():
            make.price(product=service.product, months=12, cents=7300, valid_from=NOW.date())
        down = wanted | {"choice": back, "once": once(page)}
        assert shown(client.post(where(service), down).content.decode()) == "-5300"
        client.post(where(service), down | {"do": "confirm", "shown": "-5300"})
        assert carry_out().state == "done"
    with as_owner():
        assert sum(c.cents for c in Charge.objects.filter(service=service)) == 0


def test_another_term_begins_with_the_next_one_and_can_be_taken_back(as_role: AsRole) -> None:
    with clock.moved_to(NOW):
        product = make.product(prices={1: 1000, 12: 7300}, most=2)
        service, client = make.service(product=product, price_cents=7300), as_role("administrator")
        page = client.get(where(service)).content.decode()
        monthly = {
            "choice": f"{product.pk}:1",
            "quantity": "2",
            "when": "now",
            "note": "x",
            "once": once(page),
        }
        assert client.post(where(service), monthly).status_code == 422  # not at once
        monthly["when"] = "term_end"
        client.post(where(service), monthly | {"do": "confirm", "shown": "0", "shown_term": "2000"})
        assert carry_out().state == "done"
        page = client.get(where(service)).content.decode()
        assert 'id="unplan"' in page
        client.post(where(service), {"do": "unplan", "why": "", "once": once(page)})
        with as_owner():
            assert Request.objects.count() == 1  # not without a reason
        client.post(where(service), {"do": "unplan", "why": "Toch niet", "once": once(page)})
        assert carry_out().state == "done"
        assert 'id="unplan"' not in client.get(where(service)).content.decode()
    with as_owner():
        assert not Content.objects.filter(service=service, settled_at=None).exists()
        assert ServiceChange.objects.get(service=service, reason="plan_undone").note == "Toch niet"


def test_a_price_that_changed_since_the_page_was_shown_is_not_asked_for_at_the_end_of_the_term(
    as_role: AsRole,
) -> None:
    with clock.moved_to(NOW):
        product = make.product(prices={1: 1000, 12: 7300}, most=2)
        service, client = make.service(product=product, price_cents=7300), as_role("administrator")
        monthly = {"choice": f"{product.pk}:1", "quantity": "2", "when": "term_end", "note": "x"}
        monthly["once"] = once(client.get(where(service)).content.decode())
        with as_owner():
            product.prices.filter(months=1).update(cents=1500)
        answer = client.post(where(service), monthly | {"do": "confirm", "shown": "0", "shown_term": "2000"})
        assert answer.status_code == 200
        assert 'name="shown_term" value="3000"' in answer.content.decode()
    with as_owner():
        assert not Request.objects.exists()


def test_who_has_no_say_in_contracts_has_no_such_page(as_role: AsRole) -> None:
    assert as_role("technician").get(where(make.service())).status_code == 404
