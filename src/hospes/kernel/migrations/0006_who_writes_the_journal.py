from django.db import migrations

from hospes.kernel.journal_sql import INSTALL


class Migration(migrations.Migration):
    dependencies = [("kernel", "0005_guard_the_queue")]
    operations = [migrations.RunSQL(INSTALL, migrations.RunSQL.noop)]
