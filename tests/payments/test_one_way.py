"""An invoice is collected in one way: by the operator's own bank or through the payment provider, and said so beforehand."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from pypdf import PdfReader

from hospes.billing import mails
from hospes.billing.collection import collection_of
from hospes.billing.documents.pdf import invoice_pdf
from hospes.billing.documents.ubl import invoice_xml
from hospes.billing.drafts import document_of
from hospes.billing.jobs import make_document
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import rendering
from hospes.messaging.models import Message
from hospes.payments.collecting import services as collecting
from hospes.payments.collecting.models import Collection, ProviderMandate
from hospes.payments.debits import sweeps as debits
from hospes.payments.debits.models import Debit, Mandate
from tests.payments.debits import desk
from tests.payments.test_collecting import NOTICE, a_day, collected, invoiced, states, with_leave
from tests.payments.till import Till
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P13", "P14")]


def ways() -> list[list[str]]:
    """How collections stand: through the provider, and by the own bank."""
    return [states(), desk.states()]


def day_begins(till: Till) -> None:
    debits.day_begins(now=till.now)


def test_who_signed_a_mandate_of_ours_is_not_collected_from_through_the_provider(till: Till) -> None:
    customer = with_leave(till)
    desk.sign(customer, now=till.now)
    invoiced(till, customer)
    day_begins(till)
    for _ in range(20):
        a_day(till)
        day_begins(till)
    assert (states(), collected(till), len(desk.states())) == ([], [], 1)


def test_what_is_announced_through_the_provider_is_not_collected_by_our_bank_as_well(till: Till) -> None:
    customer = with_leave(till)
    invoice = invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    assert ways() == [["announced"], []]
    desk.sign(customer, now=till.now)
    day_begins(till)
    assert ways() == [["announced"], []]
    with acting(Purpose.BILLING, actor=JOB):
        held = collection_of(Invoice.objects.get(pk=invoice.pk), today=clock.day_of(till.now))
    assert held is not None
    assert (held.on, held.account) == (invoice.due_on, "")
    a_day(till, NOTICE)  # on its day it is left to our bank: it was not asked of the provider yet
    assert (ways()[0], collected(till)) == (["withdrawn"], [])
    day_begins(till)
    assert ways() == [["withdrawn"], ["announced"]]
    a_day(till, 20)
    assert collected(till) == []


def test_what_was_asked_of_the_provider_is_not_collected_by_our_bank_as_well(till: Till) -> None:
    customer = with_leave(till)
    invoiced(till, customer)
    a_day(till, 14 - NOTICE)
    a_day(till, NOTICE)
    assert ways()[0] == ["begun"]
    desk.sign(customer, now=till.now)
    for _ in range(5):
        a_day(till)
        day_begins(till)
    assert ways() == [["begun"], []]


def test_what_the_bank_gave_back_is_not_collected_through_the_provider_after_that(till: Till) -> None:
    customer = with_leave(till)
    mandate = desk.sign(customer, now=till.now)
    invoiced(till, customer)
    day_begins(till)
    with acting(Purpose.BILLING, actor=JOB):
        desk.services.call_off(debit_id=desk.debits()[0].pk, now=till.now)  # the customer disputes it
        desk.services.end(mandate_id=mandate.pk, why="office", now=till.now)
    for _ in range(20):
        a_day(till)
    assert (ways(), collected(till)) == ([[], ["withdrawn"]], [])


def test_the_database_takes_no_two_ways_at_once(till: Till) -> None:
    customer = with_leave(till)
    desk.sign(customer, now=till.now)
    invoice, other = invoiced(till, customer), invoiced(till, customer, "x:2")
    with as_owner():
        leave, mandate = ProviderMandate.objects.get(), Mandate.objects.get()
        words = {"customer": customer, "cents": 9075, "collect_on": invoice.due_on, "announced_at": till.now}
        Collection.objects.create(invoice=invoice, mandate=leave, **words)
        Debit.objects.create(invoice=other, mandate=mandate, end_to_end_id="a", **words)
        with pytest.raises(IntegrityError, match="in one way"), transaction.atomic():
            Debit.objects.create(invoice=invoice, mandate=mandate, end_to_end_id="b", **words)
        with pytest.raises(IntegrityError, match="in one way"), transaction.atomic():
            Collection.objects.create(invoice=other, mandate=leave, **words)


@pytest.mark.parametrize("by_our_bank", [False, True])
def test_the_mail_of_an_invoice_says_when_it_is_collected_and_asks_for_nothing(
    till: Till, monkeypatch: pytest.MonkeyPatch, by_our_bank: bool
) -> None:
    customer = with_leave(till)
    if by_our_bank:
        desk.sign(customer, now=till.now)
    invoice = invoiced(till, customer)
    monkeypatch.setattr(mails, "_file_of", lambda found: ("x.pdf", b"x", "application/pdf"))
    message = make.message(kind="billing.invoice", customer=customer, about_id=invoice.pk)
    with as_owner():
        Message.objects.filter(pk=message.pk).update(created_at=till.now)
    message.created_at = till.now
    with acting(Purpose.MESSAGES, actor=JOB):
        text = rendering.render(message, now=till.now + timedelta(minutes=5)).text
    assert "You do not have to do anything: on " in text or "U hoeft niets te doen: op " in text
    assert ("••••" in text) is by_our_bank
    assert "/betalen/" not in text
    assert settings.HOSPES_OPERATOR.iban not in text


def test_an_invoice_that_nobody_collects_asks_to_be_paid(till: Till) -> None:
    customer = make.customer(holder=make.person())
    invoice = invoiced(till, customer)
    with acting(Purpose.BILLING, actor=JOB):
        assert collection_of(Invoice.objects.get(pk=invoice.pk), today=clock.day_of(till.now)) is None


@pytest.mark.parametrize("by_our_bank", [False, True])
def test_the_file_of_an_invoice_says_when_it_is_collected_and_stays_so(till: Till, by_our_bank: bool) -> None:
    customer = with_leave(till)
    if by_our_bank:
        desk.sign(customer, now=till.now)
    invoice = invoiced(till, customer)
    with clock.moved_to(till.now):
        make_document.run(invoice_id=invoice.pk)
    for _ in range(2):
        with acting(Purpose.BILLING, actor=JOB):
            said = document_of(Invoice.objects.get(pk=invoice.pk))
        assert said.collect_on is not None
        assert said.collect_on >= invoice.due_on
        assert (said.direct_debit is not None) is by_our_bank
        text = "\n".join(
            page.extract_text() for page in PdfReader(BytesIO(invoice_pdf(said, invoice_xml(said)))).pages
        )
        assert settings.HOSPES_OPERATOR.iban.replace(" ", "")[-10:] not in text.replace(" ", "")
        assert desk.IBAN[4:14] not in text.replace(" ", "")
        with acting(Purpose.BILLING, actor=JOB):  # and it says the same when the mandate is over
            for mandate in Mandate.objects.filter(state="active"):
                desk.services.end(mandate_id=mandate.pk, why="office", now=till.now)
            for leave in ProviderMandate.objects.filter(state="active"):
                collecting.end(mandate_id=leave.pk, why="provider", now=till.now)
