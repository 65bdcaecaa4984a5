"""Nobody changes the journal, and it shows when somebody laid hands on it."""

import psycopg
import pytest
from django.utils import translation

from hospes.kernel import journal, journal_sql
from tests.kernel.journal_fixture import GRANTS, Connection, Scratch, entries, grow_old, read, verify, write

pytestmark = pytest.mark.database

Refused = psycopg.errors.InsufficientPrivilege

#: Days; what the map keeps for a year may go.
_LONG_AGO = 400


def kinds(scratch: Scratch) -> set[str]:
    return {problem.kind for problem in verify(scratch)}


def forgotten(what: str) -> set[str]:
    return {*journal_sql.FORGETTABLE[what], f"{what}_salt"}


# --- nothing is taken back ---------------------------------------------------------------------------------

CHANGES = [
    "UPDATE kernel_journalentry SET action = 'a.b'",
    "UPDATE kernel_journalentry SET ip = '203.0.113.1'",
    "UPDATE kernel_journalentry SET ip = NULL",
    "UPDATE kernel_journalentry SET ip_salt = NULL",
    "UPDATE kernel_journalentry SET ip = NULL, ip_salt = NULL, purpose = 'x'",
    "UPDATE kernel_journalentry SET ip = NULL, ip_salt = NULL, ip_commitment = ''",
    "UPDATE kernel_journalentry SET customer_id = NULL, about_salt = NULL",  # the thing is still there
    "UPDATE kernel_journalentry SET actor_id = NULL, actor_salt = '', seq = seq",
    "DELETE FROM kernel_journalentry",
    "DELETE FROM kernel_journalentry WHERE false",
    "TRUNCATE kernel_journalentry",
    "INSERT INTO kernel_journallane VALUES (50, 0, '')",
    "UPDATE kernel_journallane SET seq = 0, head = ''",
    "DELETE FROM kernel_journallane",
    "TRUNCATE kernel_journallane",
]


@pytest.mark.parametrize("who", ["login", "owner", ""])
@pytest.mark.parametrize("change", CHANGES)
def test_nobody_changes_or_removes_an_entry(scratch: Scratch, who: str, change: str) -> None:
    entries(scratch, 3)
    grow_old(scratch, _LONG_AGO)
    before = read(scratch)
    role = "{}_billing" if who == "login" else "none"
    with pytest.raises(Refused, match="permission denied"), scratch.acting(who, role=role) as connection:
        connection.execute(change)
    assert read(scratch) == before


@pytest.mark.parametrize("role", ["{}_billing", "none"])
def test_only_the_owner_takes_a_value_out(scratch: Scratch, role: str) -> None:
    entries(scratch, 1)
    grow_old(scratch, _LONG_AGO)
    out = "UPDATE kernel_journalentry SET ip = NULL, ip_salt = NULL"
    with pytest.raises(Refused, match="append-only"), scratch.acting("", role=role) as connection:
        connection.execute(out)
    with scratch.connect("owner") as owner:
        owner.execute(out)
    assert verify(scratch) == []


# --- forgetting --------------------------------------------------------------------------------------------


@pytest.mark.promise("P80")
@pytest.mark.parametrize("what", sorted(journal_sql.FORGETTABLE))
def test_what_is_forgotten_is_gone_and_the_chain_holds(scratch: Scratch, what: str) -> None:
    entries(scratch, 4)
    grow_old(scratch, _LONG_AGO)
    before = read(scratch)
    with scratch.acting(purpose="retention") as login:
        asked = login.execute("SELECT journal_forget(%s, %s)", [[2, 3, 99], what]).fetchone()
        again = login.execute("SELECT journal_forget(%s, %s)", [[2, 3], what]).fetchone()
    assert (asked, again) == ((2,), (0,))
    gone = forgotten(what)
    for was, entry in zip(before, read(scratch), strict=True):
        assert entry == {k: None if k in gone and was["id"] in (2, 3) else v for k, v in was.items()}
    assert verify(scratch) == []
    entries(scratch, 2)
    assert verify(scratch) == []


def test_everything_about_everybody_can_be_forgotten(scratch: Scratch) -> None:
    entries(scratch, 3)
    grow_old(scratch, _LONG_AGO)
    with scratch.connect("owner") as owner:
        for what in journal_sql.FORGETTABLE:
            owner.execute("SELECT journal_forget(ARRAY(SELECT id FROM kernel_journalentry), %s)", [what])
    for entry in read(scratch):
        left = {k for k, v in entry.items() if v is not None}
        assert not left & {column for what in journal_sql.FORGETTABLE for column in forgotten(what)}
    assert verify(scratch) == []


