"""The journal keeps who did what, for whom and for what purpose."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy

from hospes.kernel import journal, journal_sql
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.logins import LOGINS
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from tests.kernel.journal_fixture import STAGE, Connection, Scratch, read, verify, write
from tests.support.ageing import grow_old
from tests.support.rights import as_owner

pytestmark = pytest.mark.database

Refused = psycopg.errors.InsufficientPrivilege


def test_an_entry_says_who_acted_for_what_from_where_and_about_whom(scratch: Scratch) -> None:
    before = datetime.now(UTC)
    with scratch.acting(role="{}_billing_own", kind="staff", actor="3", ip="2001:db8::1") as login:
        write(login, changed=("state", "due_on"))
    (entry,) = read(scratch)
    assert entry["at"] == datetime(2026, 3, 1, 11, 0, 0, 1, tzinfo=UTC)
    assert before <= entry["recorded_at"] <= datetime.now(UTC)
    assert (entry["action"], entry["purpose"]) == ("invoice.issued", "billing")
    assert (entry["actor_kind"], entry["actor_id"]) == ("staff", 3)
    assert entry["ip"] == IPv6Address("2001:db8::1")
    assert (entry["object_table"], entry["object_id"]) == ("billing_invoice", 9)
    assert (entry["customer_id"], entry["person_id"]) == (12, None)
    assert entry["changed"] == ["state", "due_on"]
    assert (entry["lane"], entry["seq"], entry["previous"]) == (1, 1, b"")
    assert verify(scratch) == []


def test_a_job_acts_without_person_or_address(scratch: Scratch) -> None:
    with scratch.acting(kind="job", actor="", ip="") as login:
        write(login, thing=None, customer=None)
    (entry,) = read(scratch)
    assert (entry["actor_id"], entry["ip"], entry["object_id"], entry["customer_id"]) == (
        None,
        None,
        None,
        None,
    )
    for what in journal_sql.FORGETTABLE:
        assert (entry[f"{what}_salt"], entry[f"{what}_commitment"]) == (None, b"")
    assert verify(scratch) == []


def test_what_the_caller_claims_about_actor_or_chain_counts_for_nothing(scratch: Scratch) -> None:
    claims = {
        "id": 9_000_000_000, "recorded_at": "1999-01-01", "purpose": "security",
        "actor_kind": "system", "actor_id": 666, "actor_salt": b"x", "actor_commitment": b"x",
        "ip": "203.0.113.9", "ip_salt": b"x", "ip_commitment": b"x",
        "about_salt": b"x", "about_commitment": b"x",
        "customer_id": 12, "object_table": "", "changed": ["state"],
        "lane": 5, "seq": 77, "previous": b"x", "hash": b"x",
        "at": "2026-03-01", "action": "invoice.issued",
    }  # fmt: skip
    columns, places = ", ".join(claims), ", ".join(["%s"] * len(claims))
    with scratch.acting() as login:
        insert = f"INSERT INTO kernel_journalentry ({columns}) OVERRIDING SYSTEM VALUE VALUES ({places})"
        login.execute(insert, list(claims.values()))
    (entry,) = read(scratch)
    assert (entry["purpose"], entry["actor_kind"], entry["actor_id"]) == ("billing", "person", 7)
    assert entry["ip"] == IPv4Address("192.0.2.1")
    assert (entry["id"], entry["lane"], entry["seq"], entry["previous"]) == (1, 1, 1, b"")
    assert entry["recorded_at"] > datetime.now(UTC) - timedelta(minutes=1)
    assert verify(scratch) == []


@pytest.mark.parametrize(
    "stage",
    [
        {"role": "{}_billing", "purpose": "security"},  # the purpose is that of the role, or it is refused
        {"role": "{}_billing", "purpose": ""},
        {"role": "{}_billing", "purpose": "ing"},
        {"role": "{}_billing_own", "purpose": "own"},
        {"role": "none", "purpose": "billing"},
        {"kind": "person", "actor": ""},
        {"kind": "staff", "actor": ""},
    ],
)
def test_nobody_writes_without_acting(scratch: Scratch, stage: dict[str, str]) -> None:
    with pytest.raises(Refused, match="kernel_journalentry"), scratch.acting("", **stage) as superuser:
        write(superuser)


def test_without_any_stage_nobody_writes(scratch: Scratch) -> None:
    with scratch.connect("owner") as owner, pytest.raises(Refused):
        write(owner)


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "Issued"},
        {"action": "invoice"},
        {"changed": ("a,b",)},
        {"changed": ("not a name",)},
        {"changed": ("",)},
    ],
)
def test_actions_are_dotted_and_changes_are_names(scratch: Scratch, wrong: dict[str, Any]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), scratch.acting() as login:
        write(login, **wrong)


def test_an_unknown_kind_of_actor_is_refused(scratch: Scratch) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), scratch.acting("", kind="robot") as superuser:
        write(superuser)


#: As whom each login may act. No more than its process is for, whatever that process says.
_MAY_BE = {
    "login_portal": {"person", "visitor"},
    "login_door": {"person", "visitor"},
    "login_desk": {"staff", "visitor"},
    "login_office": {"staff"},
    "login_worker": {"job"},
    "login_thief": set(),
    "owner": {"person", "visitor", "staff", "job", "system"},
    "": {"person", "visitor", "staff", "job", "system"},
}


@pytest.mark.promise("P11")
@pytest.mark.parametrize("who", _MAY_BE)
def test_who_acts_can_only_be_what_the_login_can_be(scratch: Scratch, who: str) -> None:
    with scratch.connect() as superuser:
        superuser.execute(f"GRANT {scratch.name}_billing TO {scratch.name}_owner")
    written, said = set(), []
    for kind in ("person", "visitor", "staff", "job", "system"):
        try:
            with scratch.acting(who, kind=kind) as connection:
                write(connection, action=f"acted_as.{kind}")
            written.add(kind)
        except Refused as refused:
            said.append((kind, str(refused).splitlines()[0]))
    table = "permission denied for table kernel_journalentry"
    assert said == [(kind, f'{table}: {scratch.name}_{who} cannot act as a "{kind}"') for kind, _ in said]
    assert written == _MAY_BE[who]
    assert {entry["actor_kind"] for entry in read(scratch)} == written
    assert verify(scratch) == []


def test_a_login_stays_who_it_is_through_functions_and_other_roles(scratch: Scratch) -> None:
    """What counts is who logged in, not the role that is on when the entry is written."""
    with scratch.connect() as superuser:
        superuser.execute(f"GRANT INSERT ON kernel_journalentry TO {scratch.name}_login_portal")
    with scratch.connect("login_portal") as portal, portal.transaction():
        portal.execute("CREATE TEMP TABLE cover (x int)")
        portal.execute(
            "CREATE FUNCTION pg_temp.under_cover() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
            " INSERT INTO public.kernel_journalentry (at, action, object_table, changed)"
            " VALUES (now(), 'a.b', '', '{}'); RETURN NEW; END $$"
        )
        portal.execute(
            "CREATE TRIGGER cover BEFORE INSERT ON cover FOR EACH ROW EXECUTE FUNCTION pg_temp.under_cover()"
        )
        portal.execute("GRANT ALL ON cover TO PUBLIC")
        scratch.act(portal, kind="staff")
        with pytest.raises(Refused, match='_login_portal cannot act as a "staff"'):
            portal.execute("INSERT INTO cover VALUES (1)")
    assert read(scratch) == []


@pytest.mark.promise("P11")
@pytest.mark.parametrize("login", LOGINS)
def test_a_real_login_writes_as_whom_it_can_be_and_as_nobody_else(
    login: str,
    committed_database: None,
    login_connection: Callable[[str], Connection],
) -> None:
    role = sorted(grantee.role for grantee in LOGINS[login].may_act_as)[0]
    purpose = role.removeprefix("hospes_test_").removesuffix("_own")
    written = set()
    with login_connection(login) as its:
        for kind in ("person", "visitor", "staff", "job", "system"):
            with contextlib.suppress(Refused), its.transaction():
                its.execute(STAGE, [role, purpose, kind, "7", ""])
                its.execute("SELECT set_config('hospes.customer', '12', true)")
                write(its)
                written.add(kind)
    assert written == _MAY_BE[f"login_{login}"]
    with as_owner():
        assert {entry.actor_kind for entry in JournalEntry.objects.all()} == written


# --- as the subjects use it --------------------------------------------------------------------------------

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAFF = Actor.staff(3, ip="192.0.2.7")


@pytest.fixture(autouse=True)
def _actions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_labels", {"test.done": "Something was done"})


def written() -> list[JournalEntry]:
    with as_owner():
        return list(JournalEntry.objects.order_by("lane", "seq"))


@pytest.mark.django_db
def test_what_is_done_is_recorded_for_the_purpose_that_acts() -> None:
    with acting(Purpose.BILLING, actor=STAFF):
        journal.record("test.done", at=NOW, table="a_table", object_id=5, customer_id=12, changed=["state"])
        with acting(Purpose.SECURITY, actor=SYSTEM):
            journal.record("test.done", at=NOW)
        journal.record("test.done", at=NOW, person_id=4)
    one, two, three = written()
    assert (one.at, one.action, one.purpose) == (NOW, "test.done", "billing")
    assert (one.actor_kind, one.actor_id, one.ip) == ("staff", 3, "192.0.2.7")
    assert (one.object_table, one.object_id, one.changed) == ("a_table", 5, ["state"])
    assert (one.customer_id, one.person_id, three.person_id) == (12, None, 4)
    assert (two.purpose, two.actor_kind, two.actor_id, two.ip) == ("security", "system", None, None)
    assert (two.object_table, two.object_id, two.customer_id, two.changed) == ("", None, None, [])
    with as_owner():
        assert journal.verify(connection) == []


@pytest.mark.django_db
def test_the_entry_goes_with_the_transaction_that_it_was_part_of() -> None:
    def fail() -> None:
        journal.record("test.done", at=NOW)
        raise KeyError

    with pytest.raises(KeyError), acting(Purpose.BILLING, actor=STAFF):
        fail()
    assert written() == []


@pytest.mark.django_db
def test_who_is_bound_to_a_customer_writes_about_that_one() -> None:
    with acting(Purpose.BILLING, actor=Actor.staff(7), customer=12):
        journal.record("test.done", at=NOW)
        with pytest.raises(ProgrammingError), transaction.atomic():
            journal.record("test.done", at=NOW, customer_id=13)
    with acting(Purpose.ACCESS, actor=Actor.person(7), person=7):
        journal.record("test.done", at=NOW)
    assert [(entry.customer_id, entry.person_id) for entry in written()] == [(12, None), (None, 7)]


@pytest.mark.django_db
def test_many_are_recorded_in_one_statement(django_assert_num_queries: Any) -> None:
    with acting(Purpose.BILLING, actor=JOB), django_assert_num_queries(1):
        about = [journal.About(object_id=n, customer_id=2 * n) for n in range(1, 101)]
        journal.record_each("test.done", about, at=NOW, table="a_table")
    assert {(entry.object_id, entry.customer_id) for entry in written()} == {
        (n, 2 * n) for n in range(1, 101)
    }


@pytest.mark.django_db
def test_outside_of_acting_nothing_is_recorded() -> None:
    with pytest.raises(RuntimeError, match="acting"):
        journal.record("test.done", at=NOW)
    with pytest.raises(RuntimeError, match="acting"):
        journal.forget([1], "ip")


@pytest.mark.django_db
def test_mistakes_are_told() -> None:
    with acting(Purpose.BILLING, actor=JOB):
        with pytest.raises(journal.UnknownAction, match="register"):
            journal.record("test.undone", at=NOW)
        with pytest.raises(ValueError, match="time zone"):
            journal.record("test.done", at=datetime(2026, 3, 1))  # noqa: DTZ001


@pytest.mark.django_db
def test_only_the_purpose_of_retention_forgets() -> None:
    with acting(Purpose.BILLING, actor=STAFF):
        journal.record("test.done", at=NOW)
    (entry,) = written()
    with acting(Purpose.BILLING, actor=STAFF), pytest.raises(ProgrammingError), transaction.atomic():
        journal.forget([entry.pk], "ip")
    with acting(Purpose.RETENTION, actor=JOB):
        with pytest.raises(ProgrammingError, match="kept for 1 year"), transaction.atomic():
            journal.forget([entry.pk], "ip")
        with as_owner(), connection.cursor() as cursor:
            grow_old(cursor, 367)
        assert journal.forget([entry.pk, entry.pk + 1], "ip") == 1
    (after,) = written()
    assert (after.ip, after.ip_salt, after.actor_id) == (None, None, 3)
    with as_owner():
        assert journal.verify(connection) == []


def test_an_action_has_one_name() -> None:
    journal.register({"test.done": "Something was done", "test.seen": gettext_lazy("Seen")})
    assert journal.actions() == ["test.done", "test.seen"]
    with translation.override("en"):
        assert (journal.label("test.seen"), journal.label("test.gone")) == ("Seen", "test.gone")
    with pytest.raises(ValueError, match=r"test\.done"):
        journal.register({"test.done": "Something else"})
