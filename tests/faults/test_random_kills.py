"""kill -9 of web, worker, database and single server processes at random moments, while people order and pay."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import psycopg
import pytest

from hospes.cli.supervisor import DATABASE
from hospes.proofs.stage import Account
from tests.faults.invariants import broken
from tests.faults.people import Shopper
from tests.faults.world import World, a_name

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]


class Killer:
    """Kills what is alive at moments that nobody foresees; `log` says what and when, in seconds from the beginning."""

    PLAN = (
        ("portal",) * 3
        + ("worker",) * 4
        + (DATABASE,) * 2
        + ("a server process",) * 3
        + ("a connection",) * 3
    )

    def __init__(self, world: World, rng: Random, second: "subprocess.Popen[bytes]") -> None:
        self.world, self.rng, self.second = world, rng, second
        self.log: list[str] = []
        self.enough = threading.Event()

    def run(self) -> None:
        """Kill everything on the plan, in an order and with pauses that the seed decides, unless it is enough."""
        victims, start = list(self.PLAN), time.monotonic()
        self.rng.shuffle(victims)
        for number, victim in enumerate(victims):
            if self.enough.wait(self.rng.uniform(0.3, 1.7)):
                return
            if number == len(victims) // 2:
                self.second.kill()
            with contextlib.suppress(ProcessLookupError, psycopg.OperationalError):  # dead already
                self._kill(victim)
                self.log.append(f"{time.monotonic() - start:.1f} {victim}")

    def _kill(self, victim: str) -> None:
        if victim == "a server process":
            self.world.stack.kill_backend()
        elif victim == "a connection":
            self._cut_a_connection()
        else:
            self.world.stack.kill(victim, signal.SIGKILL)

    def _cut_a_connection(self) -> None:
        assert self.world.stack.dsn is not None
        with contextlib.closing(self.world.stack.dsn.connect()) as connection:
            pids = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'hospes %' ORDER BY pid"
            )
            if found := pids.fetchall():
                connection.execute("SELECT pg_terminate_backend(%s)", [self.rng.choice(found)[0]])


def test_kill_9_at_random_moments_of_many_orders(world: World, people: list[Account]) -> None:
    seed = int(os.environ.get("HOSPES_FAULTS_SEED") or Random().randrange(2**32))  # noqa: S311  # no secrets
    rng = Random(seed)  # noqa: S311
    world.provider.control("plan", copies=2)
    world.panel.control("slow", seconds=0.3)
    shoppers = []
    for account in people:
        impatience = Random(rng.random())  # noqa: S311
        shoppers.append(Shopper(account, world.provider, [a_name() for _ in range(3)], impatience))
    with world.a_second_worker() as second:
        killer = Killer(world, rng, second)
        thread = threading.Thread(target=killer.run)
        thread.start()
        try:
            with ThreadPoolExecutor(len(shoppers)) as pool:
                list(pool.map(lambda shopper: shopper.shop(time.monotonic() + 120), shoppers))
        finally:
            killer.enough.set()
            thread.join()
        story = f"HOSPES_FAULTS_SEED={seed}; killed: {', '.join(killer.log)}; troubles: {[len(s.troubles) for s in shoppers]}"
        print(story)
        world.calm()
        world.stack.wait_ready()
        wrong = broken(world)
    assert not wrong, f"{story}\n" + "\n".join(wrong)
    names = [name for shopper in shoppers for name in shopper.names]
    sold = "SELECT count(*) FROM services_service WHERE label = ANY(%s) AND state = 'active'"
    assert world.value(sold, names) == len(names), story
