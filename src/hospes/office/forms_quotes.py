"""Forms of a quote that staff write: text becomes products, terms, cents and hundredths of a percent; nothing is written."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product, VatCode
from hospes.catalogue.queries import Offer, offers
from hospes.catalogue.rules import Amounts
from hospes.faces import words
from hospes.faces.options import chosen_in, extra_words, field_of, name_of
from hospes.faces.prices import View
from hospes.office.forms_catalogue import DayField, EuroField, vat_field
from hospes.sales.models import QuoteDraft, QuoteDraftLine
from hospes.sales.quoting import Line, Words
from hospes.services import kinds

FREE = "free"


class QuoteForm(forms.Form):
    """What a quote says besides its lines."""

    valid_until = DayField(label=_("Valid until"))
    intro = forms.CharField(
        label=_("Introduction"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stands above the lines. The customer reads it."),
    )  # fmt: skip
    reference = forms.CharField(label=_("Reference of the customer"), max_length=60, required=False)
    purchase_order = forms.CharField(label=_("Purchase order number"), max_length=60, required=False)
    on_account = forms.BooleanField(
        label=_("Deliver and invoice once it is accepted"), required=False,
        help_text=_("For companies. Otherwise it is paid first."),
    )  # fmt: skip
    term_days = forms.IntegerField(label=_("To be paid within days"), min_value=0, max_value=120, initial=14)
    seen = forms.CharField(widget=forms.HiddenInput)

    def said(self) -> Words:
        """The words of the quote."""
        data = {name: self.cleaned_data[name] for name in Words.__dataclass_fields__}
        return Words(**data | {"term_days": data["term_days"] if data["on_account"] else 0})

    @classmethod
    def of(cls, draft: QuoteDraft) -> "QuoteForm":
        """The form as it is shown first."""
        first = {name: getattr(draft, name) for name in Words.__dataclass_fields__}
        if not draft.on_account:
            first["term_days"] = 14
        return cls(initial=first | {"seen": draft.changed_at.isoformat()})


class LineForm(forms.Form):
    """A line: a product for a term, or a text with an amount of its own."""

    what = forms.ChoiceField(label=_("Product"), required=False)
    quantity = forms.IntegerField(label=_("How many"), min_value=1, max_value=1000, initial=1, required=False)
    label = forms.CharField(
        label=_("For"), max_length=253, required=False, help_text=_("A domain name, mostly.")
    )
    description = forms.CharField(label=_("Text of your own"), max_length=200, required=False)
    cents = EuroField(label=_("Amount of your own, without VAT"), required=False)
    vat_code = vat_field(_("VAT of your own text"), required=False)
    percent = forms.DecimalField(
        label=_("Discount in percent"), min_value=0, max_value=100, max_digits=5, decimal_places=2, required=False,
        localize=True,
    )  # fmt: skip
    once = forms.BooleanField(label=_("Discount on the first term only"), required=False)

    def __init__(
        self,
        *args: Any,
        products: Sequence[tuple[str, str]] = (),
        on_offer: Mapping[str, Offer] = MappingProxyType({}),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer = on_offer.get(str(self["what"].value() or ""))
        self.options = offer.options if offer else ()
        for each in self.options:
            field = field_of(
                each,
                partial(_extra, months=offer.months if offer else 0),
                self.initial.get("choices") or None,
            )
            field.required = (
                False  # who just chose this product did not see it: then it has what comes by itself
            )
            self.fields[name_of(each.option)] = field
        own = [("", _("no line")), (FREE, _("a text and an amount of your own"))]
        self.fields["what"].choices = [*own, *products]  # type: ignore[attr-defined]  # a ChoiceField has them

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("what") == FREE:
            if not data.get("description"):
                self.add_error("description", _("Say what it is."))
            if data.get("cents") is None and "cents" not in self.errors:
                self.add_error("cents", _("Say what it costs."))
            if (data.get("quantity") or 1) > 1:
                self.add_error(
                    "quantity", _("Say the number in the text, and give the amount of all together.")
                )
        return data

    def line(self) -> Line | None:
        """The line in the words of the domain; None where nothing was chosen."""
        data = self.cleaned_data
        points = int((data.get("percent") or Decimal(0)) * 100)
        common = {"label": data.get("label", "").strip(), "discount_basis_points": points}
        if not data.get("what"):
            return None
        if data["what"] == FREE:
            return Line(
                description=data["description"], cents=data["cents"], vat_code=data["vat_code"] or VatCode.STANDARD, **common
            )  # fmt: skip
        product_id, months = map(int, data["what"].split(":"))
        choices = tuple(chosen_in(self.options, data).items())
        return Line(
            product_id,
            months,
            data.get("quantity") or 1,
            discount_once=data["once"],
            choices=choices,
            **common,
        )


def _extra(amounts: Amounts, *, months: int) -> str:
    return extra_words(View(0, with_vat=False), amounts, months)


def products(today: Any, held: Sequence[QuoteDraftLine] = ()) -> list[tuple[str, str]]:
    """
    What can be chosen on a line: everything on offer that is made here; and what stands on a line already, also when it is not
    for sale any more, so that it does not get lost unseen.
    """
    found = {key: _named(o) for key, o in _on_offer(today).items()}
    gone = {f"{x.product_id}:{x.months}": x for x in held if x.product_id}
    known = Product.objects.in_bulk([x.product_id for key, x in gone.items() if key not in found])
    for key, line in gone.items():
        if key not in found:
            what = {"product": known[line.product_id].name, "term": words.terms_words(line.months)}
            found[key] = gettext("%(product)s, %(term)s: cannot be ordered like this (any more)") % what
    return list(found.items())


def _on_offer(today: Any) -> dict[str, Offer]:
    return {f"{o.product.pk}:{o.months}": o for o in offers(today=today) if kinds.is_made(o.product.kind)}


def _named(offer: Offer) -> str:
    return f"{offer.product.name}: {words.euro(offer.cents)} {words.terms_words(offer.months)}"


_Lines = formset_factory(LineForm, extra=0, max_num=60, absolute_max=60)


def lines_form(today: Any, data: Any = None, held: Sequence[QuoteDraftLine] = ()) -> Any:
    """The forms of all lines, with two empty ones at the end."""
    first = [
        {
            "what": f"{x.product_id}:{x.months}" if x.product_id else FREE, "quantity": x.quantity, "label": x.label,
            "description": x.description, "cents": _written(x.cents) if not x.product_id else "",
            "choices": dict(zip(x.choice_ids, x.choice_counts, strict=True)),
            "percent": Decimal(x.discount_basis_points) / 100 if x.discount_basis_points else None, "once": x.discount_once,
            "vat_code": x.vat_code,
        }
        for x in held
    ]  # fmt: skip
    given = {"products": products(today, held), "on_offer": _on_offer(today)}
    return _Lines(
        data, initial=None if data is not None else [*first, {}, {}], prefix="line", form_kwargs=given
    )


def _written(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}" if words.is_dutch() else f"{cents // 100}.{cents % 100:02d}"
