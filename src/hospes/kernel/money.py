"""
Money: whole cents with a currency, and every rounding rule of the house.

Halves round away from zero, so that a credit note is the exact opposite of its invoice. How an amount looks
is up to the templates.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from functools import total_ordering
from typing import Final, Self, overload

from django.utils.translation import gettext as _

_LARGEST: Final = 2**63 - 1  # what a bigint column holds
_EXACT: Final = Context(prec=100, traps=[Inexact])  # the caller's own precision must not round a product


class CurrencyMismatch(ValueError):
    """Two amounts in different currencies were put together."""


class MoneyNotUnderstood(ValueError):
    """What somebody typed is no amount; the message says so in their language and is fit to be shown."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole cents (or whatever the hundredth of the currency is called); may be negative."""

    cents: int
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if type(self.cents) is not int:  # bool is an int as well
            raise TypeError(f"cents must be a whole number, not {self.cents!r}")
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError(f"{self.currency!r} is no ISO 4217 currency code")

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents + self._same(other).cents, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents - self._same(other).cents, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.cents, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.cents), self.currency)

    def __bool__(self) -> bool:
        """Zero is false, as for numbers."""
        return self.cents != 0

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.cents < self._same(other).cents

    def times(self, quantity: int | Decimal) -> "Money":
        """Multiply, and round to whole cents once, halves away from zero; TypeError for a float."""
        if isinstance(quantity, float):
            raise TypeError(f"{quantity!r} is not exact: give a whole number or a Decimal")
        return Money(_product(self.cents, Decimal(quantity)), self.currency)

    def share_out(self, weights: Sequence[int]) -> "list[Money]":
        """
        Split by weight so that the parts add up to the whole again.

        Cents left over by rounding go to the largest remainders, the earlier part first. A negative amount is
        split as its opposite is. ValueError unless the weights are zero or more and not all zero.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError(f"cannot share out by the weights {list(weights)}")
        total, sign = abs(self.cents), -1 if self.cents < 0 else 1
        parts = [total * weight // whole for weight in weights]
        by_remainder = sorted(range(len(parts)), key=lambda i: -(total * weights[i] % whole))
        for i in by_remainder[: total - sum(parts)]:
            parts[i] += 1
        return [Money(sign * part, self.currency) for part in parts]

    @classmethod
    def total(cls, amounts: "Iterable[Money]", currency: str = "EUR") -> "Money":
        """Add up amounts of one currency; nothing at all is zero."""
        return sum(amounts, start=cls(0, currency))

    @classmethod
    def parse(cls, text: str, *, language: str, currency: str = "EUR") -> Self:
        """
        Read an amount as people write it: "1.234,56" in Dutch, "1,234.56" in English, "€ 12,-", "-3".

        The decimal sign of the other language is understood where it can mean nothing else ("12.50" in
        Dutch). Raises MoneyNotUnderstood, with a message in the active language.
        """
        return cls(_cents(text, decimal="." if language.startswith("en") else ","), currency)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not go together")
        return other


@overload
def vat(net: Money, percent: Decimal) -> Money: ...
@overload
def vat(net: int, percent: Decimal) -> int: ...
def vat(net: Money | int, percent: Decimal) -> Money | int:
    """
    Return the VAT on the net sum (cents) of all lines with one rate, rounded to whole cents, halves away
    from zero.

    Once per rate group and never per line, as EN 16931 wants it (BR-CO-17). The percentage is a Decimal such
    as Decimal(21) or Decimal("5.5"), zero or more.
    """
    if not isinstance(percent, Decimal) or not percent.is_finite() or percent < 0:
        raise ValueError(f"{percent!r} is no VAT percentage")
    if isinstance(net, Money):
        return Money(vat(net.cents, percent), net.currency)
    return _product(net, percent.scaleb(-2, _EXACT))


def _product(cents: int, factor: Decimal) -> int:
    """Multiply exactly, then round to whole cents, halves away from zero."""
    exact = _EXACT.multiply(Decimal(cents), factor)
    return int(exact.to_integral_value(rounding=ROUND_HALF_UP))


_SPACES: Final = re.compile("[\\s\u00a0\u202f]+")
_SYMBOL: Final = re.compile(r"^(-?)(?:€|EUR)|(?:€|EUR)$", re.IGNORECASE)
_ROUND_AMOUNT: Final = re.compile(r"[.,](?:-{1,2}|=)$")  # "12,-" is 12 whole


def _cents(text: str, *, decimal: str) -> int:
    """Return the cents that a text says, or raise MoneyNotUnderstood."""
    thousands = "," if decimal == "." else "."
    bare = _SYMBOL.sub(r"\1", _SPACES.sub("", text.replace("\u2212", "-")))
    bare = _ROUND_AMOUNT.sub("", bare.removeprefix("+"))
    whole = rf"([0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|[0-9]+)"
    match = re.fullmatch(rf"(-?){whole}(?:{re.escape(decimal)}([0-9]{{1,2}}))?", bare)
    match = match or re.fullmatch(r"(-?)([0-9]+)[.,]([0-9]{1,2})", bare)
    if match is None:
        example = "1234.56" if decimal == "." else "1234,56"
        message = _("This is not an amount. Write it like %(example)s.")
        raise MoneyNotUnderstood(message % {"example": example})
    sign, units, fraction = match.groups(default="")
    cents = int(units.replace(thousands, "") + fraction.ljust(2, "0"))
    if cents > _LARGEST:
        raise MoneyNotUnderstood(_("This amount is too large."))
    return -cents if sign else cents
