from django.db import migrations, models

#: A company outside the EU has to show where it is, as a consumer has: without, whoever calls itself a company there paid no VAT.
TREATMENT = """
CREATE OR REPLACE FUNCTION billing_treatment(
  home text, kind text, country text, in_eu boolean, number_country text, vies text, oss boolean, agreeing integer,
  against integer, decided text, exempt boolean, OUT category text, OUT rate_country text, OUT why text)
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
BEGIN
  why := CASE
    WHEN exempt THEN 'exempt'
    WHEN country = home THEN 'domestic'
    WHEN kind = 'business' AND in_eu AND number_country <> '' AND vies <> 'invalid' THEN CASE
      WHEN number_country <> country THEN 'number_elsewhere'
      WHEN vies = 'valid' THEN 'reverse_charge'
      ELSE 'vies_pending' END
    WHEN in_eu AND NOT oss THEN 'consumer_home_rate'
    WHEN decided = '' AND agreeing = 0 AND against > 0 THEN 'evidence_conflict'
    WHEN decided = '' AND agreeing = 0 THEN 'evidence_missing'
    WHEN decided = home THEN 'domestic'
    WHEN decided NOT IN ('', country) THEN 'evidence_conflict'
    WHEN in_eu THEN 'consumer_oss'
    WHEN kind = 'business' THEN 'outside_eu_company'
    ELSE 'outside_eu_consumer' END;
  category := CASE
    WHEN why = 'exempt' THEN 'E'
    WHEN why = 'reverse_charge' THEN 'AE'
    WHEN why IN ('outside_eu_company', 'outside_eu_consumer') THEN 'O'
    WHEN why IN ('number_elsewhere', 'evidence_conflict', 'evidence_missing') THEN ''
    ELSE 'S' END;
  rate_country := CASE
    WHEN category = '' THEN ''
    WHEN why IN ('reverse_charge', 'consumer_oss', 'outside_eu_company', 'outside_eu_consumer') THEN country
    ELSE home END;
END $$;
"""

#: Exemptions begin and end by the day, which is an argument: `settle_exemptions` has it settled when a day has come. A decision
#: of staff counts for the address that it was about.
SETTLE = """
CREATE FUNCTION billing_settle_tax_on(settled bigint, on_day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  c customers_customer;
  s billing_taxsettings;
  held billing_taxstatus;
  checked billing_viescheck;
  told record;
  agreed integer;
  opposed integer;
  chosen text;
BEGIN
  SELECT * INTO c FROM customers_customer WHERE id = settled FOR NO KEY UPDATE;
  SELECT * INTO s FROM billing_taxsettings;
  SELECT * INTO checked FROM billing_viescheck v
   WHERE v.customer_id = settled AND v.number = c.vat_number AND v.result <> 'unanswered' ORDER BY checked_at DESC, id DESC LIMIT 1;
  -- What was right long ago is not known any more when VIES did not answer since: then there is a later check without an answer.
  IF checked.result = 'valid' AND EXISTS (
       SELECT FROM billing_viescheck v WHERE v.customer_id = settled AND v.number = c.vat_number AND v.result = 'unanswered'
          AND v.checked_at > checked.checked_at + make_interval(days => s.vies_good_days)) THEN
    checked := NULL;
  END IF;
  SELECT count(*) FILTER (WHERE e.country = c.country), count(*) FILTER (WHERE e.country <> c.country) INTO agreed, opposed
    FROM (SELECT DISTINCT ON (kind) kind, country FROM billing_locationevidence
           WHERE customer_id = settled AND kind <> 'staff' ORDER BY kind, seen_at DESC, id DESC) e;
  -- A decision of staff is about the address of then: a move to another country asks for another one.
  SELECT e.country INTO chosen FROM billing_locationevidence e
   WHERE e.customer_id = settled AND e.kind = 'staff' AND e.address_country = c.country ORDER BY seen_at DESC, id DESC LIMIT 1;
  SELECT t.* INTO told FROM billing_treatment(
    s.home, c.kind, c.country,
    EXISTS (SELECT FROM billing_memberstate m WHERE m.code = c.country AND m.member_until IS NULL),
    coalesce((SELECT m.code FROM billing_memberstate m WHERE m.vat_prefix = left(c.vat_number, 2)), left(c.vat_number, 2)),
    coalesce(checked.result, ''), s.oss_since IS NOT NULL, agreed, opposed, coalesce(chosen, ''),
    EXISTS (SELECT FROM billing_taxexemption x WHERE x.customer_id = settled AND x.valid_from <= on_day
               AND (x.valid_until IS NULL OR x.valid_until >= on_day))) t;
  SELECT * INTO held FROM billing_taxstatus WHERE customer_id = settled AND until IS NULL;
  IF (held.category, held.rate_country, held.place, held.why)
     IS NOT DISTINCT FROM (told.category, told.rate_country, c.country, told.why)
     AND (told.why <> 'reverse_charge' OR held.vies_check_id IS NOT DISTINCT FROM checked.id) THEN
    RETURN;
  END IF;
  UPDATE billing_taxstatus SET until = greatest(now(), since) WHERE customer_id = settled AND until IS NULL;
  INSERT INTO billing_taxstatus (customer_id, category, rate_country, place, why, vies_check_id, since)
  VALUES (settled, told.category, told.rate_country, c.country, told.why,
          CASE WHEN told.why = 'reverse_charge' THEN checked.id END, now());
END $$;

CREATE OR REPLACE FUNCTION billing_settle_tax(settled bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM billing_settle_tax_on(settled, (now() AT TIME ZONE 'Europe/Amsterdam')::date);
END $$;
REVOKE ALL ON FUNCTION billing_settle_tax_on(bigint, date), billing_settle_tax(bigint) FROM PUBLIC;
"""

#: What was decided until now was about the address that there is, as far as can be told.
DECIDED = """
UPDATE billing_locationevidence e SET address_country = c.country
  FROM customers_customer c WHERE c.id = e.customer_id AND e.kind = 'staff'
"""

ABROAD = """
SELECT count(billing_settle_tax(c.id)) FROM customers_customer c CROSS JOIN billing_taxsettings s WHERE c.country <> s.home
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_no_rate"), ("customers", "0006_phones_that_are_confirmed")]
    operations = [
        migrations.AddField(
            model_name="locationevidence",
            name="address_country",
            field=models.CharField(blank=True, db_default="", max_length=2, verbose_name="country of the address then"),
        ),
        migrations.RunSQL(DECIDED, migrations.RunSQL.noop),
        migrations.RunSQL(TREATMENT + SETTLE, migrations.RunSQL.noop),
        migrations.RunSQL(ABROAD, migrations.RunSQL.noop),
    ]
