"""Which options a service can have, and what it costs with others. Whole cents, for one, for a term."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True)
class Part:
    """So many of an option as they came to an agreed price: cents of each, and since which day."""

    choice_id: int
    count: int
    cents: int
    since: date

    @property
    def sum_cents(self) -> int:
        """What they come to together."""
        return self.count * self.cents


class CostsLess(ValueError):
    """Without these options it would cost less than nothing."""


def fits(
    most: Mapping[int, int], lists: Collection[Collection[int]], held: Mapping[int, int], wanted: Mapping[int, int]
) -> bool:  # fmt: skip
    """
    Whether these options can be had together, by ids of choices and how many of each.

    `most`: so many of each can be had today; `lists`: the choices of each list, of which there is one; `held`: what somebody has
    already, which may stay as it is, or become less.
    """
    if any(not 0 < n <= max(most.get(pk, 0), held.get(pk, 0)) for pk, n in wanted.items()):
        return False
    return all(sum(pk in wanted for pk in choices) <= 1 for choices in lists)


def shares(
    agreed_cents: int, product_cents: int, prices: Mapping[int, int], held: Mapping[int, int], *, since: date
) -> tuple[Part, ...]:  # fmt: skip
    """
    What options have in a price that was agreed for a product and them together: in proportion to the list prices of that day.

    In whole cents of each, downwards: what is left is the product's. A discount, or a raise, is so shared by all of it.
    """
    listed = product_cents + sum(prices[pk] * n for pk, n in held.items())
    return tuple(
        Part(pk, n, agreed_cents * prices[pk] // listed if listed else 0, since) for pk, n in held.items()
    )


def with_options(
    agreed_cents: int, parts: Sequence[Part], prices: Mapping[int, int], wanted: Mapping[int, int], *, today: date
) -> tuple[int, tuple[Part, ...]]:  # fmt: skip
    """
    The agreed price with other options, and what these have in it: what is added comes to it at today's price (`prices`, of each
    one), and what goes is taken off at what it came to it, what was added last first; what stays costs what was agreed.

    KeyError for what is added and has no price; CostsLess below zero, where parts are not those of this price.
    """
    left, gone = dict(wanted), 0
    kept = list[Part]()
    for part in parts:
        stays = min(part.count, left.get(part.choice_id, 0))
        left[part.choice_id] = left.get(part.choice_id, 0) - stays
        gone += (part.count - stays) * part.cents
        if stays:
            kept.append(replace(part, count=stays))
    added = [Part(pk, n, prices[pk], today) for pk, n in left.items() if n]
    cents = agreed_cents - gone + sum(part.sum_cents for part in added)
    if cents < 0:
        raise CostsLess
    return cents, (*kept, *added)


def raised(parts: Iterable[Part], basis_points: int | None, *, planned_on: date) -> tuple[Part, ...]:
    """
    What options have in a price after a raise in percent, downwards; what was added since it was planned comes at its own price.
    """
    return tuple(
        replace(part, cents=part.cents * (10_000 + (basis_points or 0)) // 10_000)
        if part.since < planned_on else part
        for part in parts
    )  # fmt: skip


def going_on(cents: int, by_cents: int) -> int:
    """An introductory price after options changed the price by so much: they cost the same in every term. Not below zero."""
    return max(0, cents + by_cents)
