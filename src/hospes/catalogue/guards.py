"""
What the database itself holds about the catalogue, whoever writes and whatever the code forgets.

- Who changes what is for sale has the power to, at that moment; so do commands on the machine, and the owner.
- One-off work has prices without a term, everything else has prices for a term.
- A code is used while it counts, by whom it counts for, and no more often than it may: of two who take the last use at the same
  moment, the second waits and is refused. What was given back stays so.
"""

from typing import Final

from hospes.catalogue.models.promotions import NOT_NOW, USED_BY_CUSTOMER

_MAY: Final = """
DECLARE
  kind text := coalesce(current_setting('hospes.actor_kind', true), '');
  who bigint := nullif(current_setting('hospes.actor', true), '')::bigint;
BEGIN
  -- Without a purpose's role it is the owner, with its own hands: no login may write here by itself.
  IF current_setting('role') = 'none' OR kind IN ('', 'system')
     OR (kind = 'staff' AND public.accounts_staff_holds(who, 'catalogue')) THEN
    IF TG_OP = 'DELETE' THEN
      RETURN OLD;
    END IF;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'permission denied for table %: who acts (%) does not keep the catalogue', TG_TABLE_NAME, kind
    USING ERRCODE = 'insufficient_privilege';
END
"""

_FITS: Final = """
DECLARE
  kind text;
BEGIN
  IF TG_TABLE_NAME = 'catalogue_price' THEN
    SELECT p.kind INTO kind FROM public.catalogue_product p WHERE p.id = (to_jsonb(NEW) ->> 'product_id')::bigint;
  ELSE
    SELECT p.kind INTO kind FROM public.catalogue_choice c JOIN public.catalogue_option o ON o.id = c.option_id
      JOIN public.catalogue_product p ON p.id = o.product_id WHERE c.id = (to_jsonb(NEW) ->> 'choice_id')::bigint;
  END IF;
  IF (kind = 'work') <> (NEW.months = 0) THEN
    RAISE EXCEPTION 'only_work_has_no_term: one-off work is without a term, and nothing else is'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'only_work_has_no_term', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
"""

_COUNT: Final = f"""
DECLARE
  held public.catalogue_promotion%ROWTYPE;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.given_back_on IS NOT NULL AND NEW.given_back_on IS DISTINCT FROM OLD.given_back_on THEN
      RAISE EXCEPTION 'a use that was given back stays so' USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.given_back_on IS NULL AND NEW.given_back_on IS NOT NULL THEN
      UPDATE public.catalogue_promotion SET uses = uses - 1 WHERE id = NEW.promotion_id;
    END IF;
    RETURN NEW;
  END IF;
  -- Whoever comes second waits here for the first, and counts anew. After the row: its policy speaks first.
  UPDATE public.catalogue_promotion SET uses = uses + 1 WHERE id = NEW.promotion_id RETURNING * INTO held;
  IF held.stopped OR NEW.used_on < held.valid_from OR NEW.used_on > held.valid_until OR NEW.given_back_on IS NOT NULL
     OR NOT EXISTS (SELECT FROM public.customers_customer c
                     WHERE c.id = NEW.customer_id AND held.customer_kind IN ('', c.kind)) THEN
    RAISE EXCEPTION 'the promotion does not count now, or not for this customer'
      USING ERRCODE = 'check_violation', CONSTRAINT = '{NOT_NOW}', TABLE = TG_TABLE_NAME;
  END IF;
  IF held.most_per_customer < (SELECT count(*) FROM public.catalogue_promotionuse u
      WHERE u.promotion_id = NEW.promotion_id AND u.customer_id = NEW.customer_id AND u.given_back_on IS NULL) THEN
    RAISE EXCEPTION 'this customer has used the promotion as often as one may'
      USING ERRCODE = 'check_violation', CONSTRAINT = '{USED_BY_CUSTOMER}', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
"""  # noqa: S608  # two names of constraints, from the code

#: The tables that staff change, and of a promotion the columns: how often it was used the database counts by itself.
_TABLES: Final = {
    "group": "", "product": "", "price": "", "option": "", "choice": "", "choiceprice": "", "promotionproduct": "",
    "promotion": " OF id, code, name_nl, name_en, basis_points, cents, forever, customer_kind, months, valid_from, valid_until,"
    " most_uses, most_per_customer, stopped",
}  # fmt: skip

_GUARD_EACH: Final = "".join(
    f"CREATE TRIGGER guard_catalogue BEFORE INSERT OR DELETE OR UPDATE{columns} ON public.catalogue_{table}\n"
    "  FOR EACH ROW EXECUTE FUNCTION public.catalogue_guard();\n"
    for table, columns in _TABLES.items()
)

INSTALL: Final = f"""
CREATE OR REPLACE FUNCTION public.catalogue_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${_MAY}$$;
CREATE OR REPLACE FUNCTION public.catalogue_price_fits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${_FITS}$$;
CREATE OR REPLACE FUNCTION public.catalogue_count_use() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $${_COUNT}$$;
REVOKE ALL ON FUNCTION public.catalogue_guard() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.catalogue_price_fits() FROM PUBLIC;
REVOKE ALL ON FUNCTION public.catalogue_count_use() FROM PUBLIC;

{_GUARD_EACH}
CREATE TRIGGER price_fits BEFORE INSERT OR UPDATE ON public.catalogue_price
  FOR EACH ROW EXECUTE FUNCTION public.catalogue_price_fits();
CREATE TRIGGER price_fits BEFORE INSERT OR UPDATE ON public.catalogue_choiceprice
  FOR EACH ROW EXECUTE FUNCTION public.catalogue_price_fits();
CREATE TRIGGER count_use AFTER INSERT OR UPDATE ON public.catalogue_promotionuse
  FOR EACH ROW EXECUTE FUNCTION public.catalogue_count_use();
"""

REMOVE: Final = (
    "".join(f"DROP TRIGGER guard_catalogue ON catalogue_{table};\n" for table in _TABLES)
    + """
DROP TRIGGER price_fits ON catalogue_price;
DROP TRIGGER price_fits ON catalogue_choiceprice;
DROP TRIGGER count_use ON catalogue_promotionuse;
DROP FUNCTION catalogue_guard();
DROP FUNCTION catalogue_price_fits();
DROP FUNCTION catalogue_count_use();
"""
)
