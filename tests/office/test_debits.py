"""Direct debit in the office: the file, what the bank says of it, a collection by hand, the mandates of a customer; who sees it."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest

from hospes.kernel import clock
from hospes.kernel.models import JournalEntry
from hospes.payments.debits.models import Mandate
from tests.billing.books import again
from tests.office.conftest import AsRole
from tests.office.people import text
from tests.payments.debits import desk
from tests.payments.debits.desk import at, batches, debits, states
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

D, THURSDAY, AFTER = date(2026, 3, 2), date(2026, 3, 12), date(2026, 3, 17)
LIST = "/rapporten/incasso/"


def a_file() -> tuple[Any, Any]:
    with as_login("worker"):
        customer = desk.paying_customer()
        desk.sign(customer)
        invoice = desk.invoice(customer)
        desk.days(D, THURSDAY)
    return customer, invoice


def file_of(content: bytes, name: str = "pain.002.xml") -> BytesIO:
    found = BytesIO(content)
    found.name = name
    return found


def test_a_clerk_downloads_hands_in_and_says_so(as_role: AsRole) -> None:
    customer, invoice = a_file()
    [batch] = batches()
    page = f"{LIST}{batch.pk}/"
    with clock.moved_to(at(THURSDAY)):
        client = as_role("billing_clerk")
        assert batch.reference in text(client.get(LIST))
        said = text(client.get(page))
        assert invoice.number in said
        assert str(customer.number) in said
        assert customer.name not in said
        assert "ABNA" not in client.get(page).content.decode()
        first, second = client.post(f"{page}bestand/"), client.post(f"{page}bestand/")
        assert (first.status_code, first.content) == (200, second.content)
        assert first["Content-Disposition"] == f'attachment; filename="{batch.reference}.xml"'
        assert client.get(f"{page}bestand/").status_code == 405
        assert (
            client.post(page, {"on": "2026-03-13", "do": "submitted"}).status_code == 422
        )  # has yet to come
        assert client.post(page, {"on": "", "do": "submitted"}).status_code == 422
        assert states() == ["batched"]
        assert client.post(page, {"on": "2026-03-12", "do": "submitted"}).status_code == 302
        assert client.post(page, {"do": "cancel"}).status_code == 422
    assert states() == ["submitted"]
    with as_owner():
        entries = JournalEntry.objects.filter(customer_id=customer.pk, actor_kind="staff").values_list(
            "action", flat=True
        )
        assert list(entries).count("debit.file_downloaded") == 2
        assert {"debit.submitted", "staff.listed"} <= set(entries)


def test_a_file_in_which_something_is_over_is_taken_back_before_anybody_has_it(as_role: AsRole) -> None:
    customer, _invoice = a_file()
    [batch] = batches()
    with clock.moved_to(at(THURSDAY)):
        client = as_role("billing_clerk")
        desk.withdraw(customer, now=at(THURSDAY))
        assert "hoeft niet meer" in text(client.get(f"{LIST}{batch.pk}/"))
        answer = client.post(f"{LIST}{batch.pk}/bestand/", follow=True)
        assert b"<Document" not in answer.content
        assert "teruggenomen" in text(answer)
    assert (batches()[0].state, states()) == ("cancelled", ["withdrawn"])


def test_a_file_is_taken_back_by_hand(as_role: AsRole) -> None:
    a_file()
    [batch] = batches()
    with clock.moved_to(at(THURSDAY)):
        client = as_role("billing_clerk")
        assert client.post(f"{LIST}{batch.pk}/", {"do": "cancel"}).status_code == 302
    assert (batches()[0].state, states()) == ("cancelled", ["announced"])


def test_a_report_of_the_bank_is_taken_in_once(as_role: AsRole) -> None:
    a_file()
    [batch] = batches()
    content = desk.report(batch, group="PART", each=[(debits()[0].end_to_end_id, "RJCT", "AC04")])
    with clock.moved_to(at(date(2026, 3, 13))):
        client = as_role("billing_clerk")
        said = text(client.post(f"{LIST}bericht/", {"report": file_of(content)}, follow=True))
        assert "De bank weigerde één incasso" in said
        said = text(client.post(f"{LIST}bericht/", {"report": file_of(content)}, follow=True))
        assert "er is niets nieuws geweigerd" in said
        assert "geen statusbericht" in text(
            client.post(f"{LIST}bericht/", {"report": file_of(b"x")}, follow=True)
        )
        assert "Kies het statusbericht" in text(client.post(f"{LIST}bericht/", {}, follow=True))
    assert states() == ["rejected"]


def test_a_file_sent_to_a_page_that_asks_for_none_is_not_kept(as_role: AsRole) -> None:
    a_file()
    [batch], client = batches(), as_role("billing_clerk")
    answer = client.post(f"{LIST}{batch.pk}/", {"do": "cancel", "report": file_of(b"x" * 10)})
    assert answer.wsgi_request.FILES == {}


def test_what_the_bank_gave_back_is_noted_by_hand(as_role: AsRole) -> None:
    customer, invoice = a_file()
    with as_login("worker"):
        desk.submit(batches()[0], THURSDAY)
        desk.day(AFTER)
    [debit] = debits()
    page = f"{LIST}opdrachten/{debit.pk}/"
    with clock.moved_to(at(date(2026, 3, 20))):
        client = as_role("billing_clerk")
        assert "AM04" in client.get(page).content.decode()
        assert client.post(page, {"do": "returned", "code": "nope", "on": "2026-03-19"}).status_code == 422
        assert client.post(page, {"do": "returned", "code": "MD06", "on": "2026-03-19"}).status_code == 302
        assert client.post(page, {"do": "returned", "code": "MD06", "on": "2026-03-19"}).status_code == 302
        assert "teruggegeven door de bank" in text(client.get(page))
    assert (again(invoice).open_cents, states(), debits()[0].ended_on) == (
        9075,
        ["returned"],
        date(2026, 3, 19),
    )
    assert customer


def test_what_is_announced_is_called_off_by_hand(as_role: AsRole) -> None:
    with as_login("worker"):
        customer = desk.paying_customer()
        desk.sign(customer)
        desk.invoice(customer)
        desk.day(D)
    [debit], client = debits(), as_role("billing_clerk")
    assert client.post(f"{LIST}opdrachten/{debit.pk}/", {"do": "call_off"}).status_code == 302
    assert client.post(f"{LIST}opdrachten/{debit.pk}/", {"do": "call_off"}).status_code == 302
    assert (states(), debits()[0].why) == (["withdrawn"], "office")


def test_what_was_got_back_twice_is_on_the_work_list_until_it_came_in(as_role: AsRole) -> None:
    from hospes.billing import payments as billing
    from hospes.kernel.acting import JOB, acting
    from hospes.kernel.purposes import Purpose
    from hospes.payments.balances import services as balances

    customer, invoice = a_file()
    with as_login("worker"):
        desk.submit(batches()[0], THURSDAY)
        with acting(Purpose.BILLING, actor=JOB):
            billing.take_payment(
                invoice_id=invoice.pk, cents=9075, paid_at=make.NOW, paid_with="ideal", now=make.NOW
            )
        desk.day(AFTER)
        with acting(
            Purpose.BILLING, actor=JOB
        ):  # paid back from the balance before the bank gave it back as well
            balances.change(
                balances.Kind.PAID_BACK, customer_id=customer.pk, cents=-9075, origin="x", now=at(AFTER)
            )
        desk.returned(debits()[0], "MD06", AFTER)
    [debit] = debits()
    with clock.moved_to(at(AFTER) + timedelta(days=1)):
        client = as_role("billing_clerk")
        board = "/werk/incasso-verschillen/"
        assert debit.end_to_end_id in text(client.get(board))
        page = f"{LIST}opdrachten/{debit.pk}/"
        assert client.post(page, {"do": "put_right", "on": "2026-03-18"}).status_code == 302
        assert debit.end_to_end_id not in text(client.get(board))
    assert debits()[0].claimed_on == date(2026, 3, 18)


def test_a_collection_that_no_file_has_on_its_day_is_on_the_work_list(as_role: AsRole) -> None:
    with as_login("worker"):
        customer = desk.paying_customer()
        desk.sign(customer)
        desk.invoice(customer)
        desk.day(D)
    with clock.moved_to(at(date(2026, 3, 15))):
        client = as_role("billing_clerk")
        assert debits()[0].end_to_end_id not in text(client.get("/werk/incasso-blijft-liggen/"))
    with clock.moved_to(at(date(2026, 3, 16))):
        client = as_role("billing_clerk")
        assert debits()[0].end_to_end_id in text(client.get("/werk/incasso-blijft-liggen/"))


def test_the_mandates_of_a_customer_are_seen_and_ended_and_the_customer_sees_that(as_role: AsRole) -> None:
    customer, _invoice = a_file()
    client = as_role("billing_clerk")
    page = f"/klanten/{customer.number}/incasso/"
    said = text(client.get(page))
    assert "NL•• •••• •••• 6789" in said
    assert "ABNA" not in client.get(page).content.decode()
    assert client.post(page).status_code == 302
    assert client.post(page).status_code == 302
    with as_owner():
        assert [(each.state, each.ended_why) for each in Mandate.objects.all()] == [("ended", "office")]
        assert JournalEntry.objects.filter(action="staff.looked", customer_id=customer.pk).exists()
        assert (
            JournalEntry.objects.filter(
                action="mandate.ended", customer_id=customer.pk, actor_kind="staff"
            ).count()
            == 1
        )


@pytest.mark.parametrize("role", ["support_agent", "technician"])
def test_who_does_not_act_for_billing_has_no_such_pages(as_role: AsRole, role: str) -> None:
    customer, _invoice = a_file()
    client, [batch], [debit] = as_role(role), batches(), debits()
    for page in (
        LIST,
        f"{LIST}{batch.pk}/",
        f"{LIST}opdrachten/{debit.pk}/",
        f"/klanten/{customer.number}/incasso/",
    ):
        assert client.get(page).status_code == 404
        assert client.post(page, {"do": "cancel"}).status_code in (404, 405)
    assert client.post(f"{LIST}{batch.pk}/bestand/").status_code == 404
    assert client.post(f"{LIST}bericht/", {"report": file_of(b"x")}).status_code == 404
    assert states() == ["batched"]
