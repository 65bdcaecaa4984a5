"""The mails about balances: what was set off, and what was paid back."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.billing.models import Invoice
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.payments.balances.models import BalanceEntry, Payout


def set_off(message: Message) -> Rendered:
    """How much of the balance paid which invoice, and what is still open of it."""
    entry = BalanceEntry.objects.get(pk=message.about)
    context = {"cents": -entry.cents, "invoice": Invoice.objects.get(pk=entry.invoice_id or 0)}
    return Rendered(_("We set off your balance with an invoice"), "mail/payments.set_off", context)


def paid_out(message: Message) -> Rendered:
    """How much of the balance was paid back, and how."""
    context = {"payout": Payout.objects.get(pk=message.about)}
    return Rendered(_("We have paid your balance back"), "mail/payments.paid_out", context)


register("payments.set_off", set_off)
register("payments.paid_out", paid_out)
name({
    "payments.set_off": gettext_lazy("Balance set off with an invoice"),
    "payments.paid_out": gettext_lazy("Balance paid back"),
})  # fmt: skip
