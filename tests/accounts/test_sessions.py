"""Sessions: what the table holds of them, and that they work wherever one acts."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.db import connection
from django.test import Client
from django.utils import timezone

from hospes.accounts import sweeps
from hospes.accounts.models import Session
from hospes.accounts.sessions import SessionStore, stored
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support.rights import as_login, as_owner

pytestmark = pytest.mark.django_db


def saved(**data: Any) -> SessionStore:
    session = SessionStore()
    session.update(data)
    session.save()
    return session


def held() -> str:
    """Everything that the table holds, as text."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT s::text FROM accounts_session s")
        return " ".join(row for (row,) in cursor.fetchall())


@pytest.mark.promise("P09")
def test_the_table_holds_neither_the_key_nor_the_data() -> None:
    session = saved(secret="JBSWY3DPEHPK3PXP")
    assert SessionStore(session.session_key)["secret"] == "JBSWY3DPEHPK3PXP"
    assert str(session.session_key) not in held()
    assert "JBSWY3DPEHPK3PXP" not in held()
    assert stored(str(session.session_key)) in held()
    assert SessionStore(stored(str(session.session_key))).load() == {}


def test_the_cookie_of_who_logs_in_is_not_in_the_table(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    assert portal.cookies["hospes_portal"].value not in held()
    assert person.email not in held()


def test_data_brought_to_another_row_does_not_open() -> None:
    mine, other = saved(who=1), saved(who=2)
    with as_owner():
        data = Session.objects.get(pk=stored(str(other.session_key))).session_data
        Session.objects.filter(pk=stored(str(mine.session_key))).update(session_data=data)
    assert SessionStore(mine.session_key).load() == {}


def test_a_session_of_one_face_is_unknown_at_the_other(settings: Any) -> None:
    settings.FACE = "portal"
    session = saved(who=1)
    settings.FACE = "office"
    assert SessionStore(session.session_key).load() == {}


def test_a_session_is_saved_also_while_somebody_acts() -> None:
    session = SessionStore()
    for step, purpose in enumerate((Purpose.BILLING, Purpose.ACCESS)):
        with acting(purpose, actor=SYSTEM):
            session["step"] = step
            session.save()
    session["step"] = 2
    session.save()
    with acting(Purpose.CART, actor=SYSTEM, person=1):
        assert SessionStore(session.session_key)["step"] == 2


@pytest.mark.parametrize("login", ["portal", "office", "door"])
def test_each_face_can_keep_sessions(login: str) -> None:
    with as_login(login):
        session = saved(a=1)
        assert SessionStore(session.session_key)["a"] == 1


def test_a_new_key_keeps_the_data_and_forgets_the_old_key() -> None:
    session = saved(a=1)
    old = session.session_key
    session.cycle_key()
    assert session.session_key != old
    assert SessionStore(session.session_key)["a"] == 1
    assert SessionStore(old).load() == {}


def test_a_flushed_session_is_gone() -> None:
    session = saved(a=1)
    key = session.session_key
    session.flush()
    assert SessionStore(key).load() == {}
    with as_owner():
        assert not Session.objects.exists()


def test_an_expired_session_is_unknown() -> None:
    session = saved(a=1)
    with as_owner():
        Session.objects.update(expire_date=timezone.now())
    assert SessionStore(session.session_key).load() == {}


def test_a_deleted_session_does_not_come_back() -> None:
    session = saved(a=1)
    SessionStore(session.session_key).delete()
    session["a"] = 2
    with pytest.raises(UpdateError):
        session.save()


def test_a_key_that_is_taken_is_not_given_out_again() -> None:
    session = saved(a=1)
    other = SessionStore(session.session_key)
    with pytest.raises(CreateError):
        other.save(must_create=True)


def test_one_makes_no_session_with_a_key_of_ones_own_choosing(portal: Client) -> None:
    portal.cookies["hospes_portal"] = "a" * 32
    portal.post("/account/signup/", people.form())
    assert portal.cookies["hospes_portal"].value != "a" * 32


def test_login_gives_a_new_key(portal: Client, person: Person) -> None:
    portal.post("/account/signup/", people.form())
    before = portal.cookies["hospes_portal"].value
    people.log_in(portal, person)
    assert portal.cookies["hospes_portal"].value != before
    assert SessionStore(before).load() == {}


def test_expired_sessions_are_cleared_away_page_by_page() -> None:
    kept, gone = saved(a=1), [saved(a=2) for _ in range(5)]
    with as_owner():
        Session.objects.exclude(pk=stored(str(kept.session_key))).update(
            expire_date=clock.now() - timedelta(seconds=1)
        )
    assert sweeps.clear_sessions(now=clock.now(), page_size=2) == len(gone)
    assert SessionStore(kept.session_key)["a"] == 1
    assert sweeps.clear_sessions(now=clock.now(), page_size=2) == 0
