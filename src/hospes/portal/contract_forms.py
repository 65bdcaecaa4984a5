"""Forms about services: which package, how many, when to end; they write nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer
from hospes.customers.rules import plain_text
from hospes.faces import words
from hospes.faces.prices import View
from hospes.services import changes
from hospes.services.models import Request, Service
from hospes.services.rules import Ways


class SentForm(forms.Form):
    """What makes a form one request, however often it is sent."""

    key = forms.RegexField(regex=r"^[0-9a-f]{32}$", required=True, widget=forms.HiddenInput)

    @staticmethod
    def new_key() -> str:
        """For a form that is shown."""
        return uuid4().hex


class ChangeForm(forms.Form):
    """Another package for a service, or another number of it, now or from the next term on."""

    choice = forms.ChoiceField(label=_("Package"), widget=forms.RadioSelect)
    quantity = forms.IntegerField()
    when = forms.ChoiceField(
        label=_("From when"), widget=forms.RadioSelect,
        choices=[(Request.When.NOW, _("at once")), (Request.When.TERM_END, _("at the end of the term"))],
    )  # fmt: skip
    key = forms.RegexField(regex=r"^[0-9a-f]{32}$", required=False, widget=forms.HiddenInput)
    shown = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, service: Service, offers: Sequence[Offer], view: View, data: Any = None) -> None:
        here = f"{service.product_id}:{service.months}"
        super().__init__(
            data, initial={"choice": here, "quantity": service.quantity, "when": Request.When.NOW}
        )
        self.service, self.products = service, {offer.product.pk: offer.product for offer in offers}
        self.products[service.product_id] = service.product
        named = {
            f"{o.product.pk}:{o.months}": _named(o.product, o.months, view.words(o.cents)) for o in offers
        }
        named[here] = _named(service.product, service.months, view.words(service.price_cents))
        self.fields["choice"].choices = list(named.items())  # type: ignore[attr-defined]  # a ChoiceField has them
        most = max([service.quantity, *(product.most for product in self.products.values())])
        self.fields["quantity"] = forms.IntegerField(label=_("Number"), min_value=1, max_value=most)

    @property
    def counts(self) -> bool:
        """Whether more than one can be had of anything that is to be chosen."""
        return (getattr(self.fields["quantity"], "max_value", None) or 1) > 1

    def chosen_product(self) -> Product | None:
        """The package that was chosen, once that is valid."""
        choice = getattr(self, "cleaned_data", {}).get("choice", "")
        return self.products.get(int(choice.split(":")[0])) if choice else None

    def proposal(self, *, today: date) -> changes.Proposal | None:
        """What was chosen as it would be; None, with what is wrong in the form, where it cannot be."""
        product_id, months = map(int, self.cleaned_data["choice"].split(":"))
        try:
            want = changes.wanted(
                self.service,
                product_id=product_id,
                quantity=self.cleaned_data["quantity"],
                months=months,
                today=today,
            )
            found = changes.propose(
                self.service, want, at_once=self.cleaned_data["when"] == Request.When.NOW, today=today
            )
            if found.cents < 0:
                raise changes.ChangeRefused("only_at_term_end")
        except changes.ChangeRefused as refusal:
            self.add_error(None, str(refusal))
            return None
        return found

    def is_as_shown(self, proposal: changes.Proposal) -> bool:
        """Whether the amount is the one that stood on the page."""
        return bool(self.cleaned_data["key"]) and self.cleaned_data["shown"] == proposal.cents


def _named(product: Product, months: int, price: str) -> str:
    term = ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    return f"{product.name}: {price} / {term}"


class CancelForm(SentForm):
    """When a service is to end; the choice is there where there is one."""

    when = forms.ChoiceField(label=_("When does it end?"), widget=forms.RadioSelect)

    def __init__(self, ways: Ways, data: Any = None) -> None:
        super().__init__(data)
        choices = [
            (
                Request.When.TERM_END,
                _("On %(day)s, at the end of the term") % {"day": words.day(ways.at_term_end)},
            )
        ]
        if ways.is_free:
            choices.insert(
                0,
                (
                    Request.When.SOONEST,
                    _("On %(day)s, as soon as possible") % {"day": words.day(ways.soonest)},
                ),
            )
        self.fields["when"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them
        self.initial["when"] = choices[0][0]


class WithdrawForm(forms.Form):
    """Who withdraws from which contract, and where the confirmation goes."""

    name = forms.CharField(
        label=_("Your name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    contract = forms.CharField(
        label=_("Order number or domain name"), max_length=253,
        help_text=_("The order number stands in the mail that confirmed your order, such as B2026-00042."),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, help_text=_("The confirmation goes to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    form_id = forms.UUIDField(widget=forms.HiddenInput)

    def clean_name(self) -> str:
        return _plain(self.cleaned_data["name"])

    def clean_contract(self) -> str:
        return _plain(self.cleaned_data["contract"])


def _plain(text: str) -> str:
    try:
        return plain_text(text)
    except ValueError:
        raise forms.ValidationError(_("This holds signs that cannot be seen. Type it again.")) from None
