"""Every purpose and twin, every column, every right: PostgreSQL does what the map says."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from django.db import connection, models, transaction

from hospes.kernel.acting import SYSTEM, Scene, acting
from hospes.kernel.datamap import Mapped, mapped_tables
from hospes.kernel.managers import MappedModel
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Grantee, Own, Purpose
from hospes.kernel.refusals import Refused, refusal
from tests.support import everything, oracle
from tests.support.oracle import Question
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.django_db]

_PRIVILEGES = """
SELECT role, t.name, c.name, r.kind,
       CASE r.kind WHEN 'DELETE' THEN has_table_privilege(role, t.name, 'DELETE')
                   ELSE has_column_privilege(role, t.name, c.name, r.kind) END
  FROM unnest(%s::text[]) AS role,
       unnest(%s::text[], %s::text[]) AS tc (t, c)
       CROSS JOIN LATERAL (SELECT tc.t) AS t (name) CROSS JOIN LATERAL (SELECT tc.c) AS c (name),
       unnest(%s::text[]) AS r (kind)
"""


def test_every_privilege_is_what_the_map_says() -> None:
    expected = oracle.answers()
    places = sorted({(question.table, question.column) for question in expected})
    roles = sorted({question.role for question in expected})
    with as_owner(), connection.cursor() as cursor:
        tables, columns = [table for table, _ in places], [column for _, column in places]
        cursor.execute(_PRIVILEGES, [roles, tables, columns, list(oracle.RIGHTS)])
        found = {
            Question(role, table, column, right): has for role, table, column, right, has in cursor.fetchall()
        }
    assert found.keys() == expected.keys()
    wrong = [
        f"{question} is {found[question]}"
        for question in sorted(expected)
        if found[question] != expected[question]
    ]
    assert wrong == []
    assert len(found) > 20_000  # the sweep swept
    assert 0 < sum(expected.values()) < len(expected) / 2


def test_the_oracle_itself_knows_what_is_plain_to_see() -> None:
    said = oracle.answers()

    def may(grantee: Grantee, right: str, table: str, column: str) -> bool:
        return said[Question(grantee.role, table, column, right)]

    assert may(Purpose.BILLING, "SELECT", "billing_invoice", "buyer_name")
    assert may(Purpose.BILLING.own, "SELECT", "billing_invoice", "buyer_name")
    assert not may(Purpose.MESSAGES, "SELECT", "billing_invoice", "buyer_street")
    assert may(Purpose.BILLING, "UPDATE", "billing_invoice", "paid_cents")
    assert not may(Purpose.BILLING, "UPDATE", "billing_invoice", "total_cents")
    assert not may(Purpose.BILLING.own, "INSERT", "billing_invoice", "number")
    assert not may(Purpose.SUPPORT, "SELECT", "payments_paidfrom", "account")
    assert not may(Purpose.RIGHTS, "SELECT", "customers_person", "password")
    assert may(Purpose.RIGHTS.own, "SELECT", "customers_person", "phone")
    assert not any(may(g, "UPDATE", "kernel_journalentry", "ip") for g in oracle.everybody())


def test_rights_and_retention_read_everything_that_is_no_secret() -> None:
    """P70: what is held about somebody can be shown to them, all of it."""
    for mapped, name, column in oracle.columns():
        if mapped.entry.about_somebody and not column.secret:
            for purpose in (Purpose.RIGHTS, Purpose.RETENTION):
                assert oracle.may(purpose, "SELECT", mapped, column), (
                    f"{purpose} cannot read {mapped.table}.{name}"
                )


# --- for real: each statement is run, by the role that it is about ---

_TRY = """
CREATE FUNCTION public.test_try(statements text[], OUT seen bigint[], OUT said text[]) LANGUAGE plpgsql AS $$
DECLARE
  n bigint;
BEGIN
  FOR i IN 1 .. cardinality(statements) LOOP
    BEGIN
      EXECUTE statements[i];
      GET DIAGNOSTICS n = ROW_COUNT;
      seen[i] := n;
      said[i] := '';
    EXCEPTION WHEN insufficient_privilege THEN
      seen[i] := 0;
      said[i] := SQLERRM;
    END;
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION public.test_try TO PUBLIC;
"""


@dataclass(frozen=True)
class Trial:
    """A statement, what it does with which column, and whether the map allows that."""

    sql: str
    mapped: Mapped
    column: str
    allowed: bool


@pytest.fixture
def life() -> everything.Life:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(_TRY)
    everything.life()  # somebody else
    return everything.life()


def _personal() -> list[Mapped]:
    return [mapped for mapped in mapped_tables() if mapped.entry.about_somebody]


def _act(grantee: Grantee, life: everything.Life) -> AbstractContextManager[Scene]:
    if isinstance(grantee, Own):
        return acting(grantee.purpose, actor=SYSTEM, **life.scopes)
    return acting(grantee, actor=SYSTEM)


def _run(trials: list[Trial]) -> list[tuple[Trial, int, str]]:
    """Run the statements in the scene that is on, in one go; how many rows each saw, and how it was refused."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seen, said FROM public.test_try(%s)", [[trial.sql for trial in trials]])
        seen, said = cursor.fetchone()
    return list(zip(trials, seen, said, strict=True))


def test_selecting_each_column_gives_rows_or_a_refusal_that_names_it(life: everything.Life) -> None:
    for grantee in oracle.everybody():
        trials = [
            Trial(f'SELECT "{column}" FROM {mapped.table} LIMIT 1', mapped, column, allowed)
            for mapped, column, allowed in _asked(grantee, "SELECT")
        ]
        with _act(grantee, life):
            for trial, seen, said in _run(trials):
                if trial.allowed:
                    assert (seen, said) == (1, ""), f"{grantee.role}: {trial.sql}"
                    continue
                refused = refusal(said, trial.sql)
                named = (refused.purpose, refused.table, refused.columns)
                assert named == (grantee.role, trial.mapped.table, [trial.column])


