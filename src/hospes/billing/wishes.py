"""Changing how a customer wants to be invoiced: the customer's own wishes, and the payment term, which staff agree upon."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from hospes.billing.models import InvoiceSettings
from hospes.kernel import journal

journal.register({
    "invoice.wished": _("How invoices are wanted was changed"), "invoice.term_agreed": _("Payment term agreed upon"),
})  # fmt: skip


def wish(*, customer_id: int, collect: str, reference: str, purchase_order: str, now: datetime) -> bool:
    """
    Keep how a customer wants invoices from now on; what was issued stays. False when it was so already.

    Acts for billing, as the customer or as staff.
    """
    values: dict[str, object] = {
        "collect": collect,
        "reference": reference.strip(),
        "purchase_order": purchase_order.strip(),
    }
    return _kept(customer_id, values, "invoice.wished", now)


def agree_term(*, customer_id: int, term_days: int | None, now: datetime) -> bool:
    """Give a customer a payment term of its own, or with None the operator's again; only staff may. Acts for billing."""
    return _kept(customer_id, {"term_days": term_days}, "invoice.term_agreed", now)


def _kept(customer_id: int, values: dict[str, object], action: str, now: datetime) -> bool:
    held = InvoiceSettings.objects.filter(customer_id=customer_id)
    there = held.first()
    before = there or InvoiceSettings(customer_id=customer_id)
    if all(getattr(before, name) == value for name, value in values.items()):
        return False
    if there is None:
        made, is_new = InvoiceSettings.objects.get_or_create(customer_id=customer_id, defaults=values)
        if is_new:
            _record(action, made.pk, customer_id, values, now)
            return True
    held.update(**values)
    _record(action, held.values_list("pk", flat=True).get(), customer_id, values, now)
    return True


def _record(action: str, pk: int, customer_id: int, values: dict[str, object], now: datetime) -> None:
    journal.record(action, at=now, table="billing_invoicesettings", object_id=pk, customer_id=customer_id,
                   changed=list(values))  # fmt: skip
