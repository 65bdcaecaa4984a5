from django.db import migrations

#: Use, the code it had, and the one of the reference chart (RGS 3.3 and the selection for small businesses, 3.7) that an account
#: of that kind has: Kruisposten and Verkoop gerelateerde kosten are headings, on which nothing is booked, BSchOvsVpo is none of a
#: small business, and what a direct debit brings is a receipt.
CODES = (
    ("suspense", "BLimKru", "BVorTusTov"),  # Tussenrekeningen overig
    ("debits", "BVorTusTbt", "BVorTusTon"),  # Tussenrekeningen ontvangsten
    ("questions", "BSchOvsVpo", "BSchTusTov"),  # Tussenrekeningen overig
    ("written_off", "WBedVkk", "WBedVkkAdd"),  # Afboeking dubieuze debiteuren
)


def right(apps, schema_editor):
    """An operator who gave an account another code keeps it."""
    account = apps.get_model("ledger", "LedgerAccount")
    for use, had, has in CODES:
        account.objects.filter(use=use, rgs_code=had).update(rgs_code=has)


def back(apps, schema_editor):
    account = apps.get_model("ledger", "LedgerAccount")
    for use, had, has in CODES:
        account.objects.filter(use=use, rgs_code=has).update(rgs_code=had)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_costs_of_payments")]
    operations = [migrations.RunPython(right, back)]
