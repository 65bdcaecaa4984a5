"""Paying by direct debit in the portal: who may sign and when, what is shown of the account, withdrawing, what an invoice says."""

from datetime import timedelta
from typing import Any

import pytest

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.messaging.models import Message
from hospes.payments.debits import sweeps
from hospes.payments.debits.models import Debit, Mandate, MandateAccount
from hospes.payments.models import Payment
from tests.billing.books import draft, issue
from tests.portal.visit import IP, all_of, browser, jobs, member, text
from tests.support import make
from tests.support.make import NOW, TODAY, holder_of
from tests.support.rights import as_login, as_owner

pytestmark = [pytest.mark.usefixtures("site")]

IBAN = "NL02 ABNA 0123 4567 89"
FORM = {"holder": "B. Dronkel", "iban": IBAN, "agreed": "on"}


def paying() -> Customer:
    customer = make.customer(kind="business")
    make.order(customer=customer, paid=True)
    return customer


def open_invoice(customer: Customer) -> Invoice:
    with as_login("worker"):
        return issue(draft(customer, origin="x:1", due_on=TODAY + timedelta(days=14)))


def address(customer: Customer, rest: str = "") -> str:
    return f"/k/{customer.number}/facturen/incasso/{rest}"


def test_a_customer_signs_sees_prints_and_withdraws() -> None:
    customer = paying()
    client = browser(holder_of(customer))
    with clock.moved_to(NOW):
        assert "U betaalt uw facturen zelf" in text(client.get(address(customer)))
        page = text(client.get(address(customer, "tekenen/")))
        assert "doorlopend opdrachten naar uw bank" in page
        assert "acht weken" in page
        answer = client.post(address(customer, "tekenen/"), FORM, follow=True)
        said = text(answer)
        [mandate] = all_of(Mandate)
        assert (mandate.holder, mandate.ip, mandate.signed_by_id, mandate.signed_at) == (
            "B. Dronkel",
            IP,
            holder_of(customer).pk,
            NOW,
        )
        assert "We schrijven uw facturen af van NL•• •••• •••• 6789" in said
        assert "ABNA" not in answer.content.decode()
        printed = client.get(address(customer, f"machtiging/{mandate.pk}/")).content.decode()
        assert all(
            part in printed
            for part in (mandate.reference, mandate.text_sha256, "B. Dronkel", IP, "NL•• •••• •••• 6789")
        )
        assert "ABNA" not in printed
        assert client.post(address(customer, "tekenen/"), FORM).status_code == 302  # who presses twice
        assert "U hebt de machtiging ingetrokken" in text(
            client.post(address(customer, "intrekken/"), follow=True)
        )
        client.post(address(customer, "intrekken/"))
    assert [(each.state, each.ended_why) for each in all_of(Mandate)] == [("ended", "withdrawn")]
    assert jobs() == []  # a session writes no mails and no work: the clock does
    with as_login("worker"):
        sweeps.keep_up(now=NOW)
    with as_owner():
        kinds = list(
            Message.objects.filter(kind__startswith="debits.").order_by("pk").values_list("kind", flat=True)
        )
    assert kinds == ["debits.mandate_signed", "debits.mandate_ended"]


@pytest.mark.promise("P13")
def test_before_a_paid_order_nobody_is_asked_for_an_account_number() -> None:
    customer = make.customer()
    make.order(customer=customer)
    client = browser(holder_of(customer))
    assert "zodra u een bestelling hebt betaald" in text(client.get(address(customer)))
    assert b'name="iban"' not in client.get(address(customer, "tekenen/"), follow=True).content
    client.post(address(customer, "tekenen/"), FORM)
    assert (all_of(Mandate), all_of(MandateAccount)) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [{"iban": "NL02ABNA0123456788"}, {"iban": ""}, {"holder": ""}, {"agreed": ""}, {"holder": "\U0001f600"}],
)
def test_what_is_wrong_is_said_and_kept_to_be_mended(wrong: dict[str, str]) -> None:
    customer = paying()
    answer = browser(holder_of(customer)).post(address(customer, "tekenen/"), FORM | wrong)
    assert answer.status_code == 422
    assert all_of(Mandate) == []


