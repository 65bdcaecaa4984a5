"""Prices as somebody sees them: with VAT for who is no company, without it for who is; now, later, and once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from hospes.billing import rules as billing_rules
from hospes.billing.rules import Taxes
from hospes.catalogue.models import Product, VatCode
from hospes.catalogue.queries import Offer, by_product
from hospes.faces import words


@dataclass(frozen=True)
class View:
    """
    How prices are shown: the VAT rate (hundredths of a percent), and whether it is in them.

    `rates`: by the kind of rate that a product has; where nothing is said of a kind, `rate` it is.
    """

    rate: int
    with_vat: bool
    rates: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def by(cls, taxes: Taxes, *, with_vat: bool) -> "View":
        """With the VAT that applies to somebody."""
        rates = taxes.rates if taxes.category == "S" else {}
        return cls(rates.get(VatCode.STANDARD, 0), with_vat, rates)

    def of(self, code: str) -> "View":
        """The same for what has a kind of rate."""
        return replace(self, rate=self.rates.get(code, self.rate))

    def cents(self, net: int) -> int:
        """An amount without VAT as it is shown."""
        return billing_rules.totals([(net, self.rate)]).total_cents if self.with_vat else net

    def words(self, net: int) -> str:
        """The same in words: € 12,10 including VAT."""
        return self.said(self.cents(net))

    def said(self, cents: int) -> str:
        """An amount that is as it is shown already, in words."""
        told = _("%(sum)s including VAT") if self.with_vat else _("%(sum)s excluding VAT")
        return told % {"sum": words.euro(cents)}


@dataclass(frozen=True)
class Term:
    """A product for a term as it is shown: what the first term costs, what a term costs after `intro_terms`, the set-up."""

    months: int
    cents: int
    intro_terms: int
    later_cents: int
    setup_cents: int
    net_cents: int

    @property
    def per_month_cents(self) -> int:
        """What it comes to a month in the end, rounded down; of a month and of no term the price itself."""
        return self.later_cents // max(self.months, 1)


@dataclass(frozen=True)
class Shown:
    """A product as the shop shows it."""

    product: Product
    terms: tuple[Term, ...]
    can_be_ordered: bool


def term_of(offer: Offer, view: View) -> Term:
    """One offer as it is shown."""
    costs, view = offer.quotation(), view.of(offer.vat_code)
    return Term(offer.months, view.cents(costs.first_cents), offer.intro_terms, view.cents(costs.later_cents),
                view.cents(costs.setup_cents), costs.first_cents)  # fmt: skip


def shown(offers: Iterable[Offer], view: View, *, made: Iterable[str]) -> list[Shown]:
    """Products with their terms side by side; `made` are the kinds that can be ordered."""
    kinds = set(made)
    return [
        Shown(product, tuple(term_of(offer, view) for offer in found), product.kind in kinds)
        for product, found in by_product(offers)
    ]
