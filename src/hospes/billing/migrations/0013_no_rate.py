from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_charges_and_what_was_sold")]
    operations = [
        migrations.AlterField(
            model_name="stuckcharge",
            name="reason",
            field=models.CharField(
                choices=[
                    ("no_line", "no invoice of ours covers this period"),
                    ("too_little", "less is left of the invoices of this period"),
                    ("vat_unknown", "it cannot be told which VAT applies"),
                    ("no_rate", "no VAT rate is known for the country on that day"),
                    ("refused", "it could not be put on a document"),
                ],
                max_length=12,
                verbose_name="why",
            ),
        ),
    ]
