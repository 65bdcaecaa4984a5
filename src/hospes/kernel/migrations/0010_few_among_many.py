from django.db import migrations, models

FAILED = (
    models.Q(action__endswith="_failed")
    | models.Q(action__endswith="_refused")
    | models.Q(action__endswith=".kept_out")
)
SELDOM = ~FAILED & ~models.Q(action__in=["account.login", "account.logout", "account.token_used"])


class Migration(migrations.Migration):
    dependencies = [("kernel", "0009_failed_jobs")]

    operations = [
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(fields=["person_id", "-at"], condition=FAILED, name="journal_failed_of_person"),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(fields=["customer_id", "-at"], condition=FAILED, name="journal_failed_of_customer"),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(
                fields=["person_id", "-at"], condition=SELDOM & models.Q(person_id__isnull=False),
                name="journal_seldom_of_person",
            ),
        ),
    ]
