"""
The database's own clock, which no session can set, and what is older than it is.

The guards of retention go by `hospes_now()`. A test that plays another time says so here; one about the journal makes its entries
older instead, since each must be able to have another age.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection

from hospes.kernel import journal_sql
from hospes.kernel.own_code import own_code
from tests.support.rights import as_owner

_MOVED = (
    "CREATE OR REPLACE FUNCTION hospes_now() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER"
    " SET search_path = pg_catalog, pg_temp AS $$ SELECT '{}'::timestamptz $$"
)


@contextmanager
def the_database_believes(moment: datetime) -> Iterator[None]:
    """Have the guards of retention go by this moment within the block."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(_MOVED.format(moment.isoformat()))
    try:
        yield
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(own_code().functions["hospes_now"])


_CHAIN_ANEW = f"""
DO $$
DECLARE
  entry record;
  before bytea;
BEGIN
  SET LOCAL session_replication_role = replica;
  UPDATE public.kernel_journalentry SET recorded_at = recorded_at - make_interval(days => %s);
  FOR entry IN SELECT id, lane, seq FROM public.kernel_journalentry ORDER BY lane, seq LOOP
    UPDATE public.kernel_journalentry e SET previous = CASE WHEN entry.seq = 1 THEN '' ELSE before END WHERE e.id = entry.id;
    UPDATE public.kernel_journalentry e SET hash = {journal_sql.chain_hash("e")} WHERE e.id = entry.id
      RETURNING e.hash INTO before;
    UPDATE public.kernel_journallane l SET head = before WHERE l.id = entry.lane;
  END LOOP;
  SET LOCAL session_replication_role = origin;
END $$
"""


def grow_old(cursor: Any, days: int) -> None:
    """Make all entries of the journal so many days older, as a superuser, and their chains right again."""
    cursor.execute(_CHAIN_ANEW % int(days))
