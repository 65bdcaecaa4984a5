"""References and pages of any provider fit: those of Stripe's Checkout are longer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0018_taken_back")]

    operations = [
        migrations.AlterField(
            "payment",
            "reference",
            models.CharField(max_length=255, null=True, unique=True, verbose_name="reference at the provider"),
        ),
        migrations.AlterField("payment", "checkout_url", models.URLField(blank=True, max_length=2000)),
        migrations.AlterField("notice", "reference", models.CharField(max_length=255)),
    ]
