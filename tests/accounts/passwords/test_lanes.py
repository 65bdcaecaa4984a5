"""Who goes first where more want to log in than can be looked at: each lane has places of its own."""

import threading
from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest

from hospes.accounts.passwords import lanes
from hospes.accounts.passwords.lanes import STRAINED, Full, Lane, Lanes
from tests.support import make

NOW = make.NOW


def throng(places: Lanes) -> None:
    """Have somebody sent away, with nobody inside afterwards."""
    with ExitStack() as held:
        for n in range(2):
            held.enter_context(places.entered(Lane.FRESH, f"first {n}", now=NOW))
        waiting = [threading.Thread(target=stand, args=(places, f"row {n}")) for n in range(4)]
        for thread in waiting:
            thread.start()
        while len(places._rows[Lane.FRESH]) < len(waiting):
            threading.Event().wait(0.001)
        with pytest.raises(Full):
            held.enter_context(places.entered(Lane.FRESH, "one too many", now=NOW))
    for thread in waiting:
        thread.join()


def stand(places: Lanes, network: str) -> None:
    with places.entered(Lane.FRESH, network, now=NOW):
        pass


def fits(places: Lanes, lane: Lane, network: str = "another") -> bool:
    """Whether somebody finds a place without waiting."""
    with ExitStack() as held:
        try:
            held.enter_context(places.entered(lane, network, now=NOW))
        except Full:
            return False
        return True


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Lanes:
    """Two places, which somebody just did not find free; nobody waits."""
    made = Lanes(2)
    throng(made)
    monkeypatch.setattr(lanes, "PATIENCE", 0.0)
    return made


def test_in_quiet_times_lanes_share_the_places_and_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 0.0)
    places = Lanes(2)
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(places.entered(Lane.REST, "the same", now=NOW))
        assert fits(places, Lane.KNOWN)
        assert not places.is_strained(NOW)
        assert not fits(places, Lane.GOOD)


def test_who_waited_in_vain_makes_lanes_part_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages that do not end (slow senders) keep nobody else out."""
    monkeypatch.setattr(lanes, "PATIENCE", 0.0)
    places = Lanes(2)
    with ExitStack() as held:
        for n in range(2):
            held.enter_context(places.entered(Lane.FRESH, f"slow {n}", now=NOW))
        assert not fits(places, Lane.GOOD)
        assert places.is_strained(NOW)
        assert fits(places, Lane.GOOD)


def test_who_was_sent_away_makes_lanes_part_for_a_while(places: Lanes) -> None:
    assert places.is_strained(NOW)
    assert places.is_strained(NOW + STRAINED - timedelta(seconds=1))
    assert not places.is_strained(NOW + STRAINED)


def test_in_a_throng_nobody_can_fill_the_places_of_another_lane(places: Lanes) -> None:
    with ExitStack() as held:
        held.enter_context(places.entered(Lane.GOOD, "192.0.2.1", now=NOW))
        assert not fits(places, Lane.GOOD)
        held.enter_context(places.entered(Lane.FRESH, "192.0.2.2", now=NOW))
        assert not fits(places, Lane.FRESH)
        assert not fits(places, Lane.BACK)
        assert not fits(places, Lane.REST)
        assert fits(places, Lane.KNOWN)
    assert all(fits(places, lane) for lane in Lane)


def test_in_a_throng_a_network_has_one_place(places: Lanes) -> None:
    with places.entered(Lane.FRESH, "192.0.2.1", now=NOW):
        assert not fits(places, Lane.GOOD, "192.0.2.1")
        assert fits(places, Lane.GOOD, "192.0.2.2")
    assert fits(places, Lane.GOOD, "192.0.2.1")


@pytest.mark.parametrize("other", [lane for lane in Lane if lane is not Lane.REST])
def test_the_rest_goes_when_nobody_else_is_there(places: Lanes, other: Lane) -> None:
    with places.entered(other, "192.0.2.1", now=NOW):
        assert not fits(places, Lane.REST)
    with places.entered(Lane.REST, "192.0.2.2", now=NOW):
        assert not fits(places, Lane.REST)
        assert fits(places, other)


def test_places_and_networks_are_free_again_when_the_page_broke(places: Lanes) -> None:
    with pytest.raises(ZeroDivisionError), places.entered(Lane.FRESH, "192.0.2.1", now=NOW):
        raise ZeroDivisionError
    assert fits(places, Lane.FRESH, "192.0.2.1")
    assert not places._networks


def test_who_is_new_and_who_comes_back_go_in_turns(places: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 30.0)
    went: list[Lane] = []
    threads = []
    with places.entered(Lane.BACK, "first", now=NOW):
        for lane in (Lane.BACK, Lane.FRESH):
            threads.append(in_a_row(places, lane, f"a {lane}", went))
    for thread in threads:
        thread.join()
    assert went == [Lane.FRESH, Lane.BACK]


def in_a_row(places: Lanes, lane: Lane, network: str, went: list[Lane], merit: int = 0) -> threading.Thread:
    """Somebody who waits in a row, and is written down when they go in."""

    def wait() -> None:
        with suppress(Full), places.entered(lane, network, merit=merit, now=NOW):
            went.append(lane)

    thread = threading.Thread(target=wait)
    thread.start()
    while not any(waiter.merit == merit for waiter in places._rows[lane]):
        threading.Event().wait(0.001)
    return thread


def test_who_came_back_more_often_takes_the_place_in_the_row(
    places: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 30.0)
    seldom: list[Lane] = []
    often: list[Lane] = []
    with places.entered(Lane.FRESH, "first", now=NOW):
        threads = [in_a_row(places, Lane.BACK, "192.0.2.1", seldom, merit=1)]
        threads.append(in_a_row(places, Lane.BACK, "192.0.2.2", often, merit=2))
        with pytest.raises(Full), places.entered(Lane.BACK, "192.0.2.3", merit=2, now=NOW):
            pass
        threads[0].join()
    threads[1].join()
    assert (seldom, often) == ([], [Lane.BACK])


def test_a_machine_with_one_core_has_places_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 0.0)
    places = Lanes(1)
    places._strained_until = NOW + STRAINED
    assert all(fits(places, lane) for lane in Lane)
    with places.entered(Lane.FRESH, "192.0.2.1", now=NOW):
        assert fits(places, Lane.GOOD)
