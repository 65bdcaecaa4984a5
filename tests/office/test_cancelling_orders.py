"""Staff cancel an order that was not paid: for a reason that the customer reads, once; the work list says when it goes by itself."""

import pytest

from hospes.kernel import clock
from hospes.kernel.models import JournalEntry
from hospes.messaging.models import Message
from hospes.sales.models import Order
from tests.office.conftest import AsRole
from tests.office.people import text
from tests.office.test_ending import once
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def where(order: Order) -> str:
    with as_owner():
        return f"/klanten/{order.customer.number}/bestellingen/{order.number}/annuleren/"


def test_it_is_cancelled_once_for_a_reason_and_the_customer_is_told(as_role: AsRole) -> None:
    with clock.moved_to(NOW):
        order, client = make.order(), as_role("billing_clerk")
        page = client.get(where(order)).content.decode()
        assert "16 maart 2026" in page
        assert client.post(where(order), {"note": " ", "once": once(page)}).status_code == 422
        for _ in range(2):
            answer = client.post(where(order), {"note": "Op verzoek", "once": once(page)})
            assert answer.status_code == 302
        with as_owner():
            held = Order.objects.get(pk=order.pk)
            assert (held.state, held.cancelled_why, held.cancel_reason) == (
                "cancelled",
                "staff",
                "Op verzoek",
            )
            assert held.cancelled_at == NOW
            assert Message.objects.filter(kind="sales.order_cancelled").count() == 1
            for action in ("staff.order_cancelled", "order.cancelled"):
                [entry] = JournalEntry.objects.filter(action=action)
                assert (entry.object_id, entry.customer_id, entry.actor_kind) == (
                    order.pk,
                    order.customer_id,
                    "staff",
                )
        assert 'id="cancel-order"' not in client.get(where(order)).content.decode()


@pytest.mark.parametrize("words", [{"paid": True}, {"state": "withdrawn"}])
def test_what_does_not_wait_is_not_cancelled(as_role: AsRole, words: dict[str, object]) -> None:
    order, client = make.order(**words), as_role("billing_clerk")  # type: ignore[arg-type]
    answer = client.post(where(order), {"note": "Toch niet", "once": "a" * 32}, follow=True)
    assert "wacht niet (meer) op betaling" in text(answer)
    with as_owner():
        assert Order.objects.get(pk=order.pk).state == order.state
        assert not JournalEntry.objects.filter(action__endswith="order_cancelled").exists()


def test_who_has_no_say_in_billing_has_no_such_page(as_role: AsRole) -> None:
    order = make.order()
    assert as_role("technician").get(where(order)).status_code == 404
    assert as_role("technician").post(where(order), {"note": "x", "once": "a" * 32}).status_code == 404


def test_the_work_list_says_until_when_it_can_be_paid(as_role: AsRole) -> None:
    with clock.moved_to(NOW.replace(day=6)):
        make.order()
        assert "te betalen tot en met 16 maart 2026" in text(as_role("billing_clerk").get("/"))
