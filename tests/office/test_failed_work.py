"""What failed for good in the background: who sees it, about whom, and that it can be tried again."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from hospes.billing import jobs as billing
from hospes.billing.models import Invoice
from hospes.config import schedule  # noqa: F401  # registers what is periodic
from hospes.kernel import clock, failed_jobs, jobs
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.office.words import TASKS
from hospes.sales import jobs as sales
from hospes.sales.models import Order
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

LATER = make.NOW + timedelta(days=20)
INVOICES, SERVICES, MESSAGES, OTHERS = (
    f"/werk/mislukt-{kind}/" for kind in ("facturen", "diensten", "berichten", "overig")
)


@pytest.fixture(autouse=True)
def _later() -> object:
    with clock.moved_to(LATER):
        yield


def failed(task: str, tries: int = 13, lock: str | None = None, **arguments: int) -> int:
    """A job that was given up."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, attempts, queueing_lock)"
            " VALUES ('x', %s, 0, %s::jsonb, 'todo', %s, %s) RETURNING id",
            [task, str(arguments).replace("'", '"'), tries, lock],
        )
        (pk,) = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [pk])
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [pk])
    return int(pk)


def state(pk: int) -> tuple[str, int] | None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT status, attempts FROM procrastinate_jobs WHERE id = %s", [pk])
        found: tuple[str, int] | None = cursor.fetchone()
        return found


def again(client: Client, board: str, pk: int, **form: str) -> str:
    """What is said after pressing the button."""
    answer = client.post(f"{board}{pk}/opnieuw/", form)
    assert answer["Location"] == board
    return people.text(client.get(board))


def test_every_job_has_words() -> None:
    ours = {name for name in jobs._jobs if name.split(".")[0] not in ("tests", "kernel")}
    assert {name for name in ours if "test" not in name} == set(TASKS)


@pytest.mark.parametrize("role", people.ROLES)
def test_each_role_sees_what_failed_for_its_purposes(as_role: AsRole, role: str) -> None:
    order, invoice = make.order(paid=True), make.invoice()
    message = make.message(customer=make.customer(), kind="services.active", state="waiting")
    failed("sales.jobs.deliver", order_id=order.pk)
    failed("billing.jobs.make_document", invoice_id=invoice.pk)
    failed("messaging.jobs.deliver", message_id=message.pk)
    failed("accounts.jobs.clear_sessions", timestamp=1)
    client = as_role(role)
    contract = ("billing_clerk", "support_agent", "administrator")
    who = {
        (SERVICES, f"Inrichten wat besteld is: {order.number} 13 keer geprobeerd {order.customer.number} "): contract,
        (INVOICES, f"Het bestand van een factuur maken: {invoice.number} 13 keer geprobeerd"): ("billing_clerk",),
        (MESSAGES, "Een bericht versturen: De dienst is klaar"): ("support_agent",),
        (OTHERS, "Afgelopen sessies opruimen 13 keer geprobeerd –"): ("privacy_officer", "administrator"),
    }  # fmt: skip
    for (board, says), roles in who.items():
        answer = client.get(board)
        assert (answer.status_code == 200) == (role in roles), board
        if role in roles:
            assert says in people.text(answer)


def test_that_it_was_shown_is_in_the_journal_of_whom_it_is_about(as_role: AsRole) -> None:
    order = make.order(paid=True)
    failed("sales.jobs.deliver", order_id=order.pk)
    as_role("support_agent").get(SERVICES)
    assert people.entries("staff.listed") == [(order.customer.pk, None, "contract")]


def test_a_job_that_failed_is_tried_again_once_with_all_its_tries(as_role: AsRole) -> None:
    client, order = as_role("support_agent"), make.order(paid=True)
    pk = failed("sales.jobs.deliver", order_id=order.pk)
    page = again(client, SERVICES, pk)
    assert "Het wordt opnieuw geprobeerd." in page
    assert order.number not in page
    assert state(pk) == ("todo", 0)
    assert "Dat was al gedaan" in again(client, SERVICES, pk)
    assert people.entries("staff.job_retried") == [(order.customer.pk, None, "contract")]


def test_one_whose_like_waits_already_goes_and_its_work_is_done(as_role: AsRole) -> None:
    client, order = as_role("support_agent"), make.order(paid=True)
    pk = failed("sales.jobs.deliver", lock=f"deliver:{order.pk}", order_id=order.pk)
    with acting(Purpose.CONTRACT, actor=Actor.staff(client.session["_auth_user_id"])):
        sales.deliver.enqueue_once(f"deliver:{order.pk}", order_id=order.pk)
    assert "Het wordt opnieuw geprobeerd." in again(client, SERVICES, pk)
    assert state(pk) is None
    assert people.jobs() == [("sales.jobs.deliver", {"order_id": order.pk})]


def test_only_what_failed_and_only_on_ones_own_board(as_role: AsRole) -> None:
    client, invoice = as_role("support_agent"), make.invoice()
    pk = failed("billing.jobs.make_document", invoice_id=invoice.pk)
    assert client.post(f"{INVOICES}{pk}/opnieuw/").status_code == 404
    assert "Dat was al gedaan" in again(client, SERVICES, pk)  # it is not on this one
    assert "Dat was al gedaan" in again(client, SERVICES, 0)
    assert state(pk) == ("failed", 13)
    assert client.get(f"{SERVICES}{pk}/opnieuw/").status_code == 405
    assert client.post("/werk/onbetaalde-bestellingen/1/opnieuw/").status_code == 404
    assert people.entries("staff.job_retried") == []


