import django.contrib.postgres.constraints
from django.db import migrations, models

# With their owner's rights: acting() asks before it has any, and who ends an access may not see the others'.
INSTALL = r"""
CREATE OR REPLACE FUNCTION public.hospes_scope(customer bigint, person bigint, moment timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- The customer for which the person may act at the moment, or nothing; the same as customers.queries.in_force.
  RETURN CASE WHEN EXISTS (SELECT FROM public.customers_membership m
                            WHERE m.customer_id = $1 AND m.person_id = $2
                              AND m.since <= $3 AND (m.until IS NULL OR m.until > $3))
              THEN $1::text ELSE '' END;
END
$$;
REVOKE ALL ON FUNCTION public.hospes_scope(bigint, bigint, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION public.customers_keep_a_holder() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moment timestamptz;
BEGIN
  -- Of two that end at the same time the second waits here, and then sees what the first has left.
  PERFORM FROM public.customers_customer c WHERE c.id = OLD.customer_id AND c.ended_on IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  moment := CASE WHEN TG_OP = 'DELETE' THEN greatest(now(), OLD.since)
                 WHEN NEW.until IS NOT NULL THEN NEW.until
                 WHEN NEW.role <> 'holder' THEN greatest(now(), OLD.since)
                 ELSE OLD.since END;
  IF NOT EXISTS (SELECT FROM public.customers_membership m
                  WHERE m.customer_id = OLD.customer_id AND m.role = 'holder' AND m.until IS NULL AND m.since <= moment) THEN
    RAISE EXCEPTION 'a customer keeps a holder whose access does not end'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'customer_keeps_a_holder', TABLE = 'customers_membership';
  END IF;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION public.customers_keep_a_holder() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER customer_keeps_a_holder AFTER UPDATE OR DELETE ON public.customers_membership
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'holder' AND OLD.until IS NULL)
  EXECUTE FUNCTION public.customers_keep_a_holder();
"""

REMOVE = """
DROP TRIGGER customer_keeps_a_holder ON customers_membership;
DROP FUNCTION customers_keep_a_holder();
DROP FUNCTION hospes_scope(bigint, bigint, timestamptz);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0002_find_by_words'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='membership',
            name='one_membership_in_force_per_person_and_customer',
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='membership_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('person', 'person', models.Value('[]'), function='int8range'), '&&'), (models.Func('customer', 'customer', models.Value('[]'), function='int8range'), '&&'), (models.Func('since', 'until', function='tstzrange'), '&&')], name='one_membership_at_a_time_per_person_and_customer'),
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]
