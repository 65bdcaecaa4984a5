from django.db import migrations

from hospes.kernel.jobs import PARTS_GUARD_SQL


class Migration(migrations.Migration):
    dependencies = [("kernel", "0011_numbers_of_credit_notes")]
    operations = [migrations.RunSQL(PARTS_GUARD_SQL, migrations.RunSQL.noop)]
