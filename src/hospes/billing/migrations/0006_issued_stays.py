from django.db import migrations

#: What was issued stays as it is, for everybody: also for the owner of the tables, and whatever a grant would allow. Only what
#: becomes of it is noted: money that came in, its file, and what was credited. It goes when its period is over.
STAYS = """
CREATE FUNCTION billing_issued_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  may_change text[] := CASE TG_TABLE_NAME
    WHEN 'billing_invoice' THEN '{paid_cents,paid_at,paid_with,documented_at,credited_cents}'::text[]
    WHEN 'billing_invoiceline' THEN '{credited_cents}'::text[]
    ELSE '{}'::text[] END;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(OLD) - may_change = to_jsonb(NEW) - may_change THEN
      RETURN NEW;
    END IF;
  ELSIF current_user ~ '_retention(_own)?$' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'what was issued stays as it is: no % of %', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_stays', TABLE = TG_TABLE_NAME;
END $$;
REVOKE ALL ON FUNCTION billing_issued_stays() FROM PUBLIC;
CREATE TRIGGER issued_stays BEFORE UPDATE OR DELETE ON billing_invoice
  FOR EACH ROW EXECUTE FUNCTION billing_issued_stays();
CREATE TRIGGER issued_stays BEFORE UPDATE OR DELETE ON billing_invoiceline
  FOR EACH ROW EXECUTE FUNCTION billing_issued_stays();
CREATE TRIGGER issued_stays BEFORE UPDATE OR DELETE ON billing_invoicetax
  FOR EACH ROW EXECUTE FUNCTION billing_issued_stays();
CREATE TRIGGER issued_stays BEFORE UPDATE OR DELETE ON billing_seller
  FOR EACH ROW EXECUTE FUNCTION billing_issued_stays();
"""

#: `credited_cents` is the sum of the credit notes, whoever writes it; a credit note counts the moment it is there. The invoice's
#: row is locked by that, so that of two credit notes at once the second one sees the first, and the limit holds for both.
CREDITED = """
CREATE FUNCTION billing_credited_is_the_sum() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  credited bigint;
BEGIN
  IF TG_TABLE_NAME = 'billing_invoice' THEN
    SELECT coalesce(sum(total_cents), 0) INTO credited FROM billing_invoice WHERE credits_id = NEW.id;
  ELSE
    SELECT coalesce(sum(net_cents), 0) INTO credited FROM billing_invoiceline WHERE credits_line_id = NEW.id;
  END IF;
  IF NEW.credited_cents <> credited THEN
    RAISE EXCEPTION 'credited is what the credit notes say: %', credited
      USING ERRCODE = 'check_violation', CONSTRAINT = 'credited_is_the_sum', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION billing_credit_counts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'billing_invoice' THEN
    PERFORM FROM billing_invoice WHERE id = NEW.credits_id FOR UPDATE;
    UPDATE billing_invoice i
       SET credited_cents = (SELECT sum(total_cents) FROM billing_invoice WHERE credits_id = i.id)
     WHERE i.id = NEW.credits_id AND i.kind = 'invoice' AND i.customer_id = NEW.customer_id;
  ELSE
    UPDATE billing_invoiceline l
       SET credited_cents = (SELECT sum(net_cents) FROM billing_invoiceline WHERE credits_line_id = l.id)
     WHERE l.id = NEW.credits_line_id AND l.customer_id = NEW.customer_id
       AND (l.vat_category, l.vat_country, l.vat_basis_points) = (NEW.vat_category, NEW.vat_country, NEW.vat_basis_points)
       AND l.invoice_id = (SELECT credits_id FROM billing_invoice WHERE id = NEW.invoice_id);
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this credits nothing of an invoice of this customer'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_is_of_its_invoice', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION billing_credited_is_the_sum(), billing_credit_counts() FROM PUBLIC;
CREATE TRIGGER credited_is_the_sum BEFORE UPDATE OF credited_cents ON billing_invoice
  FOR EACH ROW WHEN (OLD.credited_cents IS DISTINCT FROM NEW.credited_cents)
  EXECUTE FUNCTION billing_credited_is_the_sum();
CREATE TRIGGER credited_is_the_sum BEFORE UPDATE OF credited_cents ON billing_invoiceline
  FOR EACH ROW WHEN (OLD.credited_cents IS DISTINCT FROM NEW.credited_cents)
  EXECUTE FUNCTION billing_credited_is_the_sum();
CREATE TRIGGER credit_counts AFTER INSERT ON billing_invoice
  FOR EACH ROW WHEN (NEW.credits_id IS NOT NULL) EXECUTE FUNCTION billing_credit_counts();
CREATE TRIGGER credit_counts AFTER INSERT ON billing_invoiceline
  FOR EACH ROW WHEN (NEW.credits_line_id IS NOT NULL) EXECUTE FUNCTION billing_credit_counts();
"""

