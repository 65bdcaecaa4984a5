"""
What something costs: pure, in whole cents without VAT.

Every formula here is one of whole numbers, so that the same can be said in SQL:

    discount   percentage: (cents * basis_points + 5000) / 10000, amount: least(cents, amount)
    of so many: what is left less its remainder by the number, so that each costs whole cents
    n-th term  the step with the greatest from_term that is not above n
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar


class Dated(Protocol):
    """A price that counts from a day on."""

    @property
    def valid_from(self) -> date: ...


_D = TypeVar("_D", bound=Dated)


def in_force(prices: Iterable[_D], day: date) -> _D | None:
    """The price of a day: the latest that began by then; None before the first."""
    return max((p for p in prices if p.valid_from <= day), key=lambda p: p.valid_from, default=None)


@dataclass(frozen=True)
class Amounts:
    """What one of something costs for a term: normally, once in the beginning, and for the first terms when that is less."""

    cents: int
    setup_cents: int = 0
    intro_cents: int | None = None
    intro_terms: int = 0


@dataclass(frozen=True)
class Discount:
    """What a promotion takes off a term: a percentage (hundredths of a percent) or an amount; of the first, or of every."""

    basis_points: int | None = None
    cents: int | None = None
    forever: bool = False

    def of(self, cents: int) -> int:
        """What is taken off an amount, at most all of it; a percentage is rounded to whole cents, halves upwards."""
        if self.basis_points is not None:
            return min(cents, (cents * self.basis_points + 5_000) // 10_000)
        return min(cents, self.cents or 0)


@dataclass(frozen=True)
class Step:
    """From which term on (the first is 1) a price counts, until the next step."""

    from_term: int
    cents: int


@dataclass(frozen=True)
class Quotation:
    """
    What something costs now and later: the set-up once, and the price of each term by steps, the first from term 1.

    `before_cents` is what the first term costs without the promotion.
    """

    setup_cents: int
    steps: tuple[Step, ...]
    before_cents: int

    @property
    def first_cents(self) -> int:
        """The first term, without the set-up."""
        return self.steps[0].cents

    @property
    def now_cents(self) -> int:
        """What has to be paid at once."""
        return self.setup_cents + self.first_cents

    @property
    def later_cents(self) -> int:
        """What a term costs in the end."""
        return self.steps[-1].cents

    @property
    def discount_cents(self) -> int:
        """What the promotion takes off now."""
        return self.before_cents - self.first_cents

    def term(self, nth: int) -> int:
        """What the n-th term costs."""
        return term_cents(self.steps, nth)


def term_cents(steps: Sequence[Step], nth: int) -> int:
    """What the n-th term costs by these steps; ValueError for a term before the first."""
    if nth < 1:
        raise ValueError(f"there is no term {nth}")
    return max((s for s in steps if s.from_term <= nth), key=lambda s: s.from_term).cents


def quotation(
    price: Amounts,
    *,
    options: Sequence[tuple[Amounts, int]] = (),
    quantity: int = 1,
    discount: Discount | None = None,
) -> Quotation:
    """
    What so many of something cost, each with these options (the amounts of one, and how many of them).

    Options cost the same in every term. The discount is taken off the sum of a line, product and options together, and never off
    the set-up; it takes off a few cents more where otherwise one of so many would not cost whole cents.
    """
    if quantity < 1 or any(n < 0 for _, n in options):
        raise ValueError("there is no less than one of a product, nor less than none of an option")
    extra = sum(amounts.cents * n for amounts, n in options)
    setup = quantity * (price.setup_cents + sum(a.setup_cents * n for a, n in options))
    whole = [Step(1, quantity * (price.cents + extra))]
    if price.intro_cents is not None and price.intro_terms:
        whole = [Step(1, quantity * (price.intro_cents + extra)), Step(price.intro_terms + 1, whole[0].cents)]
    return Quotation(setup, _joined(_discounted(whole, discount, quantity)), whole[0].cents)


def _discounted(steps: list[Step], discount: Discount | None, quantity: int) -> list[Step]:
    if discount is None:
        return steps
    if discount.forever:
        left = [(s.from_term, s.cents - discount.of(s.cents)) for s in steps]
        return [Step(from_term, cents - cents % quantity) for from_term, cents in left]
    first, less = steps[0], steps[0].cents - discount.of(steps[0].cents)
    second = [] if any(s.from_term == 2 for s in steps) else [Step(2, first.cents)]
    return [Step(1, less - less % quantity), *second, *steps[1:]]


def _joined(steps: list[Step]) -> tuple[Step, ...]:
    """Without steps at which nothing changes."""
    kept: list[Step] = []
    for step in steps:
        if not kept or kept[-1].cents != step.cents:
            kept.append(step)
    return tuple(kept)


@dataclass(frozen=True)
class Conditions:
    """For what, whom and when a promotion counts; empty products, terms and kind are all of them."""

    products: frozenset[int]
    months: frozenset[int]
    customer_kind: str
    valid_from: date
    valid_until: date | None

    def counts_on(self, day: date) -> bool:
        """Whether it counts on a day; the last day is one of them."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def is_for_customer(self, kind: str) -> bool:
        """Whether it is for this kind of customer; as long as that is not known (""), it may be."""
        return not kind or self.customer_kind in ("", kind)

    def is_for(self, product_id: int, months: int) -> bool:
        """Whether it is for a product and a term."""
        return (not self.products or product_id in self.products) and (
            not self.months or months in self.months
        )


def code_of(text: str) -> str:
    """A promotion code as it is kept: capitals, without spaces."""
    return "".join(text.split()).upper()
