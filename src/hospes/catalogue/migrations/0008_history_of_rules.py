from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0007_numbers_of_options_are_numbers")]
    operations = [
        migrations.AlterField(
            model_name="cataloguechange",
            name="what",
            field=models.CharField(
                choices=[
                    ("group", "group"),
                    ("product", "product"),
                    ("price", "price"),
                    ("option", "option"),
                    ("choice", "choice"),
                    ("choice_price", "price of a choice"),
                    ("promotion", "promotion code"),
                    ("notice", "what a registry gets"),
                    ("vat_rate", "VAT rate"),
                    ("oss_threshold", "threshold of the one-stop shop"),
                    ("book_years", "book year"),
                ],
                max_length=15,
                verbose_name="what",
            ),
        ),
    ]
