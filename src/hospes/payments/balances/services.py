"""
Changing balances: within the purpose of billing, in the transaction of what changes them.

Who needs invoices and a balance locks the invoices first, in the order of their ids, so that two never wait for each other.
"""

from datetime import datetime

from django.db import connections
from django.utils.translation import gettext_lazy as _

from hospes.kernel import journal
from hospes.payments.balances.models import Balance, BalanceEntry

journal.register({"balance.changed": _("Balance of a customer changed")})

Kind = BalanceEntry.Kind


def change(
    kind: Kind,
    *,
    customer_id: int,
    cents: int,
    origin: str,
    now: datetime,
    payment_id: int | None = None,
    invoice_id: int | None = None,
) -> int:
    """
    Add to a customer's balance (cents above zero) or take from it; nothing of zero, and of one origin once.

    The ledger is the caller's: the same cents go to or from the account of what customers have with us. Returns the entry's id.
    """
    if not cents or BalanceEntry.objects.filter(origin=origin).exists():
        return 0
    entry = BalanceEntry.objects.create(
        customer_id=customer_id, kind=kind, cents=cents, origin=origin, payment_id=payment_id, invoice_id=invoice_id, at=now
    )  # fmt: skip
    journal.record(
        "balance.changed", at=now, table="payments_balanceentry", object_id=entry.pk, customer_id=customer_id
    )
    return int(entry.pk)


def held(customer_id: int) -> int:
    """How much there is of it, in cents; whoever else asks in order to change it waits until the end of this transaction."""
    # A lock of the row would need the right to change it, which nobody has: it is the sum of the entries.
    with connections[Balance.objects.db].cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('hospes balance'), hashtext(%s))", [str(customer_id)]
        )
    found = Balance.objects.filter(customer_id=customer_id).values_list("cents", flat=True).first()
    return int(found or 0)
