"""Which proof proves which promise, and what enforces it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hospes.proofs.stage import Stage


class Broken(Exception):
    """The promise does not hold; the message says what was seen."""


@dataclass(frozen=True)
class Proof:
    """A proof of one promise."""

    promise: str
    enforced_by: str
    play: "Callable[[Stage], str]"


@dataclass(frozen=True)
class Verdict:
    """How a proof ended; `evidence` is what was seen, or what was wrong."""

    id: str
    ok: bool
    enforced_by: str
    evidence: str


PROOFS: dict[str, Proof] = {}


def proof(promise: str, *, enforced_by: str) -> "Callable[[Callable[[Stage], str]], Callable[[Stage], str]]":
    """Register a function as the proof of a promise."""

    def register(play: "Callable[[Stage], str]") -> "Callable[[Stage], str]":
        PROOFS[promise] = Proof(promise, enforced_by, play)
        return play

    return register


def must(holds: Any, otherwise: str) -> None:
    """Raise Broken with what was seen, unless it holds."""
    if not holds:
        raise Broken(otherwise)


def known() -> list[str]:
    """The promises that have a proof."""
    from hospes.proofs import (  # noqa: F401  # they register themselves
        access,
        contract,
        data,
        money,
        people,
        places,
        recipients,
        second,
        sharing,
    )

    return sorted(PROOFS)


def prove(stage: "Stage", promises: list[str] | None = None) -> list[Verdict]:
    """Play the proofs of these promises (all when none are named); a proof that fails does not stop the others."""
    every = known()
    wanted = promises or every
    verdicts = []
    for promise in wanted:
        entry = PROOFS[promise]
        try:
            verdicts.append(Verdict(promise, True, entry.enforced_by, entry.play(stage)))
        except Exception as error:  # noqa: BLE001  # whatever went wrong, the promise was not shown to hold
            said = str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
            verdicts.append(Verdict(promise, False, entry.enforced_by, said))
    return verdicts
