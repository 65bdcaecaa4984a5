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

#: Since options and numbers can be ordered: what is off every term leaves whole cents for each of so many, so that a service can
#: say what one costs; and what was chosen, with what it adds on a day, or that it cannot be had so.
_EACH_IN_WHOLE_CENTS: Final = """
        prices[i] := prices[i] - public.catalogue_discount(prices[i], points, amount);
        prices[i] := prices[i] - prices[i] % quantity;
      END LOOP;"""
_AS_IT_WAS: Final = """
        prices[i] := prices[i] - public.catalogue_discount(prices[i], points, amount);
      END LOOP;"""


def _steps_again(body: str) -> str:
    """The function of the steps put in the place of the one that is there."""
    begin = INSTALL.index("CREATE FUNCTION catalogue_steps")
    function = INSTALL[begin : INSTALL.index("END $$;", begin) + len("END $$;")]
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(_AS_IT_WAS, body)


_CHOSEN: Final = """
CREATE FUNCTION catalogue_chosen(product bigint, term integer, day date, ids bigint[], counts integer[],
  OUT extra bigint, OUT setup bigint, OUT fits boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(sum(p.cents * w.n), 0)::bigint, coalesce(sum(p.setup_cents * w.n), 0)::bigint,
         cardinality(ids) = cardinality(counts) AND count(w.*) = count(DISTINCT o.id)
         AND coalesce(bool_and(p.offered IS TRUE AND c.for_sale AND o.for_sale AND o.product_id = product
                               AND w.n BETWEEN 1 AND o.most), true)
         AND NOT EXISTS (
           SELECT FROM public.catalogue_option l JOIN public.catalogue_choice lc ON lc.option_id = l.id AND lc.for_sale
            WHERE l.product_id = product AND l.kind = 'choice' AND l.for_sale
              AND (SELECT lp.offered FROM public.catalogue_choiceprice lp WHERE lp.choice_id = lc.id AND lp.months = term
                      AND lp.withdrawn_at IS NULL AND lp.valid_from <= day ORDER BY lp.valid_from DESC LIMIT 1)
              AND NOT EXISTS (SELECT FROM public.catalogue_choice x WHERE x.option_id = l.id AND x.id = ANY (ids)))
    FROM unnest(ids, counts) AS w (choice_id, n)
    LEFT JOIN public.catalogue_choice c ON c.id = w.choice_id
    LEFT JOIN public.catalogue_option o ON o.id = c.option_id
    LEFT JOIN LATERAL (
      SELECT q.cents, q.setup_cents, q.offered FROM public.catalogue_choiceprice q
       WHERE q.choice_id = c.id AND q.months = term AND q.withdrawn_at IS NULL AND q.valid_from <= day
       ORDER BY q.valid_from DESC LIMIT 1) p ON true
$$;
REVOKE ALL ON FUNCTION catalogue_chosen(bigint, integer, date, bigint[], integer[]) FROM PUBLIC;
"""

INSTALL_OPTIONS: Final = _steps_again(_EACH_IN_WHOLE_CENTS) + _CHOSEN

#: A number that is not there is none that fits either: the aggregate would pass over it.
_FITS: Final = """bool_and(p.offered IS TRUE AND c.for_sale AND o.for_sale AND o.product_id = product
                               AND w.n BETWEEN 1 AND o.most), true)"""
_FITS_FOR_SURE: Final = """bool_and((p.offered IS TRUE AND c.for_sale AND o.for_sale AND o.product_id = product
                                AND w.n BETWEEN 1 AND o.most) IS TRUE), true)"""
CHOSEN_AGAIN: Final = _CHOSEN.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(
    _FITS, _FITS_FOR_SURE
)
CHOSEN_AS_IT_WAS: Final = _CHOSEN.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")

REMOVE_OPTIONS: Final = (
    "DROP FUNCTION catalogue_chosen(bigint, integer, date, bigint[], integer[]);\n" + _steps_again(_AS_IT_WAS)
)

#: Since what is off the first term alone leaves whole cents for each as well: what one costs in it is kept with the service,
#: and goes back to the cent.
_FIRST: Final = """
      prices[1] := prices[1] - public.catalogue_discount(prices[1], points, amount);
    END IF;"""
_FIRST_IN_WHOLE_CENTS: Final = """
      prices[1] := prices[1] - public.catalogue_discount(prices[1], points, amount);
      prices[1] := prices[1] - prices[1] % quantity;
    END IF;"""
REMOVE_WHOLE_FIRST: Final = _steps_again(_EACH_IN_WHOLE_CENTS)
INSTALL_WHOLE_FIRST: Final = REMOVE_WHOLE_FIRST.replace(_FIRST, _FIRST_IN_WHOLE_CENTS)