def test_writing_each_column_is_done_or_refused(life: everything.Life) -> None:
    # No row is changed, and none need be read for it: the right alone is tried.
    for grantee in oracle.everybody():
        trials = [
            Trial(f'UPDATE {mapped.table} SET "{column}" = NULL WHERE false', mapped, column, allowed)
            for mapped, column, allowed in _asked(grantee, "UPDATE")
        ] + [
            Trial(f'INSERT INTO {mapped.table} ("{column}") SELECT NULL WHERE false', mapped, column, allowed)
            for mapped, column, allowed in _asked(grantee, "INSERT")
        ] + [
            Trial(f"DELETE FROM {mapped.table} WHERE false", mapped, column, allowed)
            for mapped, column, allowed in _asked(grantee, "DELETE")
        ]  # fmt: skip
        with _act(grantee, life):
            for trial, seen, said in _run(trials):
                assert seen == 0
                assert (said == "") == trial.allowed, f"{grantee.role}: {trial.sql}: {said or 'was done'}"
                if said:
                    refused = refusal(said, trial.sql)
                    assert (refused.purpose, refused.table) == (grantee.role, trial.mapped.table)


def _asked(grantee: Grantee, right: str) -> Iterator[tuple[Mapped, str, bool]]:
    """Go through the columns with what the map says of this right; deleting is asked once a table."""
    for mapped in _personal():
        for name, column in mapped.entry.columns.items():
            allowed = oracle.may(grantee, right, mapped, column)
            if right == "DELETE" and mapped.model is JournalEntry:
                allowed = False  # its trigger refuses what retention has a right to: it can only forget
            yield mapped, oracle.database_name(mapped, name), allowed
            if right == "DELETE":
                break


def test_a_refusal_in_django_names_purpose_table_and_column(life: everything.Life) -> None:
    for grantee in oracle.everybody():
        with _act(grantee, life):
            for mapped in _personal():
                hidden = [
                    column for m, column, allowed in _asked(grantee, "SELECT") if m == mapped and not allowed
                ]
                if hidden:
                    _is_refused(grantee, mapped, hidden[0])


def _is_refused(grantee: Grantee, mapped: Mapped, column: str) -> None:
    with connection.cursor() as cursor, pytest.raises(Refused) as caught, transaction.atomic():
        cursor.execute(f'SELECT "{column}" FROM {mapped.table}')
    assert (caught.value.purpose, caught.value.table, caught.value.columns) == (
        grantee.role,
        mapped.table,
        [column],
    )
    assert grantee.role in str(caught.value)
    assert f"{mapped.table}({column})" in str(caught.value)


def test_the_orm_reads_what_the_purpose_may_and_nothing_else(life: everything.Life) -> None:
    for grantee in oracle.everybody():
        with _act(grantee, life):
            for mapped in _personal():
                if mapped.model is not None and issubclass(mapped.model, MappedModel):
                    _read_through_the_orm(grantee, mapped, mapped.model)


def _read_through_the_orm(grantee: Grantee, mapped: Mapped, model: type[models.Model]) -> None:
    fields = {f.name: f for f in model._meta.concrete_fields}
    allowed = {n for n, c in mapped.entry.columns.items() if oracle.may(grantee, "SELECT", mapped, c)}
    key = model._meta.pk.name
    if key not in allowed:
        with pytest.raises(Refused), transaction.atomic():
            model._default_manager.first()
        return
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    assert {name for name in fields if fields[name].attname not in row.get_deferred_fields()} == allowed
    for name in sorted(fields.keys() - allowed):
        with pytest.raises(Refused) as caught, transaction.atomic():
            getattr(row, fields[name].attname)
        assert fields[name].column in caught.value.columns


def test_the_orm_writes_what_the_purpose_may_and_nothing_else(life: everything.Life) -> None:
    with as_owner():
        rows = {m.table: _row_of(life, m) for m in _personal() if m.model is not None}
    for grantee in oracle.everybody():
        with _act(grantee, life):
            for mapped in _personal():
                if mapped.model is not None:
                    _write_through_the_orm(grantee, mapped, rows[mapped.table])


def _row_of(life: everything.Life, mapped: Mapped) -> models.Model:
    assert mapped.model is not None
    return next(row for row in mapped.model._base_manager.all() if life.owns(row, mapped.entry))


def _write_through_the_orm(grantee: Grantee, mapped: Mapped, row: models.Model) -> None:
    entry, fields = mapped.entry, {field.name: field for field in row._meta.concrete_fields}
    writable = {
        name for name, column in entry.columns.items() if oracle.may(grantee, "UPDATE", mapped, column)
    }
    key = row._meta.pk.name
    found = type(row)._base_manager.filter(pk=row.pk)
    if oracle.may(grantee, "SELECT", mapped, entry.columns[key]):
        for name in sorted(writable - {key}):
            assert found.update(**{name: fields[name].value_from_object(row)}) == 1, (
                f"{grantee.role}: {mapped.table}.{name}"
            )
    for name in sorted(fields.keys() - writable)[:1]:
        with pytest.raises(Refused) as caught, transaction.atomic():
            found.update(**{name: fields[name].value_from_object(row)})
        assert (caught.value.purpose, caught.value.table) == (grantee.role, mapped.table)
