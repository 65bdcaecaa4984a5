"""
Links by which whoever has them pays what is open on one invoice, without a login.

A link is sealed: nobody can make one up or read in it whose invoice it is, and it works until a day. What it opens is one
invoice, for paying and nothing else; once nothing is open there is nothing left that it does.
"""

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.conf import settings

from hospes.billing.models import Invoice
from hospes.kernel.secrets import CannotUnseal, seal, unseal

_CONTEXT: Final = "billing: link to pay an invoice"
_SHAPE: Final = struct.Struct(">QQI")  # customer, invoice, the last day
#: As long as every link is: what is longer is not looked at.
_LENGTH: Final = 67


@dataclass(frozen=True)
class Link:
    """What a link opens: an invoice of a customer, up to and including a day."""

    customer_id: int
    invoice_id: int
    last_day: date


def token(invoice: Invoice, *, today: date) -> str:
    """The part of the address that makes it a link to pay this invoice, for as long as the operator says."""
    last = max(today, invoice.due_on) + timedelta(days=settings.HOSPES_OPERATOR.pay_link_days)
    sealed = seal(_SHAPE.pack(invoice.customer_id, invoice.pk, last.toordinal()), context=_CONTEXT)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def opened(text: str, *, today: date) -> Link | None:
    """What a link opens on a day; None when it was made up or damaged, or its time is over."""
    if len(text) > _LENGTH or not text.isascii():
        return None
    try:
        raw = unseal(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), context=_CONTEXT)
        customer_id, invoice_id, last = _SHAPE.unpack(raw)
    except (CannotUnseal, binascii.Error, ValueError, IndexError, struct.error):
        return None
    link = Link(customer_id, invoice_id, date.fromordinal(last))
    return link if today <= link.last_day else None
