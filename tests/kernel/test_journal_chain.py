"""The entries of the journal hang together, whoever writes at the same time."""

import hashlib
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hospes.kernel import journal, journal_sql
from tests.kernel.journal_fixture import Scratch, entries, read, verify, write

pytestmark = pytest.mark.database

Refused = psycopg.errors.InsufficientPrivilege


# --- the chain ---------------------------------------------------------------------------------------------


def sent(*fields: tuple[int, bytes | None]) -> bytes:
    """PostgreSQL's binary form of a row, made here anew: the count, then type, length and bytes of each."""
    parts = [struct.pack("!i", len(fields))]
    for oid, value in fields:
        parts.append(struct.pack("!Ii", oid, -1 if value is None else len(value)) + (value or b""))
    return b"".join(parts)


BYTEA, INT8, INT4, INET, TIMESTAMPTZ = 17, 20, 23, 869, 1184


def big(value: int | None) -> tuple[int, bytes | None]:
    return INT8, None if value is None else struct.pack("!q", value)


def moment(value: datetime) -> tuple[int, bytes]:
    return TIMESTAMPTZ, struct.pack(
        "!q", (value - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    )


def test_anybody_can_compute_the_chain_from_its_description(scratch: Scratch) -> None:
    with scratch.acting() as login:
        write(login, table="størrelse", changed=("state", "due_on"))
        write(login, thing=None, person=4)
    previous = b""
    for entry in read(scratch):
        address = b"\x02\x20\x00\x04" + entry["ip"].packed  # family, bits, no network, length
        about = [big(entry[column]) for column in ("customer_id", "person_id", "object_id")]
        for what, values in (
            ("actor", [big(entry["actor_id"])]),
            ("ip", [(INET, address)]),
            ("about", about),
        ):
            salted = sent((BYTEA, entry[f"{what}_salt"]), *values)
            assert entry[f"{what}_commitment"] == hashlib.sha256(salted).digest()
        fields: list[tuple[int, bytes | None]] = [
            (BYTEA, b"hospes journal 1"),
            (BYTEA, previous),
            (INT4, struct.pack("!i", entry["lane"])),
        ]
        fields += [big(entry["seq"]), big(entry["id"]), moment(entry["at"]), moment(entry["recorded_at"])]
        texts = [entry[column] for column in ("action", "purpose", "actor_kind", "object_table")]
        fields += [(BYTEA, text.encode()) for text in [*texts, ",".join(entry["changed"])]]
        fields += [(BYTEA, entry[f"{what}_commitment"]) for what in ("actor", "ip", "about")]
        assert entry["hash"] == hashlib.sha256(sent(*fields)).digest()
        previous = entry["hash"]


def test_salts_differ_so_equal_values_do_not_show(scratch: Scratch) -> None:
    entries(scratch, 5)
    for what in journal_sql.FORGETTABLE:
        assert len({entry[f"{what}_salt"] for entry in read(scratch)}) == 5
        assert len({entry[f"{what}_commitment"] for entry in read(scratch)}) == 5
        assert all(len(entry[f"{what}_salt"]) == 16 for entry in read(scratch))


def test_the_chain_does_not_depend_on_a_sessions_settings(scratch: Scratch) -> None:
    odd = (
        "-c TimeZone=Asia/Kathmandu -c DateStyle=German,DMY -c extra_float_digits=-15 -c bytea_output=escape"
        " -c IntervalStyle=sql_standard -c standard_conforming_strings=on -c search_path=pg_temp,public"
    )
    for options in ({}, {"options": odd, "client_encoding": "LATIN1"}):
        with scratch.connect("login", **options) as login, login.transaction():
            scratch.act(login, ip="2001:db8::1")
            write(login, table="kernel_größe", at="2026-10-25 02:30:00.123456+01:00")
    for options in ({}, {"options": odd, "client_encoding": "LATIN1"}):
        with scratch.connect("owner", **options) as owner:
            assert journal.verify(owner) == []
    assert len(read(scratch)) == 2


def test_a_type_or_function_of_the_callers_own_changes_nothing(scratch: Scratch) -> None:
    with scratch.connect("login", options="-c search_path=pg_temp,public") as login, login.transaction():
        login.execute(
            "CREATE DOMAIN pg_temp.int8 AS text; CREATE DOMAIN pg_temp.inet AS text;"
            " CREATE DOMAIN pg_temp.tid AS text"
        )
        login.execute("CREATE TEMP TABLE kernel_journallane (id int, seq bigint, head bytea)")
        login.execute("INSERT INTO pg_temp.kernel_journallane VALUES (99, 99, 'x')")
        login.execute("GRANT ALL ON pg_temp.kernel_journallane TO PUBLIC")
        scratch.act(login)
        write(login)
    assert [entry["lane"] for entry in read(scratch)] == [1]
    assert verify(scratch) == []


# --- many writers ------------------------------------------------------------------------------------------


def in_parallel(count: int, work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []

    def run(n: int) -> None:
        try:
            work(n)
        except BaseException as error:  # noqa: BLE001  # a thread must hand on whatever went wrong
            failures.append(error)

    threads = [threading.Thread(target=run, args=[n]) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_writers_with_open_transactions_do_not_wait_for_one_another(scratch: Scratch) -> None:
    all_have_written = threading.Barrier(20, timeout=30)

    def work(n: int) -> None:
        with scratch.connect("login", options="-c lock_timeout=200ms") as login, login.transaction():
            scratch.act(login, actor=str(n + 1))
            for _ in range(10):
                write(login)
            all_have_written.wait()  # nobody has committed yet

    in_parallel(20, work)
    found = read(scratch)
    assert len(found) == 200
    assert len({entry["lane"] for entry in found}) == 20
    assert verify(scratch) == []


def test_a_thousand_entries_by_twenty_writers_hang_together(scratch: Scratch) -> None:
    def work(n: int) -> None:
        with scratch.connect("login", options="-c lock_timeout=200ms") as login:
            for k in range(25):
                with login.transaction():
                    scratch.act(login, actor=str(n + 1))
                    write(login, thing=2 * k)
                    write(login, thing=2 * k + 1)

    in_parallel(20, work)
    assert len({(entry["actor_id"], entry["object_id"]) for entry in read(scratch)}) == 1000
    assert verify(scratch) == []
    with scratch.connect("owner") as owner:
        assert len(journal.heads(owner)) <= 20


def test_lanes_are_used_again(scratch: Scratch) -> None:
    entries(scratch, 30)
    assert {entry["lane"] for entry in read(scratch)} == {1}


def test_many_entries_in_one_statement_are_one_chain(scratch: Scratch) -> None:
    with scratch.acting() as login:
        things = list(range(500))
        login.execute(journal_sql.WRITE, ["2026-03-01Z", "a.b", "", [], things, things, [None] * 500])
        write(login)
    assert [entry["seq"] for entry in read(scratch)] == list(range(1, 502))
    assert verify(scratch) == []


def test_what_is_rolled_back_leaves_no_gap(scratch: Scratch) -> None:
    with scratch.connect("login") as login:
        for _ in range(2):
            with login.transaction():
                scratch.act(login)
                write(login, thing=1)
                with login.transaction(force_rollback=True):
                    write(login, thing=2)
                    write(login, thing=3)
                write(login, thing=4)
            with login.transaction(force_rollback=True):
                scratch.act(login)
                write(login, thing=5)
        with login.transaction():  # the lane itself comes and goes with an inner transaction
            scratch.act(login)
            with scratch.connect("login") as other, other.transaction():
                scratch.act(other)
                write(other, thing=1)
                with login.transaction(force_rollback=True):
                    write(login, thing=6)
                write(login, thing=4)
    assert [entry["object_id"] for entry in read(scratch)] == [1, 4, 1, 4, 1, 4]
    assert verify(scratch) == []


def test_statements_within_statements_are_one_chain(scratch: Scratch) -> None:
    insert = "INSERT INTO kernel_journalentry (at, action, object_table, object_id, changed)"
    with scratch.connect("owner") as owner:
        owner.execute(
            "CREATE OR REPLACE FUNCTION also(n bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN"
            f" {insert} VALUES (now(), 'a.inner', '', n, '{{}}'); RETURN n; END $$"
        )
    with scratch.acting() as login:
        login.execute(f"{insert} SELECT now(), 'a.outer', '', also(g), '{{}}' FROM generate_series(1, 5) g")
        login.execute(
            f"WITH one AS ({insert} VALUES (now(), 'a.one', '', 6, '{{}}') RETURNING 1)"
            f" {insert} SELECT now(), 'a.two', '', 7, '{{}}' FROM one"
        )
        login.execute(f"{insert} VALUES (now(), 'a.none', '', 8, '{{}}') ON CONFLICT DO NOTHING")
    assert len(read(scratch)) == 13
    assert verify(scratch) == []


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_old_snapshot_can_still_write(scratch: Scratch, level: str) -> None:
    entries(scratch, 1)
    with scratch.connect("login") as login, login.transaction():
        login.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        scratch.act(login)
        login.execute("SELECT 1 FROM pg_class LIMIT 1")  # the snapshot is taken here
        entries(scratch, 2)
        write(login)
        entries(scratch, 1)
        write(login)
    assert len(read(scratch)) == 6
    assert verify(scratch) == []


def test_a_false_lane_setting_neither_waits_nor_forks(scratch: Scratch) -> None:
    entries(scratch, 1)
    with scratch.connect("login") as first, first.transaction():
        scratch.act(first)
        write(first)
        (held,) = first.execute("SELECT current_setting('hospes.journal_lane')").fetchone() or ("",)
        with scratch.connect("login", options="-c lock_timeout=200ms") as second:
            for false in (held, "(0,1)", "(77,7)"):
                with second.transaction():
                    scratch.act(second)
                    second.execute("SELECT set_config('hospes.journal_lane', %s, true)", [false])
                    write(second)
    assert {entry["lane"] for entry in read(scratch)} == {1, 2}
    assert verify(scratch) == []
