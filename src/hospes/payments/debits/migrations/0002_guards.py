from django.db import migrations

from hospes.payments.debits.guards import GUARDS, UNDO


class Migration(migrations.Migration):
    dependencies = [("debits", "0001_initial"), ("sales", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
