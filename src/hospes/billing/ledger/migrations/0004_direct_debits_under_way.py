from datetime import date

from django.db import migrations, models


def add(apps, schema_editor):
    apps.get_model("ledger", "LedgerAccount").objects.create(
        code="1160", rgs_code="BLimKruSto", kind="B", use="debits", name_nl="Incasso’s onderweg",
        name_en="Direct debits on their way", valid_from=date(2025, 1, 1),
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_chart")]
    operations = [
        migrations.AlterField(
            model_name='ledgeraccount',
            name='use',
            field=models.CharField(blank=True, choices=[('result', 'result of earlier years'), ('bank', 'bank account'), ('clearing', 'on its way from the payment provider'), ('debits', 'direct debits on their way'), ('debtors', 'debtors'), ('deferred', 'revenue invoiced in advance'), ('surplus', 'to be paid back to customers'), ('vat_standard', 'VAT at the standard rate'), ('vat_reduced', 'VAT at the reduced rate'), ('vat_other', 'VAT at another rate'), ('vat_oss', 'VAT of other EU countries'), ('vat_input', 'VAT paid to suppliers'), ('vat_paid', 'VAT paid to the tax office'), ('revenue_standard', 'revenue at the standard rate'), ('revenue_reduced', 'revenue at the reduced rate'), ('revenue_other', 'revenue at another rate'), ('revenue_zero', 'revenue without VAT'), ('revenue_eu', 'revenue from companies in other EU countries'), ('revenue_outside', 'revenue from outside the EU'), ('revenue_oss', 'revenue from consumers in other EU countries')], max_length=20),
        ),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
