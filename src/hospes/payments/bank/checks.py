"""Whether the bank, the books and the balances of customers agree: for `hospes check`; runs as the owner of the tables."""

from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

#: Each selects what is wrong: how many of it, and one example by its id; nothing when all is well. In words for who runs it.
_RULES: Final[dict[str, str]] = {
    "a line of a bank statement is not in the ledger, or with another amount": """
        SELECT count(*), min(b.id) FROM bank_bankline b
          LEFT JOIN billing_ledgerentry e ON e.origin = 'bank_line:' || b.id
          LEFT JOIN (SELECT l.entry_id, sum(l.debit_cents::bigint - l.credit_cents) AS cents FROM billing_ledgerline l
                       JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = 'bank' GROUP BY 1) d ON d.entry_id = e.id
         WHERE d.cents IS DISTINCT FROM b.cents""",
    "what was said of a line of a bank statement is not what of it is divided": """
        SELECT count(*), min(b.id) FROM bank_bankline b
          LEFT JOIN (SELECT line_id, sum(cents) AS cents FROM bank_bankallocation WHERE undone_at IS NULL GROUP BY 1) s
            ON s.line_id = b.id
         WHERE b.cents - b.left_cents <> coalesce(s.cents, 0)""",
    "a bank statement does not add up": """
        SELECT count(*), min(s.id) FROM bank_bankstatement s
          LEFT JOIN (SELECT statement_id, sum(cents) AS cents FROM bank_bankline GROUP BY 1) l ON l.statement_id = s.id
         WHERE s.opening_cents + coalesce(l.cents, 0) <> s.closing_cents""",
    "a bank statement does not follow on the one before": """
        SELECT count(*), min(id) FROM (
          SELECT id, opening_cents, lag(closing_cents) OVER (PARTITION BY account ORDER BY closed_on, id) AS before
            FROM bank_bankstatement) s
         WHERE before IS NOT NULL AND before <> opening_cents""",
    "the balance of a customer is not the sum of its changes": """
        SELECT count(*), min(coalesce(b.customer_id, e.customer_id)) FROM payments_balance b
          FULL JOIN (SELECT customer_id, sum(cents) AS cents FROM payments_balanceentry GROUP BY 1) e USING (customer_id)
         WHERE coalesce(b.cents, 0) <> coalesce(e.cents, 0)""",
    "the balances of customers, and what is being paid back of them, are not what stands in the ledger": """
        SELECT count(*), min(customer_id) FROM (
          SELECT customer_id, sum(cents) AS cents FROM (
            SELECT customer_id, cents FROM payments_balance
            UNION ALL SELECT customer_id, cents FROM payments_payout WHERE state IN ('requested', 'sent', 'failed')
            UNION ALL
            SELECT l.customer_id, l.debit_cents::bigint - l.credit_cents FROM billing_ledgerline l
              JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = 'surplus') every
           GROUP BY 1) s
         WHERE cents <> 0""",
}


def findings(connection: BaseDatabaseWrapper) -> list[str]:
    """What does not agree, a sentence each."""
    found = []
    with connection.cursor() as cursor:
        for what, sql in _RULES.items():
            cursor.execute(sql)
            number, example = cursor.fetchone()
            if number:
                found.append(f"{what}: {number} times, for instance {example}")
    return found
