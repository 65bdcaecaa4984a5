"""What is heard of networks, and in which lane that puts who comes from there."""

from datetime import timedelta

import pytest

from hospes.accounts.passwords import repute, tries
from hospes.accounts.passwords.lanes import Lane
from hospes.accounts.passwords.limits import ACCOUNT, GOOD, NETWORK, party_of
from hospes.accounts.passwords.repute import FAILURES_OF_GOOD, REMEMBERED, RETURNS_OF_FAILED, Repute
from hospes.accounts.passwords.tries import GOOD_FOR, Turn
from tests.support import make

NOW = make.NOW
HERE, THERE = "192.0.2.1", "192.0.2.2"


def lane(heard: Repute, network: str = HERE, account: str = "a", *, after: timedelta = timedelta(0)) -> Lane:
    return heard.lane(network, account, now=NOW + after)


def test_a_network_that_nothing_is_known_of_is_fresh() -> None:
    heard = Repute()
    heard.failed(THERE, now=NOW)
    assert lane(heard) is Lane.FRESH


def test_one_that_failed_is_the_rest_until_that_is_forgotten() -> None:
    heard = Repute()
    heard.failed(HERE, now=NOW)
    assert lane(heard) is Lane.REST
    assert lane(heard, after=REMEMBERED) is Lane.FRESH


def test_who_was_sent_away_comes_back_with_the_same_address_or_is_the_rest() -> None:
    heard = Repute()
    heard.sent_away(HERE, "a", now=NOW)
    assert lane(heard, account="a") is Lane.BACK
    assert lane(heard, account="b") is Lane.REST
    heard.sent_away(HERE, "b", now=NOW)
    assert lane(heard, account="b") is Lane.BACK


def test_each_time_somebody_comes_back_as_told_is_merit_and_pressing_fast_is_none() -> None:
    heard = Repute()
    merits = []
    for seconds in (0, 1, 2, 2.1, 2.2, 3):
        now = NOW + timedelta(seconds=seconds)
        heard.sent_away(HERE, "a", now=now)
        merits.append(heard.merit(HERE, now=now))
    assert merits == [0, 1, 2, 2, 2, 3]
    heard.sent_away(HERE, "b", now=NOW + timedelta(seconds=5))
    assert heard.merit(HERE, now=NOW + timedelta(seconds=5)) == 0
    assert heard.merit(THERE, now=NOW) == 0


def test_merit_is_spent_on_a_place() -> None:
    heard = Repute()
    for n in range(3):
        heard.sent_away(HERE, "a", now=NOW + timedelta(seconds=n))
    assert heard.merit(HERE, now=NOW) == 2
    heard.found_a_place(HERE, now=NOW)
    assert heard.merit(HERE, now=NOW) == 0
    assert lane(heard) is Lane.BACK


def test_who_comes_back_and_fails_is_the_rest() -> None:
    heard = Repute()
    heard.sent_away(HERE, "a", now=NOW)
    heard.failed(HERE, now=NOW)
    assert lane(heard, account="a") is Lane.REST


def test_who_failed_and_comes_back_again_and_again_is_not_kept_out() -> None:
    heard = Repute()
    heard.failed(HERE, now=NOW)
    for n in range(RETURNS_OF_FAILED):
        heard.sent_away(HERE, "a", now=NOW + timedelta(seconds=n))
        assert lane(heard) is Lane.REST
    heard.sent_away(HERE, "a", now=NOW + timedelta(seconds=RETURNS_OF_FAILED))
    assert lane(heard) is Lane.BACK
    assert lane(heard, account="b") is Lane.REST
    heard.failed(HERE, now=NOW)
    assert lane(heard) is Lane.REST


def test_a_network_is_good_from_which_somebody_logged_in_until_much_fails_there() -> None:
    heard = Repute()
    assert heard.succeeded(HERE, now=NOW)
    assert not heard.succeeded(HERE, now=NOW)
    for _ in range(FAILURES_OF_GOOD):
        assert lane(heard) is Lane.GOOD
        heard.failed(HERE, now=NOW)
    assert lane(heard) is Lane.REST
    heard.succeeded(HERE, now=NOW)
    assert lane(heard) is Lane.REST  # a login of one's own does not make up for it


def test_it_is_looked_up_once_whether_a_network_is_good() -> None:
    heard, asked = Repute(), []

    def yes() -> bool:
        asked.append(HERE)
        return True

    for _ in range(3):
        heard.look_up(HERE, yes, now=NOW)
    heard.look_up(THERE, lambda: False, now=NOW)
    assert asked == [HERE]
    assert (lane(heard), lane(heard, THERE)) == (Lane.GOOD, Lane.FRESH)


def test_who_came_as_a_device_that_they_were_not_is_believed_no_more() -> None:
    heard = Repute()
    assert not heard.claims_falsely(HERE, now=NOW)
    heard.claimed_falsely(HERE, now=NOW)
    assert heard.claims_falsely(HERE, now=NOW)
    assert not heard.claims_falsely(THERE, now=NOW)
    assert not heard.claims_falsely(HERE, now=NOW + REMEMBERED)


def test_it_remembers_no_more_networks_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repute, "_MOST", 10)
    heard = Repute()
    for n in range(100):
        heard.failed(f"192.0.2.{n}", now=NOW)
    assert len(heard._heard) <= 10
    assert lane(heard, "192.0.2.99") is Lane.REST


@pytest.mark.parametrize(
    ("ip", "party"),
    [("192.0.2.77", "192.0.2.77"), ("2001:db8:1:2:3::4", "2001:db8:1::/48"), (None, "unknown")],
)
def test_a_party_has_an_ipv4_address_or_an_ipv6_48(ip: str | None, party: str) -> None:
    assert party_of(ip) == party


@pytest.mark.django_db
def test_that_a_network_is_good_is_kept_for_thirty_days_and_is_no_count() -> None:
    key, turn = Turn(GOOD, HERE).key, Turn(NETWORK, HERE)
    taken = tries.take([turn], now=NOW)
    tries.give_back(taken, now=NOW)
    assert not tries.is_good(key, now=NOW)
    tries.give_back(taken, good=key, now=NOW)
    assert tries.is_good(key, now=NOW + GOOD_FOR - timedelta(seconds=1))
    assert not tries.is_good(key, now=NOW + GOOD_FOR)
    assert not tries.is_good(Turn(GOOD, THERE).key, now=NOW)
    later = NOW + timedelta(days=1)
    tries.give_back(taken, good=key, now=later)
    tries.give_back(taken, good=key, now=NOW)
    assert tries.is_good(key, now=NOW + GOOD_FOR)


@pytest.mark.django_db
def test_nobodys_count_can_be_made_longer_by_calling_its_network_good() -> None:
    turn = Turn(ACCOUNT, "somebody@example.com")
    taken = tries.take([turn], now=NOW)
    tries.give_back(taken, good=turn.key, now=NOW)
    for _ in range(int(ACCOUNT.free)):  # none of them has to wait
        tries.take([turn], now=NOW)
