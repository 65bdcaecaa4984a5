"""Payments at the provider that are not in our books: whose they are, giving back, or not ours; and orders that were paid in part."""

import re
from typing import Any

import pytest

from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import booking
from hospes.payments.balances.models import Balance
from hospes.payments.models import Payment
from hospes.payments.reconciling.models import Difference, Stray
from tests.office.conftest import AsRole
from tests.payments.till import charge
from tests.support import make
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def text(answer: Any) -> str:
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(bare.replace("\u00a0", " ").split())


def found(cents: int = 5000) -> str:
    """A payment that nobody knows, on the list; returns the address of its page."""
    now = clock.now()
    with as_owner():
        Stray.objects.create(reference="tr_found", cents=cents, method="ideal", paid_at=now, found_at=now)
        held = Difference.objects.create(
            side="provider", kind="not_booked", about="tr_found", day=clock.day_of(now), theirs=cents, first_seen_at=now,
            seen_at=now,
        )  # fmt: skip
    return f"/bank/aansluiting/verschillen/{held.pk}/"


def state() -> str:
    with as_owner():
        return Stray.objects.get().state


def test_it_is_put_on_the_balance_of_a_customer_once(as_role: AsRole) -> None:
    page, client, customer = found(), as_role("billing_clerk"), make.customer()
    assert page in client.get("/werk/aansluiting/").content.decode()
    said = text(client.get(page))
    for words in ("Het is van een klant", "Geef het terug", "Het is niet van ons", "€ 50,00"):
        assert words in said, words
    wrong = client.post(f"{page}klant/", {"number": "999999999"})
    assert wrong.status_code == 422
    assert "Er is geen klant met dit nummer." in text(wrong)
    assert client.post(f"{page}klant/", {"number": "geen"}).status_code == 422
    assert client.post(f"{page}klant/", {"number": f" {customer.number} "}).status_code == 302
    assert client.post(f"{page}klant/", {"number": str(customer.number)}).status_code == 422
    with as_owner():
        assert Balance.objects.get(customer=customer).cents == 5000
        payment = Payment.objects.get(customer=customer)
        assert (payment.reference, payment.state, payment.cents) == ("tr_found", "surplus", 5000)
    assert page not in client.get("/werk/aansluiting/").content.decode()
    assert f"Het staat op het tegoed van klant {customer.number}." in text(client.get(page))
    assert client.get(f"/klanten/{customer.number}/").status_code == 200


def test_above_the_limit_a_second_colleague_has_to_say_so_too(as_role: AsRole) -> None:
    page, client = found(25_001), as_role("billing_clerk")
    assert "Het is meer dan € 250,00" in text(client.get(page))
    assert client.post(f"{page}terug/").status_code == 302
    assert state() == "asked"
    assert "U vroeg dit. Een andere collega moet op deze pagina hetzelfde zeggen." in text(client.get(page))
    again = client.post(f"{page}terug/", follow=True)
    assert "een andere collega moet beslissen" in text(again)
    assert state() == "asked"
    other = as_role("billing_clerk")
    assert "Een collega vroeg dit." in text(other.get(page))
    assert other.post(f"{page}terug/").status_code == 302
    assert state() == "returning"
    assert page not in client.get("/werk/aansluiting/").content.decode()


def test_it_is_not_ours_for_a_reason(as_role: AsRole) -> None:
    page, client = found(), as_role("billing_clerk")
    assert client.post(page, {"reason": " "}).status_code == 422
    assert client.post(page, {"reason": "Van de andere winkel."}).status_code == 302
    assert state() == "not_ours"
    assert "Van de andere winkel." in text(client.get(page))
    assert client.post(f"{page}terug/", follow=True).status_code == 200
    assert state() == "not_ours"


def test_an_order_of_which_too_little_came_in_is_on_the_list_until_it_is_paid(as_role: AsRole) -> None:
    def book(payment: Payment, cents: int) -> str:
        with as_login("worker"), acting(Purpose.BILLING, actor=JOB):
            return booking.book(charge(payment, cents=cents, paid_at=make.NOW), now=make.NOW)

    payment = make.payment()
    assert book(payment, 4000) == "surplus"
    with as_owner():
        assert payment.order is not None
        number = payment.order.number
    client = as_role("billing_clerk")
    page = text(client.get("/werk/deels-betaald/"))
    for words in (number, "€ 40,00", "€ 90,75 was gevraagd"):
        assert words in page, words
    with as_owner():
        customer = payment.customer.number
    assert "€ 40,00 kwam binnen" in text(client.get(f"/klanten/{customer}/"))
    assert book(make.payment(order=payment.order), 9075) == "booked"
    assert number not in text(client.get("/werk/deels-betaald/"))
