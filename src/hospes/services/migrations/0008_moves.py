import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: A customer's own session asks and decides, once each; what comes of it a job says, which looks at both sides.
GUARDS = """
CREATE FUNCTION services_move_is_asked() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') ~ '_own$' AND (NEW.state, NEW.withdrawn_at, NEW.closed_at, NEW.moved_on)
     IS DISTINCT FROM ('asked'::varchar, NULL::timestamptz, NULL::timestamptz, NULL::date) THEN
    RAISE EXCEPTION 'a move begins with asking' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'move_begins_with_asking', TABLE = 'services_move';
  END IF;
  IF NEW."by" <> 'customer' AND session_user ~ '_login_portal$' THEN
    RAISE EXCEPTION 'the portal asks for customers only' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'portal_asks_for_customers_only', TABLE = 'services_move';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION services_offer_is_decided_once() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') <> 'none' AND (OLD.state <> 'open' OR OLD.closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'this was decided upon, or is over' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'offer_is_decided_once', TABLE = 'services_moveoffer';
  END IF;
  RETURN NEW;
END $$;

REVOKE ALL ON FUNCTION services_move_is_asked(), services_offer_is_decided_once() FROM PUBLIC;
CREATE TRIGGER move_begins_with_asking BEFORE INSERT ON services_move
  FOR EACH ROW EXECUTE FUNCTION services_move_is_asked();
CREATE TRIGGER offer_is_decided_once
  BEFORE UPDATE OF state, decided_by_id, decided_at, decided_from, terms_version, terms_sha256, processing_version,
    processing_sha256 ON services_moveoffer
  FOR EACH ROW EXECUTE FUNCTION services_offer_is_decided_once();
"""
NO_GUARDS = "DROP FUNCTION services_move_is_asked() CASCADE; DROP FUNCTION services_offer_is_decided_once() CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_prices_in_sql'),
        ('customers', '0006_phones_that_are_confirmed'),
        ('services', '0007_raises'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Move',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=253, verbose_name='for')),
                ('to_number', models.BigIntegerField(verbose_name='to customer number')),
                ('to_email', models.EmailField(max_length=254, verbose_name='e-mail address of the other')),
                ('when', models.CharField(choices=[('now', 'at once'), ('term_end', 'at the end of the term')], max_length=10, verbose_name='when')),
                ('by', models.CharField(choices=[('customer', 'you, or somebody with access'), ('staff', 'our staff'), ('system', 'our system')], max_length=10, verbose_name='by')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='explanation')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('asked_from', models.GenericIPAddressField(null=True, verbose_name='asked from')),
                ('key', models.CharField(max_length=60, unique=True)),
                ('state', models.CharField(choices=[('asked', 'asked'), ('accepted', 'accepted'), ('done', 'moved'), ('declined', 'declined'), ('withdrawn', 'taken back'), ('expired', 'expired'), ('refused', 'refused')], default='asked', max_length=10, verbose_name='state')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='taken back at')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed at')),
                ('moved_on', models.DateField(null=True, verbose_name='moved on')),
                ('refusal', models.CharField(blank=True, max_length=30, verbose_name='why it was refused')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='services.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'handing over a service',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='MoveOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_name', models.CharField(max_length=160, verbose_name='from')),
                ('label', models.CharField(max_length=253, verbose_name='for')),
                ('quantity', models.PositiveIntegerField(verbose_name='number')),
                ('months', models.PositiveSmallIntegerField(verbose_name='term in months')),
                ('price_cents', models.PositiveBigIntegerField(verbose_name='price per term')),
                ('renews_on', models.DateField(verbose_name='renews on')),
                ('when', models.CharField(choices=[('now', 'at once'), ('term_end', 'at the end of the term')], max_length=10, verbose_name='when')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('state', models.CharField(choices=[('open', 'open'), ('accepted', 'accepted'), ('declined', 'declined')], default='open', max_length=10, verbose_name='state')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided at')),
                ('decided_from', models.GenericIPAddressField(null=True, verbose_name='decided from')),
                ('terms_version', models.CharField(blank=True, max_length=20, verbose_name='version of the terms')),
                ('terms_sha256', models.CharField(blank=True, max_length=64, verbose_name='hash of the terms')),
                ('processing_version', models.CharField(blank=True, max_length=20, verbose_name='version of the processor agreement')),
                ('processing_sha256', models.CharField(blank=True, max_length=64, verbose_name='hash of the processor agreement')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed at')),
                ('moved_on', models.DateField(null=True, verbose_name='moved on')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('move', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='services.move')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.product', verbose_name='product')),
            ],
            options={
                'verbose_name': 'service that is offered to you',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='move',
            index=models.Index(condition=models.Q(('state__in', ['asked', 'accepted'])), fields=['id'], name='moves_under_way'),
        ),
        migrations.AddConstraint(
            model_name='move',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'accepted']), ('withdrawn_at', None)), fields=('service',), name='one_move_of_a_service_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='move',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('moved_on__isnull', False), _connector='OR'), name='done_move_says_from_when'),
        ),
        migrations.AddIndex(
            model_name='moveoffer',
            index=models.Index(fields=['customer', '-made_at'], name='offers_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='moveoffer',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'open'), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='decided_offer_says_who_and_when'),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
