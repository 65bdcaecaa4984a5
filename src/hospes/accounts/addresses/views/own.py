"""The pages of one's own e-mail address: which one is used, another one, confirming it, and taking it back."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from hospes.accounts import confirming
from hospes.accounts.addresses import changes
from hospes.accounts.addresses.changes import AddressRefused, ChangeGone
from hospes.accounts.door import at_the_door
from hospes.kernel import clock


class AddressForm(forms.Form):
    """The address that somebody would like to have."""

    email = forms.EmailField(
        label=gettext_lazy("New e-mail address"), max_length=254,
        help_text=gettext_lazy("We send a link to it. Only once you open that, the address is used."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    on_the_map: ClassVar[dict[str, str]] = {"email": "accounts.AddressChange.new_email"}


@login_required
@confirming.required(doing=gettext_lazy("change your e-mail address"))
def own(request: Any) -> HttpResponse:
    """With which address do I log in, and how do I get another?"""
    form = AddressForm(request.POST if request.POST.get("do") == "ask" else None)
    with at_the_door(request):
        if request.POST.get("do") == "withdraw":
            if changes.withdraw(person_id=request.user.pk, now=clock.now()):
                messages.success(request, _("The change was withdrawn. Its link no longer works."))
            return redirect("own_address")
        if form.is_bound and form.is_valid():
            email = form.cleaned_data["email"]
            try:
                changes.ask(person=request.user, email=email, now=clock.now())
            except AddressRefused as refusal:
                form.add_error("email", str(refusal))
            else:
                messages.success(request, _("We sent a link to %(email)s.") % {"email": email})
                return redirect("own_address")
        asked = changes.pending(request.user.pk, now=clock.now())
    return render(request, "account/own_address.html", {"form": form, "asked": asked})


@never_cache
@login_required
def confirm(request: Any, token: str) -> HttpResponse:
    """Is this new address mine, and do I want to use it from now on?"""
    try:
        with at_the_door(request):
            if request.method == "POST":
                done = changes.confirm(token, person_id=request.user.pk, now=clock.now())
                messages.success(
                    request, _("From now on you log in with %(email)s.") % {"email": done.new_email}
                )
                return redirect("own_address")
            change = changes.to_confirm(token, person_id=request.user.pk, now=clock.now())
    except ChangeGone:
        return render(request, "account/address_gone.html", {"of": "confirm"}, status=404)
    return render(request, "account/address_confirm.html", {"change": change, "token": token})


@never_cache
def undo(request: Any, token: str) -> HttpResponse:
    """Was it not me who changed the address? Then have it back; the old mailbox is enough."""
    try:
        with at_the_door(request):
            if request.method == "POST":
                change = changes.undo(token, now=clock.now())
                return render(request, "account/address_undone.html", {"change": change})
            change = changes.to_undo(token, now=clock.now())
    except ChangeGone:
        return render(request, "account/address_gone.html", {"of": "undo"}, status=404)
    return render(request, "account/address_undo.html", {"change": change, "token": token})
