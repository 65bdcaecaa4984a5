"""Which options a service can have, and what it costs with others. Whole cents, for one, for a term."""

from collections.abc import Collection, Mapping


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


def with_options(
    agreed_cents: int, prices: Mapping[int, int], held: Mapping[int, int], wanted: Mapping[int, int]
) -> int:
    """
    The agreed price with other options: today's price (`prices`, of each one) of what is added comes to it, and that of what goes
    is taken off; what stays costs what was agreed. Never below zero. KeyError for what is added or goes and has no price.
    """
    changed = {pk: wanted.get(pk, 0) - held.get(pk, 0) for pk in {*held, *wanted}}
    return max(0, agreed_cents + sum(prices[pk] * n for pk, n in changed.items() if n))


def going_on(cents: int, by_cents: int) -> int:
    """An introductory price after options changed the price by so much: they cost the same in every term. Not below zero."""
    return max(0, cents + by_cents)
