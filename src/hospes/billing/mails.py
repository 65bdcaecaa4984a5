"""The mail with an invoice."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from hospes.billing import pay_links
from hospes.billing.collection import collection_of
from hospes.billing.models import Document, Invoice, TaxStatus
from hospes.billing.queries import credited_number, vat_rates
from hospes.billing.rules import Taxes, taxed
from hospes.billing.run.reminders import KIND, next_term
from hospes.billing.words import method_words
from hospes.catalogue.queries import vat_codes
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Attachment, Rendered, register
from hospes.services.mails import day_words, euro, notice, register_prices
from hospes.services.models import Service


class FileChanged(Exception):
    """The file of an invoice is not what was made: it must not leave."""


def invoice(message: Message) -> Rendered:
    """
    Whether something is to be done, and the invoice itself as it was made.

    It greets whoever reads it now, and goes to the address of now; everything about the invoice, also in whose name it is,
    is what was issued.
    """
    found, today = Invoice.objects.get(pk=message.about), clock.day_of(message.created_at)
    collected = collection_of(found, today=today)
    context = {
        "invoice": found,
        "is_paid": found.open_cents == 0 and found.paid_cents > 0,
        "is_free": found.open_cents == 0 and found.paid_cents == 0,
        # Who pays what is collected has paid twice.
        "pay_token": pay_links.token(found, today=today) if found.open_cents and not collected else "",
        "paid_on": clock.day_of(found.paid_at) if found.paid_at else None,
        "paid_with": method_words(found.paid_with, clock.day_of(found.paid_at) if found.paid_at else None),
        "collected": collected,
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


def renews_soon(message: Message) -> Rendered:
    """What is about to be renewed, when, for how much with VAT, and how and until when that can be prevented."""
    service, now = Service.objects.get(pk=message.about), clock.day_of(message.created_at)
    coming = next_term(service.pk, today=now, language=get_language() or "nl")
    if coming is None:
        raise LookupError(f"service {service.pk} has no term to come")
    operator = settings.HOSPES_OPERATOR
    words = {
        "label": service.label, "day": day_words(coming.renews_on), "last": day_words(coming.renews_on - timedelta(days=1)),
        "product": coming.product, "number": coming.quantity, "months": coming.months,
        "total": euro(coming.net_cents + (coming.vat_cents or 0)), "vat": euro(coming.vat_cents or 0),
        "invoice": day_words(max(coming.renews_on - timedelta(days=operator.consumer_lead_days), now)),
    }  # fmt: skip
    said = [
        _("On %(day)s your %(product)s for %(label)s is renewed by itself, for %(months)d months (number: %(number)d).")
        % words,
        _("That costs %(total)s, including %(vat)s VAT. You get the invoice about %(invoice)s.") % words,
        _("Do you want to keep it? Then you need do nothing."),
        _("Do you want to end it? Then cancel on the page of the service, up to and including %(last)s, and it ends on %(day)s"
          " without costs. You can also answer this mail.") % words,
        _("After %(day)s you can still cancel on any day, with one month's notice. What you paid and no longer use, you get"
          " back.") % words,
    ]  # fmt: skip
    return notice(service, _("Your service is about to be renewed"), said, at=message.created_at)


def _file_of(invoice: Invoice) -> Attachment:
    document = Document.objects.get(invoice_id=invoice.pk)
    content = (Path(settings.MEDIA_ROOT) / document.path).read_bytes()
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise FileChanged(f"the file of invoice {invoice.pk} is not the one that was made")
    return f"{invoice.number}.pdf", content, "application/pdf"


register("billing.invoice", invoice)
register("billing.credit_note", credit_note)


def priced(customer_id: int, amounts: Sequence[tuple[int, int]], on: date) -> str:
    """
    Amounts of products together, as a customer is told them: consumers with the VAT that applies to them (art. 6:230m BW),
    companies without.
    """
    kind = Customer.objects.values_list("kind", flat=True).get(pk=customer_id)
    status = TaxStatus.objects.filter(customer_id=customer_id, until=None).first()
    if kind == Customer.Kind.BUSINESS or status is None or not status.category:
        return _("%(sum)s excluding VAT") % {"sum": euro(sum(cents for _product, cents in amounts))}
    rates = vat_rates(country=status.rate_country, today=on) if status.category == "S" else {}
    taxes, codes = (
        Taxes(status.category, status.rate_country, rates=rates, on=on),
        vat_codes((pk for pk, _ in amounts), today=on),
    )
    sums = taxed((cents, taxes.of(codes[pk])) for pk, cents in amounts)
    return _("%(sum)s including VAT") % {"sum": euro(sums.total_cents)}


register_prices(priced)
register(KIND, renews_soon)
name({
    KIND: gettext_lazy("A service is about to be renewed"),
    "billing.invoice": gettext_lazy("Invoice"), "billing.credit_note": gettext_lazy("Credit note"),
})  # fmt: skip
