"""How the payments of an order or invoice stand, and what goes back."""

import re
from typing import Final

from django.db.models import Q

from hospes.payments.debits import rules
from hospes.payments.models import PaidFrom, Payment, Refund, TransferTo
from hospes.payments.together.services import live, of_invoices

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def of_order(order_id: int) -> list[Payment]:
    """The payments that were begun for an order, the last first."""
    return list(Payment.objects.filter(order_id=order_id).order_by("-pk"))


def of_invoice(invoice_id: int) -> list[Payment]:
    """The payments that were begun for an open invoice, the last first."""
    return list(Payment.objects.filter(of_invoices([invoice_id])).order_by("-pk"))


def transfer_of(payments: list[Payment]) -> TransferTo | None:
    """Where to transfer it to, where the last payment that was begun waits for that."""
    if not payments or payments[0].state != Payment.State.PENDING or payments[0].replaced_at is not None:
        return None
    return TransferTo.objects.filter(payment_id=payments[0].pk).first()


def is_being_paid(invoice_id: int) -> bool:
    """Whether somebody began to pay an invoice, and it is not known yet how that ends."""
    return bool(live([invoice_id]))


def refunds_of(credit_note_id: int) -> list[Refund]:
    """How the money of a credit note goes back, the first part first."""
    return list(Refund.objects.filter(credit_note_id=credit_note_id).order_by("pk"))


def paid_from(invoice_id: int, origin: str) -> PaidFrom | None:
    """The account that an invoice was paid from last, of its order or by itself; None where that is not known."""
    order_id = origin.removeprefix("order:")
    of = Q(payment__in=Payment.objects.filter(of_invoices([invoice_id])))
    if origin.startswith("order:") and order_id.isdigit():
        of |= Q(payment__order_id=int(order_id))
    return PaidFrom.objects.filter(of).order_by("-stored_at").first()


def accounts(customer_id: int) -> list[PaidFrom]:
    """The accounts that a customer paid from, the last first."""
    return list(PaidFrom.objects.filter(customer_id=customer_id).order_by("-stored_at"))


def account_of(payment_id: int) -> PaidFrom | None:
    """The account that a payment came from, where it is known."""
    return PaidFrom.objects.filter(payment_id=payment_id).first()


def masked(account: str) -> str:
    """An account number of which only the last four characters can be read; of an IBAN the country too, as with mandates."""
    if _IBAN.fullmatch(account):
        return rules.masked(account)
    return f"{'•' * max(len(account) - 4, 0)}{account[-4:]}"
