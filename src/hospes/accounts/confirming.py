"""
Confirming once more that it is you, before something that is dear: who has access, what is exported, what is deleted.

    @confirming.required                                        a form that is sent asks for password or code first
    @confirming.required(doing=_("take away access"))           and says what for
    @confirming.required(also_get=True)                         so does merely opening the page

    if page := confirming.ask(request): return page             the same, within a view; before any `acting()`

Who logged in or confirmed within ten minutes goes straight on. The question is asked at the form's own address and carries
along what the form held, so nothing that was filled in is lost: once it is answered, the view runs as if it were sent then.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final, overload

from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.account.internal.flows.login import record_authentication
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.accounts import services
from hospes.accounts.door import at_the_door
from hospes.accounts.network import client_ip
from hospes.accounts.second import checking, passkeys, stage, ways
from hospes.kernel import clock

#: So long a confirmation counts; ACCOUNT_REAUTHENTICATION_TIMEOUT says the same to the login library's own pages.
LASTS: Final = timedelta(minutes=10)

_PREFIX: Final = "confirm"
_SAFE: Final = ("GET", "HEAD", "OPTIONS")

View = Callable[..., HttpResponseBase]


class ConfirmForm(forms.Form):
    """The password, or where there is a second step a code or a passkey: one of them is enough. Made at the door."""

    prefix = _PREFIX
    password = forms.CharField(
        label=_("Password"), required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    code = forms.CharField(
        label=_("Or a code"), required=False, max_length=20,
        help_text=_("From your app, from a text message that you have us send, or a recovery code."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "autocapitalize": "none"}),
    )  # fmt: skip

    credential = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"data-passkey-answer": True})
    )

    def __init__(self, request: Any, data: Any = None) -> None:
        super().__init__(data)
        self.request, self.person, self.method = request, request.user, ""
        self.ways = ways.of(self.person.pk, rp_id=stage.here().rp_id)
        if not self.person.has_usable_password():
            del self.fields["password"]
        if not self.ways.any:
            del self.fields["code"]
        if not self.ways.passkeys:
            del self.fields["credential"]
        if "password" not in self.fields and "code" in self.fields:
            self.fields["code"].label = _("Code")

    def clean(self) -> dict[str, Any]:
        """Have looked at what was filled in, by who counts the tries and takes a code only once."""
        data = super().clean() or self.cleaned_data
        for field, look in (
            ("credential", self._passkey),
            ("code", self._code),
            ("password", self._password),
        ):
            if data.get(field):
                if errors := look(data[field]):
                    self.add_error(None if field == "credential" else field, errors)
                else:
                    self.method = field
                return data
        if self.fields:
            self.add_error(next(iter(self.fields)), _("Please fill this in: then we know that it is you."))
        return data

    def _password(self, given: str) -> list[str]:
        checked = PasswordForm(user=self.person, data={"password": given})
        return [] if checked.is_valid() else [str(error) for error in checked.errors["password"]]

    def _code(self, given: str) -> list[str]:
        try:
            checking.check(given, person=self.person, session=self.request.session, ip=client_ip(self.request),
                           now=clock.now(), phone=clock.phone_time())  # fmt: skip
        except checking.WrongCode as wrong:
            return [str(wrong.why)]
        return []

    def _passkey(self, given: str) -> list[str]:
        try:
            passkeys.use(passkeys.read(given), person_id=self.person.pk, site=stage.here(), session=self.request.session,
                         now=clock.now())  # fmt: skip
        except passkeys.PasskeyRefused:
            return [str(_("That did not work with this passkey. Try again, or take another way."))]
        return []


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person logged in or confirmed within ten minutes, in this session."""
    records = get_authentication_records(request, request.user)
    return bool(records) and clock.now().timestamp() - records[-1]["at"] < LASTS.total_seconds()


def ask(request: Any, *, doing: str | Promise = "") -> HttpResponse | None:
    """
    The page that asks to confirm; None when somebody need not, or did so with this very request.

    Then what was asked is no longer in `request.POST`, only what the form held. `doing` goes on "You are about to …".
    Not inside `acting()`: looking whether a password is right is done at the door.
    """
    if not request.user.is_authenticated or is_fresh(request):
        _strip(request)
        return None
    wants_code = f"{_PREFIX}-send" in request.POST
    is_answer = f"{_PREFIX}-answer" in request.POST and not wants_code
    with at_the_door(request):
        form = ConfirmForm(request, request.POST if is_answer else None)
        if wants_code and form.ways.number and stage.send_code(request, request.user, form.ways.number):
            messages.success(request, _("We sent you a code by text message. It works for five minutes."))
        if is_answer and form.is_valid():
            record_authentication(
                request,
                request.user,
                "password" if form.method == "password" else "mfa",
                reauthenticated=True,
            )
            # The library notes the machine's time; the clock here may be moved.
            get_authentication_records(request, request.user)[-1]["at"] = clock.now().timestamp()
            services.note("account.confirmed", person_id=request.user.pk, now=clock.now())
            _strip(request)
            return None
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith(f"{_PREFIX}-")
        for value in values
    ]
    context = {"form": form, "carried": carried, "doing": doing,
               "opened": request.method in _SAFE or f"{_PREFIX}-opened" in request.POST}  # fmt: skip
    page = render(request, "account/confirm.html", context)
    add_never_cache_headers(page)
    return page


def _strip(request: Any) -> None:
    """Take question and answer out of what was sent: they are nobody else's business."""
    if any(name.startswith(f"{_PREFIX}-") for name in request.POST):
        left = request.POST.copy()
        for name in [name for name in left if name.startswith(f"{_PREFIX}-")]:
            del left[name]
        request.POST = left


@overload
def required(view: View) -> View: ...
@overload
def required(*, doing: str | Promise = "", also_get: bool = False) -> Callable[[View], View]: ...
def required(view: View | None = None, *, doing: str | Promise = "", also_get: bool = False) -> Any:
    """
    A view that wants its person confirmed first; see the module.

    Put it outside of what begins to act, and inside of what refuses methods (`require_POST`). Who is not logged in is left to
    the view. With `also_get` the page opens by GET once it was confirmed: then put it outside of `require_safe` too.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in _SAFE and not also_get:
                return view(request, *args, **kwargs)
            was_opened = f"{_PREFIX}-opened" in request.POST
            if page := ask(request, doing=doing):
                return page
            if was_opened:
                return redirect(request.get_full_path())
            return view(request, *args, **kwargs)

        return guarded

    return decorate if view is None else decorate(view)
