"""Issuing invoices, and making the file of one. All of this acts within the purpose of billing."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hospes.billing import rules
from hospes.billing.models import Document, Invoice, InvoiceLine
from hospes.customers.models import Customer
from hospes.customers.queries import addressee
from hospes.kernel import journal
from hospes.kernel.numbers import next_number
from hospes.messaging import services as messaging

journal.register({"invoice.issued": _("Invoice made"), "invoice.document": _("Invoice file made")})


@dataclass(frozen=True)
class DraftLine:
    """A line to be invoiced; the amount is that of the whole period, in cents without VAT."""

    description: str
    details: str
    net_cents: int
    vat_basis_points: int
    period_from: date
    period_until: date


@dataclass(frozen=True)
class Draft:
    """What is to be invoiced; `origin` names it uniquely. `paid_at` and `paid_with` for what was paid beforehand."""

    customer_id: int
    origin: str
    quote_number: str
    lines: Sequence[DraftLine]
    due_on: date
    paid_at: datetime | None = None
    paid_with: str = ""


def issue(draft: Draft, *, today: date, now: datetime) -> Invoice:
    """
    Issue an invoice with the next number of the year; the same origin gives the same invoice again.

    What it says of the buyer is copied, since an issued invoice never changes.
    """
    if there := Invoice.objects.filter(origin=draft.origin).first():
        return there
    sums = rules.totals((line.net_cents, line.vat_basis_points) for line in draft.lines)
    paid = sums.total_cents if draft.paid_at else 0
    invoice = Invoice.objects.create(
        **_buyer(draft.customer_id, now),
        origin=draft.origin, quote_number=draft.quote_number, issued_on=today, due_on=draft.due_on,
        net_cents=sums.net_cents, vat_cents=sums.vat_cents, total_cents=sums.total_cents,
        paid_cents=paid, paid_at=draft.paid_at, paid_with=draft.paid_with,
        # The number comes last, since everybody else who issues waits for it; the check above makes a second one rare, and
        # the unique origin impossible.
        number=rules.invoice_number(today, next_number(rules.invoice_series(today))),
    )  # fmt: skip
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice, customer_id=draft.customer_id, position=position, description=line.description,
            details=line.details, quantity=1, unit_cents=line.net_cents, net_cents=line.net_cents,
            vat_basis_points=line.vat_basis_points, period_from=line.period_from, period_until=line.period_until,
        )
        for position, line in enumerate(draft.lines, start=1)
    )  # fmt: skip
    journal.record(
        "invoice.issued", at=now, table="billing_invoice", object_id=invoice.pk, customer_id=draft.customer_id
    )
    from hospes.billing.jobs import make_document

    make_document.enqueue(invoice_id=invoice.pk)
    return invoice


def _buyer(customer_id: int, now: datetime) -> dict[str, object]:
    customer, person = Customer.objects.get(pk=customer_id), addressee(customer_id, now=now)
    contact = person.name if person and customer.kind == Customer.Kind.BUSINESS else ""
    return {
        "customer_id": customer_id, "language": person.language if person else "nl", "buyer_name": customer.name,
        "buyer_contact": contact, "buyer_street": customer.street, "buyer_postcode": customer.postcode,
        "buyer_town": customer.town, "buyer_country": customer.country, "buyer_kvk_number": customer.kvk_number,
        "buyer_vat_number": customer.vat_number,
    }  # fmt: skip


def store_document(*, invoice: Invoice, pdf: bytes, now: datetime) -> Document:
    """
    Keep the file of an invoice and have it mailed; the second time changes nothing.

    The file is there whole or not at all (written aside, then renamed), and under the same name when it is made again.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    path = f"invoices/{invoice.issued_on.year}/{invoice.number}-{digest[:12]}.pdf"
    _write_whole(Path(settings.MEDIA_ROOT) / path, pdf)
    document, is_new = Document.objects.get_or_create(
        invoice_id=invoice.pk,
        defaults={"customer_id": invoice.customer_id, "path": path, "sha256": digest, "made_at": now},
    )
    if document.path != path:  # made anew of what has changed meanwhile; no row would know of that file
        (Path(settings.MEDIA_ROOT) / path).unlink(missing_ok=True)
    if is_new:
        Invoice.objects.filter(pk=invoice.pk).update(documented_at=now)
        journal.record(
            "invoice.document",
            at=now,
            table="billing_invoice",
            object_id=invoice.pk,
            customer_id=invoice.customer_id,
        )
        messaging.enqueue(
            "billing.invoice",
            key=f"invoice:{invoice.pk}",
            customer_id=invoice.customer_id,
            about_id=invoice.pk,
            now=now,
        )
    return document


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    aside = path.with_suffix(f".{os.getpid()}.part")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    for left in path.parent.glob(f"{path.stem}.*.part"):  # by a worker that was killed while it wrote
        left.unlink(missing_ok=True)
