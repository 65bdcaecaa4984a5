from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: Code, how its VAT numbers begin, and the standard rates in hundredths of a percent by the day from which each applies
#: (European Commission, Taxes in Europe Database).
STATES: dict[str, tuple[str, dict[str, int]]] = {
    "AT": ("AT", {"1984-01-01": 2000}),
    "BE": ("BE", {"1996-01-01": 2100}),
    "BG": ("BG", {"1999-01-01": 2000}),
    "CY": ("CY", {"2014-01-13": 1900}),
    "CZ": ("CZ", {"2013-01-01": 2100}),
    "DE": ("DE", {"2007-01-01": 1900, "2020-07-01": 1600, "2021-01-01": 1900}),
    "DK": ("DK", {"1992-01-01": 2500}),
    "EE": ("EE", {"2009-07-01": 2000, "2024-01-01": 2200, "2025-07-01": 2400}),
    "ES": ("ES", {"2012-09-01": 2100}),
    "FI": ("FI", {"2013-01-01": 2400, "2024-09-01": 2550}),
    "FR": ("FR", {"2014-01-01": 2000}),
    "GR": ("EL", {"2016-06-01": 2400}),
    "HR": ("HR", {"2012-03-01": 2500}),
    "HU": ("HU", {"2012-01-01": 2700}),
    "IE": ("IE", {"2012-01-01": 2300, "2020-09-01": 2100, "2021-03-01": 2300}),
    "IT": ("IT", {"2013-10-01": 2200}),
    "LT": ("LT", {"2009-09-01": 2100}),
    "LU": ("LU", {"2015-01-01": 1700, "2023-01-01": 1600, "2024-01-01": 1700}),
    "LV": ("LV", {"2012-07-01": 2100}),
    "MT": ("MT", {"2004-01-01": 1800}),
    "NL": ("NL", {"2012-10-01": 2100}),
    "PL": ("PL", {"2011-01-01": 2300}),
    "PT": ("PT", {"2011-01-01": 2300}),
    "RO": ("RO", {"2017-01-01": 1900, "2025-08-01": 2100}),
    "SE": ("SE", {"1990-07-01": 2500}),
    "SI": ("SI", {"2013-07-01": 2200}),
    "SK": ("SK", {"2011-01-01": 2000, "2025-01-01": 2300}),
}

#: The other Dutch rates (Wet op de omzetbelasting 1968, art. 9).
DUTCH = {("reduced", "2019-01-01"): 900, ("zero", "1969-01-01"): 0}

#: When each became a member (treaties of accession); what is not here has been one from the beginning of the single market.
JOINED = {
    "AT": "1995-01-01", "FI": "1995-01-01", "SE": "1995-01-01", "BG": "2007-01-01", "RO": "2007-01-01", "HR": "2013-07-01",
    **dict.fromkeys(("CY", "CZ", "EE", "HU", "LT", "LV", "MT", "PL", "SI", "SK"), "2004-05-01"),
}  # fmt: skip


def fill(apps: Any, schema_editor: Any) -> None:
    """Member states, their rates, the threshold of art. 59c of the VAT directive, and how VAT is dealt with here."""
    states, rates = apps.get_model("billing", "MemberState"), apps.get_model("billing", "VatRate")
    for code, (prefix, standard) in STATES.items():
        states.objects.create(code=code, vat_prefix=prefix, member_from=JOINED.get(code, "1993-01-01"))
        for since, basis_points in standard.items():
            _rate(rates, code, "standard", since, basis_points)
    for (kind, since), basis_points in DUTCH.items():
        _rate(rates, "NL", kind, since, basis_points)
    apps.get_model("billing", "OssThreshold").objects.create(valid_from="2019-01-01", cents=1_000_000)
    apps.get_model("billing", "TaxSettings").objects.create(pk=1, home=settings.HOSPES_OPERATOR.country)


