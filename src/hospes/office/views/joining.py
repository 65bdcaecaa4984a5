"""Where somebody who was invited begins: they choose a password that nobody else knows."""

from typing import Any

from allauth.account.forms import SetPasswordForm
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hospes.accounts.door import at_the_door
from hospes.accounts.staff import invitations, queries, services
from hospes.customers.models import Person
from hospes.kernel import clock


@require_http_methods(["GET", "POST"])
@login_not_required
def join(request: Any, token: str) -> HttpResponse:
    """May I come in, and by which password? After it comes the second step, without which no page opens."""
    with at_the_door(request):
        page = _join(request, token)
    add_never_cache_headers(page)
    return page


def _join(request: Any, token: str) -> HttpResponse:
    now = clock.now()
    invitation = invitations.read(token, now=now)
    if invitation is None:
        return render(request, "office/join.html", {"too_late": True}, status=404)
    person = Person.objects.get(pk=invitation.person_id)
    form = SetPasswordForm(data=request.POST or None, user=person)
    if request.method == "POST" and form.is_valid() and services.take_up(invitation, now=now):
        form.save()
        messages.success(
            request, _("Welcome. Log in with your new password; then you set up the second step.")
        )
        return redirect("account_login")
    context = {"form": form, "invited": person, "roles": queries.roles_of(person.pk)}
    return render(request, "office/join.html", context, status=422 if form.errors else 200)
