from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("services", "0012_which_additions_move")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="intro_before_cents",
            field=models.PositiveBigIntegerField(null=True, verbose_name="price in the term before"),
        ),
    ]
