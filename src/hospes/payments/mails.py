"""The mails about money that goes back, about an order of which too little came in, and about where to transfer it to."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.billing.models import Invoice
from hospes.billing.queries import credited_number
from hospes.billing.words import method_words
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.payments.models import Payment, Refund, TransferTo
from hospes.sales.models import Order


def _context(message: Message) -> dict[str, object]:
    refund = Refund.objects.get(pk=message.about)
    note = Invoice.objects.get(pk=refund.credit_note_id)
    method = Invoice.objects.values_list("paid_with", flat=True).get(pk=note.credits_id or 0)
    return {
        "refund": refund, "invoice": note, "corrects": credited_number(note),
        "paid_with": method_words(method) if method and refund.paid_on is None else "",
    }  # fmt: skip


def refund_sent(message: Message) -> Rendered:
    """The money is under way: how much, of which credit note, and how it comes."""
    return Rendered(_("Your money is on its way"), "mail/payments.refund_sent", _context(message))


def refund_done(message: Message) -> Rendered:
    """The money was paid back."""
    return Rendered(_("We have paid you back"), "mail/payments.refund_done", _context(message))


def paid_in_part(message: Message) -> Rendered:
    """Less came in than was asked: the order still waits for its payment, and what came in is the customer's."""
    payment = Payment.objects.get(pk=message.about)
    order = Order.objects.get(pk=payment.order_id or 0)
    subject = _("Too little came in for your order %(number)s") % {"number": order.number}
    return Rendered(subject, "mail/payments.paid_in_part", {"order": order, "payment": payment})


def transfer_to(message: Message) -> Rendered:
    """Where to transfer it to, how much, what to mention and until when: for who chose that at the provider's page."""
    held = TransferTo.objects.get(pk=message.about)
    return Rendered(
        _("What you still have to transfer"), "mail/payments.transfer_to",
        {"transfer": held, "payment": Payment.objects.get(pk=held.payment_id)},
    )  # fmt: skip


register("payments.paid_in_part", paid_in_part)
register("payments.transfer_to", transfer_to)
register("payments.refund_sent", refund_sent)
register("payments.refund_done", refund_done)
name({
    "payments.paid_in_part": gettext_lazy("Order paid in part"),
    "payments.transfer_to": gettext_lazy("Where to transfer a payment to"),
    "payments.refund_sent": gettext_lazy("Money on its way"), "payments.refund_done": gettext_lazy("Money paid back"),
})  # fmt: skip
