from datetime import date

from django.db import migrations

#: From this day on a customer can choose it at the provider's page.
SINCE = date(2026, 11, 23)


def offer(apps, schema_editor):
    methods = apps.get_model("methods", "PaymentMethod").objects
    for row in methods.filter(code="banktransfer", is_offered=False, valid_from__lt=SINCE, valid_until=None):
        methods.filter(pk=row.pk).update(valid_until=SINCE)
        row.pk, row.is_offered, row.valid_from, row.valid_until = None, True, SINCE, None
        row.save(force_insert=True)


class Migration(migrations.Migration):
    dependencies = [("methods", "0002_names_of_these_years")]
    operations = [migrations.RunPython(offer, migrations.RunPython.noop)]
