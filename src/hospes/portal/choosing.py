"""The form with which somebody chooses a product: term, options, number, additions, and for which name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, additions
from hospes.catalogue.rules import Amounts, Quotation
from hospes.faces.options import chosen_in, extra_words, field_of, name_of
from hospes.faces.prices import View
from hospes.faces.words import terms_words
from hospes.sales.domain_names import domain_name
from hospes.sales.putting import Chosen


@dataclass(frozen=True)
class Part:
    """A line of what somebody chose, in cents as they are shown: now, and by steps from the next term on."""

    name: str
    now_cents: int
    setup_cents: int
    months: int
    later_cents: int
    has_changes: bool


@dataclass(frozen=True)
class Sum:
    """What it comes to, part by part."""

    parts: tuple[Part, ...]
    now_cents: int


class ChooseForm(forms.Form):
    """
    One product in all its terms. What is there to choose follows from the term; prices in it are shown as `view` says.

    Unbound it stands as somebody gets it who chooses nothing.
    """

    def __init__(
        self, offers: Sequence[Offer], view: View, *, today: date, first: int, data: Any = None
    ) -> None:
        super().__init__(data)
        self._offers, self._view = {each.months: each for each in offers}, view
        self.product: Product = offers[0].product
        self.offer = self._offers[self._months(data, first)]
        self.additions = [] if self.product.kind == Product.Kind.WORK else additions(
            self.product.pk, months=self.offer.months, today=today)  # fmt: skip
        self.fields["months"] = forms.TypedChoiceField(
            label=_("Term"), coerce=int, initial=self.offer.months, choices=[(m, terms_words(m)) for m in self._offers],
        )  # fmt: skip
        if self.product.most > 1:
            self.fields["quantity"] = forms.IntegerField(
                label=_("How many?"), min_value=1, max_value=self.product.most, initial=1,
                help_text=_("Counted per %(unit)s, at most %(most)d.") % {"unit": self.product.unit, "most": self.product.most}
                if self.product.unit else _("At most %(most)d.") % {"most": self.product.most},
            )  # fmt: skip
        for option in self.offer.options:
            self.fields[name_of(option.option)] = field_of(option, self._price)
        for each in self.additions:
            self.fields[f"add-{each.product.slug}"] = self._addition_field(each)
        self.fields["label"] = self._label_field()

    def _months(self, data: Any, first: int) -> int:
        asked = str(data.get("months", "")) if data else ""
        wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else first
        return wanted if wanted in self._offers else first

    def _addition_field(self, offer: Offer) -> forms.Field:
        product = offer.product
        price = extra_words(
            self._view.of(offer.vat_code), Amounts(offer.cents, offer.setup_cents), offer.months
        )
        help_text = f"{product.summary} {capfirst(price)}."
        if product.most == 1:
            return forms.BooleanField(label=product.name, required=False, help_text=help_text)
        return forms.IntegerField(
            label=product.name,
            min_value=0,
            max_value=product.most,
            initial=0,
            required=False,
            help_text=help_text,
        )

    def _price(self, amounts: Amounts) -> str:
        return extra_words(self._view.of(self.offer.vat_code), amounts, self.offer.months)

    def _label_field(self) -> forms.CharField:
        is_work = self.product.kind == Product.Kind.WORK
        return forms.CharField(
            label=_("Which website is it about?") if is_work else _("Domain name"), max_length=253, required=not is_work,
            help_text=_("The name that the website will have, such as example.nl. You can point it to us later.")
            if self.product.kind == Product.Kind.HOSTING else _("Such as example.nl."),
            widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        )  # fmt: skip

    def clean_label(self) -> str:
        typed: str = self.cleaned_data["label"]
        if not typed.strip():
            return ""
        try:
            return domain_name(typed)
        except ValueError:
            raise forms.ValidationError(_("This is not a domain name. Write it like example.nl.")) from None

    @property
    def option_fields(self) -> list[forms.BoundField]:
        """The fields of the options."""
        return [self[name_of(each.option)] for each in self.offer.options]

    @property
    def addition_fields(self) -> list[forms.BoundField]:
        """The fields of the additions."""
        return [self[f"add-{each.product.slug}"] for each in self.additions]

    def _held(self) -> Mapping[str, Any]:
        """What was filled in and makes sense; of the rest how it stands at first."""
        if not self.is_bound:
            return {}
        self.is_valid()
        return self.cleaned_data

    def chosen(self) -> Chosen:
        """What was chosen, in the words of the domain."""
        held = self._held()
        wanted = {
            each.product.slug: int(held.get(f"add-{each.product.slug}") or 0) for each in self.additions
        }
        return Chosen(self.product.slug, self.offer.months, held.get("label") or "", held.get("quantity") or 1,
                      chosen_in(self.offer.options, held),
                      {slug: n for slug, n in wanted.items() if n})  # fmt: skip

    def sum(self) -> Sum:
        """What it comes to as it is filled in."""
        chosen = self.chosen()
        options = self.offer.chosen(chosen.choices) or self.offer.chosen({}) or []
        parts = [
            self._part(
                self.offer, self.offer.quotation(chosen=options, quantity=chosen.quantity), chosen.quantity
            )
        ]
        for each in self.additions:
            if n := chosen.additions.get(each.product.slug):
                parts.append(self._part(each, each.quotation(chosen=each.chosen({}) or [], quantity=n), n))
        return Sum(tuple(parts), sum(part.now_cents for part in parts))

    def _part(self, offer: Offer, costs: Quotation, quantity: int) -> Part:
        cents = self._view.of(offer.vat_code).cents
        name = f"{quantity} × {offer.product.name}" if quantity > 1 else offer.product.name
        return Part(name, cents(costs.now_cents), cents(costs.setup_cents), offer.months, cents(costs.later_cents),
                    len(costs.steps) > 1)  # fmt: skip
