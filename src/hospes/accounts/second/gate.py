"""
What a click may show with regard to the second step.

A session in which the step was not taken shows nothing once its person has one: it may be somebody else's, from before that.
A customer that demands one of everybody is shown to nobody without; the same person's other customers are.
"""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from hospes.accounts.door import is_office
from hospes.accounts.second import demands, ways
from hospes.accounts.second.stage import has_passed, here
from hospes.customers.models import Person

#: What can be opened by a session that has yet to take the step.
_OPEN: Final = frozenset(
    {
        "mfa_reauthenticate",
        "mfa_passkey_options",
        "account_logout",
        "operator_css",
        "mfa_stop_release",
        "mfa_use_release",
    }
)


def look(request: Any, person: Person) -> None:
    """
    Put on the request how it stands. Acts within the purpose of access, and needs `capacities` to be there.

    `step_due`: there is a second step, and this session has not taken it. `second_step`: it has, and in the office it is one
    that counts there. `locked`: numbers of customers that demand one of somebody who has none.
    """
    has_step = ways.has_step(person.pk)
    passed = has_step and has_passed(request, person)
    request.step_due = has_step and not passed
    request.second_step = passed and (not is_office() or ways.has_strong_step(person.pk, rp_id=here().rp_id))
    request.locked = frozenset() if has_step else demands.locked(request.capacities)


def stop(request: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
    """Where a click leads instead of where it went; None where nothing is in its way."""
    match = request.resolver_match
    name = match.url_name if match else ""
    if request.step_due and name not in _OPEN:
        return _to("mfa_reauthenticate", request)
    if kwargs.get("number") in request.locked and match and match.namespace == "portal":
        messages.warning(
            request, _("This customer asks for a second step of everybody with access. Set one up to go on.")
        )
        return _to("mfa_index", request)
    return None


def _to(name: str, request: Any) -> HttpResponse:
    path = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    return redirect(reverse(name) + (f"?{urlencode({'next': path})}" if path else ""))
