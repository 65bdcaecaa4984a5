from datetime import date

from django.db import migrations, models

#: As in the chart (0003): code, RGS code, balance sheet or profit and loss, what bookings know it by, names.
CHART = (
    ("1160", "BLimKru", "B", "suspense", "Kruisposten: nog toe te wijzen bankregels", "Suspense: bank lines still to be assigned"),
    ("1165", "BVorTusTbt", "B", "debits", "Incasso’s onderweg", "Direct debits on their way"),
    ("1490", "BSchOvsVpo", "B", "questions", "Vraagposten", "Items for the bookkeeper to look into"),
    ("4710", "WBedVkk", "P", "written_off", "Afgeboekte facturen", "Invoices written off"),
)

USES = [
    ("result", "result of earlier years"), ("bank", "bank account"), ("clearing", "on its way from the payment provider"),
    ("suspense", "money at the bank of which it is not known yet what it is"),
    ("debits", "direct debits on their way"), ("debtors", "debtors"),
    ("deferred", "revenue invoiced in advance"), ("surplus", "balances of customers"),
    ("questions", "for the bookkeeper to look into"), ("written_off", "invoices written off"), ("vat_standard", "VAT at the standard rate"),
    ("vat_reduced", "VAT at the reduced rate"), ("vat_other", "VAT at another rate"), ("vat_oss", "VAT of other EU countries"),
    ("vat_input", "VAT paid to suppliers"), ("vat_paid", "VAT paid to the tax office"),
    ("revenue_standard", "revenue at the standard rate"), ("revenue_reduced", "revenue at the reduced rate"),
    ("revenue_other", "revenue at another rate"), ("revenue_zero", "revenue without VAT"),
    ("revenue_eu", "revenue from companies in other EU countries"), ("revenue_outside", "revenue from outside the EU"),
    ("revenue_oss", "revenue from consumers in other EU countries"),
]  # fmt: skip


def add(apps, schema_editor):
    account = apps.get_model("ledger", "LedgerAccount")
    account.objects.bulk_create(
        account(code=code, rgs_code=rgs, kind=kind, use=use, name_nl=nl, name_en=en, valid_from=date(2025, 1, 1))
        for code, rgs, kind, use, nl, en in CHART
    )


def rename(apps, schema_editor):
    """What customers have with us pays their next invoice as well: it is not only to be paid back."""
    held = apps.get_model("ledger", "LedgerAccount").objects.filter(use="surplus", name_nl="Terug te betalen aan klanten")
    held.update(name_nl="Tegoeden van klanten", name_en="Balances of customers")


def remove(apps, schema_editor):
    apps.get_model("ledger", "LedgerAccount").objects.filter(use__in=[row[3] for row in CHART]).delete()


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_chart")]
    operations = [
        migrations.AlterField("ledgeraccount", "use", models.CharField(blank=True, choices=USES, max_length=20)),
        migrations.RunPython(add, remove),
        migrations.RunPython(rename, migrations.RunPython.noop),
    ]
