from django.db import migrations

from hospes.kernel.failed_jobs import FAILED_JOBS_SQL


class Migration(migrations.Migration):
    dependencies = [("kernel", "0008_the_browser_in_the_journal"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [
        migrations.RunSQL(
            FAILED_JOBS_SQL,
            "DROP FUNCTION hospes_failed_jobs(text[], boolean, bigint, integer), hospes_try_job_again(bigint);"
            " DROP INDEX hospes_failed_jobs",
        )
    ]
