from django.db import migrations, models

from hospes.payments.guards import LESS, LESS_UNDO


class Migration(migrations.Migration):
    dependencies = [("payments", "0019_longer_references")]
    operations = [
        migrations.RemoveConstraint(model_name="refund", name="one_refund_per_credit_note_and_payment"),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(
                fields=["credit_note", "payment"], condition=models.Q(("reason", "taken_back"), _negated=True),
                nulls_distinct=False, name="one_refund_per_credit_note_and_payment",
            ),
        ),
        migrations.RunSQL(LESS, LESS_UNDO),
    ]  # fmt: skip
