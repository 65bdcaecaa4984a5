"""Mandates for direct debit, and what is collected with them."""

from datetime import timedelta
from typing import Any

from django.db import connection

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.payments.debits.models import Batch, Debit, Mandate, MandateAccount
from tests.support import names
from tests.support.make import people
from tests.support.make.base import NOW, TODAY, row
from tests.support.make.people import holder_of
from tests.support.rights import as_owner

#: Nobody could sign what is made here; and switching one trigger off would have to wait for what others have to check yet.
_GUARDS = "SET session_replication_role = {}"


def mandate(*, customer: Customer | None = None, state: str = "active", **words: Any) -> Mandate:
    """Make a mandate with its account; also for a customer who did not pay anything yet, which nobody could sign."""
    with as_owner(), connection.cursor() as cursor:
        customer = customer or people.customer()
        ended = {"ended_at": NOW, "ended_why": "withdrawn"} if state == "ended" else {}
        cursor.execute(_GUARDS.format("replica"))
        made = row(
            Mandate,
            words,
            customer=customer,
            reference=f"M{customer.number}-{names.count()}",
            creditor_id="NL04ZZZ172726320000",
            creditor_name="Hosting",
            creditor_address="Postbus 500, 5000 AB Tilburg",
            holder=customer.name[:70],
            account="NL•• •••• •••• 6789",
            signed_by=holder_of(customer),
            signed_at=NOW,
            signed_on=TODAY,
            ip="192.0.2.1",
            language="nl",
            text_version="2026-11",
            text_sha256="0" * 64,
            state=state,
            **ended,
        )
        cursor.execute(_GUARDS.format("origin"))
        if state == "active":
            row(MandateAccount, {}, mandate=made, customer=customer, iban="NL02ABNA0123456789")
    return made


def debit(*, mandate: Mandate, invoice: Invoice, **words: Any) -> Debit:
    """Make an announced collection of what is open on an invoice, and a file that it is not in."""
    with as_owner():
        row(
            Batch,
            {},
            reference=f"DD{names.count()}",
            collect_on=TODAY + timedelta(days=14),
            count=1,
            total_cents=1,
            sealed_file=b"x",
            sha256="0" * 64,
            made_at=NOW,
        )
        return row(
            Debit,
            words,
            customer=mandate.customer,
            mandate=mandate,
            invoice=invoice,
            end_to_end_id=f"{invoice.number}-1",
            cents=invoice.open_cents,
            collect_on=TODAY + timedelta(days=14),
            announced_at=NOW,
        )
