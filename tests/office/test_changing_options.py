"""Staff change the options of a service, up or down, with the amounts to the cent and a reason (P22)."""

import re
from datetime import timedelta

import pytest

from hospes.catalogue.models import ChoicePrice
from hospes.kernel import clock
from hospes.services.models import Charge, Request, Service, ServiceChange
from tests.office.conftest import AsRole
from tests.office.test_changing import carry_out, shown, where
from tests.office.test_ending import once
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.promise("P22")]
DAY = timedelta(days=1)


def test_staff_give_more_space_and_less_again_with_what_that_gives_back(as_role: AsRole) -> None:
    with clock.moved_to(NOW + 100 * DAY):
        product = make.product(prices={12: 7300}, most=2)
        [space] = make.option(product=product, kind="quantity", choices=[{12: 3650}], most=5, slug="ruimte")
        large = make.product(prices={12: 20000})
        make.option(product=large, kind="quantity", choices=[{12: 100}], most=1, slug="ruimte")
        service = make.service(product=product, price_cents=7300, choice_ids=[space.pk], choice_counts=[1])
        client = as_role("administrator")
        page = client.get(where(service)).content.decode()
        assert re.search(
            r'<input[^>]*name="option-ruimte"[^>]*value="1"|value="1"[^>]*name="option-ruimte"', page
        )
        assert "€\u00a0201,00" in page or "€ 201,00" in page
        here = f"{product.pk}:12"
        wanted = {
            "choice": here,
            "of": here,
            "quantity": "1",
            "when": "now",
            "option-ruimte": "3",
            "note": "Vol",
            "once": once(page),
        }
        offer = client.post(where(service), wanted).content.decode()
        assert shown(offer) == str(2 * 2650)
        assert space.name_nl in offer
        for _ in range(2):
            client.post(where(service), wanted | {"do": "confirm", "shown": "5300"})
        assert carry_out().state == "done"
        with as_owner():
            held = Service.objects.get(pk=service.pk)
            assert (held.choice_counts, held.price_cents, Request.objects.count()) == ([3], 14600, 1)
            assert ServiceChange.objects.get(service=service, reason="changed").note == "Vol"
        page = client.get(where(service)).content.decode()
        down = wanted | {"option-ruimte": "1", "once": once(page)}
        assert shown(client.post(where(service), down).content.decode()) == "-5300"
        client.post(where(service), down | {"do": "confirm", "shown": "-5300"})
        assert carry_out().state == "done"
    with as_owner():
        assert sum(c.cents for c in Charge.objects.filter(service=service)) == 0


def test_what_is_too_much_or_changed_meanwhile_is_not_asked_for(as_role: AsRole) -> None:
    with clock.moved_to(NOW):
        product = make.product(prices={12: 7300})
        [space] = make.option(product=product, kind="quantity", choices=[{12: 3650}], most=5, slug="ruimte")
        service, client = make.service(product=product, price_cents=7300), as_role("administrator")
        page, here = client.get(where(service)).content.decode(), f"{product.pk}:12"
        wanted = {
            "choice": here,
            "of": here,
            "quantity": "1",
            "when": "now",
            "option-ruimte": "6",
            "note": "x",
            "once": once(page),
        }
        assert client.post(where(service), wanted).status_code == 422
        wanted["option-ruimte"] = "5"
        assert shown(client.post(where(service), wanted).content.decode()) == str(5 * 3650)
        with as_owner():
            ChoicePrice.objects.filter(choice=space).update(cents=100)
        client.post(where(service), wanted | {"do": "confirm", "shown": str(5 * 3650)})
    with as_owner():
        assert not Request.objects.exists()
