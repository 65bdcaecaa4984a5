"""The mails about money that a bank took back, or gave back after all."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.billing import pay_links
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.payments.chargebacks.models import Chargeback, ChargebackPart


def _context(message: Message) -> dict[str, object]:
    held = Chargeback.objects.get(pk=message.about)
    ids = ChargebackPart.objects.filter(chargeback_id=held.pk).values_list("invoice_id", flat=True)
    invoices = list(Invoice.objects.filter(pk__in=list(ids)).order_by("due_on", "pk"))
    still_open, today = [each for each in invoices if each.open_cents], clock.day_of(message.created_at)
    return {
        "chargeback": held, "numbers": ", ".join(each.number for each in invoices), "is_of_one": len(invoices) == 1,
        "open": [{"invoice": each, "token": pay_links.token(each, today=today)} for each in still_open],
    }  # fmt: skip


def charged_back(message: Message) -> Rendered:
    """What the bank took back, which invoice is open again, and how to pay it."""
    return Rendered(_("Your bank took a payment back"), "mail/payments.charged_back", _context(message))


def returned(message: Message) -> Rendered:
    """What the bank took back is here again after all."""
    return Rendered(_("Your payment has come in after all"), "mail/payments.returned", _context(message))


register("payments.charged_back", charged_back)
register("payments.returned", returned)
name({
    "payments.charged_back": gettext_lazy("Payment taken back by the bank"),
    "payments.returned": gettext_lazy("Payment come in after all"),
})  # fmt: skip
