"""Whether the ledger says of every customer what the open items and the balances say."""

from collections import Counter

from django.db import connection
from django.db.models import F, Q, Sum

from hospes.billing.ledger import checks
from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice
from hospes.payments.balances.models import ON_ITS_WAY, Balance, BalanceEntry, Payout
from hospes.payments.bank import checks as bank_checks
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.debits.models import Debit
from tests.support.rights import as_owner


def _in_the_ledger(use: str) -> dict[int, int]:
    rows = LedgerLine.objects.filter(account__use=use).values("customer_id")
    sums = rows.annotate(cents=Sum(F("debit_cents") - F("credit_cents"))).order_by()
    return {row["customer_id"]: row["cents"] for row in sums if row["cents"]}


def open_items() -> dict[int, int]:
    """What each customer owes, by their invoices and credit notes, and what they had got back twice."""
    owed: Counter[int] = Counter()
    for invoice in Invoice.objects.all():
        owed[invoice.customer_id] += -invoice.open_cents if invoice.is_credit_note else invoice.open_cents
    standing = Chargeback.objects.filter(Q(reversed_at=None), settled_on=None)
    for each in standing:
        owed[each.customer_id] += each.rest_cents
    for debit in Debit.objects.filter(claimed_on=None):
        owed[debit.customer_id] += debit.claim_cents
    return {customer: cents for customer, cents in owed.items() if cents}


def assert_agreement() -> None:
    """Of every customer: debtors are the open items, what is to be paid back is the balance, the balance is its entries."""
    with as_owner():
        assert _in_the_ledger("debtors") == open_items()
        held = {row.customer_id: row.cents for row in Balance.objects.all() if row.cents}
        leaving = Counter(held)
        for payout in Payout.objects.filter(state__in=ON_ITS_WAY):
            leaving[payout.customer_id] += payout.cents
        assert {customer: -cents for customer, cents in _in_the_ledger("surplus").items()} == leaving
        sums = BalanceEntry.objects.values("customer_id").annotate(cents=Sum("cents")).order_by()
        assert {row["customer_id"]: row["cents"] for row in sums if row["cents"]} == held
        assert checks.findings(connection) + bank_checks.findings(connection) == []
