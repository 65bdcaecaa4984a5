"""Looking after one's tokens: which programs use my account, and ending that."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hospes.accounts import confirming
from hospes.accounts.models import ApiToken
from hospes.accounts.tokens import services
from hospes.accounts.tokens.forms import TokenForm
from hospes.kernel import clock

#: Where a session keeps a new token until it was shown.
_NEW: Final = "new_token"

_page = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@login_required
def tokens(request: Any) -> HttpResponse:
    """Which programs can use my account? A token that was made just now is shown, this once."""
    held = list(services.working(request.user.pk, now=clock.now()))
    context = {"tokens": held, "fresh": request.session.pop(_NEW, "")}
    return render(request, "account/tokens.html", context)


@login_required
@confirming.required(doing=_("let a program use your account"), also_get=True)
@_page
def new_token(request: Any) -> HttpResponseBase:
    """What is it for, what may it do, from where and how long?"""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request.session[_NEW] = services.make(
                person_id=request.user.pk, now=clock.now(), **form.cleaned_data
            )
            return redirect("account_tokens")
        except services.TooMany:
            form.add_error(None, gettext("You have as many tokens as one can have. End one of them first."))
    return render(request, "account/token_new.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@_page
def end_token(request: Any, pk: int) -> HttpResponseBase:
    """Does this program no longer get in?"""
    now = clock.now()
    token = get_object_or_404(ApiToken, pk=pk, person_id=request.user.pk)
    if request.method == "POST":
        if services.end(person_id=request.user.pk, token_id=token.pk, now=now):
            messages.success(request, gettext("The token was ended: the program no longer gets in."))
        return redirect("account_tokens")
    return render(request, "account/token_end.html", {"token": token})
