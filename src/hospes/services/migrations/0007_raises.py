import django.db.models.deletion
from django.db import migrations, models

#: How long before: consumers more than a month, as a raise that is told later would take their month's notice from them;
#: companies as long as they have to cancel.
RULES = """
INSERT INTO services_raiserule (kind, notice_days, valid_from) VALUES ('private', 31, '2000-01-01'), ('business', 30, '2000-01-01');
"""
#: Who plans raises keeps the catalogue, and nobody else: see catalogue/guards.py. Jobs only say when they told of it.
GUARD = """
CREATE TRIGGER guard_catalogue BEFORE INSERT OR DELETE OR UPDATE OF product_id, months, basis_points, price_cents, from_on,
  started_before, announce_on, withdrawn_at ON services_raise FOR EACH ROW EXECUTE FUNCTION catalogue_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_prices_in_sql'),
        ('customers', '0006_phones_that_are_confirmed'),
        ('services', '0006_who_asks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Raise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('months', models.PositiveSmallIntegerField()),
                ('basis_points', models.PositiveIntegerField(null=True)),
                ('price_cents', models.PositiveBigIntegerField(null=True)),
                ('from_on', models.DateField()),
                ('started_before', models.DateField(null=True)),
                ('announce_on', models.DateField()),
                ('planned_at', models.DateTimeField()),
                ('announced_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('key', models.CharField(max_length=60, unique=True)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.product')),
            ],
        ),
        migrations.CreateModel(
            name='RaisedService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('announced', 'announced'), ('in_force', 'in force'), ('dropped', 'does not come')], default='planned', max_length=10, verbose_name='state')),
                ('old_cents', models.PositiveBigIntegerField(verbose_name='price per term')),
                ('new_cents', models.PositiveBigIntegerField(verbose_name='new price per term')),
                ('takes_effect_on', models.DateField(null=True, verbose_name='counts from')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='services.raise', verbose_name='raise')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='raises', to='services.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'raise of the price',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='content',
            name='raised',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='services.raisedservice', verbose_name='raise of the price'),
        ),
        migrations.CreateModel(
            name='RaiseNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('delivered_at', models.DateTimeField(null=True, verbose_name='sent at')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'announcement of a raise',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='raisedservice',
            name='notice',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='raised', to='services.raisenotice', verbose_name='announcement'),
        ),
        migrations.CreateModel(
            name='RaiseRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('notice_days', models.PositiveSmallIntegerField()),
                ('valid_from', models.DateField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'valid_from'), name='one_raise_rule_per_kind_and_day')],
            },
        ),
        migrations.AddConstraint(
            model_name='raise',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis_points__gte', 1), ('price_cents', None)), models.Q(('basis_points', None), ('price_cents__isnull', False)), _connector='OR'), name='raise_is_a_percentage_or_a_price'),
        ),
        migrations.AddConstraint(
            model_name='raise',
            constraint=models.CheckConstraint(condition=models.Q(('announce_on__lt', models.F('from_on'))), name='raise_is_told_before'),
        ),
        migrations.AddConstraint(
            model_name='raise',
            constraint=models.CheckConstraint(condition=models.Q(('announced_at', None), ('withdrawn_at', None), _connector='OR'), name='raise_is_told_or_taken_back'),
        ),
        migrations.AddIndex(
            model_name='raisenotice',
            index=models.Index(condition=models.Q(('delivered_at', None)), fields=['id'], name='raises_being_told'),
        ),
        migrations.AddIndex(
            model_name='raisedservice',
            index=models.Index(condition=models.Q(('state', 'planned')), fields=['customer', 'id'], name='raises_to_be_told'),
        ),
        migrations.AddIndex(
            model_name='raisedservice',
            index=models.Index(condition=models.Q(('state', 'announced'), ('takes_effect_on', None)), fields=['id'], name='raises_without_a_day'),
        ),
        migrations.AddConstraint(
            model_name='raisedservice',
            constraint=models.UniqueConstraint(fields=('plan', 'service'), name='one_row_of_a_raise_per_service'),
        ),
        migrations.AddConstraint(
            model_name='raisedservice',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['planned', 'announced'])), fields=('service',), name='one_raise_of_a_service_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='raisedservice',
            constraint=models.CheckConstraint(condition=models.Q(('new_cents__gt', models.F('old_cents'))), name='raise_is_more_than_it_was'),
        ),
        migrations.AddConstraint(
            model_name='raisedservice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['planned', 'announced', 'dropped']), ('takes_effect_on', None)), ('notice__isnull', False), _connector='OR'), name='raise_counts_once_it_was_told'),
        ),
        migrations.RunSQL(RULES, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, "DROP TRIGGER guard_catalogue ON services_raise"),
    ]
