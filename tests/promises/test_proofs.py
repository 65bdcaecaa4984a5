"""
The promises, proved on a running installation; and the same proofs again with what enforces them taken away.

A proof that does not notice that its mechanism is gone proves nothing: each mutation has to break it, and putting the
mechanism back has to mend it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hospes.cli import ports
from hospes.cli.commands.prove import preparing
from hospes.cli.places import ROOT, scratch_directory
from hospes.cli.supervisor import Stack
from hospes.proofs.registry import Verdict, prove
from hospes.proofs.stage import Stage

PREFIX = "hospes_promises"

PROMISES = ["P01", "P03", "P04", "P10", "P13", "P14", "P15", "P20", "P21", "P22", "P30"]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """An installation of its own, with a catalogue and nobody in it; given up after the last test."""
    before = os.environ.copy()
    os.environ["HOSPES_ROLE_PREFIX"] = PREFIX
    for name in ("HOSPES_SECRET_KEY", "HOSPES_FACE", "HOSPES_PORT_BASE", "HOSPES_VAR", "HOSPES_CLOCK_OFFSET"):
        os.environ.pop(name, None)
    try:
        with (
            scratch_directory() as var,
            Stack(
                var=Path(var), port_base=ports.free_base(), preparing=preparing, durable=False, say=print
            ) as stack,
        ):
            stack.wait_ready()
            played = Stage(stack, role_prefix=PREFIX)
            yield played
            played.close()
    finally:
        os.environ.clear()
        os.environ.update(before)


def verdict(stage: Stage, promise: str) -> Verdict:
    [found] = prove(stage, [promise])
    return found


@pytest.mark.parametrize(
    "promise", [pytest.param(promise, marks=pytest.mark.promise(promise)) for promise in PROMISES]
)
def test_the_promise_holds(stage: Stage, promise: str) -> None:
    found = verdict(stage, promise)
    assert found.ok, found.evidence


POLICY_OPENED = "ALTER POLICY {table}_{prefix}_{role} ON {table} USING (true) WITH CHECK (true)"

#: Promise → what is done to the database by hand. `hospes migrate` puts all of it back.
MUTATIONS = {
    "P03": POLICY_OPENED.format(table="billing_invoice", prefix=PREFIX, role="billing_own"),
    "P13": "ALTER TABLE payments_paidfrom DISABLE TRIGGER payment_data_only_after_success",
    "P15": f"GRANT UPDATE (number) ON billing_invoice TO {PREFIX}_billing",
    "P21": POLICY_OPENED.format(table="sales_cartline", prefix=PREFIX, role="cart_own"),
    "P30": f"GRANT SELECT (account) ON payments_paidfrom TO {PREFIX}_support",
}


@pytest.mark.parametrize(
    ("promise", "by_hand"),
    [
        pytest.param(*mutation, marks=pytest.mark.promise(mutation[0]), id=mutation[0])
        for mutation in MUTATIONS.items()
    ],
)
def test_without_what_enforces_it_the_promise_is_broken_and_the_check_says_so(
    stage: Stage, promise: str, by_hand: str
) -> None:
    stage.owner.execute(by_hand)  # type: ignore[arg-type]  # psycopg wants literals
    try:
        assert not verdict(stage, promise).ok
        assert hospes(stage, "check").returncode == 1
    finally:
        assert hospes(stage, "migrate").returncode == 0
    assert verdict(stage, promise).ok


def test_a_policy_that_is_removed_breaks_its_promise(stage: Stage) -> None:
    stage.owner.execute(f"DROP POLICY services_service_{PREFIX}_contract_own ON services_service")
    try:
        assert not verdict(
            stage, "P22"
        ).ok  # a customer sees nothing, not even their own: that is no access either
        said = hospes(stage, "check").stdout
        assert f"services_service: the row policy for {PREFIX}_contract_own is missing" in said
    finally:
        assert hospes(stage, "migrate").returncode == 0


def test_what_was_put_back_is_as_it_was(stage: Stage) -> None:
    said = json.loads(hospes(stage, "check", "--json").stdout)
    assert said["ok"] is True
    assert all(problems == [] for problems in said["findings"].values())


@pytest.mark.parametrize("words", [("prove", "P99"), ("nonsense",), ("check", "--nonsense")])
def test_wrong_use_is_exit_code_two(stage: Stage, words: tuple[str, ...]) -> None:
    assert hospes(stage, *words).returncode == 2


def hospes(stage: Stage, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a hospes command on the stage's installation, as its owner."""
    return subprocess.run(
        [sys.executable, "-m", "hospes", *words],
        env=stage.stack.environment("owner") | {"HOSPES_ROLE_PREFIX": PREFIX},
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
