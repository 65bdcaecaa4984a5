from datetime import date

from django.db import migrations, models

USES = [
    ("result", "result of earlier years"), ("bank", "bank account"), ("clearing", "on its way from the payment provider"),
    ("suspense", "money at the bank of which it is not known yet what it is"),
    ("debits", "direct debits on their way"), ("debtors", "debtors"),
    ("deferred", "revenue invoiced in advance"), ("surplus", "balances of customers"),
    ("questions", "for the bookkeeper to look into"), ("written_off", "invoices written off"),
    ("payment_costs", "costs of payments"), ("vat_standard", "VAT at the standard rate"),
    ("vat_reduced", "VAT at the reduced rate"), ("vat_other", "VAT at another rate"), ("vat_oss", "VAT of other EU countries"),
    ("vat_input", "VAT paid to suppliers"), ("vat_paid", "VAT paid to the tax office"),
    ("revenue_standard", "revenue at the standard rate"), ("revenue_reduced", "revenue at the reduced rate"),
    ("revenue_other", "revenue at another rate"), ("revenue_zero", "revenue without VAT"),
    ("revenue_eu", "revenue from companies in other EU countries"), ("revenue_outside", "revenue from outside the EU"),
    ("revenue_oss", "revenue from consumers in other EU countries"),
]  # fmt: skip


def know(apps, schema_editor):
    """The account for it is in the chart from the beginning; an operator who took it out gets it back."""
    account = apps.get_model("ledger", "LedgerAccount")
    if account.objects.filter(code="4700", use="").update(use="payment_costs"):
        return
    code = next(str(code) for code in range(4701, 4800) if not account.objects.filter(code=str(code)).exists())
    account.objects.create(
        code=code, rgs_code="WBedVkkOvr", kind="P", use="payment_costs", name_nl="Kosten van betalingen",
        name_en="Costs of payments", valid_from=date(2025, 1, 1),
    )  # fmt: skip


def forget(apps, schema_editor):
    apps.get_model("ledger", "LedgerAccount").objects.filter(use="payment_costs").update(use="")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_accounts_of_payments")]
    operations = [
        migrations.AlterField("ledgeraccount", "use", models.CharField(blank=True, choices=USES, max_length=20)),
        migrations.RunPython(know, forget),
    ]
