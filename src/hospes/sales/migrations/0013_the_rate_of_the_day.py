from django.db import migrations

#: What is ordered has the VAT rate of the day on which its quote was accepted, whoever accepts it: the quote says the rate of the
#: day on which it was made.
RATE = """
CREATE FUNCTION sales_order_has_the_rate_of_its_day() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') <> 'none' AND EXISTS (
       SELECT FROM sales_quoteline l JOIN sales_quote q ON q.id = l.quote_id
        WHERE l.quote_id = NEW.quote_id AND q.decided_at IS NOT NULL AND l.vat_category IN ('S', 'Z')
          AND l.vat_basis_points IS DISTINCT FROM (
            SELECT r.basis_points FROM billing_vatrate r
             WHERE r.country = l.vat_country AND r.code = 'standard'
               AND r.valid_from <= (q.decided_at AT TIME ZONE 'Europe/Amsterdam')::date
             ORDER BY r.valid_from DESC LIMIT 1)) THEN
    RAISE EXCEPTION 'another rate is in force than this quote says' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'order_has_the_rate_of_its_day', TABLE = 'sales_order';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION sales_order_has_the_rate_of_its_day() FROM PUBLIC;
CREATE TRIGGER has_the_rate_of_its_day BEFORE INSERT ON sales_order
  FOR EACH ROW EXECUTE FUNCTION sales_order_has_the_rate_of_its_day();
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0012_so_many_of_each"), ("billing", "0014_exemptions_by_the_day")]
    operations = [migrations.RunSQL(RATE, "DROP FUNCTION sales_order_has_the_rate_of_its_day() CASCADE")]
