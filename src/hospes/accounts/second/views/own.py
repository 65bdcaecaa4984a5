"""Looking after one's second step: everything on one page, and a page for each thing that can be changed."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from allauth.account.utils import get_next_redirect_url
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hospes.accounts import confirming
from hospes.accounts.door import is_office
from hospes.accounts.models import Passkey, PhoneCode
from hospes.accounts.network import client_ip
from hospes.accounts.second import checking, codes, passkeys, phones, recovery, releases, rules, totp, ways
from hospes.accounts.second.forms import NameForm, NumberForm, SentCodeForm
from hospes.accounts.second.stage import here, note_passed, signed
from hospes.accounts.staff.queries import standing_of
from hospes.kernel import clock

#: Where a session keeps new recovery codes until they were shown, and where to go on after setting up.
_NEW_CODES: Final = "second_new_codes"
_GO_ON: Final = "second_go_on"

_page = require_http_methods(["GET", "HEAD", "POST"])


@login_required
def index(request: Any) -> HttpResponse:
    """How is my login protected besides the password, and what can I do about it?"""
    if wanted := get_next_redirect_url(request):
        request.session[_GO_ON] = wanted
    held = ways.of(request.user.pk, rp_id=here().rp_id)
    go_on = request.session.get(_GO_ON, "")
    if held.any and go_on and not wanted:
        del request.session[_GO_ON]
    release = releases.under_way(request.user.pk, now=clock.now())
    context = {
        "ways": held, "go_on": go_on, "few": recovery.FEW, "in_office": is_office(), "release": release,
        "stop_token": releases.token(release.pk, "stop") if release else "",
    }  # fmt: skip
    return render(request, "mfa/index.html", context)


def _set_up(request: Any, way: str, now: datetime) -> HttpResponseBase:
    """
    Where to after a way was set up: to the recovery codes, if it is the first one; they are made and shown this once.

    This session counts as one that took the second step; any other of this person has to take it first.
    """
    note_passed(request, request.user, way, reauthenticated=True)
    if ways.of(request.user.pk, rp_id=here().rp_id).recovery is not None:
        return redirect("mfa_index")
    request.session[_NEW_CODES] = recovery.make(request.user.pk, now=now)
    return redirect("mfa_recovery_codes")


def _taken_off(request: Any) -> HttpResponseBase:
    """Where to after a way was removed; without any, recovery codes stand for nothing."""
    if not ways.has_step(request.user.pk):
        recovery.drop(request.user.pk)
    return redirect("mfa_index")


# --- app ------------------------------------------------------------------------------------------------------------------


class _Activate(ActivateTOTPView):  # type: ignore[misc]  # the library ships no types
    def form_valid(self, form: Any) -> HttpResponseBase:
        now = clock.now()
        super().form_valid(form)
        totp.switched_on(
            self.request.user.pk,
            rules.plain_code(form.cleaned_data["code"]),
            now=now,
            phone=clock.phone_time(),
        )
        return _set_up(self.request, "app", now)

    did_generate_recovery_codes = False


class _Deactivate(DeactivateTOTPView):  # type: ignore[misc]
    def form_valid(self, form: Any) -> HttpResponseBase:
        super().form_valid(form)
        return _taken_off(self.request)


activate_app = login_required(
    confirming.required(doing=_("set up an app for logging in"), also_get=True)(_Activate.as_view())
)
deactivate_app = login_required(
    confirming.required(doing=_("turn off the app for logging in"), also_get=True)(_Deactivate.as_view())
)


# --- codes by text message ------------------------------------------------------------------------------------------------


@login_required
@confirming.required(doing=_("have codes sent to your phone"), also_get=True)
@_page
def phone(request: Any) -> HttpResponseBase:
    """Which number gets codes, and is it really mine?"""
    if is_office():  # there an app or a passkey is wanted
        raise Http404
    now, person = clock.now(), request.user
    number, given = NumberForm(initial={"number": person.phone}), SentCodeForm()
    if "number" in request.POST:
        number = NumberForm(request.POST)
        if number.is_valid() and _send(request, number, now):
            return redirect("mfa_phone")
    elif "code" in request.POST:
        given = SentCodeForm(request.POST)
        if given.is_valid() and _confirm(request, given, now):
            messages.success(
                request, gettext("Your number is confirmed. From now on it can get codes when you log in.")
            )
            return _set_up(request, "text", now)
    elif "another" in request.POST:
        codes.withdraw(request.session, now=now)
        return redirect("mfa_phone")
    sent = codes.under_way(person_id=person.pk, use=PhoneCode.Use.CONFIRM, session=request.session, now=now)
    return render(
        request,
        "mfa/phone.html",
        {"number": number, "form": given, "sent": sent, "current": phones.current(person.pk)},
    )


def _send(request: Any, form: NumberForm, now: datetime) -> bool:
    try:
        codes.ask(person_id=request.user.pk, number=form.cleaned_data["number"], use=PhoneCode.Use.CONFIRM,
                  session=request.session, ip=client_ip(request), now=now)  # fmt: skip
    except codes.CodeRefused as refused:
        form.add_error("number", str(refused.why))
        return False
    return True


def _confirm(request: Any, form: SentCodeForm, now: datetime) -> bool:
    asked = codes.check(form.cleaned_data["code"], person_id=request.user.pk, use=PhoneCode.Use.CONFIRM,
                        session=request.session, now=now)  # fmt: skip
    if asked is None:
        form.add_error("code", str(checking.WRONG))
        return False
    phones.confirm(person_id=request.user.pk, number=asked.number, now=now)
    return True


@login_required
@confirming.required(doing=_("turn off codes by text message"), also_get=True)
@_page
def remove_phone(request: Any) -> HttpResponseBase:
    """Do I no longer want codes on my phone?"""
    held = phones.current(request.user.pk)
    if held is None:
        return redirect("mfa_index")
    if request.method == "POST":
        phones.remove(person_id=request.user.pk, now=clock.now())
        messages.success(request, gettext("Codes by text message are off."))
        return _taken_off(request)
    return render(request, "mfa/phone_off.html", {"ways": ways.of(request.user.pk, rp_id=here().rp_id)})


# --- passkeys -------------------------------------------------------------------------------------------------------------


@login_required
@confirming.required(doing=_("add a passkey"), also_get=True)
@_page
def add_passkey(request: Any) -> HttpResponseBase:
    """What do I call the passkey that I make now?"""
    form = NameForm(request.POST or None, initial={"name": gettext("Passkey")})
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            passkeys.add(
                request.user,
                form.cleaned_data["name"],
                signed(request),
                site=here(),
                session=request.session,
                now=now,
            )
        except passkeys.PasskeyRefused:
            form.add_error(
                None,
                gettext(
                    "That did not work. Perhaps this device has a passkey of yours already. Please try again."
                ),
            )
        else:
            messages.success(request, gettext("Your passkey was added."))
            return _set_up(request, "passkey", now)
    return render(request, "mfa/passkey_add.html", {"form": form})


@login_required
@_page
def passkey(request: Any, pk: int) -> HttpResponseBase:
    """What is this passkey called?"""
    key = get_object_or_404(Passkey, pk=pk, person_id=request.user.pk)
    form = NameForm(request.POST or None, initial={"name": key.name})
    if request.method == "POST" and form.is_valid():
        passkeys.rename(key, form.cleaned_data["name"], now=clock.now())
        return redirect("mfa_index")
    return render(request, "mfa/passkey.html", {"form": form, "key": key})


@login_required
@confirming.required(doing=_("remove a passkey"), also_get=True)
@_page
def remove_passkey(request: Any, pk: int) -> HttpResponseBase:
    """Do I no longer use this passkey?"""
    key = get_object_or_404(Passkey, pk=pk, person_id=request.user.pk)
    held = ways.of(request.user.pk, rp_id=here().rp_id)
    is_needed = _is_needed(key, held)
    if request.method == "POST" and not is_needed:
        passkeys.remove(key, now=clock.now())
        messages.success(
            request, gettext("The passkey was removed. Delete it on your device too, if you still have that.")
        )
        return _taken_off(request)
    return render(request, "mfa/passkey_remove.html", {"key": key, "ways": held, "is_needed": is_needed})


def _is_needed(key: Passkey, held: ways.Ways) -> bool:
    """Whether a colleague would be left without what the office wants."""
    if held.app or key.rp_id != passkeys.site_of(settings.HOSPES_OFFICE_URL).rp_id:
        return False
    return standing_of(key.person_id, now=clock.now()) is not None and ways.office_passkeys(key.person_id) < 2


# --- recovery codes -------------------------------------------------------------------------------------------------------


@never_cache
@login_required
def recovery_codes(request: Any) -> HttpResponse:
    """Which codes let me in when I lost my phone? Shown once; after that, how many are left."""
    fresh = request.session.pop(_NEW_CODES, [])
    context = {
        "codes": fresh, "left": recovery.left(request.user.pk), "total": recovery.HOW_MANY, "few": recovery.FEW,
        "as_file": "data:text/plain;charset=utf-8," + quote("\r\n".join(fresh)) if fresh else "",
        "ways": ways.of(request.user.pk, rp_id=here().rp_id), "go_on": request.session.get(_GO_ON, ""),
    }  # fmt: skip
    return render(request, "mfa/recovery_codes.html", context)


@login_required
@confirming.required(doing=_("make new recovery codes"), also_get=True)
@_page
def new_recovery_codes(request: Any) -> HttpResponseBase:
    """Do I want new codes, and the old ones to stop working?"""
    if not ways.has_step(request.user.pk):
        return redirect("mfa_index")
    if request.method == "POST":
        request.session[_NEW_CODES] = recovery.make(request.user.pk, now=clock.now())
        return redirect("mfa_recovery_codes")
    return render(request, "mfa/recovery_codes_new.html", {"left": recovery.left(request.user.pk)})
