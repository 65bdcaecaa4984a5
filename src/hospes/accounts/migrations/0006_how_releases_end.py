from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_invitations")]

    operations = [
        migrations.AlterField(
            model_name="release",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("stopped", "stopped"),
                    ("used", "the second step was taken off"),
                    ("lapsed", "not used in time"),
                    ("overtaken", "overtaken by another request"),
                ],
                default="",
                max_length=10,
                verbose_name="how it ended",
            ),
        ),
    ]
