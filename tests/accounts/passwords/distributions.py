"""Whether two rows of measured times differ by more than can matter; free of assumptions about how they are distributed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

#: A difference below this part of the whole, or below so many seconds, drowns in what any network adds.
LEAST_PART, LEAST_SECONDS = 0.03, 0.0002

#: The parts of a distribution that are compared: its middle half. The extremes belong to the machine.
_CUTS = (5, 10, 15)  # of twentieths
_SHUFFLES = 1000


@dataclass(frozen=True)
class Difference:
    """
    `seconds`: by how much the quantiles differ where they differ the most; `tolerated`: from how much on that matters.
    `by_chance`: how often (0 … 1) as much comes of dividing the same times among the two at random.
    """

    seconds: float
    tolerated: float
    by_chance: float

    @property
    def matters(self) -> bool:
        return self.seconds > self.tolerated and self.by_chance <= 0.001


def difference(one: Sequence[float], other: Sequence[float]) -> Difference:
    """Compare two rows of times by their quantiles, with a permutation test."""
    seconds, together = _apart(one, other), [*one, *other]
    tolerated = max(LEAST_SECONDS, LEAST_PART * quantiles(together, n=2)[0])
    if seconds <= tolerated:  # then chance does not matter either, and need not be reckoned
        return Difference(seconds, tolerated, 1.0)
    shuffler = random.Random(0)  # noqa: S311  # the same verdict for the same times
    as_far = 0
    for _ in range(_SHUFFLES):
        shuffler.shuffle(together)
        as_far += _apart(together[: len(one)], together[len(one) :]) >= seconds
    return Difference(seconds, tolerated, as_far / _SHUFFLES)


def _apart(one: Sequence[float], other: Sequence[float]) -> float:
    ones, others = quantiles(one, n=20), quantiles(other, n=20)
    return max(abs(ones[cut - 1] - others[cut - 1]) for cut in _CUTS)