#: The lines of a document add up to its net amount, and its taxes to the lines by rate and to its VAT. All lines of a document
#: come in one statement, and then all its taxes. VAT is rounded by rate, halves away from zero (as round() of a numeric does);
#: on a credit note it is what is left of the invoice's VAT, so that all parts together give back no cent more or less.
ADDS_UP = """
CREATE FUNCTION billing_adds_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  wrong text;
BEGIN
  IF TG_TABLE_NAME = 'billing_invoiceline' THEN
    SELECT i.number INTO wrong FROM billing_invoice i
      JOIN (SELECT l.invoice_id, sum(l.net_cents) AS net, count(*) AS lines, count(l.credits_line_id) AS crediting,
                   bool_and(l.customer_id = o.customer_id) AS theirs
              FROM billing_invoiceline l JOIN billing_invoice o ON o.id = l.invoice_id
             WHERE l.invoice_id IN (SELECT invoice_id FROM added) GROUP BY 1) s ON s.invoice_id = i.id
     WHERE i.net_cents <> s.net OR NOT s.theirs
        OR s.crediting <> CASE WHEN i.credits_id IS NULL THEN 0 ELSE s.lines END LIMIT 1;
  ELSE
    SELECT i.number INTO wrong FROM billing_invoice i
      JOIN (SELECT invoice_id, sum(tax) AS tax, bool_and(
                     net IS NOT DISTINCT FROM of_lines
                     AND abs(tax - round(net * vat_basis_points / 10000.0)) <= slack) AS is_right
              FROM (SELECT invoice_id, vat_category, vat_country, vat_basis_points, sum(net_cents) AS of_lines
                      FROM billing_invoiceline WHERE invoice_id IN (SELECT invoice_id FROM added) GROUP BY 1, 2, 3, 4) l
              FULL JOIN (SELECT t.invoice_id, t.vat_category, t.vat_country, t.vat_basis_points, t.net_cents AS net,
                                t.vat_cents AS tax, (o.credits_id IS NOT NULL)::int AS slack
                           FROM billing_invoicetax t JOIN billing_invoice o ON o.id = t.invoice_id
                          WHERE t.invoice_id IN (SELECT invoice_id FROM added)) t
             USING (invoice_id, vat_category, vat_country, vat_basis_points) GROUP BY 1) s ON s.invoice_id = i.id
     WHERE i.vat_cents IS DISTINCT FROM s.tax OR s.is_right IS NOT TRUE LIMIT 1;
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '% does not add up', wrong
      USING ERRCODE = 'check_violation', CONSTRAINT = 'document_adds_up', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION billing_adds_up() FROM PUBLIC;
CREATE TRIGGER adds_up AFTER INSERT ON billing_invoiceline REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION billing_adds_up();
CREATE TRIGGER adds_up AFTER INSERT ON billing_invoicetax REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION billing_adds_up();
"""

UNDO = """
DROP FUNCTION billing_issued_stays() CASCADE;
DROP FUNCTION billing_credited_is_the_sum() CASCADE;
DROP FUNCTION billing_credit_counts() CASCADE;
DROP FUNCTION billing_adds_up() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_credit_notes")]
    operations = [migrations.RunSQL(STAYS + CREDITED + ADDS_UP, UNDO)]
