"""
Rows for tests, made with the owner's rights: each with just enough to be true, anything else on request.

    holder = make.person(language="en")
    customer = make.customer(holder=holder, kind="business")
    invoice = make.invoice(customer=customer, lines=[(1, 9900)])

What is not given is made as well. Names are made up (`names`), and everything happens at NOW.
"""

from tests.support.make.base import NOW, TODAY, VAT_REDUCED, VAT_STANDARD
from tests.support.make.catalogue import (
    group,
    option,
    price,
    product,
    promotion,
    promotion_use,
    vat_of,
    vat_rate,
    vat_rates,
)
from tests.support.make.debits import debit, mandate
from tests.support.make.orders import cart, notice, order, paid_from, payment, quote
from tests.support.make.people import (
    address_change,
    consent,
    contact_address,
    customer,
    holder_of,
    invitation,
    membership,
    message,
    person,
    restriction,
    staff,
)
from tests.support.make.services import hosting_account, invoice, move_offer, service

__all__ = [
    "NOW",
    "TODAY",
    "VAT_REDUCED",
    "VAT_STANDARD",
    "address_change",
    "cart",
    "consent",
    "contact_address",
    "customer",
    "debit",
    "group",
    "holder_of",
    "hosting_account",
    "invitation",
    "invoice",
    "mandate",
    "membership",
    "message",
    "move_offer",
    "notice",
    "option",
    "order",
    "paid_from",
    "payment",
    "person",
    "price",
    "product",
    "promotion",
    "promotion_use",
    "quote",
    "restriction",
    "service",
    "staff",
    "vat_of",
    "vat_rate",
    "vat_rates",
]
