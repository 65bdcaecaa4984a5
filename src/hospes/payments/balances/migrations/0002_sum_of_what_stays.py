from django.db import migrations

from hospes.payments.balances.guards import GUARDS, UNDO

#: What came in as surplus before balances were kept, as the ledger has it.
BEFORE = """
INSERT INTO payments_balanceentry (customer_id, kind, cents, payment_id, origin, at)
SELECT e.customer_id, 'surplus', sum(l.credit_cents::bigint - l.debit_cents), substr(e.origin, 9)::bigint, e.origin, e.made_at
  FROM billing_ledgerentry e JOIN billing_ledgerline l ON l.entry_id = e.id
  JOIN billing_ledgeraccount a ON a.id = l.account_id AND a.use = 'surplus'
 WHERE e.origin ~ '^payment:[0-9]+$' GROUP BY e.id HAVING sum(l.credit_cents::bigint - l.debit_cents) > 0
"""


class Migration(migrations.Migration):
    dependencies = [("balances", "0001_initial"), ("ledger", "0004_accounts_of_payments")]
    operations = [migrations.RunSQL(GUARDS, UNDO), migrations.RunSQL(BEFORE, migrations.RunSQL.noop)]
