"""Staff end a contract or let it go on, each time with a reason that the customer can read."""

import re

import pytest

from hospes.kernel import clock
from hospes.services import jobs
from hospes.services.models import Request, Service, ServiceChange
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def once(page: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


def test_staff_end_it_today_and_take_that_back_with_a_reason(as_role: AsRole) -> None:
    with clock.moved_to(NOW):
        service, client = make.service(price_cents=7300), as_role("administrator")
        with as_owner():
            number = service.customer.number
        where = f"/klanten/{number}/diensten/{service.pk}/einde/"
        page = client.get(where).content.decode()
        assert "73,00" in page  # all of it comes back, on the first day
        assert client.post(where, {"what": "now", "note": "", "once": once(page)}).status_code == 422
        for _ in range(2):
            client.post(where, {"what": "now", "note": "Zoals afgesproken", "once": once(page)})
        with as_owner():
            [asked] = Request.objects.all()
        with as_login("worker"):
            jobs.carry_out.run(request_id=asked.pk)
        with as_owner():
            held = Service.objects.get(pk=service.pk)
            change = ServiceChange.objects.get(service=service, reason="cancelled")
        assert (held.state, held.ends_on) == ("cancelled", clock.day_of(NOW))
        assert (change.by, change.note) == ("staff", "Zoals afgesproken")
        page = client.get(where).content.decode()
        client.post(where, {"what": "undo", "note": "Toch niet", "once": once(page)})
        with as_owner():
            last = Request.objects.order_by("-pk")[0]
        with as_login("worker"):
            jobs.carry_out.run(request_id=last.pk)
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == "active"


def test_who_has_no_say_in_contracts_has_no_such_page(as_role: AsRole) -> None:
    service = make.service()
    with as_owner():
        number = service.customer.number
    assert as_role("technician").get(f"/klanten/{number}/diensten/{service.pk}/einde/").status_code == 404
