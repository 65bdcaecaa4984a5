from datetime import date

from django.db import migrations

LONG_AGO, WITH_WERO, WERO = date(2005, 1, 1), date(2026, 1, 29), date(2028, 1, 1)

#: Code, Dutch and English name, picture, whether it can be chosen, from, until. iDEAL bears the name of Wero beside its own since
#: 29 January 2026, and ends in the course of 2027 and 2028; its code at the provider stays.
METHODS = (
    ("ideal", "iDEAL", "iDEAL", "ideal", True, LONG_AGO, WITH_WERO),
    ("ideal", "iDEAL | Wero", "iDEAL | Wero", "ideal-wero", True, WITH_WERO, WERO),
    ("ideal", "Wero", "Wero", "wero", True, WERO, None),
    ("paypal", "PayPal", "PayPal", "paypal", True, LONG_AGO, None),
    ("creditcard", "creditcard", "card", "card", True, LONG_AGO, None),
    ("banktransfer", "overschrijving", "bank transfer", "transfer", False, LONG_AGO, None),
    ("directdebit", "automatische incasso", "direct debit", "debit", False, LONG_AGO, None),
    ("bancontact", "Bancontact", "Bancontact", "bancontact", False, LONG_AGO, None),
    ("applepay", "Apple Pay", "Apple Pay", "card", False, LONG_AGO, None),
    ("in3", "in3", "in3", "transfer", False, LONG_AGO, None),
    ("klarna", "Klarna", "Klarna", "transfer", False, LONG_AGO, None),
    ("written_off", "afgeboekt", "written off", "balance", False, LONG_AGO, None),
    ("balance", "uw tegoed", "your balance with us", "balance", False, LONG_AGO, None),
)


def add(apps, schema_editor):
    method = apps.get_model("methods", "PaymentMethod")
    method.objects.bulk_create(
        method(
            code=code, name_nl=nl, name_en=en, logo=f"hospes/methods/{logo}.svg", is_offered=is_offered, position=place,
            valid_from=since, valid_until=until,
        )
        for place, (code, nl, en, logo, is_offered, since, until) in enumerate(METHODS, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [("methods", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
