from django.db import migrations

from hospes.payments.together.guards import GUARDS, UNDO


class Migration(migrations.Migration):
    dependencies = [("together", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