def test_who_may_not_pay_signs_nothing_and_sees_it_all_the_same() -> None:
    customer = paying()
    mandate = make.mandate(customer=customer)
    client = browser(member(customer, "read_only"))
    page = client.get(address(customer)).content.decode()
    assert "withdraw-mandate" not in page
    assert client.post(address(customer, "intrekken/")).status_code == 403
    assert client.post(address(customer, "tekenen/"), FORM).status_code == 403
    with as_owner():
        mandate.refresh_from_db()
    assert mandate.state == "active"


def test_another_customers_mandate_is_not_there() -> None:
    mine, theirs = paying(), paying()
    mandate = make.mandate(customer=theirs)
    client = browser(holder_of(mine))
    assert client.get(address(mine, f"machtiging/{mandate.pk}/")).status_code == 404
    assert client.get(address(theirs)).status_code == 404
    assert client.post(address(theirs, "intrekken/")).status_code == 404


def test_an_invoice_says_when_it_is_collected_and_no_longer_asks_to_be_paid() -> None:
    customer = paying()
    make.mandate(customer=customer)
    invoice = open_invoice(customer)
    client, page = browser(holder_of(customer)), f"/k/{customer.number}/facturen/{invoice.number}/"
    with clock.moved_to(NOW):
        said = text(client.get(page))
        assert "€ 90,75 wordt op 16 maart 2026 afgeschreven van NL•• •••• •••• 6789" in said
        with as_login("worker"):
            assert sweeps.announce(now=NOW) == {"announced": 1}
        answer = client.get(page)
        assert "€ 90,75 wordt op 16 maart 2026 afgeschreven" in text(answer)
        assert 'id="pay"' in answer.content.decode()
        assert "€ 90,75" in text(client.get(address(customer)))
    assert all_of(Payment) == []


def test_an_invoice_from_before_the_mandate_is_said_to_be_collected_after_its_announcement() -> None:
    customer = paying()
    make.mandate(customer=customer)
    invoice = open_invoice(customer)
    page = f"/k/{customer.number}/facturen/{invoice.number}/"
    with clock.moved_to(NOW + timedelta(days=30)):  # 1 April; fourteen days later is the fifteenth
        assert "wordt op 15 april 2026 afgeschreven" in text(browser(holder_of(customer)).get(page))


def test_what_is_at_the_bank_cannot_be_paid_a_second_time_here() -> None:
    customer = paying()
    mandate, invoice = make.mandate(customer=customer), open_invoice(customer)
    debit = make.debit(mandate=mandate, invoice=invoice)
    with as_owner():
        from hospes.payments.debits.models import Batch

        Debit.objects.filter(pk=debit.pk).update(state="batched", batch=Batch.objects.first())
    answer = browser(holder_of(customer)).get(f"/k/{customer.number}/facturen/{invoice.number}/")
    assert "betaal het niet nog eens" in text(answer)
    assert 'id="pay"' not in answer.content.decode()


def test_the_mail_with_an_invoice_says_that_it_is_collected(mailoutbox: Any) -> None:
    from hospes.kernel.acting import JOB, acting
    from hospes.kernel.purposes import Purpose
    from hospes.messaging.rendering import render

    customer = paying()
    make.mandate(customer=customer)
    invoice = make.invoice(customer=customer, with_document=True)
    message = make.message(customer=customer, kind="billing.invoice", about_id=invoice.pk)
    from pathlib import Path

    from django.conf import settings

    with as_owner():
        document = invoice.document
        path = Path(settings.MEDIA_ROOT) / document.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        import hashlib

        type(document).objects.filter(pk=document.pk).update(sha256=hashlib.sha256(b"x").hexdigest())
    with as_login("worker"), acting(Purpose.MESSAGES, actor=JOB):
        letter = render(message, now=NOW)
    assert "schrijven we € 90,75 af van NL•• •••• •••• 6789" in letter.text.replace("\xa0", " ")
    assert "Rekeningnummer" not in letter.text
