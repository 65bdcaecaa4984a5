"""Functions, triggers, constraints, and around the tables: changes by hand are reported, and put right where that can be."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction

from hospes.kernel import policies
from hospes.kernel.derived import derived_policies
from hospes.kernel.own_code import OwnCode, own_code, read
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.xdist_group("roles")]

Run = Callable[[str], None]
_PORTAL = "hospes_test_login_portal"


@pytest.fixture
def run() -> Iterator[Run]:
    """Run statements as the owner; roles and all are rolled back with the test."""
    with as_owner():
        yield lambda statement: connection.cursor().execute(statement)


def _drift() -> list[str]:
    return policies.drift(connection)


def _put_right() -> None:
    with transaction.atomic():
        policies.ensure_roles(connection)
        policies.apply(connection)


def _says(part: str) -> bool:
    return any(part in sentence for sentence in _drift())


_SETTLED = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
_PAID = "payments_paidfrom"

# --- what applying puts right ---

_MENDED = {
    "a function that always says no": (
        "CREATE OR REPLACE FUNCTION hospes_is_halted(purpose text, customer bigint, person bigint) RETURNS boolean"
        " LANGUAGE sql STABLE AS 'SELECT false'",
        "hospes_is_halted(purpose text, customer bigint, person bigint): the function was changed by hand",
    ),
    "numbers that begin again": (
        "CREATE OR REPLACE FUNCTION hospes_next_number(series text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "hospes_next_number(series text): the function was changed by hand",
    ),
    "a guard that lets everything through": (
        f"CREATE OR REPLACE FUNCTION payments_only_after_success() {_SETTLED}",
        "payments_only_after_success(): the function was changed by hand",
    ),
    "a function with other settings": (
        "ALTER FUNCTION payments_only_after_success() SET search_path = pg_temp, public",
        "payments_only_after_success(): the function was changed by hand",
    ),
    "a function that is gone": (
        "DROP FUNCTION payments_only_after_success() CASCADE",
        "payments_only_after_success(): the function is missing",
    ),
    "the queue's function with the caller's rights": (
        "ALTER FUNCTION procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[]) SECURITY INVOKER",
        "procrastinate_defer_jobs_v1(jobs procrastinate_job_to_defer_v1[]): the function was changed by hand",
    ),
    "a trigger that is gone": (
        f"DROP TRIGGER payment_data_only_after_success ON {_PAID}",
        f"{_PAID}.payment_data_only_after_success: the trigger is missing",
    ),
    "a trigger that is switched off": (
        f"ALTER TABLE {_PAID} DISABLE TRIGGER payment_data_only_after_success",
        f"{_PAID}.payment_data_only_after_success: the trigger is switched off, or on at other times",
    ),
    "a trigger for replicas only": (
        "ALTER TABLE kernel_journalentry ENABLE REPLICA TRIGGER journal_chain",
        "kernel_journalentry.journal_chain: the trigger is switched off, or on at other times",
    ),
    "all triggers, also of foreign keys, switched off": (
        "ALTER TABLE procrastinate_jobs DISABLE TRIGGER ALL",
        "procrastinate_jobs.procrastinate_trigger_delete_jobs_v1: the trigger is switched off, or on at other times",
    ),
    "a trigger that calls another function": (
        f"CREATE FUNCTION nothing() {_SETTLED}; CREATE OR REPLACE TRIGGER payment_data_only_after_success"
        f" BEFORE INSERT ON {_PAID} FOR EACH ROW EXECUTE FUNCTION nothing()",
        f"{_PAID}.payment_data_only_after_success: the trigger was changed by hand",
    ),
    "a note that was deleted": (
        "COMMENT ON SCHEMA public IS NULL",
        "the note about functions, triggers and constraints is missing or was changed by hand",
    ),
    "a setting of a login": (
        f"ALTER ROLE \"{_PORTAL}\" SET search_path = 'elsewhere'",
        f"{_PORTAL}: settings were set, search_path=elsewhere",
    ),
    "a setting of a purpose": (
        'ALTER ROLE "hospes_test_billing" SET row_security = off',
        "hospes_test_billing: settings were set, row_security=off",
    ),
    "a login that may make schemas": (
        f"DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO \"{_PORTAL}\"', current_database()); END $$",
        f"the database: {_PORTAL} has CREATE, which the data map does not give",
    ),
    "everybody may make schemas": (
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO PUBLIC', current_database()); END $$",
        "the database: PUBLIC has CREATE, which the data map does not give",
    ),
}


@pytest.mark.parametrize("what", _MENDED)
def test_what_was_changed_by_hand_is_reported_and_put_right(run: Run, what: str) -> None:
    statement, sentence = _MENDED[what]
    run(statement)
    assert sentence in _drift()
    _put_right()
    assert _drift() == []


def test_a_policy_is_reported_also_when_its_note_was_computed_anew(run: Run) -> None:
    name = "billing_invoice_hospes_test_billing_own"
    run(f'ALTER POLICY "{name}" ON billing_invoice USING (true) WITH CHECK (true)')
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encode(sha256(convert_to(qual || '|' || with_check || '|' || cmd || '|' || permissive || '|' || roles::text,"
            " 'UTF8')), 'hex') FROM pg_policies WHERE policyname = %s",
            [name],
        )
        (digest,) = cursor.fetchone()
    policy = next(p for p in derived_policies() if p.name == name)
    run(f"COMMENT ON POLICY \"{name}\" ON billing_invoice IS '{policy.digest} {digest}'")
    assert "billing_invoice: the row policy for hospes_test_billing_own was changed by hand" in _drift()
    _put_right()
    assert _drift() == []


def test_a_note_of_another_policy_does_not_count(run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT obj_description(oid, 'pg_policy') FROM pg_policy WHERE polname = 'billing_invoice_hospes_test_billing'"
        )
        (note,) = cursor.fetchone()
    run(f"COMMENT ON POLICY \"billing_invoice_hospes_test_billing_own\" ON billing_invoice IS '{note}'")
    assert "billing_invoice: the row policy for hospes_test_billing_own was changed by hand" in _drift()


def test_a_setting_of_the_session_does_not_matter(run: Run) -> None:
    run("SET LOCAL search_path = pg_catalog")
    assert _drift() == []
    run("SET LOCAL search_path = public")


# --- what only people can put right ---

_DEFINER = "LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
_TRIGGER = "FOR EACH ROW EXECUTE FUNCTION nothing()"
_FOR_PEOPLE = {
    "a function with its owner's rights": (
        f"CREATE FUNCTION loot() RETURNS integer {_DEFINER}; REVOKE ALL ON FUNCTION loot() FROM PUBLIC",
        "loot(): a function with its owner's rights that hospes does not know",
    ),
    "such a function for triggers": (
        "CREATE FUNCTION loot() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END'",
        "loot(): a function with its owner's rights that hospes does not know",
    ),
    "such a function elsewhere": (
        f"CREATE SCHEMA elsewhere; CREATE FUNCTION elsewhere.loot() RETURNS integer {_DEFINER}",
        "elsewhere.loot(): a function with its owner's rights that hospes does not know",
    ),
    "a second function of the same name": (
        "CREATE FUNCTION hospes_next_number(series varchar) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "hospes_next_number: there is more than one function of this name",
    ),
    "a queue function with another body": (
        "CREATE OR REPLACE FUNCTION procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void LANGUAGE sql AS ''",
        "procrastinate_unregister_worker_v1(worker_id bigint): the function was changed by hand",
    ),
    "a trigger of the queue that is gone": (
        "DROP TRIGGER procrastinate_trigger_delete_jobs_v1 ON procrastinate_jobs",
        "procrastinate_jobs.procrastinate_trigger_delete_jobs_v1: the trigger is missing",
    ),
    "one more trigger": (
        f"CREATE FUNCTION nothing() {_SETTLED}; CREATE TRIGGER more BEFORE INSERT ON customers_person {_TRIGGER}",
        "customers_person.more: the trigger is not of the migrations",
    ),
    "one more trigger that is called like the queue's": (
        f"CREATE FUNCTION nothing() {_SETTLED};"
        f" CREATE TRIGGER procrastinate_more BEFORE INSERT ON procrastinate_jobs {_TRIGGER}",
        "procrastinate_jobs.procrastinate_more: the trigger is not of the migrations",
    ),
    "a rule": (
        "CREATE RULE quiet AS ON DELETE TO customers_person DO INSTEAD NOTHING",
        "customers_person.quiet: a rule, and hospes has none",
    ),
    "a table elsewhere": (
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.loot AS SELECT * FROM customers_person",
        "elsewhere: a schema that is not of hospes",
    ),
    "a publication": (
        "CREATE PUBLICATION loot FOR TABLE customers_person",
        "loot: a publication, which sends rows past the row policies",
    ),
    "an event trigger": (
        "CREATE FUNCTION loot() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        " CREATE EVENT TRIGGER loot ON ddl_command_end EXECUTE FUNCTION loot()",
        "loot: an event trigger, and hospes has none",
    ),
    "rights on what is yet to be made": (
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "{_PORTAL}"',
        " in public give rights on what is yet to be made",
    ),
    "a parameter that a login may set": (
        f'GRANT SET ON PARAMETER session_replication_role TO "{_PORTAL}"',
        f"parameter session_replication_role: {_PORTAL} has SET",
    ),
    "a setting of the database": (
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET row_security = off', current_database()); END $$",
        ": settings were set, row_security=off",
    ),
    "a schema of a login": (
        f'ALTER SCHEMA public OWNER TO "{_PORTAL}"',
        f"public: the schema belongs to {_PORTAL}",
    ),
    "a check that always holds": (
        "ALTER TABLE procrastinate_jobs DROP CONSTRAINT job_time_is_a_time,"
        " ADD CONSTRAINT job_time_is_a_time CHECK (true)",
        "procrastinate_jobs.job_time_is_a_time: the constraint was changed by hand",
    ),
    "a constraint that is gone": (
        "ALTER TABLE customers_customerword DROP CONSTRAINT one_row_per_word_of_a_customer",
        "customers_customerword: the constraint one_row_per_word_of_a_customer is missing or not enforced",
    ),
    "a constraint that was never looked at": (
        "ALTER TABLE kernel_journalentry DROP CONSTRAINT journal_action_is_dotted, ADD CONSTRAINT journal_action_is_dotted"
        r" CHECK (action ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$') NOT VALID",
        "kernel_journalentry.journal_action_is_dotted: the constraint was changed by hand",
    ),
    "a field that may be empty": (
        "ALTER TABLE billing_invoice ALTER customer_id DROP NOT NULL",
        "billing_invoice.customer_id: may be left empty",
    ),
}


@pytest.mark.parametrize("what", _FOR_PEOPLE)
def test_what_people_have_to_put_right_is_reported_before_and_after(run: Run, what: str) -> None:
    statement, sentence = _FOR_PEOPLE[what]
    run(statement)
    assert _says(sentence)
    _put_right()
    assert _says(sentence)


def _first(query: str) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return tuple(cursor.fetchone())


def test_a_foreign_key_that_is_gone_is_reported(run: Run) -> None:
    (name,) = _first(
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'payments_payment'::regclass"
        " AND confrelid = 'sales_order'::regclass"
    )
    run(f'ALTER TABLE payments_payment DROP CONSTRAINT "{name}"')
    assert _says("payments_payment.order_id: the foreign key to sales_order is missing or not enforced")
    run("COMMENT ON SCHEMA public IS NULL")
    _put_right()  # also when the note is made anew
    assert _says("payments_payment.order_id: the foreign key to sales_order is missing or not enforced")


def test_a_unique_index_that_is_gone_is_reported(run: Run) -> None:
    table, name = _first(
        "SELECT c.relname, i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
        " JOIN pg_class c ON c.oid = x.indrelid WHERE x.indisunique AND x.indpred IS NOT NULL"
        " AND c.relnamespace = 'public'::regnamespace AND c.relname !~ '^procrastinate' ORDER BY 1 LIMIT 1"
    )
    run(f'DROP INDEX "{name}"')
    assert f"{table}: the constraint {name} is missing or not enforced" in _drift()
    assert f"{table}.{name}: the index is missing" in _drift()


def test_a_unique_field_that_is_unique_no_more_is_reported(run: Run) -> None:
    (name,) = _first(
        "SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid = 'customers_customer'::regclass"
        " AND cardinality(conkey) = 1 ORDER BY 1 LIMIT 1"
    )
    run(f'ALTER TABLE customers_customer DROP CONSTRAINT "{name}" CASCADE')
    assert _says("need not be unique any more")


# --- what is read from the migrations ---


def test_what_the_migrations_make_is_found() -> None:
    code = own_code()
    assert {"hospes_is_halted", "hospes_next_number", "journal_chain", "payments_only_after_success"} <= set(
        code.functions
    )
    assert ("kernel_journalentry", "journal_keep_all") in code.triggers
    assert ("customers_person", "person_words_change") in code.triggers
    assert any("procrastinate_defer_jobs_v1" in change for change in code.changes)


def test_of_two_statements_the_later_one_counts() -> None:
    code = OwnCode()
    made = "CREATE FUNCTION a() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN -- DROP FUNCTION a;\n RETURN {}; END $x$;"
    hung = "CREATE TRIGGER t BEFORE INSERT OR UPDATE OF on_it ON public.thing FOR EACH ROW EXECUTE FUNCTION public.a();"
    read(made.format("NEW") + hung, code)
    read("CREATE OR REPLACE " + made.format("OLD").removeprefix("CREATE "), code)
    read("-- CREATE FUNCTION b() AS $$ $$;\nDO $$ BEGIN EXECUTE 'DROP FUNCTION a()'; END $$;", code)
    assert list(code.functions) == ["a"]
    assert "RETURN OLD" in code.functions["a"]
    assert list(code.triggers) == [("thing", "t")]
    read("DROP TRIGGER IF EXISTS t ON thing; DROP FUNCTION a();", code)
    assert not code.functions
    assert not code.triggers
    read(made.format("NEW") + hung + "DROP FUNCTION IF EXISTS b(text, int), public.a() CASCADE;", code)
    assert not code.functions
    assert not code.triggers
