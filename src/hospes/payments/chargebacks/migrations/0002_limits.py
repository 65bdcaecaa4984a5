from django.db import migrations

from hospes.payments.chargebacks.guards import GUARDS, UNDO


class Migration(migrations.Migration):
    dependencies = [("chargebacks", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
