from django.db import migrations

from hospes.payments.together.guards import OF_NOTHING


class Migration(migrations.Migration):
    dependencies = [("together", "0002_shares_add_up")]
    operations = [migrations.RunSQL(OF_NOTHING, migrations.RunSQL.noop)]
