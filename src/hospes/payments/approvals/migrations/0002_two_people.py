from django.db import migrations

from hospes.payments.approvals.guards import GUARDS, UNDO


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
