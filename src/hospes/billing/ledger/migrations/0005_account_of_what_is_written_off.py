from datetime import date

from django.db import migrations


def add(apps, schema_editor):
    apps.get_model("ledger", "LedgerAccount").objects.create(
        code="4710", rgs_code="WBedVkk", kind="P", use="written_off", name_nl="Afgeboekte facturen",
        name_en="Invoices written off", valid_from=date(2025, 1, 1),
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_written_off")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
