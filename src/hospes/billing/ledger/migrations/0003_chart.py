from datetime import date

from django.db import migrations

#: A chart of accounts for a hosting company, with the codes of the Dutch reference chart (RGS 3): revenue by the box of the VAT
#: return that it belongs to. Code, RGS code, balance sheet or profit and loss, what bookings know it by, names.
CHART = (
    ("0800", "BEivOreOvw", "B", "result", "Resultaat van eerdere jaren", "Result of earlier years"),
    ("1100", "BLimBanRba", "B", "bank", "Bankrekening", "Bank account"),
    ("1150", "BLimKruSto", "B", "clearing", "Onderweg van de betaalaanbieder", "On its way from the payment provider"),
    ("1300", "BVorDebHad", "B", "debtors", "Debiteuren", "Debtors"),
    ("1400", "BSchOpaVgo", "B", "deferred", "Vooruitgefactureerde omzet", "Revenue invoiced in advance"),
    ("1450", "BSchOvsOvs", "B", "surplus", "Terug te betalen aan klanten", "To be paid back to customers"),
    ("1500", "BSchBepBtwOla", "B", "vat_standard", "Af te dragen btw, algemeen tarief", "VAT to pay, standard rate"),
    ("1501", "BSchBepBtwOlv", "B", "vat_reduced", "Af te dragen btw, verlaagd tarief", "VAT to pay, reduced rate"),
    ("1502", "BSchBepBtwOlo", "B", "vat_other", "Af te dragen btw, overige tarieven", "VAT to pay, other rates"),
    ("1510", "BSchBepBtwVoo", "B", "vat_input", "Voorbelasting", "VAT paid to suppliers"),
    ("1520", "BSchBepBtwAfo", "B", "vat_paid", "Afgedragen btw", "VAT paid to the tax office"),
    ("1530", "BSchBepBtw", "B", "vat_oss", "Btw van andere EU-landen (OSS)", "VAT of other EU countries (OSS)"),
    ("4700", "WBedVkkOvr", "P", "", "Kosten van betalingen", "Costs of payments"),
    ("8000", "WOmzNodOdh", "P", "revenue_standard", "Omzet, algemeen tarief", "Revenue, standard rate"),
    ("8010", "WOmzNodOdl", "P", "revenue_reduced", "Omzet, verlaagd tarief", "Revenue, reduced rate"),
    ("8020", "WOmzNodOdo", "P", "revenue_other", "Omzet, overige tarieven", "Revenue, other rates"),
    ("8030", "WOmzNodOdg", "P", "revenue_zero", "Omzet, 0% of niet bij u belast", "Revenue, 0% or not taxed with you"),
    ("8040", "WOmzNodOdi", "P", "revenue_eu", "Omzet, bedrijven in andere EU-landen", "Revenue, companies in other EU countries"),
    ("8050", "WOmzNodOdb", "P", "revenue_outside", "Omzet, buiten de EU", "Revenue, outside the EU"),
    ("8060", "WOmzNodOda", "P", "revenue_oss", "Omzet, consumenten in andere EU-landen", "Revenue, consumers in other EU countries"),
)


def add(apps, schema_editor):
    account = apps.get_model("ledger", "LedgerAccount")
    account.objects.bulk_create(
        account(code=code, rgs_code=rgs, kind=kind, use=use, name_nl=nl, name_en=en, valid_from=date(2025, 1, 1))
        for code, rgs, kind, use, nl, en in CHART
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
