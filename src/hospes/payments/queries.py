"""How the payments of an order or invoice stand, and what goes back."""

from django.db.models import Q

from hospes.payments.models import PaidFrom, Payment, Refund


def of_order(order_id: int) -> list[Payment]:
    """The payments that were begun for an order, the last first."""
    return list(Payment.objects.filter(order_id=order_id).order_by("-pk"))


def of_invoice(invoice_id: int) -> list[Payment]:
    """The payments that were begun for an open invoice, the last first."""
    return list(Payment.objects.filter(invoice_id=invoice_id).order_by("-pk"))


def refunds_of(credit_note_id: int) -> list[Refund]:
    """How the money of a credit note goes back, the first part first."""
    return list(Refund.objects.filter(credit_note_id=credit_note_id).order_by("pk"))


def paid_from(invoice_id: int, origin: str) -> PaidFrom | None:
    """The account that an invoice was paid from last, of its order or by itself; None where that is not known."""
    order_id = origin.removeprefix("order:")
    of = Q(payment__invoice_id=invoice_id)
    if origin.startswith("order:") and order_id.isdigit():
        of |= Q(payment__order_id=int(order_id))
    return PaidFrom.objects.filter(of).order_by("-stored_at").first()


def accounts(customer_id: int) -> list[PaidFrom]:
    """The accounts that a customer paid from, the last first."""
    return list(PaidFrom.objects.filter(customer_id=customer_id).order_by("-stored_at"))


def masked(account: str) -> str:
    """An account number of which only the last four characters can be read."""
    return f"{'•' * max(len(account) - 4, 0)}{account[-4:]}"
