"""Whether the books agree with themselves and with the documents: for `hospes check`; runs as the owner of the tables."""

from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper

#: Each selects what is wrong: how many of it, and one example; nothing when all is well. In words for who runs the command.
_RULES: Final[dict[str, str]] = {
    "an issued document has no entry in the ledger": """
        SELECT count(*), min(i.number) FROM billing_invoice i
         WHERE NOT EXISTS (SELECT FROM billing_ledgerentry e WHERE e.origin = 'invoice:' || i.id)""",
    "an entry in the sales journal is of no document, or of another customer or amount": """
        SELECT count(*), min(e.document) FROM billing_ledgerentry e
          LEFT JOIN billing_invoice i ON e.origin = 'invoice:' || i.id
          LEFT JOIN (SELECT l.entry_id, sum(l.debit_cents::bigint - l.credit_cents) AS owed FROM billing_ledgerline l
                       JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = 'debtors' GROUP BY 1) d ON d.entry_id = e.id
         WHERE e.journal = 'S' AND (i.id IS NULL OR e.customer_id <> i.customer_id OR abs(d.owed) IS DISTINCT FROM i.total_cents)""",
    "an entry has no lines, does not balance, or has lines of another customer": """
        SELECT count(*), min(wrong.id)::text FROM (
          SELECT e.id FROM billing_ledgerentry e LEFT JOIN billing_ledgerline l ON l.entry_id = e.id GROUP BY e.id
          HAVING count(l.id) = 0 OR sum(l.debit_cents) <> sum(l.credit_cents)
              OR bool_or(l.customer_id IS DISTINCT FROM e.customer_id)) wrong""",
    "a number in a journal is missing": """
        SELECT count(*), min(wrong.place) FROM (
          SELECT journal || ' ' || book_year AS place FROM billing_ledgerentry GROUP BY journal, book_year
          HAVING min(number) <> 1 OR max(number) <> count(*)) wrong""",
    "the VAT that turnover says differs from what was booked as VAT": """
        SELECT count(*), min(wrong.document) FROM (
          SELECT e.document FROM billing_ledgerentry e JOIN billing_ledgerline l ON l.entry_id = e.id
            JOIN billing_ledgeraccount a ON a.id = l.account_id WHERE e.journal = 'S' GROUP BY e.id
          HAVING sum(coalesce(l.vat_cents, 0)) <> sum(CASE WHEN a.use LIKE 'vat%' THEN l.credit_cents - l.debit_cents ELSE 0 END)
         ) wrong""",
    "what was released of a month differs from its entry": """
        SELECT count(*), min(wrong.document) FROM (
          SELECT e.document FROM billing_ledgerentry e
            JOIN (SELECT entry_id, sum(cents) AS cents FROM billing_ledgerrelease GROUP BY 1) r ON r.entry_id = e.id
            JOIN (SELECT l.entry_id, sum(l.debit_cents::bigint - l.credit_cents) AS cents FROM billing_ledgerline l
                    JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = 'deferred' GROUP BY 1) d ON d.entry_id = e.id
           WHERE r.cents <> d.cents) wrong""",
}


def findings(connection: BaseDatabaseWrapper) -> list[str]:
    """What does not agree, a sentence each."""
    found = []
    with connection.cursor() as cursor:
        for what, sql in _RULES.items():
            number, example = _first(cursor, sql)
            if number:
                found.append(f"{what}: {number} times, for instance {example}")
    return found


def _first(cursor: Any, sql: str) -> tuple[int, str | None]:
    cursor.execute(sql)
    number, example = cursor.fetchone()
    return int(number), example
