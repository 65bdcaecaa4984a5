import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import F, Q

from hospes.kernel.arrays import without_nulls


class Migration(migrations.Migration):
    dependencies = [("sales", "0014_orders_that_nobody_pays")]
    operations = [
        migrations.AddField(
            model_name="quotedraftline",
            name="choice_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="quotedraftline",
            name="choice_counts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddConstraint(
            model_name="quotedraftline",
            constraint=models.CheckConstraint(
                name="draft_line_has_so_many_of_each",
                condition=without_nulls("choice_counts") & Q(choice_ids__len=F("choice_counts__len")),
            ),
        ),
    ]
