"""Counting tries: delays that grow and end, nothing of it readable, nothing lost when many count at once."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.accounts import sweeps
from hospes.accounts.models import Tries
from hospes.accounts.passwords import limits, tries
from hospes.accounts.passwords.limits import ACCOUNT, CROWD, NETWORK, USUAL, Limit, network_around
from hospes.accounts.passwords.tries import OF_EVERYONE, Turn, Wait
from hospes.kernel import clock
from tests.support import make
from tests.support.rights import as_owner

NOW = make.NOW
OF_ONE = Turn(ACCOUNT, "somebody@example.com")


def wait_of(*turns: Turn, at: float = 0.0) -> float:
    """Seconds that a try has to wait, at so many seconds after NOW; 0 where it was counted."""
    try:
        tries.take(turns, now=NOW + timedelta(seconds=at))
    except Wait as wait:
        return wait.seconds
    return 0.0


@pytest.mark.django_db
@pytest.mark.promise("P25")
def test_some_are_free_and_then_each_wait_is_twice_as_long() -> None:
    assert [wait_of(OF_ONE) for _ in range(6)] == [0.0] * 6
    at, waits = 0.0, []
    for _ in range(12):
        waits.append(wait_of(OF_ONE, at=at))
        at += waits[-1]
        assert wait_of(OF_ONE, at=at) == 0.0
    assert [round(wait) for wait in waits[:10]] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert all(500 < wait <= ACCOUNT.most for wait in waits[10:])


@pytest.mark.django_db
def test_to_be_sent_away_does_not_make_it_longer() -> None:
    for _ in range(8):
        wait_of(OF_ONE)
    first = wait_of(OF_ONE)
    assert [wait_of(OF_ONE) for _ in range(50)] == [first] * 50
    assert wait_of(OF_ONE, at=first) == 0.0


@pytest.mark.django_db
def test_what_was_tried_drains_away() -> None:
    for _ in range(6):
        wait_of(OF_ONE)
    assert wait_of(OF_ONE) == 1.0
    assert [wait_of(OF_ONE, at=7 * ACCOUNT.drain) for _ in range(6)] == [0.0] * 6


@pytest.mark.django_db
def test_who_has_to_wait_for_one_is_counted_for_none() -> None:
    for _ in range(int(ACCOUNT.free) + 1):
        wait_of(OF_ONE)
    other = Turn(NETWORK, "192.0.2.1")
    assert wait_of(other, OF_ONE) > 0
    with as_owner():
        assert not Tries.objects.filter(key=other.key).exists()


@pytest.mark.django_db
def test_a_try_that_was_right_counts_no_more_and_makes_nobody_wait() -> None:
    for _ in range(5):
        wait_of(OF_ONE)
    taken = tries.take([OF_ONE], now=NOW)
    assert wait_of(OF_ONE) == 1.0
    tries.give_back(taken, now=NOW)
    taken = tries.take([OF_ONE], now=NOW)
    tries.give_back(taken, now=NOW)
    assert wait_of(OF_ONE) == 0.0
    assert wait_of(OF_ONE) == 1.0


@pytest.mark.django_db
def test_giving_back_does_not_lift_what_a_later_try_said() -> None:
    for _ in range(5):
        wait_of(OF_ONE)
    taken = tries.take([OF_ONE], now=NOW)
    assert wait_of(OF_ONE, at=1.0) == 0.0
    tries.give_back(taken, now=NOW + timedelta(seconds=1))
    assert wait_of(OF_ONE, at=1.5) > 0


@pytest.mark.django_db
def test_in_a_siege_fewer_are_free() -> None:
    for number in range(2 * int(USUAL)):
        tries.take([OF_EVERYONE, Turn(NETWORK, f"198.51.100.{number}")], now=NOW)
    fresh = [OF_EVERYONE, Turn(NETWORK, "192.0.2.1"), Turn(ACCOUNT, "new@example.com")]
    assert [wait_of(*fresh) for _ in range(2)] == [0.0, NETWORK.siege_first]
    assert [wait_of(*fresh, at=15) for _ in range(2)] == [0.0, 2 * NETWORK.siege_first]
    assert tries.take([OF_EVERYONE, Turn(NETWORK, "192.0.2.2")], now=NOW).besieged
    later = NOW + timedelta(seconds=600)
    assert not tries.take([OF_EVERYONE, Turn(NETWORK, "192.0.2.3")], now=later).besieged
    assert [wait_of(*fresh, at=600) for _ in range(3)] == [0.0] * 3


def test_a_network_is_counted_with_what_is_around_it() -> None:
    assert network_around("192.0.2.77") == "192.0.2.0/24"
    assert network_around("2001:db8:1:2:3::4") == "2001:db8:1::/48"
    assert (
        network_around("2001:db8:1:ffff::1")
        == network_around("2001:db8:1::1")
        != network_around("2001:db8:2::1")
    )
    assert network_around(None) == "unknown"


def test_no_limit_locks_anybody_out() -> None:
    every = [value for value in vars(limits).values() if isinstance(value, Limit)]
    assert len(every) >= 10
    assert all(limit.most <= 1800 for limit in every)
    assert ACCOUNT.siege_free >= 1
    assert NETWORK.siege_first < 60
    assert CROWD.free > NETWORK.free


@pytest.mark.django_db
@pytest.mark.promise("P25")
def test_the_table_does_not_say_who_tried_what() -> None:
    tries.take([OF_EVERYONE, Turn(NETWORK, "192.0.2.1"), OF_ONE], now=NOW)
    with as_owner():
        rows = list(Tries.objects.values_list("key", flat=True))
    assert len(rows) == 3
    assert all(len(key) == 32 and int(key, 16) for key in rows)
    assert Turn(ACCOUNT, "192.0.2.1").key != Turn(NETWORK, "192.0.2.1").key


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
@pytest.mark.parametrize("login", ["portal", "office", "door", "worker"])
def test_no_login_touches_the_counts_but_by_counting(
    login_connection: Callable[[str], "psycopg.Connection[Any]"], login: str
) -> None:
    connection = login_connection(login)
    for statement in (
        "SELECT * FROM accounts_tries",
        "DELETE FROM accounts_tries",
        "UPDATE accounts_tries SET drained_at = now()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[arg-type]
    counted = (
        "SELECT wait FROM accounts_take_turn(now(), '{a}', '{900}', '{1}', '{1}', '{900}', '{1}', '{1}', 60)"
    )
    assert [connection.execute(counted).fetchone()[0] > 0 for _ in range(3)] == [False, False, True]  # type: ignore[index]


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
@pytest.mark.promise("P25")
def test_of_many_at_the_same_moment_no_more_pass_than_one_after_another() -> None:
    gate, passed = Barrier(16), []
    turns = [OF_EVERYONE, Turn(NETWORK, "192.0.2.1"), OF_ONE]

    def press(order: int) -> None:
        try:
            gate.wait()
            mine = turns if order % 2 else [OF_EVERYONE, *reversed(turns[1:])]
            for _ in range(4):
                passed.append(wait_of(*mine) == 0)
        finally:
            connections.close_all()

    threads = [Thread(target=press, args=(order,)) for order in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(passed), sum(passed)) == (64, ACCOUNT.free + 1)


@pytest.mark.django_db(transaction=True)
def test_what_has_drained_is_cleared_away_and_nothing_else() -> None:
    now = clock.now()
    tries.take([OF_ONE], now=now - timedelta(seconds=ACCOUNT.drain + 1))
    tries.take([Turn(ACCOUNT, "another@example.com")], now=now)
    assert sweeps.clear_tries(now=now) == 1
    with as_owner():
        assert [row.key for row in Tries.objects.all()] == [Turn(ACCOUNT, "another@example.com").key]


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 2000), st.booleans()), min_size=1, max_size=40))
def test_whatever_is_tried_nobody_waits_longer_than_the_limit_says(moves: list[tuple[float, bool]]) -> None:
    at, who, waits = 0.0, Turn(ACCOUNT, repr(moves)), []
    for pause, is_right in moves:
        at += pause
        now = NOW + timedelta(seconds=at)
        try:
            taken = tries.take([who], now=now)
        except Wait as wait:
            waits.append(wait.seconds)
        else:
            if is_right:
                tries.give_back(taken, now=now)
    assert all(0 < wait <= ACCOUNT.most for wait in waits)
    assert wait_of(who, at=at + ACCOUNT.most) == 0.0
