"""How the payments of an order stand."""

from hospes.payments.models import PaidFrom, Payment


def of_order(order_id: int) -> list[Payment]:
    """The payments that were begun for an order, the last first."""
    return list(Payment.objects.filter(order_id=order_id).order_by("-pk"))


def accounts(customer_id: int) -> list[PaidFrom]:
    """The accounts that a customer paid from, the last first."""
    return list(PaidFrom.objects.filter(customer_id=customer_id).order_by("-stored_at"))


def masked(account: str) -> str:
    """An account number of which only the last four characters can be read."""
    return f"{'•' * max(len(account) - 4, 0)}{account[-4:]}"
