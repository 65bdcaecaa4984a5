from django.db import migrations

from hospes.payments.reconciling.guards import GUARDS, REFERENCES, UNDO


class Migration(migrations.Migration):
    dependencies = [
        ("reconciling", "0001_initial"), ("payments", "0015_several_invoices"), ("balances", "0003_paid_back_when_asked"),
    ]  # fmt: skip
    operations = [migrations.RunSQL(GUARDS + REFERENCES, UNDO)]
