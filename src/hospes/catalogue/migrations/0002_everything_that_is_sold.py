import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hospes.catalogue.guards import INSTALL, REMOVE

#: Products from before there were groups.
INTO_A_GROUP = """
INSERT INTO catalogue_group (slug, name_nl, name_en, summary_nl, summary_en, position)
SELECT 'hosting', 'Hosting', 'Hosting', '', '', 0 WHERE EXISTS (SELECT FROM catalogue_product);
UPDATE catalogue_product SET group_id = (SELECT id FROM catalogue_group WHERE slug = 'hosting');
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_power_over_the_catalogue'),
        ('catalogue', '0001_initial'),
        ('customers', '0005_contact_addresses'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CatalogueChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('what', models.CharField(choices=[('group', 'group'), ('product', 'product'), ('price', 'price'), ('option', 'option'), ('choice', 'choice'), ('choice_price', 'price of a choice'), ('promotion', 'promotion code')], max_length=15, verbose_name='what')),
                ('how', models.CharField(choices=[('made', 'made'), ('changed', 'changed'), ('withdrawn', 'withdrawn before it began')], max_length=10, verbose_name='how')),
                ('thing_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('field', models.CharField(blank=True, max_length=20, verbose_name='which part')),
                ('was', models.TextField(blank=True, verbose_name='what it was')),
                ('became', models.TextField(blank=True, verbose_name='what it became')),
            ],
            options={
                'verbose_name': 'change in the catalogue',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Choice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_nl', models.CharField(max_length=80)),
                ('name_en', models.CharField(max_length=80)),
                ('position', models.PositiveIntegerField(default=0)),
                ('for_sale', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='ChoicePrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('months', models.PositiveSmallIntegerField()),
                ('cents', models.PositiveBigIntegerField()),
                ('setup_cents', models.PositiveBigIntegerField(default=0)),
                ('offered', models.BooleanField(default=True)),
                ('valid_from', models.DateField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Group',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_nl', models.CharField(max_length=80)),
                ('name_en', models.CharField(max_length=80)),
                ('slug', models.SlugField(unique=True)),
                ('summary_nl', models.TextField(blank=True)),
                ('summary_en', models.TextField(blank=True)),
                ('position', models.PositiveIntegerField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Option',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_nl', models.CharField(max_length=80)),
                ('name_en', models.CharField(max_length=80)),
                ('slug', models.SlugField()),
                ('kind', models.CharField(choices=[('choice', 'one of a list'), ('quantity', 'a number')], max_length=10)),
                ('most', models.PositiveSmallIntegerField(default=1)),
                ('position', models.PositiveIntegerField(default=0)),
                ('for_sale', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='Promotion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_nl', models.CharField(max_length=80)),
                ('name_en', models.CharField(max_length=80)),
                ('code', models.CharField(max_length=30, unique=True)),
                ('basis_points', models.PositiveIntegerField(null=True)),
                ('cents', models.PositiveBigIntegerField(null=True)),
                ('forever', models.BooleanField(default=False)),
                ('customer_kind', models.CharField(blank=True, choices=[('', 'everybody'), ('private', 'private persons'), ('business', 'companies')], max_length=10)),
                ('months', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=list, size=None)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(null=True)),
                ('most_uses', models.PositiveIntegerField(null=True)),
                ('most_per_customer', models.PositiveIntegerField(null=True)),
                ('uses', models.PositiveIntegerField(default=0)),
                ('stopped', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='PromotionProduct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.CreateModel(
            name='PromotionUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(max_length=60, unique=True)),
                ('used_on', models.DateField(verbose_name='used on')),
                ('given_back_on', models.DateField(null=True, verbose_name='given back on')),
            ],
            options={
                'verbose_name': 'use of a promotion code',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.RemoveConstraint(
            model_name='price',
            name='one_price_per_term_and_day',
        ),
        migrations.RemoveConstraint(
            model_name='price',
            name='price_is_for_a_term_we_sell',
        ),
        migrations.AddField(
            model_name='price',
            name='intro_cents',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='price',
            name='intro_terms',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='price',
            name='offered',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='price',
            name='setup_cents',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='price',
            name='withdrawn_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='product',
            name='belongs_to',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='addons', to='catalogue.product'),
        ),
        migrations.AddField(
            model_name='product',
            name='extension',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='product',
            name='most',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='product',
            name='unit_en',
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name='product',
            name='unit_nl',
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AlterField(
            model_name='product',
            name='kind',
            field=models.CharField(choices=[('hosting', 'hosting'), ('domain', 'domain name'), ('monitoring', 'monitoring'), ('work', 'one-off work'), ('addon', 'addition')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('product', 'months', 'valid_from'), name='one_price_per_term_and_day'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(('months__in', [0, 1, 3, 6, 12, 24, 36])), name='price_is_for_a_term_we_sell'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('intro_cents', None), ('intro_terms', 0)), models.Q(('intro_cents__isnull', False), ('intro_terms__gte', 1)), _connector='OR'), name='introductory_price_says_for_how_long'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(('intro_cents', None), ('intro_cents__lt', models.F('cents')), _connector='OR'), name='introductory_price_is_the_lower_one'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('months', 0), _negated=True), ('intro_terms', 0), _connector='OR'), name='introduction_needs_a_term'),
        ),
        migrations.AddField(
            model_name='cataloguechange',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='cataloguechange',
            name='product',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.product'),
        ),
        migrations.AddField(
            model_name='choiceprice',
            name='choice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='catalogue.choice'),
        ),
        migrations.AddField(
            model_name='product',
            name='group',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='catalogue.group'),
        ),
        migrations.RunSQL(INTO_A_GROUP, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='product',
            name='group',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='catalogue.group'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['addon', 'domain', 'hosting', 'monitoring', 'work'])), name='product_is_of_a_kind_that_exists'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('extension__regex', '^(\\.[a-z0-9-]+)+$'), ('kind', 'domain')), models.Q(models.Q(('kind', 'domain'), _negated=True), ('extension', '')), _connector='OR'), name='domain_product_has_an_extension'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.UniqueConstraint(condition=models.Q(('extension', ''), _negated=True), fields=('extension',), name='one_product_per_extension'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('belongs_to__isnull', False), ('kind', 'addon')), models.Q(models.Q(('kind', 'addon'), _negated=True), ('belongs_to__isnull', True)), _connector='OR'), name='addition_belongs_to_a_product'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'work'), _negated=True), models.Q(('unit_nl', ''), ('unit_en', ''), _connector='OR', _negated=True), _connector='OR'), name='work_is_counted_in_a_unit'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('most__gte', 1)), name='at_least_one_can_be_had'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('slug__in', ['bestellen', 'weergave', 'winkelwagen']), _negated=True), name='product_has_an_address_of_its_own'),
        ),
        migrations.AddField(
            model_name='option',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='options', to='catalogue.product'),
        ),
        migrations.AddField(
            model_name='choice',
            name='option',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='choices', to='catalogue.option'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Z0-9][A-Z0-9-]{2,29}$')), name='promotion_code_can_be_typed'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis_points__gte', 1), ('basis_points__isnull', False), ('basis_points__lte', 10000), ('cents', None)), models.Q(('basis_points', None), ('cents__gte', 1), ('cents__isnull', False)), _connector='OR'), name='promotion_is_a_percentage_or_an_amount'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='promotion_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(('months__contained_by', [0, 1, 3, 6, 12, 24, 36])), name='promotion_is_for_terms_we_sell'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(('customer_kind__in', ['', 'business', 'private'])), name='promotion_is_for_a_kind_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(('most_uses', None), ('uses__lte', models.F('most_uses')), _connector='OR'), name='promotion_is_not_used_more_often_than_it_may'),
        ),
        migrations.AddField(
            model_name='cataloguechange',
            name='promotion',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.promotion'),
        ),
        migrations.AddField(
            model_name='promotionproduct',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.product'),
        ),
        migrations.AddField(
            model_name='promotionproduct',
            name='promotion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='for_products', to='catalogue.promotion'),
        ),
        migrations.AddField(
            model_name='promotionuse',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='promotionuse',
            name='promotion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.promotion', verbose_name='promotion code'),
        ),
        migrations.AddConstraint(
            model_name='choiceprice',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('choice', 'months', 'valid_from'), name='one_price_per_choice_term_and_day'),
        ),
        migrations.AddConstraint(
            model_name='choiceprice',
            constraint=models.CheckConstraint(condition=models.Q(('months__in', [0, 1, 3, 6, 12, 24, 36])), name='choice_price_is_for_a_term_we_sell'),
        ),
        migrations.AddConstraint(
            model_name='option',
            constraint=models.UniqueConstraint(fields=('product', 'slug'), name='one_option_per_name'),
        ),
        migrations.AddConstraint(
            model_name='option',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'choice'), ('most', 1)), models.Q(('kind', 'quantity'), ('most__gte', 1)), _connector='OR'), name='option_is_a_list_or_a_number'),
        ),
        migrations.AddConstraint(
            model_name='choice',
            constraint=models.UniqueConstraint(fields=('option', 'position'), name='one_choice_per_place_in_the_list'),
        ),
        migrations.AddIndex(
            model_name='cataloguechange',
            index=models.Index(fields=['-at', '-id'], name='catalogue_changes_by_time'),
        ),
        migrations.AddIndex(
            model_name='cataloguechange',
            index=models.Index(fields=['product', '-id'], name='catalogue_changes_by_product'),
        ),
        migrations.AddConstraint(
            model_name='promotionproduct',
            constraint=models.UniqueConstraint(fields=('promotion', 'product'), name='promotion_names_a_product_once'),
        ),
        migrations.AddIndex(
            model_name='promotionuse',
            index=models.Index(fields=['promotion', 'customer'], name='uses_of_promotion_by_customer'),
        ),
        migrations.AddConstraint(
            model_name='promotionuse',
            constraint=models.CheckConstraint(condition=models.Q(('given_back_on', None), ('given_back_on__gte', models.F('used_on')), _connector='OR'), name='promotion_is_given_back_after_its_use'),
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]
