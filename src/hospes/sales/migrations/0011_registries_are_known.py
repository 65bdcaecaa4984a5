from django.db import migrations

#: No domain name is ordered by somebody who was not told what its registry gets (P42). Looked at when the transaction ends, so that
#: the order and what was told can be written in any order; whoever writes.
SQL = """
CREATE FUNCTION sales_registries_are_known() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM public.sales_quoteline l JOIN public.catalogue_product p ON p.id = l.product_id
     WHERE l.quote_id = NEW.quote_id AND p.kind = 'domain' AND NOT EXISTS (
       SELECT FROM public.sales_registryknown k JOIN public.catalogue_registrynotice n ON n.id = k.notice_id
        WHERE k.order_id = NEW.id AND k.customer_id = NEW.customer_id AND n.product_id = l.product_id
          AND n.valid_from = (SELECT max(m.valid_from) FROM public.catalogue_registrynotice m WHERE m.product_id = l.product_id
                 AND m.valid_from <= (NEW.placed_at AT TIME ZONE 'Europe/Amsterdam')::date))) THEN
    RAISE EXCEPTION 'a domain name is ordered, and it was not told what its registry gets'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'registries_are_known', TABLE = 'sales_order';
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION sales_registries_are_known() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER registries_are_known AFTER INSERT ON sales_order DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION sales_registries_are_known();
"""
NO_MORE = "DROP TRIGGER registries_are_known ON sales_order; DROP FUNCTION sales_registries_are_known();"


class Migration(migrations.Migration):
    dependencies = [("sales", "0010_everything_can_be_ordered"), ("catalogue", "0005_options_in_sql")]
    operations = [migrations.RunSQL(SQL, NO_MORE)]
