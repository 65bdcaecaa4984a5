from django.db import migrations

from hospes.kernel.jobs import QUEUE_GUARD_SQL


class Migration(migrations.Migration):
    dependencies = [("kernel", "0004_journal_by_time_and_action"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [
        migrations.RunSQL(
            QUEUE_GUARD_SQL,
            "DROP FUNCTION hospes_guard_the_queue() CASCADE;"
            " ALTER TABLE procrastinate_jobs DROP CONSTRAINT job_arguments_are_ids, DROP CONSTRAINT job_time_is_a_time",
        )
    ]
