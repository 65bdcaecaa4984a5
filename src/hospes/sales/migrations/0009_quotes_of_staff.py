import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: Who may quote what. A customer's own session makes quotes at the prices of the catalogue (payments holds it to those), decides
#: upon what is open, and no later than it is valid. Staff who make a quote have the power to, at that moment.
GUARDS = """
CREATE FUNCTION sales_staff_may_quote() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') <> 'none' AND coalesce(current_setting('hospes.actor_kind', true), '') = 'staff'
     AND NOT accounts_staff_holds(nullif(current_setting('hospes.actor', true), '')::bigint, 'quote') THEN
    RAISE EXCEPTION 'permission denied for table %: who acts does not make quotes', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION sales_quote_is_begun_well() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') ~ '_own$' AND (NEW.state, NEW.version, NEW.made_by, NEW.on_account, NEW.intro)
     IS DISTINCT FROM ('open', 1, 'customer', false, '') THEN
    RAISE EXCEPTION 'this is no quote that a customer makes' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'customers_make_plain_quotes', TABLE = 'sales_quote';
  END IF;
  IF NEW.version > 1 AND NOT EXISTS (
       SELECT FROM sales_quote q WHERE q.number = NEW.number AND q.version = NEW.version - 1
          AND q.customer_id = NEW.customer_id AND q.state IN ('replaced', 'withdrawn', 'expired', 'declined')) THEN
    RAISE EXCEPTION 'a version takes the place of the one before it' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'version_replaces_the_one_before', TABLE = 'sales_quote';
  END IF;
  IF NEW.on_account AND NOT EXISTS (SELECT FROM customers_customer c WHERE c.id = NEW.customer_id AND c.kind = 'business') THEN
    RAISE EXCEPTION 'only companies order on account' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'only_companies_order_on_account', TABLE = 'sales_quote';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION sales_quote_is_decided_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') = 'none' THEN
    RETURN NEW;
  END IF;
  IF OLD.state NOT IN ('open', 'expired') OR OLD.state = 'expired' AND NEW.state <> 'replaced'
     OR current_setting('role') ~ '_own$' AND NEW.state NOT IN ('accepted', 'declined')
     OR NEW.state = 'accepted' AND (NEW.decided_at AT TIME ZONE 'Europe/Amsterdam')::date > OLD.valid_until THEN
    RAISE EXCEPTION 'this quote is not decided upon so' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'quote_is_decided_once', TABLE = 'sales_quote';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION sales_order_on_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM sales_quote q WHERE q.id = NEW.quote_id AND q.on_account) THEN
    RAISE EXCEPTION 'this order is paid first' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'on_account_as_quoted', TABLE = 'sales_order';
  END IF;
  RETURN NEW;
END $$;

REVOKE ALL ON FUNCTION sales_staff_may_quote(), sales_quote_is_begun_well(), sales_quote_is_decided_once(),
  sales_order_on_account() FROM PUBLIC;
CREATE TRIGGER staff_may_quote BEFORE INSERT ON sales_quote FOR EACH ROW EXECUTE FUNCTION sales_staff_may_quote();
CREATE TRIGGER staff_may_quote BEFORE INSERT ON sales_quoteline FOR EACH ROW EXECUTE FUNCTION sales_staff_may_quote();
CREATE TRIGGER staff_may_quote BEFORE INSERT OR UPDATE ON sales_quotedraft
  FOR EACH ROW EXECUTE FUNCTION sales_staff_may_quote();
CREATE TRIGGER staff_may_quote BEFORE INSERT ON sales_quotedraftline
  FOR EACH ROW EXECUTE FUNCTION sales_staff_may_quote();
CREATE TRIGGER quote_is_begun_well BEFORE INSERT ON sales_quote
  FOR EACH ROW EXECUTE FUNCTION sales_quote_is_begun_well();
CREATE TRIGGER quote_is_decided_once BEFORE UPDATE OF state ON sales_quote
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sales_quote_is_decided_once();
CREATE TRIGGER on_account_as_quoted BEFORE UPDATE OF state ON sales_order
  FOR EACH ROW WHEN (NEW.state = 'on_account') EXECUTE FUNCTION sales_order_on_account();
"""
NO_GUARDS = """
DROP FUNCTION sales_staff_may_quote() CASCADE;
DROP FUNCTION sales_quote_is_begun_well() CASCADE;
DROP FUNCTION sales_quote_is_decided_once() CASCADE;
DROP FUNCTION sales_order_on_account() CASCADE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0016_power_to_quote'),
        ('billing', '0009_einvoices'),
        ('catalogue', '0003_prices_in_sql'),
        ('customers', '0006_phones_that_are_confirmed'),
        ('sales', '0008_what_each_term_costs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='QuoteDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('intro', models.TextField(blank=True, max_length=2000, verbose_name='introduction')),
                ('reference', models.CharField(blank=True, max_length=60, verbose_name='your reference')),
                ('purchase_order', models.CharField(blank=True, max_length=60, verbose_name='your purchase order')),
                ('valid_until', models.DateField(verbose_name='valid until')),
                ('on_account', models.BooleanField(default=False, verbose_name='invoiced once accepted')),
                ('term_days', models.PositiveSmallIntegerField(default=0, verbose_name='to be paid within days')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('changed_at', models.DateTimeField(verbose_name='last changed')),
                ('key', models.CharField(max_length=60, unique=True)),
            ],
            options={
                'verbose_name': 'quote that is being written',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='QuoteDraftLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('months', models.PositiveSmallIntegerField(default=0, verbose_name='term in months')),
                ('quantity', models.PositiveSmallIntegerField(default=1, verbose_name='number')),
                ('label', models.CharField(blank=True, max_length=253, verbose_name='for')),
                ('description', models.CharField(blank=True, max_length=200, verbose_name='description')),
                ('cents', models.PositiveBigIntegerField(default=0, verbose_name='amount without VAT')),
                ('discount_basis_points', models.PositiveSmallIntegerField(default=0, verbose_name='discount')),
                ('discount_once', models.BooleanField(default=False, verbose_name='discount on the first term only')),
            ],
            options={
                'verbose_name': 'line of a quote that is being written',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='only_what_was_paid_is_delivered',
        ),
        migrations.AddField(
            model_name='quote',
            name='buyer_contact',
            field=models.CharField(blank=True, default='', max_length=160, verbose_name='attention of'),
        ),
        migrations.AddField(
            model_name='quote',
            name='buyer_country',
            field=models.CharField(blank=True, default='NL', max_length=2, verbose_name='country'),
        ),
        migrations.AddField(
            model_name='quote',
            name='buyer_kvk_number',
            field=models.CharField(blank=True, default='', max_length=8, verbose_name='KvK number'),
        ),
        migrations.AddField(
            model_name='quote',
            name='buyer_name',
            field=models.CharField(blank=True, default='', max_length=160, verbose_name='name'),
        ),
        migrations.AddField(
            model_name='quote',
            name='buyer_postcode',
            field=models.CharField(blank=True, default='', max_length=12, verbose_name='postcode'),
        ),
        migrations.AddField(
            model_name='quote',
            name='buyer_street',
            field=models.CharField(blank=True, default='', max_length=160, verbose_name='street'),
        ),
        migrations.AddField(
            model_name='quote',
            name='buyer_town',
            field=models.CharField(blank=True, default='', max_length=80, verbose_name='town'),
        ),
        migrations.AddField(
            model_name='quote',
            name='buyer_vat_number',
            field=models.CharField(blank=True, default='', max_length=20, verbose_name='VAT number'),
        ),
        migrations.AddField(
            model_name='quote',
            name='closed_at',
            field=models.DateTimeField(null=True, verbose_name='closed at'),
        ),
        migrations.AddField(
            model_name='quote',
            name='decline_reason',
            field=models.CharField(blank=True, default='', max_length=500, verbose_name='why it was declined'),
        ),
        migrations.AddField(
            model_name='quote',
            name='intro',
            field=models.TextField(blank=True, default='', max_length=2000, verbose_name='introduction'),
        ),
        migrations.AddField(
            model_name='quote',
            name='language',
            field=models.CharField(default='nl', max_length=2, verbose_name='language'),
        ),
        migrations.AddField(
            model_name='quote',
            name='made_by',
            field=models.CharField(choices=[('customer', 'you, or somebody with access'), ('staff', 'our staff')], default='customer', max_length=10, verbose_name='made by'),
        ),
        migrations.AddField(
            model_name='quote',
            name='on_account',
            field=models.BooleanField(default=False, verbose_name='invoiced once accepted'),
        ),
        migrations.AddField(
            model_name='quote',
            name='purchase_order',
            field=models.CharField(blank=True, default='', max_length=60, verbose_name='your purchase order'),
        ),
        migrations.AddField(
            model_name='quote',
            name='reference',
            field=models.CharField(blank=True, default='', max_length=60, verbose_name='your reference'),
        ),
        migrations.AddField(
            model_name='quote',
            name='seller',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.seller', verbose_name='seller'),
        ),
        migrations.AddField(
            model_name='quote',
            name='term_days',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='to be paid within days'),
        ),
        migrations.AddField(
            model_name='quote',
            name='version',
            field=models.PositiveSmallIntegerField(default=1, verbose_name='version'),
        ),
        migrations.AddField(
            model_name='quoteline',
            name='discount_basis_points',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='discount'),
        ),
        migrations.AddField(
            model_name='quoteline',
            name='discount_once',
            field=models.BooleanField(default=False, verbose_name='discount on the first term only'),
        ),
        migrations.AlterField(
            model_name='order',
            name='state',
            field=models.CharField(choices=[('awaiting_payment', 'awaiting payment'), ('paid', 'paid'), ('on_account', 'invoiced'), ('cancelled', 'cancelled'), ('withdrawn', 'withdrawn from')], default='awaiting_payment', max_length=20, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='quote',
            name='number',
            field=models.CharField(max_length=20, verbose_name='quote number'),
        ),
        migrations.AlterField(
            model_name='quote',
            name='state',
            field=models.CharField(choices=[('open', 'open'), ('accepted', 'accepted'), ('declined', 'declined'), ('expired', 'expired'), ('replaced', 'replaced by a new version'), ('withdrawn', 'withdrawn by us')], default='open', max_length=10, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='quoteline',
            name='product',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.product', verbose_name='product'),
        ),
        migrations.AddIndex(
            model_name='quote',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['valid_until', 'id'], name='quotes_that_are_open'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('delivered_at', None), ('paid_at__isnull', False), ('state', 'on_account'), _connector='OR'), name='only_what_was_paid_is_delivered'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.UniqueConstraint(fields=('number', 'version'), name='one_quote_per_number_and_version'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['replaced', 'withdrawn']), _negated=True), ('closed_at__isnull', False), _connector='OR'), name='closed_quote_says_when'),
        ),
        migrations.AddConstraint(
            model_name='quoteline',
            constraint=models.CheckConstraint(condition=models.Q(('product__isnull', False), ('months', 0), _connector='OR'), name='what_has_no_product_has_no_term'),
        ),
        migrations.AddConstraint(
            model_name='quoteline',
            constraint=models.CheckConstraint(condition=models.Q(('discount_basis_points__lte', 10000)), name='discount_is_at_most_all_of_it'),
        ),
        migrations.AddField(
            model_name='quotedraft',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by'),
        ),
        migrations.AddField(
            model_name='quotedraft',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='quotedraft',
            name='replaces',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sales.quote', verbose_name='takes the place of'),
        ),
        migrations.AddField(
            model_name='quotedraftline',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='quotedraftline',
            name='draft',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='sales.quotedraft', verbose_name='quote that is being written'),
        ),
        migrations.AddField(
            model_name='quotedraftline',
            name='product',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.product', verbose_name='product'),
        ),
        migrations.AddIndex(
            model_name='quotedraft',
            index=models.Index(fields=['customer', '-changed_at'], name='drafts_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='quotedraft',
            constraint=models.UniqueConstraint(fields=('replaces',), name='one_draft_of_the_next_version'),
        ),
        migrations.AddConstraint(
            model_name='quotedraftline',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('draft', 'position'), name='one_draft_line_per_position'),
        ),
        migrations.AddConstraint(
            model_name='quotedraftline',
            constraint=models.CheckConstraint(condition=models.Q(('product__isnull', False), models.Q(models.Q(('description', ''), _negated=True), ('months', 0)), _connector='OR'), name='draft_line_is_of_something'),
        ),
        migrations.AddConstraint(
            model_name='quotedraftline',
            constraint=models.CheckConstraint(condition=models.Q(('discount_basis_points__lte', 10000), ('quantity__gte', 1)), name='draft_discount_is_at_most_all_of_it'),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
