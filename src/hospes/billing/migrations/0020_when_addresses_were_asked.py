from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar = [("billing", "0019_exemptions_that_can_be_withdrawn")]
    operations: ClassVar[list[Operation]] = [
        migrations.AddField(
            model_name="einvoiceaddress",
            name="asked_at",
            field=models.DateTimeField(null=True, verbose_name="looked up at"),
        ),
    ]