def test_it_can_be_taken_in_hand(as_role: AsRole) -> None:
    for role, board, pk in (
        ("support_agent", SERVICES, failed("sales.jobs.deliver", order_id=make.order(paid=True).pk)),
        ("administrator", OTHERS, failed("accounts.jobs.clear_sessions", timestamp=1)),
    ):
        client = as_role(role)
        assert "wacht hier niet meer" in people.text(
            client.post(f"{board}{pk + 999}/", {"do": "take"}, follow=True)
        )
        assert client.post(f"{board}{pk}/", {"do": "take"})["Location"] == "/"
        assert "Geef vrij" in people.text(client.get(board))
        assert "Van mij" in people.text(client.get("/"))


def test_they_come_a_page_at_a_time(as_role: AsRole) -> None:
    client = as_role("administrator")
    made = [failed("accounts.jobs.clear_sessions", tries=100 + n, timestamp=n) for n in range(53)]
    first = client.get(OTHERS).content.decode()
    after = first.partition('rel="next" href="')[2].partition('"')[0]
    second = client.get(f"{OTHERS}{after}").content.decode()
    assert [f"{OTHERS}{pk}/opnieuw/" in first for pk in made] == [True] * 50 + [False] * 3
    assert [f"{OTHERS}{pk}/opnieuw/" in second for pk in made] == [False] * 50 + [True] * 3


@pytest.mark.parametrize("purpose", [Purpose.RIGHTS])
def test_no_other_purpose_sees_or_changes_them(purpose: Purpose) -> None:
    pk = failed("accounts.jobs.clear_sessions", timestamp=1)
    for look in (
        lambda: failed_jobs.failed_jobs([], others=True, limit=5),
        lambda: failed_jobs.try_again(pk),
    ):
        with pytest.raises((Refused, psycopg.Error)), acting(purpose, actor=Actor.staff(make.staff().pk)):
            look()  # type: ignore[no-untyped-call]
    assert state(pk) == ("failed", 13)


# --- what was paid and not delivered, and invoices without a file ---------------------------------------------------------


def test_a_paid_order_without_services_waits_after_a_quarter_of_an_hour(as_role: AsRole) -> None:
    client = as_role("support_agent")
    late = make.order(paid=True, paid_at=LATER - timedelta(minutes=16), delivered_at=None)
    soon = make.order(paid=True, paid_at=LATER - timedelta(minutes=14), delivered_at=None)
    done = make.order(paid=True)
    page = people.text(client.get("/werk/betaald-zonder-dienst/"))
    assert [order.number in page for order in (late, soon, done)] == [True, False, False]


def test_it_is_delivered_again_once_for_each_time_the_page_was_opened(as_role: AsRole) -> None:
    client = as_role("support_agent")
    order = make.order(paid=True, paid_at=LATER - timedelta(days=1), delivered_at=None)
    board = "/werk/betaald-zonder-dienst/"
    once = people.once(client.get(board))
    assert "Het wordt opnieuw geprobeerd." in again(client, board, order.pk, once=once)
    assert "Dat was al gedaan" in again(client, board, order.pk, once=once)
    assert people.jobs() == [("sales.jobs.deliver", {"order_id": order.pk})]
    assert [entry[0] for entry in people.entries("staff.order_delivered")] == [order.customer.pk]
    done = make.order(paid=True)
    assert "Dat was al gedaan" in again(client, board, done.pk, once="a" * 32)
    assert len(people.jobs()) == 1


def test_an_invoice_without_file_waits_from_the_next_day_or_a_quarter_after_it_was_paid(
    as_role: AsRole,
) -> None:
    client, today = as_role("billing_clerk"), clock.today()
    named: dict[str, Any] = {
        "yesterday": {"issued_on": today - timedelta(days=1)},
        "today": {"issued_on": today},
        "paid": {"issued_on": today, "paid_at": LATER - timedelta(minutes=16)},
        "just paid": {"issued_on": today, "paid_at": LATER - timedelta(minutes=14)},
    }
    made = {name: make.invoice(documented_at=None, due_on=today, **words) for name, words in named.items()}
    made["done"] = make.invoice(issued_on=today - timedelta(days=1), due_on=today)
    board = "/werk/facturen-zonder-bestand/"
    page = people.text(client.get(board))
    assert {name for name, invoice in made.items() if invoice.number in page} == {"yesterday", "paid"}
    invoice = made["yesterday"]
    assert "Het wordt opnieuw geprobeerd." in again(
        client, board, invoice.pk, once=people.once(client.get(board))
    )
    assert people.jobs() == [("billing.jobs.make_document", {"invoice_id": invoice.pk})]
    assert as_role("support_agent").get(board).status_code == 404


@pytest.mark.login("worker")
def test_what_is_done_is_marked_as_done() -> None:
    make.vat_rates()
    order = make.order(paid=True, delivered_at=None)
    invoice = make.invoice(documented_at=None)
    with clock.moved_to(LATER):
        sales.deliver.run(order_id=order.pk)
        billing.make_document.run(invoice_id=invoice.pk)
    with as_owner():
        assert Order.objects.get(pk=order.pk).delivered_at == LATER
        assert Invoice.objects.get(pk=invoice.pk).documented_at == LATER
