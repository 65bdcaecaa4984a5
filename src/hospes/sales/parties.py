"""Who offers what to whom: both parties as a quote keeps them."""

from datetime import datetime
from typing import Any

from django.conf import settings

from hospes.billing.models import Seller
from hospes.customers.models import Customer
from hospes.customers.queries import addressee


def as_now(customer_id: int, now: datetime) -> dict[str, Any]:
    """
    The columns of a quote that say who the parties are. Acts for the contract.

    The operator is left out as long as it stands in no book: a customer's own session does not write who the operator is.
    """
    customer, person = Customer.objects.get(pk=customer_id), addressee(customer_id, now=now)
    is_business = customer.kind == Customer.Kind.BUSINESS
    return {
        "language": person.language if person else "nl", "seller": Seller.objects.filter(**seller_now()).first(),
        "buyer_name": customer.name, "buyer_contact": person.name if person and is_business else "",
        "buyer_street": customer.street, "buyer_postcode": customer.postcode, "buyer_town": customer.town,
        "buyer_country": customer.country, "buyer_kvk_number": customer.kvk_number,
        "buyer_vat_number": customer.vat_number,
    }  # fmt: skip


def seller_now() -> dict[str, str]:
    """The operator in the columns of a seller."""
    operator = settings.HOSPES_OPERATOR
    return {
        "name": operator.name, "street": operator.street, "postcode": operator.postcode, "town": operator.town,
        "country": operator.country, "kvk_number": operator.kvk, "vat_number": operator.vat_number,
        "email": operator.email, "iban": operator.iban, "accent": operator.accent,
    }  # fmt: skip
