"""The mails about quotes, and about an order: received, and withdrawn from."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.kernel import clock
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.sales import queries
from hospes.sales.models import Order, Quote, QuoteLine, Refund, Withdrawal


def order_received(message: Message) -> Rendered:
    """What was ordered for how much, and what happens next."""
    order = Order.objects.get(pk=message.about)
    lines = list(QuoteLine.objects.filter(quote_id=order.quote_id).order_by("position"))
    net = sum(line.net_cents for line in lines)
    context = {
        "order": order, "lines": lines, "net_cents": net, "vat_cents": order.total_cents - net,
        "is_paid": order.state == Order.State.PAID,
        "is_invoiced": Quote.objects.filter(pk=order.quote_id, on_account=True).exists(),
        "is_awaited": order.state == Order.State.AWAITING_PAYMENT,
    }  # fmt: skip
    if context["is_awaited"]:
        context["pay_until"] = queries.pay_until(order, today=clock.day_of(message.created_at))
    if context["is_invoiced"]:
        context["is_awaited"] = False
    subject = _("We have received your order %(number)s") % {"number": order.number}
    return Rendered(subject, "mail/sales.order_received", context)


def _of_order(what: str) -> Callable[[Message], Rendered]:
    """A mail about an order that was not paid: it is cancelled soon, it was, or it was paid after that."""

    def render(message: Message) -> Rendered:
        order = Order.objects.get(pk=message.about)
        said = {
            "reminder": _("Your order %(number)s has not been paid yet"),
            "cancelled": _("Your order %(number)s was cancelled"),
            "revived": _("Your order %(number)s goes ahead after all"),
            "paid_late": _("We pay back what you paid for order %(number)s"),
        }[what]  # fmt: skip
        subject = said % {"number": order.number}
        lines = queries.quote_lines(order.quote_id) if what != "paid_late" else []
        context = {"order": order, "what": what, "lines": lines, "heading": subject}
        return Rendered(subject, "mail/sales.order_unpaid", context)

    return render


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


def _of_quote(what: str) -> Callable[[Message], Rendered]:
    """A mail about a quote: there it is, it is over soon, or it was withdrawn."""

    def render(message: Message) -> Rendered:
        found = Quote.objects.get(pk=message.about)
        said = {
            "sent": _("Your quote %(number)s"), "reminder": _("Your quote %(number)s is valid for a few more days"),
            "withdrawn": _("We have withdrawn quote %(number)s"),
        }[what]  # fmt: skip
        subject = said % {"number": found.number}
        return Rendered(subject, "mail/sales.quote", {"quote": found, "what": what, "heading": subject})

    return render


for _what in ("sent", "reminder", "withdrawn"):
    register(f"sales.quote_{_what}", _of_quote(_what))
for _what in ("reminder", "cancelled", "revived", "paid_late"):
    register(f"sales.order_{_what}", _of_order(_what))
register("sales.order_received", order_received)
register("sales.withdrawal", withdrawal)
register("sales.withdrawal_decided", withdrawal_decided)
name({
    "sales.quote_sent": gettext_lazy("Quote"), "sales.quote_reminder": gettext_lazy("Reminder of a quote"),
    "sales.quote_withdrawn": gettext_lazy("Quote withdrawn"),
    "sales.order_received": gettext_lazy("Order received"),
    "sales.order_reminder": gettext_lazy("Reminder of an order that was not paid"),
    "sales.order_cancelled": gettext_lazy("Order cancelled"),
    "sales.order_revived": gettext_lazy("Cancelled order paid after all"),
    "sales.order_paid_late": gettext_lazy("Payment for a cancelled order"),
    "sales.withdrawal": gettext_lazy("Withdrawal received"),
    "sales.withdrawal_decided": gettext_lazy("About a withdrawal"),
})  # fmt: skip
