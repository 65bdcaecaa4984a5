"""Answering an invitation: who invites me for which customer, and do I want that?"""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from hospes.accounts import services as accounts
from hospes.accounts.access import invitations
from hospes.accounts.access.invitations import AlreadyIn, InvitationGone, NotTheirs, Seen
from hospes.accounts.door import known_as
from hospes.accounts.origins import entering
from hospes.customers.models import Person
from hospes.customers.roles import may_in_words
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.access_forms import NewcomerForm


@never_cache
def invitation(request: Any, token: str) -> HttpResponse:
    """Who invites me, for which customer, to do what? Accept or decline."""
    try:
        if request.method == "POST":
            return _answer(request, token)
        with acting(Purpose.ACCESS, actor=request.actor):
            seen = invitations.look(token, now=clock.now())
            context = _context(request, seen)
        return render(request, "portal/invitation.html", context)
    except InvitationGone:
        return _gone(request, token)


def _context(request: Any, seen: Seen) -> dict[str, Any]:
    """What the page shows; whether there is an account with the address is told to who has its mail."""
    person = request.user if request.user.is_authenticated else None
    email = seen.invitation.email
    return {
        "seen": seen, "may": may_in_words(seen.invitation.role),
        "is_theirs": person is not None and invitations.is_for(seen.invitation, person),
        "is_other": person is not None and not invitations.is_for(seen.invitation, person),
        "is_in": any(held.customer_id == seen.invitation.customer_id for held in request.capacities),
        "has_account": Person.objects.filter(email__iexact=email).exists(), "masked": masked(email),
    }  # fmt: skip


def masked(email: str) -> str:
    """An address so that its owner knows it and nobody else learns it: j•••@voorbeeld.nl."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}•••@{domain}"


def _answer(request: Any, token: str) -> HttpResponse:
    person = request.user if request.user.is_authenticated else None
    again = redirect("invitation", token=token)
    try:
        with acting(Purpose.ACCESS, actor=request.actor):
            if request.POST.get("do") == "decline":
                invitations.decline(token, person=person, now=clock.now())
                return render(request, "portal/invitation_declined.html")
            if person is None or request.POST.get("do") != "accept":
                invitations.look(token, now=clock.now())  # a link that is over is that for everybody
                return again
            number = invitations.accept(token, person=person, now=clock.now())
    except (NotTheirs, AlreadyIn):  # the page says so
        return again
    except IntegrityError as error:  # pressed twice, at the same moment
        if "one_membership_at_a_time" not in str(error):
            raise
        return again
    messages.success(request, _("You have access now. You find it in the menu at the top as well."))
    return redirect("portal:overview", number=number)


def _gone(request: Any, token: str) -> HttpResponse:
    """The same for every link that cannot be used; but who accepted it themself goes where it led."""
    if request.user.is_authenticated:
        with acting(Purpose.ACCESS, actor=request.actor):
            number = invitations.accepted_by(token, person_id=request.user.pk, now=clock.now())
        if number is not None:
            return redirect("portal:overview", number=number)
    return render(request, "portal/invitation_gone.html", status=404)


@never_cache
def newcomer(request: Any, token: str) -> HttpResponseBase:
    """Make an account with the address that was invited, and accept."""
    back = redirect("invitation", token=token)
    if request.user.is_authenticated:
        return back
    try:
        with acting(Purpose.ACCESS, actor=request.actor):
            seen = invitations.look(token, now=clock.now())
            email = seen.invitation.email
            if Person.objects.filter(email__iexact=email).exists():
                return back
        form = NewcomerForm(email, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return _welcome(request, token, email, form.cleaned_data)
    except InvitationGone:
        return _gone(request, token)
    return render(request, "portal/invitation_account.html", {"form": form, "seen": seen})


def _welcome(request: Any, token: str, email: str, data: dict[str, Any]) -> HttpResponseBase:
    """One step: the account, its address (who has the link has its mail), the access, and being logged in."""
    try:
        with acting(Purpose.ACCESS, actor=request.actor):
            person = accounts.make_person(
                email=email, password=data["password"], given_name=data["given_name"], family_name=data["family_name"],
                language=(get_language() or "nl")[:2], now=clock.now(),
            )  # fmt: skip
            accounts.note("account.made", person_id=person.pk, now=clock.now())
            with acting(Purpose.ACCESS, actor=known_as(person.pk, request)):
                number = invitations.accept(token, person=person, now=clock.now())
            entering.vouched(request, person.pk, now=clock.now())
    except IntegrityError:  # somebody made it at this very moment: pressed twice, as a rule
        return redirect("invitation", token=token)
    target = reverse("portal:overview", kwargs={"number": number})
    with acting(Purpose.ACCESS, actor=request.actor):
        answer: HttpResponseBase = perform_password_login(
            request, {"email": email}, Login(user=person, email=email, redirect_url=target)
        )
    return answer
