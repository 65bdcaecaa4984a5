"""Another package, number or term for a service, asked by staff: with the amounts that the customer would see, and a reason."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer
from hospes.faces import words
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.office import actions
from hospes.office.pages import looking_at, office_page, open_for, show, working_on
from hospes.services import changes, queries, requests
from hospes.services.models import Request, Service


class ChangingForm(forms.Form):
    """What it is to become, from when, and why. `shown`: the amount that stood on the page, in cents."""

    choice = forms.ChoiceField(label=gettext_lazy("Package"), widget=forms.RadioSelect)
    quantity = forms.IntegerField()
    when = forms.ChoiceField(
        label=gettext_lazy("From when"), widget=forms.RadioSelect,
        choices=[(Request.When.NOW, gettext_lazy("at once")), (Request.When.TERM_END, gettext_lazy("at the end of the term"))],
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("Why?"), max_length=200, help_text=gettext_lazy("The customer can read this."),
    )  # fmt: skip
    shown = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, service: Service, offers: list[Offer], data: Any = None) -> None:
        here = f"{service.product_id}:{service.months}"
        first = {"choice": here, "quantity": service.quantity, "when": Request.When.NOW}
        super().__init__(data, initial=first)
        self.service, self.products = service, {offer.product.pk: offer.product for offer in offers}
        self.products[service.product_id] = service.product
        named = {f"{o.product.pk}:{o.months}": _named(o.product, o.months, o.cents) for o in offers}
        named[here] = _named(service.product, service.months, service.price_cents)
        self.fields["choice"].choices = list(named.items())  # type: ignore[attr-defined]  # a ChoiceField has them
        most = max([service.quantity, *(product.most for product in self.products.values())])
        self.fields["quantity"] = forms.IntegerField(
            label=gettext_lazy("How many"), min_value=1, max_value=most
        )

    def chosen(self) -> Product | None:
        """The package that was chosen, once that is valid."""
        choice = getattr(self, "cleaned_data", {}).get("choice", "")
        return self.products.get(int(choice.split(":")[0])) if choice else None

    def proposal(self, *, today: date) -> changes.Proposal | None:
        """The change as it would be; None, with what is wrong in the form, where it cannot be."""
        product_id, months = map(int, self.cleaned_data["choice"].split(":"))
        at_once = self.cleaned_data["when"] == Request.When.NOW
        try:
            want = changes.wanted(
                self.service, product_id=product_id, quantity=self.cleaned_data["quantity"], months=months, today=today
            )  # fmt: skip
            return changes.propose(self.service, want, at_once=at_once, today=today)
        except changes.ChangeRefused as refusal:
            self.add_error(None, str(refusal))
            return None


def _named(product: Product, months: int, cents: int) -> str:
    term = ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    return f"{product.name}: {words.euro(cents)} / {term}"


@require_http_methods(["GET", "POST"])
@office_page(Purpose.CONTRACT, nav="search")
def changing(request: Any, number: int, service_id: int) -> HttpResponse:
    """What would it become, what does that cost or give back to the cent, and why is it done?"""
    found, today = open_for(request, number, Purpose.CONTRACT), clock.today()
    enter = looking_at if request.method == "GET" else working_on
    proposal, is_asked = None, False
    with enter(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]) as scene:
        service = get_object_or_404(
            Service.objects.select_related("product"), customer_id=found.customer_id, pk=service_id
        )
        asked = queries.last_request(service.pk)
        form = ChangingForm(service, queries.choices(service, today=today), _posted(request))
        if form.is_bound and form.is_valid():
            proposal = form.proposal(today=today)
        once = request.POST.get("once", "")
        if proposal is not None and request.POST.get("do") == "confirm":
            if form.cleaned_data["shown"] == proposal.cents:
                _ask(scene, service, requests.change_words(proposal), form.cleaned_data["note"], once)
                is_asked = True
            else:
                messages.warning(
                    request, _("The amount has changed since this page was shown. Please look again.")
                )
        elif request.POST.get("do") == "unplan" and (note := request.POST.get("why", "").strip()[:200]):
            _ask(scene, service, _UNPLAN | {"on": today}, note, once)
            is_asked = True
        planned = queries.planned(service.pk)
    if is_asked:
        messages.success(request, _("It is being carried out, and the customer gets a mail about it."))
        return redirect("office:service", number=number, service_id=service_id)
    context = {
        "form": form, "service": service, "number": number, "proposal": proposal, "product": form.chosen(),
        "planned": planned, "waits": asked is not None and asked.state == Request.State.WAITING,
        "can": service.state in changes.CHANGEABLE and service.ends_on is None,
    }  # fmt: skip
    return show(request, "office/changing.html", context, status=422 if form.errors else 200)


_UNPLAN = {"kind": Request.Kind.UNPLAN, "when": Request.When.NOW}


def _posted(request: Any) -> Any:
    """What was filled in about a change; the other form of the page has none of it."""
    return request.POST if request.method == "POST" and "choice" in request.POST else None


def _ask(scene: Any, service: Service, said: dict[str, Any], note: str, once: str) -> None:
    actions.ask_of_service(scene=scene, service=service, words=said, note=note, once=once, now=clock.now())
