from django.db import migrations

from hospes.payments.reconciling.guards import GUARDS, REFERENCES, UNDO


class Migration(migrations.Migration):
    dependencies = [
        ("reconciling", "0001_initial"), ("payments", "0017_several_invoices"), ("balances", "0002_sum_of_what_stays"),
    ]  # fmt: skip
    operations = [migrations.RunSQL(GUARDS + REFERENCES, UNDO)]
