"""The mails about what is collected by itself: leave that was given, what is announced, and what did not work."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.billing import pay_links
from hospes.billing.models import Invoice
from hospes.billing.words import method_words
from hospes.kernel import clock
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.payments.collecting.models import Collection, ProviderMandate


def given(message: Message) -> Rendered:
    """That later invoices are collected, by what, and how to end that."""
    leave = ProviderMandate.objects.get(pk=message.about)
    context = {"leave": leave, "method": method_words(leave.method, clock.day_of(leave.given_at))}
    return Rendered(
        _("Your invoices are collected by themselves from now on"), "mail/payments.collecting_given", context
    )


def _context(message: Message) -> dict[str, object]:
    held = Collection.objects.get(pk=message.about)
    invoice, leave = (
        Invoice.objects.get(pk=held.invoice_id),
        ProviderMandate.objects.get(pk=held.mandate_id),
    )
    today = clock.day_of(message.created_at)
    return {
        "collection": held, "invoice": invoice, "method": method_words(leave.method, held.collect_on),
        "pay_token": pay_links.token(invoice, today=today) if invoice.open_cents else "",
    }  # fmt: skip


def announced(message: Message) -> Rendered:
    """How much is collected on which day, for which invoice."""
    context = _context(message)
    subject = _("We collect invoice %(number)s soon") % {"number": context["invoice"].number}  # type: ignore[attr-defined]
    return Rendered(subject, "mail/payments.collecting_announced", context)


def failed(message: Message) -> Rendered:
    """That it could not be collected, and how to pay it."""
    context = _context(message)
    subject = _("We could not collect invoice %(number)s") % {"number": context["invoice"].number}  # type: ignore[attr-defined]
    return Rendered(subject, "mail/payments.collecting_failed", context)


register("payments.collecting_given", given)
register("payments.collecting_announced", announced)
register("payments.collecting_failed", failed)
name({
    "payments.collecting_given": gettext_lazy("Invoices are collected from now on"),
    "payments.collecting_announced": gettext_lazy("An invoice is collected soon"),
    "payments.collecting_failed": gettext_lazy("An invoice could not be collected"),
})  # fmt: skip
