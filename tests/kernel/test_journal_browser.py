"""The browser stands in the journal beside the address, under the same commitment; entries from before there was one stay whole."""

import pytest
from django.db import DatabaseError, connection

from hospes.kernel import journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from tests.kernel.journal_fixture import Scratch, read, verify, write
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.promise("P11", "P30")]

FIREFOX = "Firefox 144 on Windows"

#: The commitment as it was before there were browsers.
BEFORE = "SELECT e.ip_commitment = sha256(record_send(ROW(e.ip_salt, e.ip))) FROM kernel_journalentry e ORDER BY e.id"


def _write(scratch: Scratch, browser: str, ip: str = "192.0.2.1") -> None:
    with scratch.acting(ip=ip) as login:
        login.execute("SELECT set_config('hospes.browser', %s, true)", [browser])
        write(login)


def test_it_is_what_acting_said_and_part_of_the_chain(scratch: Scratch) -> None:
    _write(scratch, FIREFOX)
    _write(scratch, "")
    _write(scratch, FIREFOX, ip="")
    assert [(entry["browser"], entry["ip"] is None) for entry in read(scratch)] == [
        (FIREFOX, False), (None, False), (FIREFOX, True),
    ]  # fmt: skip
    assert verify(scratch) == []


def test_without_a_browser_the_commitment_is_as_it_always_was(scratch: Scratch) -> None:
    _write(scratch, "")
    _write(scratch, FIREFOX)
    with scratch.connect("owner") as owner:
        assert owner.execute(BEFORE).fetchall() == [(True,), (False,)]


@pytest.mark.parametrize(
    "change", ["browser = 'Chrome 142 on macOS'", "browser = NULL", "ip = '192.0.2.9'", "ip = NULL"]
)
def test_neither_can_be_changed_behind_its_back(scratch: Scratch, change: str) -> None:
    _write(scratch, FIREFOX)
    with scratch.connect() as superuser:
        superuser.execute("ALTER TABLE kernel_journalentry DISABLE TRIGGER USER")
        superuser.execute(f"UPDATE kernel_journalentry SET {change}")
        superuser.execute("ALTER TABLE kernel_journalentry ENABLE TRIGGER USER")
    assert {problem.kind for problem in verify(scratch)} == {"ip_changed"}


def test_one_cannot_give_an_old_entry_a_browser(scratch: Scratch) -> None:
    _write(scratch, "")
    with scratch.connect() as superuser:
        superuser.execute("ALTER TABLE kernel_journalentry DISABLE TRIGGER USER")
        superuser.execute("UPDATE kernel_journalentry SET browser = %s", [FIREFOX])
        superuser.execute("ALTER TABLE kernel_journalentry ENABLE TRIGGER USER")
    assert {problem.kind for problem in verify(scratch)} == {"ip_changed"}


def test_who_writes_the_entry_has_no_say_in_it(scratch: Scratch) -> None:
    given = "INSERT INTO kernel_journalentry (at, action, object_table, changed, browser) VALUES (now(), 'x.y', '', '{}', 'mine')"
    with scratch.acting() as login:
        login.execute("SELECT set_config('hospes.browser', %s, true)", [FIREFOX])
        login.execute(given)
    assert [entry["browser"] for entry in read(scratch)] == [FIREFOX]


@pytest.mark.django_db
def test_from_the_actor_to_the_entry_and_only_in_short_words() -> None:
    person = make.person()
    for browser in (FIREFOX, ""):
        with acting(Purpose.ACCESS, actor=Actor.person(person.pk, ip="192.0.2.1", browser=browser)):
            journal.record("customer.changed", at=make.NOW)
    with as_owner():
        assert list(JournalEntry.objects.order_by("pk").values_list("browser", flat=True)) == [FIREFOX, None]
        assert journal.verify(connection) == []
    for wrong in ("x" * 61, "Firefox\n144", "Firefox é"):
        with (
            pytest.raises(DatabaseError, match="journal_browser_is_in_short_words"),
            acting(Purpose.ACCESS, actor=Actor.person(person.pk, browser=wrong)),
        ):
            journal.record("customer.changed", at=make.NOW)


@pytest.mark.django_db
def test_an_inner_block_has_its_own_and_leaves_the_outer_one_as_it_was() -> None:
    person = make.person()
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk, browser=FIREFOX)):
        with acting(Purpose.ACCESS, actor=Actor.visitor(browser="curl 8")):
            journal.record("customer.changed", at=make.NOW)
        journal.record("customer.changed", at=make.NOW)
    with as_owner():
        assert list(JournalEntry.objects.order_by("pk").values_list("browser", flat=True)) == [
            "curl 8",
            FIREFOX,
        ]
