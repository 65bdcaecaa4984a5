"""Numbers that are unique, and gapless where the law wants it, also when many ask at once."""

from django.db import connections

from hospes.kernel import acting

#: A definer function: no purpose can set a number back, only take the next one of its own series: nobody else can burn a number
#: of a series that has to be gapless. The row lock is held until commit, so a rolled-back transaction gives its number back.
NUMBERS_SQL = r"""
CREATE OR REPLACE FUNCTION hospes_next_number(series text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  role text := current_setting('role');
  taken bigint;
BEGIN
  IF NOT (series ~ '^(invoice|credit_note):[0-9]{4}$' AND role ~ '_billing$'
       OR series ~ '^(quote|order):[0-9]{4}$' AND role ~ '_contract(_own)?$'
       OR series = 'customer' AND role ~ '_access$') THEN
    RAISE EXCEPTION 'permission denied for table kernel_numberseries: % takes no number of "%"', role, series
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO kernel_numberseries AS s (name, next) VALUES (series, 2)
  ON CONFLICT (name) DO UPDATE SET next = s.next + 1 RETURNING next - 1 INTO taken;
  RETURN taken;
END $$;
REVOKE ALL ON FUNCTION hospes_next_number(text) FROM PUBLIC;
"""

#: Several numbers at once, for what is booked as a set: returns the first of them. None are burnt either: they go with the rows
#: of one statement or not at all. Of none, it only has others wait.
NUMBERS_IN_A_ROW_SQL = r"""
CREATE FUNCTION hospes_next_numbers(series text, how_many integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  role text := current_setting('role');
  taken bigint;
BEGIN
  IF NOT (series ~ '^(ledger_[a-z]|invoice|credit_note):[0-9]{4}$' AND role ~ '_billing$' AND how_many >= 0) THEN
    RAISE EXCEPTION 'permission denied for table kernel_numberseries: % takes no % numbers of "%"', role, how_many, series
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO kernel_numberseries AS s (name, next) VALUES (series, how_many + 1)
  ON CONFLICT (name) DO UPDATE SET next = s.next + how_many RETURNING next - how_many INTO taken;
  RETURN taken;
END $$;
REVOKE ALL ON FUNCTION hospes_next_numbers(text, integer) FROM PUBLIC;
"""


def next_number(series: str) -> int:
    """
    Take the next number of a series, from 1; part of the current transaction.

    Ask for it last: everybody else who wants a number of the series waits until this transaction ends.
    """
    scene = acting.current()
    if scene is None:
        raise RuntimeError("numbers are taken inside acting()")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute("SELECT hospes_next_number(%s)", [series])
        return int(cursor.fetchone()[0])
