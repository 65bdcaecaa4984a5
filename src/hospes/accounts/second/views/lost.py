"""Lost the phone: asking to have the second step taken off, stopping that, and taking it off when it is time."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hospes.accounts import services
from hospes.accounts.models import Release
from hospes.accounts.passwords import attempts
from hospes.accounts.second import releases, ways
from hospes.accounts.second.forms import PasswordForm
from hospes.accounts.second.stage import SecondStep, here
from hospes.customers.models import Person
from hospes.kernel import clock

_page = require_http_methods(["GET", "HEAD", "POST"])


@login_stage_required(stage=SecondStep.key, redirect_urlname="account_login")  # type: ignore[untyped-decorator]
@_page
def lost(request: Any) -> HttpResponse:
    """I lost my phone: how do I get in again?"""
    person, now = request._login_stage.login.user, clock.now()
    refused = ""
    if request.method == "POST":
        try:
            releases.ask(person_id=person.pk, now=now)
        except releases.ReleaseRefused as refusal:
            refused = str(refusal.why)
    context = {
        "release": releases.under_way(person.pk, now=now), "refused": refused,
        "ways": ways.of(person.pk, rp_id=here().rp_id),
    }  # fmt: skip
    return render(request, "mfa/lost.html", context)


@never_cache
@login_not_required
@_page
def stop(request: Any, token: str) -> HttpResponse:
    """Somebody wants to take off my second step: do I stop that?"""
    release = _named(token, "stop")
    if release is not None and request.method == "POST":
        stopped = releases.stop(release.pk, now=clock.now())
        return render(request, "mfa/release_stopped.html", {"stopped": stopped, "release": release})
    still = release is not None and release.closed_at is None
    return render(request, "mfa/release_stop.html", {"release": release if still else None, "token": token})


@never_cache
@login_not_required
@_page
def use(request: Any, token: str) -> HttpResponseBase:
    """The waiting time is over: do I take my second step off?"""
    now, release = clock.now(), _named(token, "use")
    ready = release is not None and release.closed_at is None and release.due_at <= now < release.ends_at
    if release is None or not ready:
        return render(request, "mfa/release_use.html", {"release": None})
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if _password_is_right(request, release, form.cleaned_data["password"]) and releases.use(
            release, now=now
        ):
            messages.success(
                request, _("Your second step was taken off. Log in, and set up a new one at once.")
            )
            return redirect("account_login")
        form.add_error("password", _("This is not the password of your account."))
    return render(request, "mfa/release_use.html", {"release": release, "form": form, "token": token})


def _password_is_right(request: Any, release: Release, password: str) -> bool:
    """Counted like a try to log in, since it is one."""
    person, now = Person.objects.get(pk=release.person_id), clock.now()
    tried = attempts.try_password(request, address=person.email, password=password, now=now)
    if not tried.is_right:
        services.note("account.login_failed", person_id=person.pk, now=now)
    return tried.is_right and tried.person is not None and tried.person.pk == person.pk


def _named(token: str, move: releases.Move) -> Release | None:
    pk = releases.named_by(token, move)
    return None if pk is None else Release.objects.filter(pk=pk).first()
