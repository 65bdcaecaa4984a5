"""The form with which a service becomes something else: package, term, number, options, and from when. It writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, vat_codes
from hospes.catalogue.rules import Amounts
from hospes.faces.options import chosen_in, extra_words, field_of, filled_in, name_of
from hospes.faces.prices import View
from hospes.services import changes, options
from hospes.services.models import Request, Service


class ServiceForm(forms.Form):
    """
    What a service is to become. Every package has the price at which the service would become it, with the options that it has.

    The options are those of the package that is chosen (`picked`); sent with those of another (`of`), what the service has comes
    along. `shown` and `shown_term`: the amounts that stood on the page, for now and for a term from then on, in cents.
    """

    #: Whether money can be given back at once.
    gives_back: ClassVar[bool] = True
    number_label: ClassVar[Any] = _("Number")

    choice = forms.ChoiceField(label=_("Package"), widget=forms.RadioSelect)
    quantity = forms.IntegerField()
    when = forms.ChoiceField(
        label=_("From when"), widget=forms.RadioSelect,
        choices=[(Request.When.NOW, _("at once")), (Request.When.TERM_END, _("at the end of the term"))],
    )  # fmt: skip
    shown = forms.IntegerField(required=False, widget=forms.HiddenInput)
    shown_term = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, service: Service, offers: Sequence[Offer], view: View, *, today: date, data: Any = None
    ) -> None:
        here = f"{service.product_id}:{service.months}"
        each = {
            f"{want.product_id}:{want.months}": want for want in changes.each_of(service, offers, today=today)
        }
        by_key = {f"{offer.product.pk}:{offer.months}": offer for offer in offers}
        asked = str(data.get("choice", "")) if data else ""
        self.picked = asked if asked in by_key else here
        is_here = self.picked == here
        self.options = options.available(service, today=today) if is_here else by_key[self.picked].options
        had = options.held(service) if is_here else dict(each[self.picked].choices)
        super().__init__(
            self._with_options(data, had),
            initial={"choice": here, "quantity": service.quantity, "when": Request.When.NOW},
        )
        self.service, self.today = service, today
        self.products = {offer.product.pk: offer.product for offer in offers} | {
            service.product_id: service.product
        }
        self._add_fields(service, view, each, had)

    def _with_options(self, data: Any, had: Mapping[int, int]) -> Any:
        """What was sent; where its options are those of another package, with what comes along."""
        if not data or data.get("of") == self.picked:
            return data
        sent = {name: data.get(name) for name in data if not name.startswith("option-")}
        return sent | filled_in(self.options, had)

    def _add_fields(
        self, service: Service, view: View, each: Mapping[str, changes.Wanted], had: Mapping[int, int]
    ) -> None:
        ids = {service.product_id, *(want.product_id for want in each.values())}
        by_product = {pk: view.of(code) for pk, code in vat_codes(ids, today=self.today).items()}
        named = {
            key: _named(
                self.products[want.product_id],
                want.months,
                by_product[want.product_id].words(want.price_cents),
            )
            for key, want in each.items()
        }
        named[f"{service.product_id}:{service.months}"] = _named(
            service.product, service.months, by_product[service.product_id].words(service.price_cents)
        )
        self.fields["choice"].choices = list(named.items())  # type: ignore[attr-defined]  # a ChoiceField has them
        most = max([service.quantity, *(product.most for product in self.products.values())])
        self.fields["quantity"] = forms.IntegerField(label=self.number_label, min_value=1, max_value=most)
        product_id, months = map(int, self.picked.split(":"))
        for offered in self.options:
            self.fields[name_of(offered.option)] = field_of(
                offered, lambda amounts: extra_words(by_product[product_id], _each_term(amounts), months), had
            )

    @property
    def counts(self) -> bool:
        """Whether more than one can be had of anything that is to be chosen."""
        return (getattr(self.fields["quantity"], "max_value", None) or 1) > 1

    @property
    def option_fields(self) -> list[forms.BoundField]:
        """The fields of the options of the package that is chosen."""
        return [self[name_of(each.option)] for each in self.options]

    @property
    def picked_name(self) -> str:
        """The package that is chosen."""
        return self.products[int(self.picked.split(":")[0])].name

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Names and values with which the same can be sent again, without what makes it one request."""
        names = ["choice", "quantity", "when", *(name_of(each.option) for each in self.options)]
        values = [(name, str(self.data.get(name) or "")) for name in names]
        return [("of", self.picked), *((name, value) for name, value in values if value)]

    def chosen_product(self) -> Product | None:
        """The package that was chosen, once that is valid."""
        choice = getattr(self, "cleaned_data", {}).get("choice", "")
        return self.products.get(int(choice.split(":")[0])) if choice else None

    def is_as_shown(self, proposal: changes.Proposal) -> bool:
        """Whether it costs what stood on the page. What begins later costs nothing now: there the term says it."""
        now, term = self.cleaned_data["shown"], self.cleaned_data["shown_term"]
        is_same_term = term == proposal.wanted.term_cents or (term is None and proposal.at_once)
        return now == proposal.cents and is_same_term

    def proposal(self) -> changes.Proposal | None:
        """What was chosen as it would be; None, with what is wrong in the form, where it cannot be."""
        product_id, months = map(int, self.cleaned_data["choice"].split(":"))
        at_once = self.cleaned_data["when"] == Request.When.NOW
        try:
            want = changes.wanted(
                self.service, product_id=product_id, quantity=self.cleaned_data["quantity"], months=months,
                today=self.today, choices=chosen_in(self.options, self.cleaned_data),
            )  # fmt: skip
            found = changes.propose(self.service, want, at_once=at_once, today=self.today)
            if found.cents < 0 and not self.gives_back:
                raise changes.ChangeRefused("only_at_term_end")
        except changes.ChangeRefused as refusal:
            self.add_error(None, str(refusal))
            return None
        return found


def _each_term(amounts: Amounts) -> Amounts:
    """Without what is asked once where something is set up: a service that runs is."""
    return Amounts(amounts.cents)


def _named(product: Product, months: int, price: str) -> str:
    term = ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    return f"{product.name}: {price} / {term}"
