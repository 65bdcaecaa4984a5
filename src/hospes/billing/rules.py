"""VAT and numbers of invoices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hospes.kernel.money import vat


@dataclass(frozen=True)
class VatGroup:
    """What is taxed at one rate, in cents; `basis_points` 2100 is 21 %."""

    basis_points: int
    net_cents: int
    vat_cents: int

    @property
    def percent(self) -> Decimal:
        return Decimal(self.basis_points) / 100


@dataclass(frozen=True)
class Totals:
    """The sums of an invoice or quote in cents; net and VAT add up to the total."""

    groups: tuple[VatGroup, ...]
    net_cents: int
    vat_cents: int
    total_cents: int


def totals(lines: Iterable[tuple[int, int]]) -> Totals:
    """
    Add up lines of (net cents, VAT basis points).

    VAT is computed per rate over the sum of that rate's lines, not per line, and rounded half up (EN 16931, BR-CO-17).
    """
    nets: dict[int, int] = {}
    for net, basis_points in lines:
        nets[basis_points] = nets.get(basis_points, 0) + net
    groups = tuple(VatGroup(rate, net, vat(net, Decimal(rate) / 100)) for rate, net in sorted(nets.items()))
    net, tax = sum(g.net_cents for g in groups), sum(g.vat_cents for g in groups)
    return Totals(groups, net, tax, net + tax)


def invoice_series(day: date) -> str:
    """The number series of a day: one for each year, gapless (art. 35a(1)(b) Dutch VAT act)."""
    return f"invoice:{day.year}"


def invoice_number(day: date, number: int) -> str:
    """An invoice number, as in F2026-00042."""
    return f"F{day.year}-{number:05d}"
