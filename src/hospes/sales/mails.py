"""The mails about an order: received, and withdrawn from."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.sales.models import Order, QuoteLine, Refund, Withdrawal


def order_received(message: Message) -> Rendered:
    """What was ordered for how much, and what happens next."""
    order = Order.objects.get(pk=message.about)
    lines = list(QuoteLine.objects.filter(quote_id=order.quote_id).order_by("position"))
    net = sum(line.net_cents for line in lines)
    context = {
        "order": order, "lines": lines, "net_cents": net, "vat_cents": order.total_cents - net,
        "is_paid": order.state == Order.State.PAID,
        "is_awaited": order.state == Order.State.AWAITING_PAYMENT,
    }  # fmt: skip
    subject = _("We have received your order %(number)s") % {"number": order.number}
    return Rendered(subject, "mail/sales.order_received", context)


def withdrawal(message: Message) -> Rendered:
    """The acknowledgement on a durable medium: what was said, on which day and at what time."""
    found = Withdrawal.objects.get(pk=message.about)
    context = {"withdrawal": found, "order": Order.objects.get(pk=found.order_id or 0)}
    return Rendered(_("We have received your withdrawal"), "mail/sales.withdrawal", context)


def withdrawal_decided(message: Message) -> Rendered:
    """What came of it: ended, and how much is paid back until when; or why it could not be."""
    found = Withdrawal.objects.get(pk=message.about)
    context = {
        "withdrawal": found, "order": Order.objects.get(pk=found.order_id or 0),
        "refund": Refund.objects.filter(withdrawal_id=found.pk).first(),
    }  # fmt: skip
    return Rendered(_("About your withdrawal"), "mail/sales.withdrawal_decided", context)


register("sales.order_received", order_received)
register("sales.withdrawal", withdrawal)
register("sales.withdrawal_decided", withdrawal_decided)
name({
    "sales.order_received": gettext_lazy("Order received"),
    "sales.withdrawal": gettext_lazy("Withdrawal received"),
    "sales.withdrawal_decided": gettext_lazy("About a withdrawal"),
})  # fmt: skip
