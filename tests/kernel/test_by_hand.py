"""`hospes migrate` tells what was changed by hand before it puts it right, and the journal has it."""

import argparse
from collections.abc import Callable, Iterator

import pytest
from django.db import ProgrammingError, connection

from hospes.cli.commands import migrate
from hospes.kernel import by_hand, policies
from hospes.kernel.drift_code import NOTE_IS_GONE
from hospes.kernel.models import JournalEntry
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.xdist_group("roles")]

Run = Callable[[str], None]
Says = Callable[[], list[str]]

_PORTAL = "hospes_test_login_portal"
_TOLD = "Changed by hand since the last time:"
_LEFT = "This was left as it is, and has to be put right by hand (see hospes check):"


@pytest.fixture
def run() -> Iterator[Run]:
    """Run statements as the owner; roles and all are rolled back with the test."""
    with as_owner():
        yield lambda statement: connection.cursor().execute(statement)


@pytest.fixture
def says(run: Run, capsys: pytest.CaptureFixture[str]) -> Says:
    """What `hospes migrate` prints."""

    def lines() -> list[str]:
        assert migrate.run(argparse.Namespace()) == 0
        return capsys.readouterr().out.splitlines()

    return lines


def _noted() -> list[tuple[str, list[str], str, str, int | None]]:
    found = JournalEntry.objects.filter(action="database.put_right").order_by("pk")
    return [(e.object_table, e.changed, e.purpose, e.actor_kind, e.actor_id) for e in found]


def _job(thing: str, *columns: str) -> tuple[str, list[str], str, str, None]:
    return thing, list(columns), "security", "job", None


def test_where_nothing_was_changed_nothing_is_said(says: Says) -> None:
    assert says() == []
    assert says() == []
    assert _noted() == []


#: What was done by hand; what is said of it by the same version, and by a newer one; and what the journal has.
_CHANGES = {
    "a right": (
        'GRANT SELECT (phone) ON customers_person TO "hospes_test_billing"',
        "customers_person.phone: hospes_test_billing has SELECT, which the data map does not give",
        "customers_person: the rights were changed by hand",
        ("customers_person", "phone"),  # a newer version does not know the column
    ),
    "a right on a whole table": (
        "GRANT SELECT ON billing_invoice TO PUBLIC",
        "billing_invoice: PUBLIC has SELECT, which the data map does not give",
        "billing_invoice: the rights were changed by hand",
        ("billing_invoice",),
    ),
    "a policy": (
        'ALTER POLICY "billing_invoice_hospes_test_billing_own" ON billing_invoice USING (true)',
        "billing_invoice: the row policy for hospes_test_billing_own was changed by hand",
        "billing_invoice: the row policies were changed by hand",
        ("billing_invoice",),
    ),
    "policies that were switched off": (
        "ALTER TABLE customers_person DISABLE ROW LEVEL SECURITY",
        "customers_person: row policies are switched off",
        "customers_person: the row policies were changed by hand",
        ("customers_person",),
    ),
    "a function": (
        "CREATE OR REPLACE FUNCTION hospes_next_number(series text) RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT 1::bigint'",
        "hospes_next_number(series text): the function was changed by hand",
        "hospes_next_number(series text): the function was changed by hand",
        ("hospes_next_number",),
    ),
    "a trigger": (
        "DROP TRIGGER hospes_keep_row ON messaging_message",
        "messaging_message.hospes_keep_row: the trigger is missing",
        "messaging_message.hospes_keep_row: the trigger was taken away by hand",
        ("messaging_message", "hospes_keep_row"),
    ),
    "a membership": (
        f'GRANT "hospes_test_retention" TO "{_PORTAL}"',
        f"{_PORTAL} is a member of hospes_test_retention, which it must not be",
        f"{_PORTAL}: the role or its memberships were changed by hand",
        (_PORTAL,),
    ),
    "a power": (
        f'ALTER ROLE "{_PORTAL}" BYPASSRLS',
        f"{_PORTAL} has powers that pass by the policies: BYPASSRLS",
        f"{_PORTAL}: the role or its memberships were changed by hand",
        (_PORTAL,),
    ),
    "the note": ("COMMENT ON SCHEMA public IS NULL", NOTE_IS_GONE, NOTE_IS_GONE, ("database",)),
}


