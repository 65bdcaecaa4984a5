from django.db import migrations

#: The rules of billing/tax/rules.py, as SQL: what they say is written down whenever something that they rest on changes, whoever
#: changes it, so that no customer's own session has a say in its VAT and a billing run can join it.
TREATMENT = """
CREATE FUNCTION billing_treatment(
  home text, kind text, country text, in_eu boolean, number_country text, vies text, oss boolean, agreeing integer,
  against integer, decided text, exempt boolean, OUT category text, OUT rate_country text, OUT why text)
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
BEGIN
  why := CASE
    WHEN exempt THEN 'exempt'
    WHEN country = home THEN 'domestic'
    WHEN kind = 'business' AND NOT in_eu THEN 'outside_eu_company'
    WHEN kind = 'business' AND number_country <> '' AND vies <> 'invalid' THEN CASE
      WHEN number_country <> country THEN 'number_elsewhere'
      WHEN vies = 'valid' THEN 'reverse_charge'
      ELSE 'vies_pending' END
    WHEN in_eu AND NOT oss THEN 'consumer_home_rate'
    WHEN decided = '' AND agreeing = 0 AND against > 0 THEN 'evidence_conflict'
    WHEN decided = '' AND agreeing = 0 THEN 'evidence_missing'
    WHEN decided = home THEN 'domestic'
    WHEN decided NOT IN ('', country) THEN 'evidence_conflict'
    WHEN in_eu THEN 'consumer_oss'
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

CREATE FUNCTION billing_settle_tax(settled bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
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
  -- A decision of staff is about what was known then: a move to another country asks for another one.
  SELECT e.country INTO chosen FROM billing_locationevidence e
   WHERE e.customer_id = settled AND e.kind = 'staff' ORDER BY seen_at DESC, id DESC LIMIT 1;
  SELECT t.* INTO told FROM billing_treatment(
    s.home, c.kind, c.country,
    EXISTS (SELECT FROM billing_memberstate m WHERE m.code = c.country AND m.member_until IS NULL),
    coalesce((SELECT m.code FROM billing_memberstate m WHERE m.vat_prefix = left(c.vat_number, 2)), left(c.vat_number, 2)),
    coalesce(checked.result, ''), s.oss_since IS NOT NULL, agreed, opposed, coalesce(chosen, ''),
    EXISTS (SELECT FROM billing_taxexemption x WHERE x.customer_id = settled AND x.valid_from <= current_date
               AND (x.valid_until IS NULL OR x.valid_until >= current_date))) t;
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

CREATE FUNCTION billing_tax_of_customer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM billing_settle_tax(NEW.id);
  RETURN NULL;
END $$;

CREATE FUNCTION billing_tax_of_ground() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM billing_settle_tax(NEW.customer_id);
  RETURN NULL;
END $$;

CREATE FUNCTION billing_only_staff_decides() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.kind <> 'ip' AND current_setting('role') ~ '_own$' AND session_user !~ '_login_office$' THEN
    RAISE EXCEPTION 'permission denied for table billing_locationevidence: % gives no evidence of a %',
      current_setting('role'), NEW.kind USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION billing_tax_of_everybody() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM billing_settle_tax(c.id) FROM customers_customer c WHERE c.country <> NEW.home;
  RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION billing_settle_tax(bigint), billing_tax_of_customer(), billing_tax_of_ground(),
  billing_tax_of_everybody(), billing_only_staff_decides() FROM PUBLIC;
CREATE TRIGGER tax_of_customer AFTER INSERT OR UPDATE OF kind, country, vat_number ON customers_customer
  FOR EACH ROW EXECUTE FUNCTION billing_tax_of_customer();
CREATE TRIGGER tax_of_ground AFTER INSERT ON billing_viescheck
  FOR EACH ROW EXECUTE FUNCTION billing_tax_of_ground();
CREATE TRIGGER tax_of_ground AFTER INSERT ON billing_locationevidence
  FOR EACH ROW EXECUTE FUNCTION billing_tax_of_ground();
CREATE TRIGGER tax_of_ground AFTER INSERT OR UPDATE ON billing_taxexemption
  FOR EACH ROW EXECUTE FUNCTION billing_tax_of_ground();
CREATE TRIGGER only_staff_decides BEFORE INSERT ON billing_locationevidence
  FOR EACH ROW EXECUTE FUNCTION billing_only_staff_decides();
CREATE TRIGGER tax_of_everybody AFTER UPDATE ON billing_taxsettings
  FOR EACH ROW WHEN (OLD.oss_since IS DISTINCT FROM NEW.oss_since) EXECUTE FUNCTION billing_tax_of_everybody();
"""

#: Sales to consumers in other member states, without VAT, in a calendar year: what the threshold is held against.
OSS = """
CREATE FUNCTION billing_oss_turnover(of_year integer) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(CASE WHEN i.kind = 'invoice' THEN l.net_cents ELSE -l.net_cents END), 0)::bigint
    FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id
   WHERE l.vat_reason IN ('consumer_home_rate', 'consumer_oss')
     AND i.issued_on BETWEEN make_date(of_year, 1, 1) AND make_date(of_year, 12, 31)
$$;

CREATE FUNCTION billing_oss_begins(first_day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE billing_taxsettings SET oss_since = first_day WHERE oss_since IS NULL;
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION billing_oss_turnover(integer), billing_oss_begins(date) FROM PUBLIC;
"""

EVERYBODY = "SELECT count(billing_settle_tax(id)) FROM customers_customer"

UNDO = """
DROP FUNCTION billing_treatment(text, text, text, boolean, text, text, boolean, integer, integer, text, boolean) CASCADE;
DROP FUNCTION billing_settle_tax(bigint) CASCADE;
DROP FUNCTION billing_tax_of_customer() CASCADE;
DROP FUNCTION billing_tax_of_ground() CASCADE;
DROP FUNCTION billing_tax_of_everybody() CASCADE;
DROP FUNCTION billing_only_staff_decides() CASCADE;
DROP FUNCTION billing_oss_turnover(integer) CASCADE;
DROP FUNCTION billing_oss_begins(date) CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_which_vat"), ("customers", "0005_contact_addresses")]
    operations = [
        migrations.RunSQL(TREATMENT + OSS, UNDO),
        migrations.RunSQL(EVERYBODY, migrations.RunSQL.noop),
    ]
