import django.db.models.deletion
from django.db import migrations, models

#: Within how many days a customer has to pay is for staff to say, whatever the portal's login writes of itself.
TERM = """
CREATE FUNCTION billing_only_staff_gives_a_term() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.term_days IS NOT NULL AND session_user ~ '_login_portal$' THEN
    RAISE EXCEPTION 'permission denied for table billing_invoicesettings: % gives no payment term', session_user
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION billing_only_staff_gives_a_term() FROM PUBLIC;
CREATE TRIGGER only_staff_gives_a_term BEFORE INSERT OR UPDATE OF term_days ON billing_invoicesettings
  FOR EACH ROW EXECUTE FUNCTION billing_only_staff_gives_a_term();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0009_einvoices'),
        ('customers', '0006_phones_that_are_confirmed'),
    ]

    operations = [
        migrations.CreateModel(
            name='InvoiceSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('collect', models.CharField(choices=[('customer', 'everything together on one invoice'), ('service', 'an invoice for each service')], default='customer', max_length=8, verbose_name='how invoices are made up')),
                ('term_days', models.PositiveSmallIntegerField(null=True, verbose_name='payment term in days')),
                ('reference', models.CharField(blank=True, default='', max_length=80, verbose_name='your reference')),
                ('purchase_order', models.CharField(blank=True, default='', max_length=80, verbose_name='purchase order number')),
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'how invoices are wanted',
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.CheckConstraint(condition=models.Q(('collect__in', ['customer', 'service'])), name='invoices_are_made_up_in_a_known_way'), models.CheckConstraint(condition=models.Q(('term_days', None), ('term_days__lte', 120), _connector='OR'), name='payment_term_is_not_endless')],
            },
        ),
        migrations.RunSQL(TERM, "DROP FUNCTION billing_only_staff_gives_a_term() CASCADE"),
    ]
