"""Work for customers: who takes it says that it is done, once, and with what the customer reads."""

import pytest

from hospes.messaging.models import Message
from hospes.services.models import Service, ServiceChange, Task
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def waiting() -> tuple[Task, int]:
    """A name that is to be registered, and the number of its customer."""
    service = make.service(
        state="pending", product=make.product(kind="domain", extension=".test", prices={12: 900})
    )
    with as_owner():
        task = Task.objects.create(
            customer_id=service.customer_id, service=service, product_id=service.product_id, origin=f"service:{service.pk}",
            label=service.label, made_at=NOW,
        )  # fmt: skip
        return task, service.customer.number


def test_it_is_on_the_list_is_done_once_and_the_customer_hears_of_it(as_role: AsRole) -> None:
    task, number = waiting()
    client = as_role("administrator")
    where = f"/klanten/{number}/werk/{task.pk}/"
    assert where in client.get("/werk/te-doen/").content.decode()
    assert client.post(where, {"note": ""}).status_code == 422
    assert client.post(where, {"note": "Op uw naam geregistreerd."}).status_code == 302
    again = client.post(where, {"note": "Nog eens."})
    assert again.status_code == 422
    with as_owner():
        held = Task.objects.get(pk=task.pk)
        assert (held.state, held.note) == ("done", "Op uw naam geregistreerd.")
        assert Service.objects.get(pk=task.service_id).state == "active"
        change = ServiceChange.objects.get(service_id=task.service_id, became="active")
        assert (change.by, change.note) == ("staff", "Op uw naam geregistreerd.")
        assert Message.objects.filter(kind="services.active").count() == 1
    assert where not in client.get("/werk/te-doen/").content.decode()


def test_what_one_of_us_does_cannot_be_tried_again_by_a_button_and_what_a_server_does_can(
    as_role: AsRole,
) -> None:
    task, number = waiting()
    with as_owner():
        hosted = make.service(customer=task.customer, state="pending")
    page = as_role("administrator").get(f"/klanten/{number}/").content.decode()
    assert f"/diensten/{hosted.pk}/opnieuw/" in page
    assert f"/diensten/{task.service_id}/opnieuw/" not in page


def test_who_has_no_say_in_contracts_has_no_such_page(as_role: AsRole) -> None:
    task, number = waiting()
    assert as_role("technician").get(f"/klanten/{number}/werk/{task.pk}/").status_code == 404
    assert as_role("technician").get("/werk/te-doen/").status_code == 404


def test_work_of_another_customer_is_not_found_below_this_one(as_role: AsRole) -> None:
    task, _number = waiting()
    with as_owner():
        other = make.customer().number
    assert as_role("administrator").get(f"/klanten/{other}/werk/{task.pk}/").status_code == 404
