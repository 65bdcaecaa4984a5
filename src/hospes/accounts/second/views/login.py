"""Taking the second step: at login, later once more, or with a passkey instead of the password."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.stages import LoginStageController
from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hospes.accounts import adapter, services
from hospes.accounts.confirming import is_fresh
from hospes.accounts.door import is_office
from hospes.accounts.models import PhoneCode
from hospes.accounts.network import client_ip, network_of
from hospes.accounts.second import checking, codes, limits, passkeys, releases, ways
from hospes.accounts.second.forms import CodeForm
from hospes.accounts.second.passkeys import PasskeyRefused
from hospes.accounts.second.stage import SecondStep, by_passkey, here, note_passed, send_code, signed
from hospes.accounts.staff.queries import standing_of
from hospes.customers.models import Person
from hospes.kernel import clock

Passed = Callable[[], HttpResponseBase]


@login_stage_required(stage=SecondStep.key, redirect_urlname="account_login")  # type: ignore[untyped-decorator]
def authenticate(request: Any) -> HttpResponseBase:
    """The password is right: is it really you?"""
    stage = request._login_stage
    if not ways.has_step(stage.login.user.pk):  # it was taken off meanwhile
        went_on: HttpResponseBase = stage.exit()
        return went_on
    return _take_step(request, stage.login.user, "mfa/authenticate.html", passed=stage.exit)


@never_cache
@login_required
def again(request: Any) -> HttpResponseBase:
    """Is it still you? For what the login library guards, and for a session of before there was a second step."""
    if not ways.has_step(request.user.pk):
        return redirect("mfa_index")

    def passed() -> HttpResponseBase:
        resumed: HttpResponseBase | None = resume_request(request)
        return resumed or redirect(adapter.front_door())

    return _take_step(request, request.user, "mfa/reauthenticate.html", passed=passed, reauthenticated=True)


def _take_step(
    request: Any, person: Person, template: str, *, passed: Passed, **record: Any
) -> HttpResponseBase:
    held = ways.of(person.pk, rp_id=here().rp_id)
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST":
        if "send" in request.POST:
            if held.number:
                send_code(request, person, held.number)
            return redirect(request.get_full_path())
        if way := _way(request, person, form):
            note_passed(request, person, way, **record)
            releases.found_again(person.pk, now=clock.now())
            return passed()
    context = {
        "form": form, "ways": held, "next": get_next_redirect_url(request) or "",
        "sent": codes.under_way(
            person_id=person.pk, use=PhoneCode.Use.STEP, session=request.session, now=clock.now()
        ),
    }  # fmt: skip
    return render(request, template, context)


def _way(request: Any, person: Person, form: CodeForm) -> str:
    """Which way the step was taken; "" where it was not, and then the page says why."""
    now = clock.now()
    if "credential" in request.POST:
        try:
            answer = signed(request)
            passkeys.use(answer, person_id=person.pk, site=here(), session=request.session, now=now)
        except PasskeyRefused:
            services.note("account.second_step_failed", person_id=person.pk, now=now)
            messages.error(request, _("That did not work with this passkey. Try again, or take another way."))
            return ""
        return "passkey"
    if not form.is_valid():
        return ""
    try:
        return checking.check(
            form.cleaned_data["code"], person=person, session=request.session, ip=client_ip(request), now=now,
            phone=clock.phone_time(),
        )  # fmt: skip
    except checking.WrongCode as wrong:
        form.add_error("code", str(wrong.why))
        return ""


# --- passkeys -------------------------------------------------------------------------------------------------------------


@never_cache
@login_not_required
@require_safe
def passkey_options(request: Any, kind: str) -> HttpResponse:
    """What the browser needs to make a passkey (add), or to sign with one (step, log_in): a challenge for this session."""
    now = clock.now()
    if kind == "log_in" and not request.user.is_authenticated:
        return JsonResponse(passkeys.begin_using(None, here(), request.session, now=now))
    if kind == "add" and request.user.is_authenticated and not request.step_due and is_fresh(request):
        return JsonResponse(passkeys.begin_adding(request.user, here(), request.session, now=now))
    person = _stepping(request) if kind == "step" else None
    if person is None:
        raise Http404
    return JsonResponse(passkeys.begin_using(person.pk, here(), request.session, now=now))


def _stepping(request: Any) -> Person | None:
    """Whose second step it is about: of who is logged in, or of who just gave the password."""
    if request.user.is_authenticated:
        known: Person = request.user
        return known
    stage = LoginStageController.enter(request, SecondStep.key)
    return stage.login.user if stage else None


@never_cache
@login_not_required
@require_POST
def passkey_login(request: Any) -> HttpResponseBase:
    """In with a passkey alone. No answer tells whether there is somebody whose passkey it is."""
    if request.user.is_authenticated:
        return redirect(adapter.front_door())
    now = clock.now()
    try:
        if not limits.spend(limits.PASSKEY_FROM_NETWORK, network_of(client_ip(request)), now=now):
            raise PasskeyRefused
        key = passkeys.use(
            signed(request),
            person_id=None,
            site=here(),
            session=request.session,
            now=now,
        )
        person = _who_may_come_in(key.person_id)
    except PasskeyRefused:
        services.note("account.login_failed", person_id=None, now=now)
        messages.error(
            request, _("That did not work with this passkey. Log in with your password, or try again.")
        )
        return redirect("account_login")
    note_passed(request, person, "passkey", passwordless=True)
    releases.found_again(person.pk, now=now)
    came_in: HttpResponseBase = perform_login(request, by_passkey(person, get_next_redirect_url(request)))
    return came_in


def _who_may_come_in(person_id: int) -> Person:
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None or (is_office() and standing_of(person_id, now=clock.now()) is None):
        raise PasskeyRefused
    return person
