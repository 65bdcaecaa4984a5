from typing import Any

import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

#: Each kind of document has a series; book years are calendar years until the operator says otherwise.
SEED = """
INSERT INTO billing_series (key, kind, prefix) VALUES ('invoice', 'invoice', 'F'), ('credit_note', 'credit_note', 'C');
INSERT INTO billing_bookyear (year, begins_on, ends_on)
  SELECT y, make_date(y, 1, 1), make_date(y, 12, 31) FROM generate_series(2000, 2099) y;
"""

#: What was issued until now says of itself what is told apart from now on.
WHAT_WAS_ISSUED = """
UPDATE billing_invoice i SET book_year = substr(split_part(i.number, '-', 1), 2)::int,
    sequence = split_part(i.number, '-', 2)::int, term_days = i.due_on - i.issued_on, buyer_email = c.invoice_email
  FROM customers_customer c WHERE c.id = i.customer_id;
UPDATE billing_invoiceline SET kind = 'term';
UPDATE billing_invoiceline SET vat_category = 'Z' WHERE vat_basis_points = 0;
INSERT INTO billing_invoicetax (invoice_id, customer_id, vat_category, vat_country, vat_basis_points, net_cents, vat_cents)
  SELECT invoice_id, customer_id, vat_category, vat_country, vat_basis_points, sum(net_cents),
         round(sum(net_cents) * vat_basis_points / 10000.0)
    FROM billing_invoiceline GROUP BY 1, 2, 3, 4, 5;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


def sell(apps: Any, schema_editor: Any) -> None:
    """The operator of now is who issued what there is."""
    if not apps.get_model("billing", "Invoice").objects.exists():
        return
    operator = settings.HOSPES_OPERATOR
    apps.get_model("billing", "Seller").objects.create(
        name=operator.name, street=operator.street, postcode=operator.postcode, town=operator.town, country=operator.country,
        kvk_number=operator.kvk, vat_number=operator.vat_number, email=operator.email, iban=operator.iban, accent=operator.accent,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0004_invoices_without_file'),
        ('customers', '0005_contact_addresses'),
        ('services', '0003_one_holder_of_a_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='BookYear',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(unique=True)),
                ('begins_on', models.DateField()),
                ('ends_on', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='InvoiceTax',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vat_category', models.CharField(choices=[('S', 'VAT at a rate'), ('Z', 'zero rate'), ('E', 'exempt from VAT'), ('AE', 'VAT reverse charged'), ('K', 'supply of goods inside the EU'), ('G', 'export outside the EU'), ('O', 'outside the scope of VAT')], max_length=2, verbose_name='kind of VAT')),
                ('vat_country', models.CharField(max_length=2, verbose_name='country of the VAT')),
                ('vat_basis_points', models.PositiveIntegerField(verbose_name='VAT rate')),
                ('net_cents', models.BigIntegerField(verbose_name='amount without VAT')),
                ('vat_cents', models.BigIntegerField(verbose_name='VAT')),
            ],
            options={
                'verbose_name': 'VAT of an invoice by rate',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Seller',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160)),
                ('street', models.CharField(max_length=160)),
                ('postcode', models.CharField(max_length=12)),
                ('town', models.CharField(max_length=80)),
                ('country', models.CharField(max_length=2)),
                ('kvk_number', models.CharField(max_length=8)),
                ('vat_number', models.CharField(max_length=20)),
                ('email', models.CharField(max_length=254)),
                ('iban', models.CharField(max_length=34)),
                ('accent', models.CharField(max_length=7)),
            ],
        ),
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=20, unique=True)),
                ('kind', models.CharField(choices=[('invoice', 'invoice'), ('credit_note', 'credit note')], max_length=12, unique=True)),
                ('prefix', models.CharField(max_length=6, unique=True)),
            ],
        ),
        migrations.RunSQL(SEED, migrations.RunSQL.noop),
        migrations.RunPython(sell, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name='vatrate',
            name='vat_rate_has_a_known_code',
        ),
        migrations.RemoveIndex(
            model_name='invoice',
            name='open_invoices_by_due_day',
        ),
        migrations.AddField(
            model_name='invoice',
            name='book_year',
            field=models.PositiveSmallIntegerField(default=1, verbose_name='book year'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='invoice',
            name='buyer_email',
            field=models.CharField(blank=True, max_length=254, verbose_name='e-mail address for invoices'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='credited_cents',
            field=models.PositiveBigIntegerField(default=0, verbose_name='credited'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='credits',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='billing.invoice', verbose_name='credits invoice'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='kind',
            field=models.CharField(choices=[('invoice', 'invoice'), ('credit_note', 'credit note')], default='invoice', max_length=12, verbose_name='kind of document'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='purchase_order',
            field=models.CharField(blank=True, max_length=80, verbose_name='purchase order number'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='reason',
            field=models.CharField(blank=True, max_length=200, verbose_name='reason'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='reference',
            field=models.CharField(blank=True, max_length=80, verbose_name='your reference'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='sequence',
            field=models.PositiveIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='invoice',
            name='set_off_cents',
            field=models.PositiveBigIntegerField(default=0, verbose_name='set off'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='term_days',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='payment term in days'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='credited_cents',
            field=models.BigIntegerField(default=0, verbose_name='credited'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='credits_line',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_lines', to='billing.invoiceline', verbose_name='credits line'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='kind',
            field=models.CharField(choices=[('term', 'term of a service'), ('setup', 'setting up'), ('work', 'work'), ('change', 'change of a service'), ('discount', 'discount'), ('other', 'other')], default='other', max_length=8, verbose_name='what it is of'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='revenue_account',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='service',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='services.service', verbose_name='service'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='vat_category',
            field=models.CharField(choices=[('S', 'VAT at a rate'), ('Z', 'zero rate'), ('E', 'exempt from VAT'), ('AE', 'VAT reverse charged'), ('K', 'supply of goods inside the EU'), ('G', 'export outside the EU'), ('O', 'outside the scope of VAT')], default='S', max_length=2, verbose_name='kind of VAT'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='vat_country',
            field=models.CharField(default='NL', max_length=2, verbose_name='country of the VAT'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='vat_reason',
            field=models.CharField(blank=True, max_length=30, verbose_name='why this VAT'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='quote_number',
            field=models.CharField(blank=True, max_length=20, verbose_name='quote number'),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='net_cents',
            field=models.BigIntegerField(verbose_name='amount without VAT'),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='period_from',
            field=models.DateField(null=True, verbose_name='from'),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='period_until',
            field=models.DateField(null=True, verbose_name='until'),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='quantity',
            field=models.IntegerField(verbose_name='number'),
        ),
        migrations.AlterField(
            model_name='vatrate',
            name='code',
            field=models.CharField(choices=[('standard', 'standard rate'), ('reduced', 'reduced rate'), ('zero', 'zero rate')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='vatrate',
            constraint=models.CheckConstraint(condition=models.Q(('code__in', ['standard', 'reduced', 'zero'])), name='vat_rate_has_a_known_code'),
        ),
        migrations.AddConstraint(
            model_name='bookyear',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('begins_on'))), name='book_year_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='bookyear',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('begins_on', 'ends_on', models.Value('[]'), function='daterange'), '&&')], name='a_day_is_in_one_book_year'),
        ),
        migrations.AddField(
            model_name='invoicetax',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='invoicetax',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='taxes', to='billing.invoice', verbose_name='invoice'),
        ),
        migrations.AddConstraint(
            model_name='seller',
            constraint=models.UniqueConstraint(fields=('name', 'street', 'postcode', 'town', 'country', 'kvk_number', 'vat_number', 'email', 'iban', 'accent'), name='one_row_per_seller_as_it_was'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='seller',
            field=models.ForeignKey(default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.seller'),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name='series',
            constraint=models.CheckConstraint(condition=models.Q(('key__regex', '^[a-z_]+$'), ('prefix__regex', '^[A-Z]{1,6}$')), name='series_has_a_key_and_a_prefix'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='series',
            field=models.ForeignKey(default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.series'),
            preserve_default=False,
        ),
        migrations.RunSQL(WHAT_WAS_ISSUED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('vat_basis_points__gt', 0), ('vat_category', 'S')), models.Q(('vat_basis_points', 0), ('vat_category__in', ['Z', 'E', 'AE', 'K', 'G', 'O'])), _connector='OR'), name='line_rate_goes_with_category'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('period_from', None), ('period_until', None)), models.Q(('period_from__isnull', False), ('period_until__gte', models.F('period_from')), ('period_until__isnull', False)), _connector='OR'), name='a_period_has_both_ends'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credited_cents__gte', 0), ('credited_cents__lte', models.F('net_cents')), ('net_cents__gte', 0)), models.Q(('credited_cents__gte', models.F('net_cents')), ('credited_cents__lte', 0), ('net_cents__lt', 0)), _connector='OR'), name='never_more_credited_than_the_line'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.UniqueConstraint(condition=models.Q(('credits_line', None), ('kind', 'term'), models.Q(('net_cents', 0), models.Q(('credited_cents', models.F('net_cents')), _negated=True), _connector='OR')), fields=('service', 'period_from'), name='one_line_per_service_and_term'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('kind', 'invoice'), ('paid_cents__lt', django.db.models.expressions.CombinedExpression(models.F('total_cents'), '-', models.F('credited_cents')))), fields=['due_on', 'id'], name='open_invoices_by_due_day'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(fields=('series', 'book_year', 'sequence'), name='one_document_per_place_in_a_series'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credits', None), ('kind', 'invoice'), ('reason', ''), ('set_off_cents', 0)), models.Q(('credited_cents', 0), ('credits__isnull', False), ('kind', 'credit_note'), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='credit_note_belongs_to_an_invoice'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('credited_cents__lte', models.F('total_cents'))), name='never_more_credited_than_invoiced'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('set_off_cents__lte', models.F('total_cents'))), name='never_more_set_off_than_credited'),
        ),
        migrations.AddConstraint(
            model_name='invoicetax',
            constraint=models.UniqueConstraint(fields=('invoice', 'vat_category', 'vat_country', 'vat_basis_points'), name='one_row_per_rate'),
        ),
        migrations.AddConstraint(
            model_name='invoicetax',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('vat_basis_points__gt', 0), ('vat_category', 'S')), models.Q(('vat_basis_points', 0), ('vat_category__in', ['Z', 'E', 'AE', 'K', 'G', 'O'])), _connector='OR'), name='tax_rate_goes_with_category'),
        ),
    ]
