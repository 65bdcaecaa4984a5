from django.db import migrations

#: P13: payment data is stored after a successful order, not before; also not by code that forgets it.
SQL = """
CREATE FUNCTION payments_only_after_success() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM payments_payment p JOIN sales_order o ON o.id = p.order_id
                  WHERE p.id = NEW.payment_id AND p.state = 'paid' AND o.state = 'paid' AND p.customer_id = NEW.customer_id) THEN
    RAISE EXCEPTION 'payment data is stored only after the order was paid' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'payment_data_only_after_success', TABLE = 'payments_paidfrom';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION payments_only_after_success() FROM PUBLIC;
CREATE TRIGGER payment_data_only_after_success BEFORE INSERT OR UPDATE ON payments_paidfrom
  FOR EACH ROW EXECUTE FUNCTION payments_only_after_success();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("sales", "0001_initial")]
    operations = [
        migrations.RunSQL(
            SQL,
            "DROP TRIGGER payment_data_only_after_success ON payments_paidfrom; DROP FUNCTION payments_only_after_success()",
        )
    ]
