"""The mail that confirms an order."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.sales.models import Order, QuoteLine


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


register("sales.order_received", order_received)
name({
    "sales.order_received": gettext_lazy("Order received"),
})  # fmt: skip