@pytest.mark.parametrize("what", _CHANGES)
def test_what_was_changed_by_hand_is_told_by_name_and_noted(run: Run, says: Says, what: str) -> None:
    statement, sentence, _newer, thing = _CHANGES[what]
    run(statement)
    assert says() == [_TOLD, f"    {sentence}"]
    assert _noted() == [_job(*thing)]
    assert policies.drift(connection) == []
    assert says() == []
    assert len(_noted()) == 1


@pytest.mark.parametrize("what", _CHANGES)
def test_a_newer_version_can_tell_it_too(
    run: Run, says: Says, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement, _same, sentence, thing = _CHANGES[what]
    run(statement)
    monkeypatch.setattr("hospes.kernel.by_hand.map_version", lambda: "a newer map")
    assert says() == [_TOLD, f"    {sentence}"]
    assert _noted() == [_job(*(thing[:1] if what == "a right" else thing))]


def test_what_a_newer_version_wants_otherwise_is_no_change_by_hand(
    run: Run, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its map gives a right that the old one did not, and the database does not have it yet."""
    run('REVOKE SELECT (total_cents) ON billing_invoice FROM "hospes_test_billing"')
    with connection.cursor() as cursor:
        from hospes.kernel import drift_code

        monkeypatch.setattr(drift_code, "map_version", lambda: "the old map")
        drift_code.note_code(cursor)
    assert policies.drift(connection) == [
        "billing_invoice.total_cents: hospes_test_billing lacks SELECT, which the data map gives"
    ]
    monkeypatch.undo()
    assert says() == []
    assert policies.drift(connection) == []
    assert _noted() == []


def test_what_only_people_can_put_right_is_told_as_well_and_not_noted_as_put_right(
    run: Run, says: Says
) -> None:
    run("ALTER TABLE customers_customer DROP CONSTRAINT customer_is_known_by_name")
    run("GRANT SELECT ON billing_invoice TO PUBLIC")
    lost = [
        "customers_customer.customer_is_known_by_name: the constraint is missing",
        "customers_customer: the constraint customer_is_known_by_name is missing or not enforced",
    ]
    granted = "billing_invoice: PUBLIC has SELECT, which the data map does not give"
    told = says()
    assert (told[0], sorted(told[1:4]), told[4], told[5:]) == (
        _TOLD, sorted(f"    {each}" for each in (granted, *lost)), _LEFT, [f"    {each}" for each in lost],
    )  # fmt: skip
    assert _noted() == [_job("billing_invoice")]


def test_another_major_version_of_postgresql_proves_nothing(
    run: Run, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("GRANT SELECT ON billing_invoice TO PUBLIC")
    monkeypatch.setattr("hospes.kernel.by_hand.version", lambda cursor: "another")
    monkeypatch.setattr("hospes.kernel.by_hand.server", lambda cursor: 99)
    assert says() == []


def test_a_database_that_is_not_ours_yet_was_not_changed(run: Run) -> None:
    run("ALTER TABLE kernel_journalentry RENAME TO something_else")
    assert policies.changed_by_hand(connection) == []


def test_an_owner_who_may_not_act_is_told_that_it_is_not_noted(
    run: Run, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    def may_not(*_: object, **__: object) -> None:
        raise ProgrammingError("permission denied to set role")

    run("GRANT SELECT ON billing_invoice TO PUBLIC")
    monkeypatch.setattr(migrate, "acting", may_not)
    said = says()
    assert said[-1].startswith("It could not be noted in the journal")
    assert policies.drift(connection) == []
    assert _noted() == []


def test_sentences_are_about_tables_functions_roles_or_the_database() -> None:
    assert by_hand.places([
        "a_table.a_column: x has SELECT", "a_table.b_column: x", "a_table: more", "f(text, integer): gone", "x_role is a member of y",
        "the schema: x has CREATE", "the note about functions is missing", 'Odd "table": x', "default privileges of x give",
    ]) == {
        "a_table": {"a_column", "b_column"}, "f": set(), "x_role": set(), "database": set(),
    }  # fmt: skip
