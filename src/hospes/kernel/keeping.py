"""
How long rows are kept, as the database knows it: the periods of the data map, and a guard against deleting too early.

`hospes_kept(table)` gives the period of a table. `hospes_keep_row` refuses the purpose of retention a row whose period has not
passed, counted from the column that the map names (`Keep.since`). Where the event lies in another table, retention has no right
to delete at all. The clock is the database's own: no session can set it.
"""

from collections.abc import Iterator
from typing import Final

from hospes.kernel.datamap import Keep, Mapped, mapped_tables

#: What the guard is called, on each table.
KEEP_ROW: Final = "hospes_keep_row"

_KEPT: Final = """
CREATE OR REPLACE FUNCTION hospes_kept(kept_table text) RETURNS interval
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE kept_table{periods} END
$$;
"""

_GUARD: Final = """
CREATE OR REPLACE FUNCTION hospes_keep_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  since text := CASE TG_TABLE_NAME{columns} END;
BEGIN
  IF current_user !~ '_retention(_own)?$' THEN
    RETURN OLD;
  END IF;
  IF coalesce((to_jsonb(OLD) ->> since)::timestamptz + public.hospes_kept(TG_TABLE_NAME) > now(), true) THEN
    RAISE EXCEPTION 'permission denied for table %: a row is kept for % from its %', TG_TABLE_NAME,
      public.hospes_kept(TG_TABLE_NAME), since USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;
"""

_TRIGGER: Final = """
CREATE OR REPLACE TRIGGER hospes_keep_row BEFORE DELETE ON public.{table}
  FOR EACH ROW EXECUTE FUNCTION hospes_keep_row();
"""


def keeping_sql() -> str:
    """The functions and triggers, as they follow from the data map."""
    kept = list(_kept())
    guarded = [(mapped, keep) for mapped, keep in kept if keep.is_timed]
    periods = "".join(f"\n    WHEN '{mapped.table}' THEN interval '{period(keep)}'" for mapped, keep in kept)
    columns = "".join(
        f"\n    WHEN '{mapped.table}' THEN '{mapped.database_column(keep.since)}'" for mapped, keep in guarded
    )
    triggers = "".join(_TRIGGER.format(table=mapped.table) for mapped, _ in guarded)
    return _KEPT.format(periods=periods) + _GUARD.format(columns=columns) + triggers


def period(keep: Keep) -> str:
    """How long, as PostgreSQL reads it: "7 years 0 months 0 days"."""
    return f"{keep.years} years {keep.months} months {keep.days} days"


def _kept() -> Iterator[tuple[Mapped, Keep]]:
    for mapped in mapped_tables():
        if mapped.entry.keep is not None:
            yield mapped, mapped.entry.keep
