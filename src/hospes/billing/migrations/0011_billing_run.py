import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0010_how_invoices_are_wanted'),
        ('customers', '0006_phones_that_are_confirmed'),
        ('services', '0006_who_asks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('for_date', models.DateField()),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('due', models.PositiveIntegerField(default=0)),
                ('services', models.PositiveIntegerField(default=0)),
                ('invoices', models.PositiveIntegerField(default=0)),
                ('net_cents', models.PositiveBigIntegerField(default=0)),
                ('total_cents', models.PositiveBigIntegerField(default=0)),
                ('problems', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'billing run',
            },
        ),
        migrations.CreateModel(
            name='RunProblem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=20, verbose_name='why it could not be invoiced')),
                ('detail', models.CharField(blank=True, default='', max_length=80)),
                ('first_seen_at', models.DateTimeField(verbose_name='since')),
                ('solved_at', models.DateTimeField(null=True, verbose_name='solved at')),
            ],
            options={
                'verbose_name': 'renewal that could not be invoiced',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='invoiceline',
            index=models.Index(condition=models.Q(('vat_reason__in', ['consumer_home_rate', 'consumer_oss'])), fields=['invoice'], name='lines_to_consumers_elsewhere'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.CheckConstraint(condition=models.Q(('finished_at', None), ('finished_at__gte', models.F('started_at')), _connector='OR'), name='run_ends_after_it_began'),
        ),
        migrations.AddField(
            model_name='runproblem',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='runproblem',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seen', to='billing.run'),
        ),
        migrations.AddField(
            model_name='runproblem',
            name='service',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='services.service', verbose_name='service'),
        ),
        migrations.AddIndex(
            model_name='runproblem',
            index=models.Index(condition=models.Q(('solved_at', None)), fields=['first_seen_at', 'id'], name='problems_of_runs'),
        ),
        migrations.AddConstraint(
            model_name='runproblem',
            constraint=models.UniqueConstraint(condition=models.Q(('solved_at', None)), fields=('customer', 'service', 'reason'), name='one_open_problem_of_a_kind', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='runproblem',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['no_address', 'no_content', 'no_rate', 'refused', 'restricted', 'tax_unknown'])), name='run_problem_says_why'),
        ),
    ]
