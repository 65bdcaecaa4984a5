from typing import ClassVar

import django.contrib.postgres.constraints
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

#: Where two were noted for the same days, the customer stays exempt on the same days: one within another goes, and of two that
#: overlap the first ends where the second begins.
ONE_AT_A_TIME = """
DELETE FROM billing_taxexemption x USING billing_taxexemption y
 WHERE x.customer_id = y.customer_id AND x.id <> y.id
   AND daterange(x.valid_from, x.valid_until, '[]') <@ daterange(y.valid_from, y.valid_until, '[]')
   AND (x.id > y.id OR daterange(x.valid_from, x.valid_until, '[]') <> daterange(y.valid_from, y.valid_until, '[]'));
UPDATE billing_taxexemption x SET valid_until = later.valid_from - 1
  FROM (SELECT id, lead(valid_from) OVER (PARTITION BY customer_id ORDER BY valid_from) AS valid_from FROM billing_taxexemption) later
 WHERE later.id = x.id AND coalesce(x.valid_until, 'infinity') >= later.valid_from;
SET CONSTRAINTS ALL IMMEDIATE;  -- what waits for the end of the transaction would keep the table from being altered
"""

#: Billing withdraws what has not begun. What has begun stays until retention deletes it, after its period (hospes_keep_row); the
#: owner of the tables may with its own hands.
GUARD = """
CREATE FUNCTION billing_exemption_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF current_setting('role') ~ '_billing(_own)?$' AND OLD.valid_from <= (now() AT TIME ZONE 'Europe/Amsterdam')::date THEN
    RAISE EXCEPTION 'an exemption that has begun is ended, and stays'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'past_stays', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN OLD;
END $$;
REVOKE ALL ON FUNCTION billing_exemption_stays() FROM PUBLIC;
CREATE TRIGGER past_stays BEFORE DELETE ON billing_taxexemption FOR EACH ROW EXECUTE FUNCTION billing_exemption_stays();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("billing", "0018_ids_beforehand")]
    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(ONE_AT_A_TIME, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="taxexemption",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        models.Func(
                            "customer", "customer", models.Value("[]"), function="int8range"
                        ),
                        "&&",
                    ),
                    (
                        models.Func(
                            "valid_from", "valid_until", models.Value("[]"), function="daterange"
                        ),
                        "&&",
                    ),
                ],
                name="one_exemption_on_a_day",
            ),
        ),
        migrations.RunSQL(
            GUARD,
            "DROP TRIGGER past_stays ON billing_taxexemption; DROP FUNCTION billing_exemption_stays();",
        ),
    ]