def _rate(rates: Any, country: str, code: str, since: str, basis_points: int) -> None:
    rates.objects.get_or_create(
        country=country, code=code, valid_from=since, defaults={"basis_points": basis_points}
    )


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0006_issued_stays'),
        ('customers', '0005_contact_addresses'),
    ]

    operations = [
        migrations.CreateModel(
            name='MemberState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=2, unique=True)),
                ('vat_prefix', models.CharField(max_length=2, unique=True)),
                ('member_from', models.DateField()),
                ('member_until', models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='OssThreshold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(unique=True)),
                ('cents', models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='TaxSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('home', models.CharField(max_length=2)),
                ('oss_since', models.DateField(null=True)),
                ('vies_good_days', models.PositiveSmallIntegerField(default=90)),
                ('vies_again_days', models.PositiveSmallIntegerField(default=30)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_row_of_tax_settings')],
            },
        ),
        migrations.CreateModel(
            name='ViesCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, verbose_name='VAT number')),
                ('result', models.CharField(choices=[('valid', 'right'), ('invalid', 'not right'), ('unanswered', 'no answer')], max_length=10, verbose_name='answer')),
                ('reason', models.CharField(blank=True, max_length=60, verbose_name='why there was no answer')),
                ('consultation', models.CharField(blank=True, max_length=40, verbose_name='consultation number')),
                ('checked_at', models.DateTimeField(verbose_name='checked at')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'check of a VAT number',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='TaxStatus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(blank=True, choices=[('S', 'VAT at a rate'), ('Z', 'zero rate'), ('E', 'exempt from VAT'), ('AE', 'VAT reverse charged'), ('K', 'supply of goods inside the EU'), ('G', 'export outside the EU'), ('O', 'outside the scope of VAT')], max_length=2, verbose_name='kind of VAT')),
                ('rate_country', models.CharField(blank=True, max_length=2, verbose_name='country of the VAT')),
                ('place', models.CharField(max_length=2, verbose_name='country')),
                ('why', models.CharField(max_length=30, verbose_name='why')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('until', models.DateTimeField(null=True, verbose_name='until')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
                ('vies_check', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.viescheck', verbose_name='check of the VAT number')),
            ],
            options={
                'verbose_name': 'VAT that applies',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='LocationEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('ip', 'the network that was ordered from'), ('bank', 'the bank account that was paid from'), ('card', 'the card that was paid with'), ('phone', 'the phone number'), ('staff', 'decided by a member of staff')], max_length=6, verbose_name='what shows it')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('seen_at', models.DateTimeField(verbose_name='recorded at')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'evidence of the country for VAT',
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['customer', 'kind', '-seen_at'], name='evidence_of_customer')],
            },
        ),
        migrations.CreateModel(
            name='TaxExemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ground', models.CharField(max_length=200, verbose_name='ground')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_until', models.DateField(null=True, verbose_name='until')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'exemption from VAT',
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.CheckConstraint(condition=models.Q(('ground', ''), _negated=True), name='exemption_says_its_ground'), models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='exemption_ends_after_it_began')],
            },
        ),
        migrations.AddIndex(
            model_name='viescheck',
            index=models.Index(fields=['customer', '-checked_at'], name='vies_checks_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='viescheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('result', 'unanswered'), _negated=True), ('consultation', ''), _connector='OR'), name='only_an_answer_proves_something'),
        ),
        migrations.AddIndex(
            model_name='taxstatus',
            index=models.Index(fields=['customer', '-since'], name='tax_statuses_of_customer'),
        ),
        migrations.AddIndex(
            model_name='taxstatus',
            index=models.Index(condition=models.Q(('category', ''), ('until', None)), fields=['since', 'id'], name='tax_not_known'),
        ),
        migrations.AddIndex(
            model_name='taxstatus',
            index=models.Index(condition=models.Q(('until', None), ('why', 'vies_pending')), fields=['customer'], name='vat_numbers_to_check'),
        ),
        migrations.AddIndex(
            model_name='taxstatus',
            index=models.Index(condition=models.Q(('until', None), ('why', 'reverse_charge')), fields=['customer'], name='vat_numbers_in_use'),
        ),
        migrations.AddConstraint(
            model_name='taxstatus',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('customer',), name='one_tax_status_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='taxstatus',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='tax_status_ends_after_it_began'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