@pytest.mark.promise("P80", "P83")
@pytest.mark.parametrize("what", sorted(journal_sql.FORGETTABLE))
@pytest.mark.parametrize("who", ["login", "owner"])
def test_nothing_is_forgotten_before_its_time(scratch: Scratch, what: str, who: str) -> None:
    """The map keeps an entry for a year: a day less is too early, also for the owner, and for all when one of them is too young."""
    entries(scratch, 2)
    grow_old(scratch, 3)
    entries(scratch, 1)
    grow_old(scratch, 364)  # a year may have 366 days
    stage = {"purpose": "retention"} if who == "login" else {"role": "none"}
    forget = "SELECT journal_forget(%s, %s)"
    before = read(scratch)
    said = r"entry 3 is kept for 1 year from when it was recorded"
    with pytest.raises(Refused, match=said), scratch.acting(who, **stage) as connection:
        connection.execute(forget, [[1, 2, 3], what])
    assert read(scratch) == before
    with scratch.acting(who, **stage) as connection:
        assert connection.execute(forget, [[1, 2], what]).fetchone() == (2,)
    assert [entry[f"{what}_salt"] is None for entry in read(scratch)] == [True, True, False]
    grow_old(scratch, 3)
    with scratch.acting(who, **stage) as connection:
        assert connection.execute(forget, [[3], what]).fetchone() == (1,)
    assert verify(scratch) == []


def test_without_a_period_nothing_is_forgotten(scratch: Scratch) -> None:
    entries(scratch, 1)
    grow_old(scratch, 40 * 365)
    with scratch.connect("owner") as owner:
        owner.execute(
            "CREATE OR REPLACE FUNCTION hospes_kept(kept_table text) RETURNS interval LANGUAGE sql AS 'SELECT NULL::interval'"
        )
        with pytest.raises(Refused, match="is kept for"):
            owner.execute("SELECT journal_forget(ARRAY[1]::bigint[], 'ip')")


def test_no_session_can_move_the_clock_of_the_journal(scratch: Scratch) -> None:
    entries(scratch, 1)
    grow_old(scratch, 364)
    with scratch.acting(purpose="retention") as login:
        login.execute("SET LOCAL TimeZone = 'Etc/GMT-14'; SET LOCAL IntervalStyle = 'sql_standard'")
        with pytest.raises(Refused, match="is kept for"):
            login.execute("SELECT journal_forget(ARRAY[1]::bigint[], 'ip')")


def test_other_purposes_cannot_forget(scratch: Scratch) -> None:
    entries(scratch, 1)
    with pytest.raises(Refused, match="journal_forget"), scratch.acting() as login:
        login.execute("SELECT journal_forget(ARRAY[1]::bigint[], 'ip')")


def test_only_what_can_be_forgotten_is(scratch: Scratch) -> None:
    wrong = psycopg.errors.InvalidParameterValue
    with scratch.connect("owner") as owner, pytest.raises(wrong, match="actor, ip, about"):
        owner.execute("SELECT journal_forget(ARRAY[1]::bigint[], 'action')")


def test_no_function_of_the_journal_is_everybodys(scratch: Scratch) -> None:
    with scratch.connect("owner") as owner:
        for name, (arguments, *_rest) in journal_sql.FUNCTIONS.items():
            signature = f"{name}{arguments.replace('entry_ids ', '').replace('what ', '')}"
            asked = [f"{scratch.name}_billing", signature]
            allowed = owner.execute("SELECT has_function_privilege(%s, %s, 'EXECUTE')", asked).fetchone()
            assert allowed == (False,), name


# --- hands laid on it --------------------------------------------------------------------------------------

