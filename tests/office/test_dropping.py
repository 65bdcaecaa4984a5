"""Staff drop what was never delivered: with a reason that the customer reads, once; and it stands in the portal."""

import pytest

from hospes.kernel import clock
from hospes.kernel.models import JournalEntry
from hospes.messaging.models import Message
from hospes.services.models import Service, ServiceChange
from tests.office.conftest import AsRole
from tests.office.test_ending import once
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def waiting(state: str = "refused") -> tuple[Service, str]:
    service = make.service(price_cents=7300, state=state)
    with as_owner():
        return service, f"/klanten/{service.customer.number}/diensten/{service.pk}"


@pytest.mark.parametrize("state", ["refused", "pending"])
def test_it_is_dropped_once_for_a_reason_and_the_customer_is_told(as_role: AsRole, state: str) -> None:
    with clock.moved_to(NOW):
        (service, where), client = waiting(state), as_role("administrator")
        page = client.get(f"{where}/laten-vervallen/").content.decode()
        assert client.post(f"{where}/laten-vervallen/", {"note": " ", "once": once(page)}).status_code == 422
        for _ in range(2):
            answer = client.post(
                f"{where}/laten-vervallen/", {"note": "De naam is bezet", "once": once(page)}
            )
            assert answer.status_code == 302
        with as_owner():
            held = Service.objects.get(pk=service.pk)
            [change] = ServiceChange.objects.filter(service=service, reason="dropped")
            assert (held.state, held.ended_on) == ("terminated", clock.day_of(NOW))
            assert (change.was, change.by, change.note) == (state, "staff", "De naam is bezet")
            assert Message.objects.filter(kind="services.dropped").count() == 1
            assert (
                JournalEntry.objects.filter(action="staff.service_dropped", object_id=service.pk).count() == 1
            )
        assert 'id="drop"' not in client.get(f"{where}/laten-vervallen/").content.decode()


def test_what_runs_is_not_dropped(as_role: AsRole) -> None:
    with clock.moved_to(NOW):
        (service, where), client = waiting("active"), as_role("administrator")
        client.post(f"{where}/laten-vervallen/", {"note": "Toch niet", "once": "a" * 32})
        with as_owner():
            assert Service.objects.get(pk=service.pk).state == "active"
            assert not JournalEntry.objects.filter(action="staff.service_dropped").exists()


def test_who_has_no_say_in_contracts_has_no_such_page(as_role: AsRole) -> None:
    _service, where = waiting()
    assert as_role("technician").get(f"{where}/laten-vervallen/").status_code == 404
