"""The mail with an invoice."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.billing.models import Document, Invoice
from hospes.billing.queries import credited_number
from hospes.billing.words import method_words
from hospes.kernel import clock
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Attachment, Rendered, register


class FileChanged(Exception):
    """The file of an invoice is not what was made: it must not leave."""


def invoice(message: Message) -> Rendered:
    """
    Whether something is to be done, and the invoice itself as it was made.

    It greets whoever reads it now, and goes to the address of now; everything about the invoice, also in whose name it is,
    is what was issued.
    """
    found = Invoice.objects.get(pk=message.about)
    context = {
        "invoice": found,
        "is_paid": found.open_cents == 0 and found.paid_cents > 0,
        "is_free": found.open_cents == 0 and found.paid_cents == 0,
        "paid_on": clock.day_of(found.paid_at) if found.paid_at else None,
        "paid_with": method_words(found.paid_with),
    }
    values = {"number": found.number, "operator": settings.HOSPES_OPERATOR.name}
    subject = _("Invoice %(number)s from %(operator)s") % values
    return Rendered(subject, "mail/billing.invoice", context, [_file_of(found)])


def credit_note(message: Message) -> Rendered:
    """What is given back, of which invoice, why, and whether it is set off or paid back."""
    found = Invoice.objects.get(pk=message.about)
    values = {"number": found.number, "operator": settings.HOSPES_OPERATOR.name}
    subject = _("Credit note %(number)s from %(operator)s") % values
    context = {"invoice": found, "corrects": credited_number(found)}
    return Rendered(subject, "mail/billing.credit_note", context, [_file_of(found)])


def _file_of(invoice: Invoice) -> Attachment:
    document = Document.objects.get(invoice_id=invoice.pk)
    content = (Path(settings.MEDIA_ROOT) / document.path).read_bytes()
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise FileChanged(f"the file of invoice {invoice.pk} is not the one that was made")
    return f"{invoice.number}.pdf", content, "application/pdf"


register("billing.invoice", invoice)
register("billing.credit_note", credit_note)
name({
    "billing.invoice": gettext_lazy("Invoice"), "billing.credit_note": gettext_lazy("Credit note"),
})  # fmt: skip
