"""How a customer wants invoices."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Manner:
    """The payment term in days, and what of the customer's own stands on the document."""

    term_days: int
    reference: str = ""
    purchase_order: str = ""


def manner_of(customer_id: int) -> Manner:
    """How the documents of a customer are made out from now on. Acts for billing."""
    return Manner(settings.HOSPES_OPERATOR.payment_days)
