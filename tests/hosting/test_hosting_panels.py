"""The contract that every hosting panel keeps, over the wire."""

from collections.abc import Callable

import pytest

from hospes.hosting.providers import PanelRefused, PanelUnavailable, Taken
from tests.hosting.panels import Seen, World

PASSWORD = "kJ8s0Qw3nB5vXz7LmP2d"
OPERATOR = "beheer@example.com"


def ensure(
    world: World, username: str = "dronkel", domain: str = "dronkel.test", package: str = "small"
) -> None:
    world.provider.ensure_account(username, domain, package, PASSWORD, OPERATOR)


def test_an_account_is_made_and_its_password_lets_in(world: World) -> None:
    assert world.provider.state("dronkel") == "absent"
    ensure(world)
    assert world.accounts() == {"dronkel": Seen("dronkel.test", "small", OPERATOR, suspended=False)}
    assert world.provider.state("dronkel") == "active"
    assert world.lets_in("dronkel", PASSWORD)


def test_the_same_again_is_done_already(world: World) -> None:
    ensure(world)
    ensure(world)
    world.provider.ensure_account("dronkel", "Dronkel.TEST", "large", "another-password", OPERATOR)
    assert world.accounts() == {"dronkel": Seen("dronkel.test", "small", OPERATOR, suspended=False)}
    assert world.lets_in("dronkel", PASSWORD)


def test_the_user_name_of_another_account_is_taken(world: World) -> None:
    ensure(world)
    with pytest.raises(Taken):
        ensure(world, domain="other.test")
    assert list(world.accounts()) == ["dronkel"]


@pytest.mark.parametrize(
    ("username", "domain", "package"),
    [
        ("another", "dronkel.test", "small"),
        ("another", "other.test", "none-such"),
        ("another", "no domain", "small"),
    ],
    ids=["domain of another", "no such package", "no domain"],
)
def test_what_can_never_be_is_refused(world: World, username: str, domain: str, package: str) -> None:
    ensure(world)
    with pytest.raises(PanelRefused) as caught:
        ensure(world, username=username, domain=domain, package=package)
    assert not isinstance(caught.value, Taken)
    assert PASSWORD not in str(caught.value)
    assert list(world.accounts()) == ["dronkel"]


def test_suspending_twice_is_suspending_once(world: World) -> None:
    ensure(world)
    world.provider.suspend("dronkel")
    world.provider.suspend("dronkel")
    assert world.provider.state("dronkel") == "suspended"
    assert world.accounts()["dronkel"].suspended


def test_waking_up_twice_is_waking_up_once(world: World) -> None:
    ensure(world)
    world.provider.unsuspend("dronkel")
    assert world.provider.state("dronkel") == "active"
    world.provider.suspend("dronkel")
    world.provider.unsuspend("dronkel")
    world.provider.unsuspend("dronkel")
    assert world.provider.state("dronkel") == "active"


def test_nothing_can_be_switched_that_is_not_there(world: World) -> None:
    with pytest.raises(PanelRefused):
        world.provider.suspend("dronkel")
    with pytest.raises(PanelRefused):
        world.provider.unsuspend("dronkel")


def test_removing_twice_is_removing_once_and_only_that_one(world: World) -> None:
    ensure(world)
    ensure(world, username="other", domain="other.test")
    world.provider.remove("dronkel")
    world.provider.remove("dronkel")
    assert world.provider.state("dronkel") == "absent"
    assert list(world.accounts()) == ["other"]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_what_broke_off_is_repeated(world: World, before: bool) -> None:
    def twice(call: Callable[[], None]) -> None:
        world.hang_up(before=before)
        with pytest.raises(PanelUnavailable):
            call()
        call()

    twice(lambda: ensure(world))
    assert world.provider.state("dronkel") == "active"
    twice(lambda: world.provider.suspend("dronkel"))
    assert world.provider.state("dronkel") == "suspended"
    twice(lambda: world.provider.unsuspend("dronkel"))
    assert world.provider.state("dronkel") == "active"
    twice(lambda: world.provider.remove("dronkel"))
    assert world.provider.state("dronkel") == "absent"


def test_an_answer_that_comes_too_late_is_as_good_as_none(world: World) -> None:
    ensure(world)
    world.slow(2.5)
    with pytest.raises(PanelUnavailable):
        world.impatient.state("dronkel")
    assert world.provider.state("dronkel") == "active"


CALLS: dict[str, Callable[[World], object]] = {
    "ensure": lambda world: ensure(world, username="other", domain="other.test"),
    "state": lambda world: world.provider.state("dronkel"),
    "suspend": lambda world: world.provider.suspend("dronkel"),
    "unsuspend": lambda world: world.provider.unsuspend("dronkel"),
    "remove": lambda world: world.provider.remove("dronkel"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("trouble", ["outage", "html", "busy"])
def test_trouble_at_the_panel_passes(world: World, call: Callable[[World], object], trouble: str) -> None:
    ensure(world)
    if trouble == "busy":
        world.too_busy()
    else:
        world.outage(html=trouble == "html")
    with pytest.raises(PanelUnavailable):
        call(world)
    call(world)