TAMPERED = {
    "UPDATE kernel_journalentry SET action = 'invoice.paid' WHERE seq = 3": {"wrong_hash"},
    "UPDATE kernel_journalentry SET at = at + interval '1 microsecond' WHERE seq = 3": {"wrong_hash"},
    "UPDATE kernel_journalentry SET recorded_at = at WHERE seq = 3": {"wrong_hash"},
    "UPDATE kernel_journalentry SET purpose = 'security' WHERE seq = 3": {"wrong_hash"},
    "UPDATE kernel_journalentry SET actor_kind = 'system' WHERE seq = 3": {"wrong_hash"},
    "UPDATE kernel_journalentry SET object_table = '' WHERE seq = 3": {"wrong_hash"},
    "UPDATE kernel_journalentry SET changed = '{}' WHERE seq = 3": {"wrong_hash"},
    "UPDATE kernel_journalentry SET id = 77 WHERE seq = 3": {"wrong_hash"},
    "UPDATE kernel_journalentry SET hash = sha256('') WHERE seq = 3": {"wrong_hash", "broken_link"},
    "UPDATE kernel_journalentry SET previous = sha256('') WHERE seq = 3": {"wrong_hash", "broken_link"},
    "UPDATE kernel_journalentry SET actor_id = 8 WHERE seq = 3": {"actor_changed"},
    "UPDATE kernel_journalentry SET actor_id = NULL WHERE seq = 3": {"actor_changed"},  # the salt has stayed
    "UPDATE kernel_journalentry SET actor_salt = NULL WHERE seq = 3": {"actor_changed"},
    "UPDATE kernel_journalentry SET actor_commitment = '' WHERE seq = 3": {"actor_changed", "wrong_hash"},
    "UPDATE kernel_journalentry SET ip = '192.0.2.2' WHERE seq = 3": {"ip_changed"},
    "UPDATE kernel_journalentry SET ip = '192.0.2.1/24' WHERE seq = 3": {"ip_changed"},
    "UPDATE kernel_journalentry SET ip_salt = NULL WHERE seq = 3": {"ip_changed"},
    "UPDATE kernel_journalentry SET customer_id = NULL WHERE seq = 3": {"about_changed"},
    "UPDATE kernel_journalentry SET customer_id = person_id, person_id = customer_id WHERE seq = 3": {
        "about_changed"
    },
    "UPDATE kernel_journalentry SET object_id = 1000 WHERE seq = 3": {"about_changed"},
    "UPDATE kernel_journalentry SET person_id = 5 WHERE seq = 3": {"about_changed"},
    "UPDATE kernel_journalentry SET about_salt = '' WHERE seq = 3": {"about_changed"},
    "DELETE FROM kernel_journalentry WHERE seq = 1": {"gap"},
    "DELETE FROM kernel_journalentry WHERE seq = 3": {"gap"},
    "DELETE FROM kernel_journalentry WHERE seq > 4": {"head_differs"},
    "DELETE FROM kernel_journalentry": {"head_differs"},
    "DELETE FROM kernel_journallane": {"lane_missing"},
    "UPDATE kernel_journallane SET seq = 5": {"head_differs"},
    "UPDATE kernel_journallane SET head = ''": {"head_differs"},
    "UPDATE kernel_journalentry SET lane = 2 WHERE seq > 4": {"gap", "wrong_hash", "head_differs"},
    "UPDATE kernel_journalentry SET seq = 7 WHERE seq = 6": {"gap", "wrong_hash", "head_differs"},
    'INSERT INTO kernel_journalentry SELECT (jsonb_populate_record(e, \'{"seq": 7, "id": 99}\')).*'
    " FROM kernel_journalentry e WHERE seq = 6": {"broken_link", "wrong_hash", "head_differs"},
}


@pytest.mark.parametrize("change", TAMPERED)
def test_each_change_by_hand_is_seen(scratch: Scratch, change: str) -> None:
    entries(scratch, 6)
    assert verify(scratch) == []
    with scratch.connect() as superuser:
        superuser.execute("SET session_replication_role = replica")  # the triggers keep quiet
        superuser.execute(change)
    assert kinds(scratch) == TAMPERED[change]


def test_a_value_that_was_never_there_is_seen(scratch: Scratch) -> None:
    with scratch.acting(kind="job", actor="", ip="") as login:
        write(login)
    with scratch.connect() as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE kernel_journalentry SET actor_id = 7, ip = '192.0.2.1', ip_salt = sha256('')"
        )
    assert kinds(scratch) == {"actor_changed", "ip_changed"}


def test_a_cut_off_tail_is_still_seen_after_more_was_written(scratch: Scratch) -> None:
    entries(scratch, 6)
    with scratch.connect() as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM kernel_journalentry WHERE seq > 4")
    entries(scratch, 3)
    assert kinds(scratch) == {"gap"}


