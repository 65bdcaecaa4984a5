"""The doors that are about where from: the code for a new device or place, and the link in the mail about a new login."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hospes.accounts import services
from hospes.accounts.origins import alarms, codes
from hospes.accounts.origins.places import place_of
from hospes.accounts.origins.stage import KEY, NewPlaceStage
from hospes.kernel import clock


class CodeForm(forms.Form):
    """The code from the mail."""

    code = forms.CharField(
        label=_("Code"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )  # fmt: skip


@login_stage_required(stage=KEY, redirect_urlname="account_login")  # type: ignore[untyped-decorator]  # ships no types
@require_http_methods(["GET", "HEAD", "POST"])
def new_place(request: Any) -> HttpResponse:
    """You log in from somewhere new: is it you?"""
    stage: NewPlaceStage = request._login_stage
    if "cancel" in request.POST:
        aborted: HttpResponse = stage.abort()
        return aborted
    if "again" in request.POST:
        stage.send()
        _stash(request, stage)
        return redirect("account_new_place")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (answer := _checked(request, stage, form)):
        return answer
    person_id = stage.login.user.pk
    left = codes.tries_left(stage.state, person_id=person_id, now=clock.now())
    context = {"form": form, "email": stage.login.user.email, "place": place_of(request.actor.ip), "left": left,
               "too_many": stage.state.get("too_many", False)}  # fmt: skip
    return render(request, "account/new_place.html", context)


def _checked(request: Any, stage: NewPlaceStage, form: CodeForm) -> HttpResponse | None:
    """Where to go on with the right code; with a wrong one the form says so, and who has no try left begins anew."""
    now, person_id = clock.now(), stage.login.user.pk
    if codes.use(stage.state, form.cleaned_data["code"], person_id=person_id, now=now):
        gone_on: HttpResponse = stage.exit()
        return gone_on
    services.note("account.login_code_failed", person_id=person_id, now=now)
    if not codes.tries_left(stage.state, person_id=person_id, now=now):
        form.add_error("code", _("This code works no more. Have a new one sent, or log in once more."))
    else:
        form.add_error("code", _("This is not the code that we sent. Look at the newest mail from us."))
    return None


def _stash(request: Any, stage: NewPlaceStage) -> None:
    from allauth.account.internal.stagekit import stash_login

    stash_login(request, stage.login)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: Any, token: str) -> HttpResponse:
    """Somebody else logged in to my account: end it. Opening the page does nothing yet: mail programs open links too."""
    now = clock.now()
    opened = alarms.session_of(token, now=now)
    if request.method == "POST" and opened is not None and (address := alarms.report(opened, now=now)):
        return redirect(address)
    context = {"opened": opened, "place": place_of(opened.ip) if opened else None}
    return render(request, "account/not_me.html", context)
