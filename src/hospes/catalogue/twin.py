"""
The price rules once more, in SQL: what the database holds a customer's own session to, and what sets of services renew at.

`catalogue_steps` gives what each term costs, as `rules.quotation` does; a test holds the two to the same answers.
"""

from typing import Final

INSTALL: Final = """
CREATE FUNCTION catalogue_discount(cents bigint, points integer, amount bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT least(cents, coalesce((cents * points + 5000) / 10000, amount, 0))
$$;

CREATE FUNCTION catalogue_steps(cents bigint, intro_cents bigint, intro_terms integer, extra bigint, quantity integer,
  points integer, amount bigint, forever boolean, OUT steps_from integer[], OUT steps_cents bigint[])
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  froms integer[] := ARRAY[1];
  prices bigint[] := ARRAY[quantity * (cents + extra)];
BEGIN
  IF intro_cents IS NOT NULL AND intro_terms > 0 THEN
    froms := ARRAY[1, intro_terms + 1];
    prices := ARRAY[quantity * (intro_cents + extra), quantity * (cents + extra)];
  END IF;
  IF points IS NOT NULL OR amount IS NOT NULL THEN
    IF forever THEN
      FOR i IN 1 .. cardinality(prices) LOOP
        prices[i] := prices[i] - public.catalogue_discount(prices[i], points, amount);
      END LOOP;
    ELSE
      IF NOT 2 = ANY (froms) THEN
        froms := ARRAY[1, 2] || froms[2:];
        prices := ARRAY[prices[1], prices[1]] || prices[2:];
      END IF;
      prices[1] := prices[1] - public.catalogue_discount(prices[1], points, amount);
    END IF;
  END IF;
  steps_from := '{}';
  steps_cents := '{}';
  FOR i IN 1 .. cardinality(prices) LOOP
    IF i = 1 OR prices[i] <> steps_cents[cardinality(steps_cents)] THEN
      steps_from := steps_from || froms[i];
      steps_cents := steps_cents || prices[i];
    END IF;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION catalogue_discount(bigint, integer, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION catalogue_steps(bigint, bigint, integer, bigint, integer, integer, bigint, boolean) FROM PUBLIC;
"""

REMOVE: Final = """
DROP FUNCTION catalogue_steps(bigint, bigint, integer, bigint, integer, integer, bigint, boolean);
DROP FUNCTION catalogue_discount(bigint, integer, bigint);
"""