def compute_anew(superuser: Connection, last: int) -> None:
    """Make one lane's chain right again after it was changed by hand."""
    hash_of = "(SELECT hash FROM kernel_journalentry WHERE seq = %s)"
    for seq in range(2, last + 1):
        superuser.execute(
            f"UPDATE kernel_journalentry SET previous = {hash_of} WHERE seq = %s", [seq - 1, seq]
        )
        superuser.execute(
            f"UPDATE kernel_journalentry e SET hash = {journal_sql.chain_hash('e')} WHERE seq = %s", [seq]
        )
    superuser.execute(f"UPDATE kernel_journallane SET seq = %s, head = {hash_of}", [last, last])


def test_a_lane_that_was_computed_anew_is_seen_beside_heads_kept_elsewhere(scratch: Scratch) -> None:
    entries(scratch, 6)
    with scratch.connect("owner") as owner:
        kept = journal.heads(owner)
    entries(scratch, 2)
    with scratch.connect("") as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM kernel_journalentry WHERE seq = 8")
        superuser.execute("UPDATE kernel_journalentry SET action = 'a.b' WHERE seq = 2")
        compute_anew(superuser, last=7)
    with scratch.connect("owner") as owner:
        assert journal.verify(owner) == []
        assert journal.verify(owner, known=kept) == [journal.Problem("rewritten", lane=1, seq=6, entry_id=6)]


@pytest.mark.parametrize("name", sorted(journal_sql.TRIGGERS))
def test_a_guard_that_was_taken_away_is_seen(scratch: Scratch, name: str) -> None:
    table = journal_sql.TRIGGERS[name][0]
    with scratch.connect("owner") as owner:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        assert journal.verify(owner) == [journal.Problem("guard_missing", name=name)]
        owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        assert journal.verify(owner) == []
        owner.execute(f"DROP TRIGGER {name} ON {table}")
        assert journal.verify(owner) == [journal.Problem("guard_missing", name=name)]
        owner.execute(journal_sql.INSTALL)
        assert journal.verify(owner) == []


@pytest.mark.parametrize("name", sorted(journal_sql.FUNCTIONS))
def test_a_guard_that_was_changed_is_seen(scratch: Scratch, name: str) -> None:
    arguments, result, rights, _body = journal_sql.FUNCTIONS[name]
    with scratch.connect("owner") as owner:
        owner.execute(
            f"CREATE OR REPLACE FUNCTION {name}{arguments} RETURNS {result} LANGUAGE plpgsql{rights}"
            " SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NULL; END $$"
        )
        assert journal.verify(owner) == [journal.Problem("guard_changed", name=name)]
        owner.execute(f"{journal_sql.INSTALL}; ALTER FUNCTION {name} RESET search_path")
        assert journal.verify(owner) == [journal.Problem("guard_changed", name=name)]


def test_a_guard_that_fires_less_often_is_seen(scratch: Scratch) -> None:
    with scratch.connect("owner") as owner:
        owner.execute(
            "CREATE OR REPLACE TRIGGER journal_keep BEFORE UPDATE ON kernel_journalentry"
            " FOR EACH ROW WHEN (false) EXECUTE FUNCTION journal_keep()"
        )
        assert journal.verify(owner) == [journal.Problem("guard_changed", name="journal_keep")]


def test_many_problems_are_cut_off(scratch: Scratch) -> None:
    entries(scratch, 6)
    with scratch.connect() as superuser:
        superuser.execute(
            "SET session_replication_role = replica; UPDATE kernel_journalentry SET action = 'a.b'"
        )
        assert len(journal.verify(superuser, most=4)) == 4


def test_a_problem_is_a_sentence() -> None:
    with translation.override("en"):
        gap = str(journal.Problem("gap", lane=1, seq=6))
        assert gap == "Journal 1/6: entries before this one are missing."
        assert "journal_keep" in str(journal.Problem("guard_missing", name="journal_keep"))


def test_it_can_be_installed_again_and_removed(scratch: Scratch) -> None:
    entries(scratch, 2)
    with scratch.connect("owner") as owner:
        owner.execute(journal_sql.INSTALL)
    entries(scratch, 1)
    assert verify(scratch) == []
    with scratch.connect("owner") as owner:
        owner.execute(journal_sql.REMOVE)
        owner.execute("DELETE FROM kernel_journalentry; DELETE FROM kernel_journallane")
        owner.execute(journal_sql.INSTALL)
        owner.execute(GRANTS.format(scratch.name))
    entries(scratch, 1)
    assert verify(scratch) == []
