"""The pages of the reconciliation: days in three columns, what does not agree and why it is right, and the list as a file."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from hospes.kernel import clock
from hospes.kernel.models import JournalEntry
from hospes.payments.reconciling.models import Difference, Movement, ReconciledDay, Settlement
from tests.office.conftest import AsRole
from tests.office.people import ROLES
from tests.payments.bank.paper import came_in, line
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

PAGES = ("/bank/aansluiting/", "/bank/aansluiting/verschillen.csv")


def text(answer: Any) -> str:
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(bare.replace("\u00a0", " ").split())


def a_day(*, open_: bool = True, finished: bool = True) -> Difference:
    """Yesterday as it was compared: one payment of which the provider has another amount than nothing."""
    now = clock.now()
    day = clock.day_of(now) - timedelta(days=1)
    with as_owner():
        ReconciledDay.objects.create(
            day=day, begun_at=now, asked_until=now if finished else None, finished_at=now if finished else None,
            waits_for="" if finished else "provider",
        )  # fmt: skip
        payment = make.payment(order=make.order(paid=True), state="paid")
        Movement.objects.create(
            customer=payment.customer, reference="baltr_1", kind="payment", about="tr_1", cents=12_100,
            at=now - timedelta(days=1), first_seen_at=now, seen_at=now,
        )  # fmt: skip
        Settlement.objects.create(
            reference="stl_1", number="1234567.2611.01", state="paidout", cents=12_065, parts_cents=12_100, parts=1, fee_cents=29,
            fee_vat_cents=6, made_at=now, settled_on=day, seen_at=now,
        )  # fmt: skip
        held = Difference.objects.create(
            customer=payment.customer, side="provider", kind="not_booked", about="tr_1", day=day, theirs=12_100, first_seen_at=now,
            seen_at=now,
        )  # fmt: skip
        if not open_:
            Difference.objects.filter(pk=held.pk).update(closed_at=now, closed="itself")
    return held


def address(held: Difference) -> str:
    return f"/bank/aansluiting/verschillen/{held.pk}/"


def test_a_day_has_three_columns_and_says_whether_they_agree(as_role: AsRole) -> None:
    held, client = a_day(), as_role("billing_clerk")
    page = text(client.get("/bank/aansluiting/"))
    assert "één ding klopt niet" in page
    assert "1234567.2611.01" in page
    day = text(client.get(f"/bank/aansluiting/{held.day}/"))
    for words in (
        "Boeken",
        "Betaalaanbieder",
        "Bank",
        "Wat klanten betaalden",
        "€ 121,00",
        "nog geen afschrift",
        "tr_1",
    ):
        assert words in day, words
    assert "Van deze dag klopt één ding niet." in day


def test_a_day_that_agrees_says_so_and_one_that_waits_why(as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    assert "nog geen dag vergeleken" in text(client.get("/bank/aansluiting/"))
    held = a_day(open_=False)
    assert "kloppen boeken, betaalaanbieder en bank tot op de cent" in text(client.get("/bank/aansluiting/"))
    assert "tot op de cent" in text(client.get(f"/bank/aansluiting/{held.day}/"))
    with as_owner():
        ReconciledDay.objects.update(finished_at=None, asked_until=None, waits_for="provider")
    assert "de betaalaanbieder gaf geen antwoord" in text(client.get(f"/bank/aansluiting/{held.day}/"))


@pytest.mark.parametrize("day", ["2020-01-01", "geen-dag", "2026-13-01"])
def test_there_is_no_page_of_a_day_that_was_not_compared(as_role: AsRole, day: str) -> None:
    assert as_role("billing_clerk").get(f"/bank/aansluiting/{day}/").status_code == 404


def test_it_is_on_the_work_list_is_explained_and_gone(as_role: AsRole) -> None:
    held, client = a_day(), as_role("billing_clerk")
    assert address(held) in client.get("/werk/aansluiting/").content.decode()
    page = text(client.get(address(held)))
    assert "€ 121,00" in page
    assert "onze boeken" in page
    refused = client.post(address(held), {"reason": "  "})
    assert refused.status_code == 422
    assert client.post(address(held), {"reason": "Met de hand gemaakt, geboekt als kas"}).status_code == 302
    assert address(held) not in client.get("/werk/aansluiting/").content.decode()
    assert "Met de hand gemaakt" in text(client.get(address(held)))
    assert client.post(address(held), {"reason": "nog eens"}).status_code == 422
    day = text(client.get(f"/bank/aansluiting/{held.day}/"))
    assert "een collega schreef op waarom het goed is" in day
    assert "uitgelegd" in day
    assert "tot op de cent" not in day
    with as_owner():
        found = Difference.objects.get(pk=held.pk)
        assert (found.closed, found.closed_by_id is not None) == ("person", True)
        looked = JournalEntry.objects.filter(action="reconciling.looked_at", customer_id=held.customer_id)
        assert looked.count() >= 1


def test_a_line_of_the_bank_leads_to_its_page_without_its_account(as_role: AsRole) -> None:
    with as_login("worker"):
        [row] = came_in(line(4_235, "?"))
    now = clock.now()
    with as_owner():
        held = Difference.objects.create(
            side="bank", kind="suspense", about=f"bank_line:{row.pk}", day=row.booked_on, theirs=4_235, first_seen_at=now, seen_at=now
        )  # fmt: skip
    client = as_role("billing_clerk")
    for page in (address(held), "/werk/aansluiting/", "/bank/aansluiting/"):
        content = client.get(page).content.decode()
        assert row.other_account not in content
        assert row.name not in content
    assert f"/bank/regels/{row.pk}/" in client.get(address(held)).content.decode()


def test_the_list_is_a_file_for_a_spreadsheet(as_role: AsRole) -> None:
    held, client = a_day(), as_role("billing_clerk")
    answer = client.get("/bank/aansluiting/verschillen.csv")
    said = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert answer["Content-Type"].startswith("text/csv")
    head, row = said.splitlines()
    assert head.startswith("\ufeffDag;")
    assert ("121,00" in row, "tr_1" in row, str(held.day) in row) == (True, True, True)
    with as_owner():
        assert JournalEntry.objects.filter(action="reconciling.downloaded").count() == 1


def test_comparing_again_is_asked_once(as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    for _ in range(2):
        assert client.post("/bank/aansluiting/").status_code == 302
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'payments.reconciling.jobs.look_again'"
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "billing_clerk"])
def test_for_other_roles_there_is_none_of_it(as_role: AsRole, role: str) -> None:
    held, client = a_day(), as_role(role)
    for page in (*PAGES, address(held), f"/bank/aansluiting/{held.day}/"):
        assert client.get(page).status_code == 404, page
        assert client.post(page, {"reason": "x"}).status_code in (404, 405), page


def test_a_visitor_is_asked_to_log_in() -> None:
    for page in PAGES:
        assert Client().get(page).status_code == 302
