"""
How long rows are kept, as the database knows it: the periods of the data map, and a guard against deleting too early.

`hospes_kept(table)` gives the period of a table. `hospes_keep_row` refuses the purpose of retention a row whose period has not
passed, counted from the column that the map names (`Keep.since`), or that goes with one which is still there (`Keep.goes_with`).
Of all other tables retention has no right to delete. The clock is the database's own, `hospes_now`: no session can set it, and
who plays another time (a test, a demo) has to be the owner and shows up as drift.
"""

from collections.abc import Iterator
from typing import Final

from hospes.kernel.datamap import Keep, Mapped, mapped_tables

#: What the guard is called, on each table.
KEEP_ROW: Final = "hospes_keep_row"

_KEPT: Final = """
CREATE OR REPLACE FUNCTION hospes_now() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT now() $$;

CREATE OR REPLACE FUNCTION hospes_kept(kept_table text) RETURNS interval
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE kept_table{periods} END
$$;
"""

# Each branch names columns of one table only; plpgsql looks at them when it comes to them, for each table anew.
_GUARD: Final = """
CREATE OR REPLACE FUNCTION hospes_keep_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  since text := CASE TG_TABLE_NAME{columns} END;
  kept interval;
BEGIN
  IF current_user !~ '_retention(_own)?$' THEN
    RETURN OLD;
  END IF;{parents}
  kept := public.hospes_kept(TG_TABLE_NAME);
  IF coalesce((to_jsonb(OLD) ->> since)::timestamptz + kept > public.hospes_now(), true) THEN
    RAISE EXCEPTION 'permission denied for table %: a row is kept for % from its %', TG_TABLE_NAME, kept, since
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;
"""

_PARENT: Final = """
  IF TG_TABLE_NAME = '{table}' THEN
    IF EXISTS (SELECT FROM public.{parent} p WHERE p.{key} = OLD.{column}) THEN
      RAISE EXCEPTION 'permission denied for table {table}: a row is kept as long as its {column} is there'
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
  END IF;"""

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
        f"\n    WHEN '{mapped.table}' THEN '{mapped.database_column(keep.since)}'"
        for mapped, keep in guarded
        if keep.since
    )
    parents = "".join(_parent(mapped, keep.goes_with) for mapped, keep in guarded if keep.goes_with)
    triggers = "".join(_TRIGGER.format(table=mapped.table) for mapped, _ in guarded)
    return _KEPT.format(periods=periods) + _GUARD.format(columns=columns, parents=parents) + triggers


def _parent(mapped: Mapped, name: str) -> str:
    if mapped.model is None:
        raise LookupError(f"{mapped.table}: only a model has foreign keys")
    field = mapped.model._meta.get_field(name)
    other = field.related_model._meta  # type: ignore[union-attr]  # a foreign key has one
    return _PARENT.format(
        table=mapped.table, parent=other.db_table, key=other.pk.column, column=mapped.database_column(name)
    )


def period(keep: Keep) -> str:
    """How long, as PostgreSQL reads it: "7 years 0 months 0 days"."""
    return f"{keep.years} years {keep.months} months {keep.days} days"


def _kept() -> Iterator[tuple[Mapped, Keep]]:
    for mapped in mapped_tables():
        if mapped.entry.keep is not None:
            yield mapped, mapped.entry.keep
