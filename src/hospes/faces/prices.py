"""Prices as somebody sees them: with VAT for who is no company, without it for who is; now, later, and once."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hospes.billing import rules as billing_rules
from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, by_product
from hospes.faces import words


@dataclass(frozen=True)
class View:
    """How prices are shown: the VAT rate (hundredths of a percent), and whether it is in them."""

    rate: int
    with_vat: bool

    def cents(self, net: int) -> int:
        """An amount without VAT as it is shown."""
        return billing_rules.totals([(net, self.rate)]).total_cents if self.with_vat else net

    def words(self, net: int) -> str:
        """The same in words: € 12,10 including VAT."""
        told = _("%(sum)s including VAT") if self.with_vat else _("%(sum)s excluding VAT")
        return told % {"sum": words.euro(self.cents(net))}


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
    costs = offer.quotation()
    return Term(offer.months, view.cents(costs.first_cents), offer.intro_terms, view.cents(costs.later_cents),
                view.cents(costs.setup_cents), costs.first_cents)  # fmt: skip


def shown(offers: Iterable[Offer], view: View, *, made: Iterable[str]) -> list[Shown]:
    """Products with their terms side by side; `made` are the kinds that can be ordered."""
    kinds = set(made)
    return [
        Shown(product, tuple(term_of(offer, view) for offer in found), product.kind in kinds)
        for product, found in by_product(offers)
    ]
