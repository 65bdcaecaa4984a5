"""VAT and numbers of invoices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from hospes.kernel.money import vat


@dataclass(frozen=True, order=True)
class Tax:
    """
    The VAT of a line: its category (UNCL 5305), the country whose VAT it is, and the rate (2100 basis points is 21 %).

    `reason` says in one word why; the document and the reports turn it into words.
    """

    basis_points: int
    category: str = "S"
    country: str = "NL"
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells one group of a document from another."""
        return self.category, self.country, self.basis_points


class RateUnknown(LookupError):
    """No VAT rate is known of a country on a day, so that nothing can be invoiced at it."""


@dataclass(frozen=True)
class Taxes:
    """
    The VAT of all that somebody buys on a day: the rates of `country` by what a product has (hundredths of a percent).

    `rates` are of category S only: in every other one there is none to choose (reverse charge, export, exemption).
    """

    category: str
    country: str
    reason: str = ""
    rates: Mapping[str, int] = field(default_factory=dict)
    on: date | None = None

    def of(self, code: str) -> Tax:
        """The VAT of something with a kind of rate; raises RateUnknown where the country has none, nor a standard one."""
        if self.category != "S":
            return Tax(0, self.category, self.country, self.reason)
        if code not in self.rates:
            raise RateUnknown(f"no {code} VAT rate is known for {self.country} on {self.on}")
        rate = self.rates[code]
        return Tax(rate, "S" if rate else "Z", self.country, self.reason)


@dataclass(frozen=True)
class VatGroup:
    """What is taxed at one rate, in cents; `basis_points` 2100 is 21 %."""

    basis_points: int
    net_cents: int
    vat_cents: int
    category: str = "S"
    country: str = "NL"

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
    Add up lines of (net cents, VAT basis points), all of them the operator's own VAT.

    VAT is computed per rate over the sum of that rate's lines, not per line, and rounded half up (EN 16931, BR-CO-17).
    """
    return taxed((net, Tax(rate, "S" if rate else "Z")) for net, rate in lines)


def taxed(lines: Iterable[tuple[int, Tax]]) -> Totals:
    """Add up lines of (net cents, VAT): as `totals`, by category and country as well."""
    return _summed(_nets(lines), {})


def credited(
    lines: Iterable[tuple[int, Tax]], before: Mapping[tuple[str, str, int], tuple[int, int]]
) -> Totals:
    """
    Add up what is given back; `before` is what was given back already, as group key → (net, VAT) in cents.

    VAT is rounded over all that was given back together, and this is what is left of it: so that all credit notes of an
    invoice give back its VAT to the cent, in however many parts. In one part it may differ by a cent from the part's own.
    """
    return _summed(_nets(lines), before)


def _nets(lines: Iterable[tuple[int, Tax]]) -> dict[tuple[str, str, int], int]:
    nets: dict[tuple[str, str, int], int] = {}
    for net, tax in lines:
        nets[tax.key] = nets.get(tax.key, 0) + net
    return nets


def _summed(
    nets: Mapping[tuple[str, str, int], int], before: Mapping[tuple[str, str, int], tuple[int, int]]
) -> Totals:
    groups = []
    for (category, country, rate), net in sorted(nets.items(), key=lambda item: (item[0][2], item[0])):
        net_before, vat_before = before.get((category, country, rate), (0, 0))
        tax = vat(net_before + net, Decimal(rate) / 100) - vat_before
        groups.append(VatGroup(rate, net, tax, category, country))
    net, tax = sum(g.net_cents for g in groups), sum(g.vat_cents for g in groups)
    return Totals(tuple(groups), net, tax, net + tax)


def series_of_year(key: str, book_year: int) -> str:
    """The kernel's number series of a book year, gapless (art. 35a(1)(b) Dutch VAT act)."""
    return f"{key}:{book_year}"


def document_number(prefix: str, book_year: int, sequence: int) -> str:
    """The number of an invoice or credit note, as in F2026-00042."""
    return f"{prefix}{book_year}-{sequence:05d}"


def due_on(issued_on: date, term_days: int) -> date:
    """The last day to pay in time."""
    return date.fromordinal(issued_on.toordinal() + term_days)


# --- giving back over lines -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """How much of a line can still be given back (cents without VAT, above zero), and in which invoice and VAT it stands."""

    line_id: int
    invoice_id: int
    tax: Tax
    left: int


def allot(
    cents: int, rooms: Iterable[Room], group_left: Mapping[tuple[int, tuple[str, str, int]], int]
) -> tuple[dict[int, dict[int, int]], int]:
    """
    Spread an amount to be given back (above zero) over lines in their order: invoice → line → cents, and what does not fit.

    Never more of a line than is left of it, nor of a rate than is left of it on that invoice (`group_left`, by invoice and key
    of the rate): a line that takes off, on the same invoice, makes that less than its lines together.
    """
    found: dict[int, dict[int, int]] = {}
    left = dict(group_left)
    for room in rooms:
        place = room.invoice_id, room.tax.key
        part = min(cents, room.left, max(left.get(place, 0), 0))
        if part > 0:
            found.setdefault(room.invoice_id, {})[room.line_id] = part
            left[place] -= part
            cents -= part
    return found, cents
