from django.db import migrations

from hospes.payments.collecting.guards import GUARDS, UNDO


class Migration(migrations.Migration):
    dependencies = [("collecting", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
