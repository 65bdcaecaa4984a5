"""The document of an invoice says what the books say, and its file is there once and whole."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import transaction

from hospes.billing import jobs, services
from hospes.billing.documents.model import InvoiceDocument
from hospes.billing.drafts import document_of
from hospes.billing.models import Document, Invoice
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from tests.billing.books import again, draft, issue, line, lines_of
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def document(invoice: Invoice) -> InvoiceDocument:
    with acting(Purpose.BILLING, actor=JOB):
        return document_of(Invoice.objects.get(pk=invoice.pk))


def store(invoice: Invoice, pdf: bytes, now: datetime = NOW) -> Document:
    with acting(Purpose.BILLING, actor=JOB):
        return services.store_document(invoice=Invoice.objects.get(pk=invoice.pk), pdf=pdf, now=now)


def files(media: Path) -> dict[str, bytes]:
    return {str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()}


def documents() -> list[Document]:
    with as_owner():
        return list(Document.objects.all())


def messages() -> list[tuple[str, int | None, int | None]]:
    with as_owner():
        return list(Message.objects.values_list("kind", "customer_id", "about_id"))


def entries() -> int:
    with as_owner():
        return JournalEntry.objects.filter(action="invoice.document").count()


# --- the document says what the books say ---


@pytest.mark.promise("P02", "P03")
@pytest.mark.parametrize("kind", ["private", "business"])
def test_the_document_says_the_same_as_the_books(kind: str) -> None:
    customer = make.customer(kind=kind, holder=make.person(language="en"))
    lines = [line(7500), line(1001, 900, description="Boekje", details=""), line(3)]
    invoice = again(issue(draft(customer, lines=lines, due_on=TODAY + timedelta(days=14))))
    said = document(invoice)
    assert (said.number, said.quote_number, said.issued_on, said.due_on) == (
        "F2026-00001", "O2026-00001", TODAY, TODAY + timedelta(days=14),
    )  # fmt: skip
    assert (said.net_cents, said.vat_cents, said.total_cents, said.paid_cents, said.paid_on) == (
        8504,
        1666,
        10170,
        0,
        None,
    )
    assert [(g.percent, g.net_cents, g.vat_cents) for g in said.vat_groups] == [
        (Decimal(9), 1001, 90), (Decimal(21), 7503, 1576),
    ]  # fmt: skip
    assert [
        (x.description, x.details, x.quantity, x.unit_price_cents, x.net_cents, x.vat_percent, x.period_from, x.period_to)
        for x in said.lines
    ] == [
        (x.description, x.details, x.quantity, x.unit_cents, x.net_cents, Decimal(x.vat_basis_points) / 100, x.period_from,
         x.period_until)
        for x in lines_of(invoice)
    ]  # fmt: skip
    assert (said.buyer.name, said.buyer.contact_name, said.buyer.street, said.buyer.postcode, said.buyer.town) == (
        invoice.buyer_name, invoice.buyer_contact, invoice.buyer_street, invoice.buyer_postcode, invoice.buyer_town,
    )  # fmt: skip
    assert (said.buyer.kvk, said.buyer.vat_number) == (customer.kvk_number, customer.vat_number)
    assert (said.customer_number, said.language, said.buyer.email) == (
        str(customer.number),
        "en",
        customer.invoice_email,
    )
    operator = project.HOSPES_OPERATOR
    assert (said.seller.name, said.seller.kvk, said.seller.vat_number, said.seller_iban) == (
        operator.name, operator.kvk, operator.vat_number, operator.iban,
    )  # fmt: skip


def test_what_was_paid_is_said_with_its_day_and_its_way() -> None:
    paid_at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # half past midnight, the day after, in Amsterdam
    said = document(issue(draft(paid_at=paid_at, paid_with="ideal")))
    assert (said.paid_cents, said.paid_on, said.payment_method) == (9075, TODAY, "iDEAL | Wero")
    other = document(issue(draft(origin="order:2", paid_at=paid_at, paid_with="przelewy24")))
    assert other.payment_method == "przelewy24"


def test_the_document_says_of_the_buyer_what_the_invoice_said_then() -> None:
    customer = make.customer(kind="business", name="Oud bv")
    invoice = issue(draft(customer))
    before = document(invoice)
    with as_owner():
        Customer.objects.filter(pk=customer.pk).update(
            name="Nieuw bv", street="Elders 1", kvk_number="00000001"
        )
    assert document(invoice) == before


def test_an_invoice_of_nothing_has_a_document_too() -> None:
    said = document(issue(draft(lines=[line(0)])))
    assert (said.net_cents, said.vat_cents, said.total_cents) == (0, 0, 0)


# --- the file ---


def test_the_file_is_kept_with_its_hash_and_mailed(media: Path) -> None:
    invoice = issue(draft())
    kept = store(invoice, b"%PDF first")
    digest = hashlib.sha256(b"%PDF first").hexdigest()
    assert (kept.sha256, kept.path) == (digest, f"invoices/2026/F2026-00001-{digest[:12]}.pdf")
    assert (kept.customer_id, kept.made_at) == (invoice.customer_id, NOW)
    assert files(media) == {kept.path: b"%PDF first"}
    assert messages() == [("billing.invoice", invoice.customer_id, invoice.pk)]
    assert entries() == 1


def test_kept_again_nothing_changes_and_nothing_is_mailed_twice(media: Path) -> None:
    invoice = issue(draft())
    first = store(invoice, b"%PDF first")
    assert store(invoice, b"%PDF first", LATER) == first
    assert [(d.made_at, d.path) for d in documents()] == [(NOW, first.path)]
    assert files(media) == {first.path: b"%PDF first"}
    assert (len(messages()), entries()) == (1, 1)


def test_made_again_with_other_bytes_the_first_one_stays_and_the_other_leaves_no_file(media: Path) -> None:
    invoice = issue(draft())
    first = store(invoice, b"%PDF first")
    assert store(invoice, b"%PDF second", LATER) == first
    assert files(media) == {first.path: b"%PDF first"}
    assert (len(messages()), entries()) == (1, 1)


def test_a_file_that_got_lost_is_there_again_when_it_is_made_again(media: Path) -> None:
    invoice = issue(draft())
    first = store(invoice, b"%PDF first")
    (media / first.path).unlink()
    assert store(invoice, b"%PDF first", LATER) == first
    assert files(media) == {first.path: b"%PDF first"}


def test_a_file_that_could_not_be_written_whole_is_not_in_the_books(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError("no space left on device")

    invoice = issue(draft())
    with monkeypatch.context() as patch:
        patch.setattr("hospes.billing.services.os.fsync", full)
        with pytest.raises(OSError, match="no space"):
            store(invoice, b"%PDF first")
    assert documents() == messages() == []
    assert not [name for name in files(media) if name.endswith(".pdf")]
    kept = store(invoice, b"%PDF first")
    assert files(media) == {kept.path: b"%PDF first"}  # what was left of the first try is gone


def test_a_transaction_that_is_undone_leaves_no_row_and_the_next_try_works(media: Path) -> None:
    invoice = issue(draft())
    with transaction.atomic():
        store(invoice, b"%PDF first")
        transaction.set_rollback(True)
    assert documents() == messages() == []
    kept = store(invoice, b"%PDF first")
    assert files(media) == {kept.path: b"%PDF first"}


@pytest.mark.promise("P15")
def test_the_job_makes_the_file_once_however_often_it_runs(media: Path) -> None:
    invoice = issue(draft(make.customer(kind="business"), paid_at=NOW, paid_with="ideal"))
    jobs.make_document.run(invoice_id=invoice.pk)
    [kept] = documents()
    content = files(media)
    assert list(content) == [kept.path]
    assert content[kept.path].startswith(b"%PDF-")
    assert hashlib.sha256(content[kept.path]).hexdigest() == kept.sha256
    with as_owner():  # so that it would not be the same byte for byte
        Customer.objects.update(invoice_email="elders@example.com")
    jobs.make_document.run(invoice_id=invoice.pk)
    assert files(media) == content
    assert [d.pk for d in documents()] == [kept.pk]
    assert (len(messages()), entries()) == (1, 1)


def test_the_job_of_an_invoice_that_is_not_there_makes_nothing(media: Path) -> None:
    with pytest.raises(Invoice.DoesNotExist):
        jobs.make_document.run(invoice_id=1)
    assert files(media) == {}
