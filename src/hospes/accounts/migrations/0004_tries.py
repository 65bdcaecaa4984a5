from django.db import migrations, models

from hospes.accounts.passwords.tries_sql import INSTALL, REMOVE


class Migration(migrations.Migration):

    dependencies = [("accounts", "0003_second_step")]

    operations = [
        migrations.CreateModel(
            name="Tries",
            fields=[
                ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("drained_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]
