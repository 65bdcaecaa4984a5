"""Issuing invoices, crediting them, and keeping their files. All of this acts within the purpose of billing."""

import hashlib
import os
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hospes.billing.collection import Collection
from hospes.billing.crediting import CreditRefused, credit
from hospes.billing.drafts import payment_said
from hospes.billing.issuing import Draft, DraftLine, issue
from hospes.billing.models import Document, Invoice
from hospes.kernel import journal
from hospes.messaging import services as messaging

__all__ = ["CreditRefused", "Draft", "DraftLine", "credit", "issue", "mail", "store_document"]

journal.register({"invoice.document": _("Invoice file made")})


def store_document(
    *,
    invoice: Invoice,
    pdf: bytes,
    now: datetime,
    with_mail: bool = True,
    collected: Collection | None = None,
) -> Document:
    """
    Keep the file of an invoice and (with_mail) have it mailed; the second time changes nothing.

    `invoice` is as it was when the file was made of it: what it says of payment then is what the file says, and `collected` is
    what it says of how the invoice is collected.
    The file is there whole or not at all (written aside, then renamed), and under the same name when it is made again.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    path = f"invoices/{invoice.issued_on.year}/{invoice.number}-{digest[:12]}.pdf"
    _write_whole(Path(settings.MEDIA_ROOT) / path, pdf)
    paid = payment_said(invoice)
    document, is_new = Document.objects.get_or_create(
        invoice_id=invoice.pk,
        defaults={
            "customer_id": invoice.customer_id, "path": path, "sha256": digest, "made_at": now,
            "paid_cents": paid.cents, "paid_on": paid.on, "paid_with": paid.with_, **_said_of_collecting(collected),
        },
    )  # fmt: skip
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
        if with_mail:
            mail(invoice, now=now)
    return document


def _said_of_collecting(collected: Collection | None) -> dict[str, object]:
    if collected is None:
        return {}
    return {
        "collect_on": collected.on, "collect_from": collected.account, "mandate": collected.mandate,
        "creditor": collected.creditor,
    }  # fmt: skip


def mail(invoice: Invoice, *, now: datetime) -> None:
    """Have the file of an invoice mailed, once."""
    messaging.enqueue(
        "billing.credit_note" if invoice.is_credit_note else "billing.invoice",
        key=f"invoice:{invoice.pk}",
        customer_id=invoice.customer_id,
        about_id=invoice.pk,
        now=now,
    )


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
