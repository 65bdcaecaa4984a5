import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

#: Before this, every term cost what the first did.
AS_THEY_WERE = """
UPDATE sales_quoteline SET steps_from = '{1}', steps_cents = ARRAY[net_cents];
SET CONSTRAINTS ALL IMMEDIATE;
"""

#: An order that comes to nothing gives the use of its promotion code back, whoever undoes it.
GIVE_BACK = """
CREATE FUNCTION sales_give_code_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.catalogue_promotionuse SET given_back_on = greatest(used_on, (now() AT TIME ZONE 'Europe/Amsterdam')::date)
   WHERE origin = 'quote:' || NEW.quote_id AND given_back_on IS NULL;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION sales_give_code_back() FROM PUBLIC;
CREATE TRIGGER give_code_back AFTER UPDATE OF state ON sales_order
  FOR EACH ROW WHEN (NEW.state IN ('cancelled', 'withdrawn') AND OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION sales_give_code_back();
"""
NO_MORE = "DROP TRIGGER give_code_back ON sales_order; DROP FUNCTION sales_give_code_back();"


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_prices_in_sql'),
        ('customers', '0005_contact_addresses'),
        ('sales', '0007_withdrawals'),
    ]

    operations = [
        migrations.AddField(
            model_name='cart',
            name='code',
            field=models.CharField(blank=True, default='', max_length=30, verbose_name='promotion code'),
        ),
        migrations.AddField(
            model_name='quote',
            name='promotion',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.promotion', verbose_name='promotion code'),
        ),
        migrations.AddField(
            model_name='quoteline',
            name='setup_cents',
            field=models.PositiveBigIntegerField(default=0, verbose_name='set-up fee'),
        ),
        migrations.AddField(
            model_name='quoteline',
            name='steps_cents',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveBigIntegerField(), null=True, size=None, verbose_name='price of a term'),
        ),
        migrations.AddField(
            model_name='quoteline',
            name='steps_from',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), null=True, size=None, verbose_name='from which term on'),
        ),
        migrations.RunSQL(AS_THEY_WERE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='quoteline',
            name='steps_from',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None, verbose_name='from which term on'),
        ),
        migrations.AlterField(
            model_name='quoteline',
            name='steps_cents',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveBigIntegerField(), size=None, verbose_name='price of a term'),
        ),
        migrations.AddConstraint(
            model_name='quoteline',
            constraint=models.CheckConstraint(condition=models.Q(('steps_from__0', 1), ('steps_from__len', models.F('steps_cents__len'))), name='line_says_what_each_term_costs'),
        ),
        migrations.AddConstraint(
            model_name='quoteline',
            constraint=models.CheckConstraint(condition=models.Q(('net_cents', django.db.models.expressions.CombinedExpression(models.F('setup_cents'), '+', models.F('steps_cents__0')))), name='line_is_the_setup_and_the_first_term'),
        ),
        migrations.RunSQL(GIVE_BACK, NO_MORE),
    ]
