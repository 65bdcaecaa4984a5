"""To which addresses mail of a customer goes; and the page by which a mailbox says that it wants that."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from hospes.accounts import confirming
from hospes.accounts.addresses import contacts
from hospes.accounts.addresses.changes import AddressRefused
from hospes.accounts.addresses.contacts import ContactGone
from hospes.accounts.door import at_the_door
from hospes.accounts.viewing.middleware import Shows
from hospes.customers.models import ContactAddress
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.pages import for_customer


class ContactForm(forms.Form):
    """Which mail goes to which address."""

    use = forms.ChoiceField(
        label=gettext_lazy("What for?"), choices=ContactAddress.Use.choices, widget=forms.RadioSelect
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), max_length=254,
        help_text=gettext_lazy("We send a link to it. Only once somebody opens that and confirms, we use the address."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    on_the_map: ClassVar[dict[str, str]] = {
        "use": "customers.ContactAddress.use", "email": "customers.ContactAddress.email"
    }  # fmt: skip


@for_customer(
    Capability.CHANGE_CUSTOMER, nav="access", viewed=Shows("addresses", frozenset({Purpose.SUPPORT}))
)
@confirming.required(doing=gettext_lazy("change where mail goes"))
def addresses(request: Any, capacity: Capacity) -> HttpResponse:
    """Where does our mail about invoices, technical matters and emergencies go?"""
    form = ContactForm(request.POST if request.POST.get("do") == "ask" else None, initial={"use": "invoices"})
    if request.POST.get("do") == "end":
        return _end(request, capacity)
    # Who has access decides about it within the customer; a colleague who looks does so for what they are there for.
    purpose = Purpose.SUPPORT if request.viewing else Purpose.ACCESS
    with acting(purpose, actor=request.actor, customer=capacity.customer_id):
        if form.is_bound and form.is_valid() and _asked(request, capacity, form):
            return redirect("portal:addresses", number=capacity.number)
        kept, copies = (
            contacts.of(capacity.customer_id, now=clock.now()),
            contacts.copies(capacity.customer_id),
        )
    return render(
        request,
        "portal/addresses.html",
        {"form": form, "kept": kept, "copies": copies, "invoice_email": _invoices(request, capacity)},
    )


def _invoices(request: Any, capacity: Capacity) -> str:
    with acting(Purpose.ACCESS, actor=request.actor):
        return contacts.invoice_address(capacity.customer_id)


def _asked(request: Any, capacity: Capacity, form: ContactForm) -> bool:
    try:
        contacts.ask(
            customer_id=capacity.customer_id, use=form.cleaned_data["use"], email=form.cleaned_data["email"],
            language=(get_language() or "nl")[:2], by=request.user.pk, now=clock.now(),
        )  # fmt: skip
    except AddressRefused as refusal:
        form.add_error("email", str(refusal))
        return False
    messages.success(request, _("We sent a link to %(email)s.") % {"email": form.cleaned_data["email"]})
    return True


def _end(request: Any, capacity: Capacity) -> HttpResponse:
    use, text = request.POST.get("use", ""), request.POST.get("contact", "")
    contact_id = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    with acting(Purpose.ACCESS, actor=request.actor, customer=capacity.customer_id):
        if use in ContactAddress.Use.values and contacts.end(
            customer_id=capacity.customer_id, use=use, now=clock.now(), contact_id=contact_id
        ):
            messages.success(request, _("That is how it is now."))
    return redirect("portal:addresses", number=capacity.number)


@never_cache
def contact(request: Any, token: str) -> HttpResponse:
    """Who asks to send what to this mailbox, and does whoever reads it want that?"""
    try:
        with at_the_door(request):
            if request.POST.get("do") == "confirm":
                done = contacts.confirm(token, now=clock.now())
                return render(request, "portal/contact_done.html", {"contact": done, "is_used": True})
            if request.POST.get("do") == "decline":
                done = contacts.decline(token, now=clock.now())
                return render(request, "portal/contact_done.html", {"contact": done, "is_used": False})
            found, customer = contacts.look(token, now=clock.now())
            context = {"contact": found, "customer_name": customer.name, "token": token}
        return render(request, "portal/contact.html", context)
    except (ContactGone, IntegrityError):
        return render(request, "portal/contact_gone.html", status=404)
