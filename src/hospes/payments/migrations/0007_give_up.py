from django.db import migrations

#: A customer's session may not say how a payment ended. That the provider did not take it at all is told by no notice,
#: and found by no later look: so the session in which it was refused notes it, and only of what was never made there.
SQL = """
CREATE FUNCTION payments_give_up(payment bigint, reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE payments_payment SET state = 'failed', refusal = coalesce(nullif(left(reason, 200), ''), '?')
   WHERE id = payment AND state = 'open' AND reference IS NULL
     AND customer_id = nullif(current_setting('hospes.customer', true), '')::bigint;
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION payments_give_up(bigint, text) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_replaced_and_refused")]
    operations = [migrations.RunSQL(SQL, "DROP FUNCTION payments_give_up(bigint, text)")]
