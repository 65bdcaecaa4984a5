"""Journals that are older than they are: the database's own clock says when an entry was recorded, and cannot be moved."""

from typing import Any

from hospes.kernel import journal_sql

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
    """Make all entries so many days older, as a superuser, and their chains right again."""
    cursor.execute(_CHAIN_ANEW % int(days))
