from django.db import migrations

from hospes.kernel.jobs import ENQUEUE_SQL


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_functions"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [migrations.RunSQL(ENQUEUE_SQL, migrations.RunSQL.noop)]
