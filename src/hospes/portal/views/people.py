"""Who has access to a customer: the list, inviting, changing, taking away, leaving and handing over."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hospes.accounts import confirming
from hospes.accounts.access import invitations, queries, services
from hospes.accounts.access.services import AccessRefused
from hospes.accounts.models import Invitation
from hospes.accounts.viewing.middleware import Shows
from hospes.customers import rules
from hospes.customers.models import Membership
from hospes.customers.queries import Access, Capacity, people
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.access_forms import AccessForm, HandOverForm, InviteForm, last_day_of
from hospes.portal.pages import for_customer, posted_from, whose

MANAGE = Capability.MANAGE_ACCESS


@require_safe
@for_customer(Capability.OWN, nav="access", viewed=Shows("access"))
def access(request: Any, capacity: Capacity) -> HttpResponse:
    """Who can get in?"""
    return render(request, "portal/access.html", everybody(request, capacity))


def everybody(request: Any, capacity: Capacity) -> dict[str, Any]:
    """What the page about access shows of who has it: to those who may know, all; to the others, who holds it."""
    now = clock.now()
    with acting(Purpose.ACCESS, actor=request.actor):
        found = people(capacity.customer_id, now=now)
        asked = queries.unanswered(capacity.customer_id, now=now) if capacity.may(MANAGE) else []
    in_force = [one for one in found if one.has_begun(now)]
    others = [one for one in in_force if one.person_id != whose(request)]
    return {
        "people": [(one, _may_change(request, capacity, one), one.has_begun(now)) for one in found],
        "people_count": len(in_force), "holders": [one.name for one in in_force if one.role == "holder"],
        "own": next((one for one in in_force if one.person_id == whose(request)), None),
        "invitations": [(one, rules.gives(capacity.role, one.role)) for one in asked],
        "can_hand_over": capacity.may(Capability.HAND_OVER) and bool(others),
    }  # fmt: skip


def _may_change(request: Any, capacity: Capacity, one: Access) -> bool:
    return one.person_id != whose(request) and rules.gives(capacity.role, one.role)


def _carried_out(request: Any, capacity: Capacity, verb: Callable[[], Any]) -> str:
    """Do something within the customer; what it was refused with, or "". The database's own refusal has the same words."""
    try:
        with acting(Purpose.ACCESS, actor=request.actor, customer=capacity.customer_id):
            verb()
    except AccessRefused as refusal:
        return str(refusal)
    except IntegrityError as error:
        if "customer_keeps_a_holder" in str(error) or "keeps a holder" in str(error):
            return _("A customer account needs a holder whose access does not end, and this is the last one.")
        if "one_membership_at_a_time" in str(error) or "one_open_invitation" in str(error):
            return _("Somebody else was doing the same at this moment. Look again.")
        raise
    return ""


def _is_of(request: Any, capacity: Capacity, model: type[Invitation] | type[Membership], pk: int) -> None:
    """Http404 for what never was of this customer."""
    with acting(Purpose.ACCESS, actor=request.actor, customer=capacity.customer_id):
        if not model.objects.filter(customer_id=capacity.customer_id, pk=pk).exists():
            raise Http404


# --- inviting -------------------------------------------------------------------------------------------------------------


@for_customer(MANAGE, nav="access")
@confirming.required(doing=gettext_lazy("give somebody access"))
def invite(request: Any, capacity: Capacity) -> HttpResponse:
    """Whom do I give access, to do what, and until when?"""
    form = InviteForm(capacity.role, clock.today(), _sent(request), initial={"role": "read_only"})
    if request.method == "POST" and form.is_valid():
        email, role = form.cleaned_data["email"], form.cleaned_data["role"]
        refused = _carried_out(request, capacity, lambda: invitations.invite(
            customer_id=capacity.customer_id, by=request.user.pk, email=email, role=role, until=form.until,
            language=(get_language() or "nl")[:2], now=clock.now(),
        ))  # fmt: skip
        if not refused:
            messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": email})
            return redirect("portal:access", number=capacity.number)
        form.add_error(None, refused)
    return render(request, "portal/access_invite.html", {"form": form})


@posted_from("portal:access_invitation_page")
@for_customer(MANAGE, nav="access")
@confirming.required(doing=gettext_lazy("send the invitation again"))
def invitation_again(request: Any, capacity: Capacity, invitation_id: int) -> HttpResponse:
    """Send it once more, with a new link."""
    _is_of(request, capacity, Invitation, invitation_id)
    refused = _carried_out(request, capacity, lambda: invitations.send_again(
        customer_id=capacity.customer_id, invitation_id=invitation_id, by=request.user.pk, now=clock.now()
    ))  # fmt: skip
    _say(request, refused, _("The invitation was sent again. The link of before no longer works."))
    return redirect("portal:access", number=capacity.number)


@posted_from("portal:access_invitation_page")
@for_customer(MANAGE, nav="access")
def invitation_withdraw(request: Any, capacity: Capacity, invitation_id: int) -> HttpResponse:
    """Take it back: the link stops working at once."""
    _is_of(request, capacity, Invitation, invitation_id)
    refused = _carried_out(request, capacity, lambda: invitations.withdraw(
        customer_id=capacity.customer_id, invitation_id=invitation_id, by=request.user.pk, now=clock.now()
    ))  # fmt: skip
    _say(request, refused, _("The invitation was withdrawn. Its link no longer works."))
    return redirect("portal:access", number=capacity.number)


@for_customer(MANAGE, nav="access")
def invitation_page(request: Any, capacity: Capacity, invitation_id: int) -> HttpResponse:
    """An invitation has no page of its own: it stands in the list."""
    _is_of(request, capacity, Invitation, invitation_id)
    return redirect("portal:access", number=capacity.number)


# --- changing and taking away ---------------------------------------------------------------------------------------------


@for_customer(MANAGE, nav="access")
@confirming.required(doing=gettext_lazy("change somebody’s access"))
def member(request: Any, capacity: Capacity, membership_id: int) -> HttpResponse:
    """What may this person do, and until when?"""
    one = _one(request, capacity, membership_id)
    if one is None:
        messages.info(request, _("This access has ended or was changed meanwhile. This is how it is now."))
        return redirect("portal:access", number=capacity.number)
    initial = {"role": one.role, "last_day": last_day_of(one.until)}
    form = AccessForm(capacity.role, clock.today(), _sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        refused = _carried_out(request, capacity, lambda: services.change(
            customer_id=capacity.customer_id, membership_id=membership_id, role=form.cleaned_data["role"],
            until=form.until, by=request.user.pk, now=clock.now(),
        ))  # fmt: skip
        if not refused:
            messages.success(request, _("The access of %(name)s is as you chose.") % {"name": one.name})
            return redirect("portal:access", number=capacity.number)
        form.add_error(None, refused)
    return render(request, "portal/access_member.html", {"one": one, "form": form})


@posted_from("portal:access_member")
@for_customer(MANAGE, nav="access")
@confirming.required(doing=gettext_lazy("take somebody’s access away"))
def member_remove(request: Any, capacity: Capacity, membership_id: int) -> HttpResponse:
    """Take somebody's access away, from now."""
    one = _one(request, capacity, membership_id)
    refused = _carried_out(request, capacity, lambda: services.remove(
        customer_id=capacity.customer_id, membership_id=membership_id, by=request.user.pk, now=clock.now()
    ))  # fmt: skip
    _say(request, refused, _("%(name)s no longer has access.") % {"name": one.name if one else ""})
    return redirect("portal:access", number=capacity.number)


def _one(request: Any, capacity: Capacity, membership_id: int) -> Access | None:
    """Somebody else's access that one decides about; None when it is over. Http404 for what is none of one's business."""
    _is_of(request, capacity, Membership, membership_id)
    with acting(Purpose.ACCESS, actor=request.actor):
        found = people(capacity.customer_id, now=clock.now())
    one = next((each for each in found if each.id == membership_id), None)
    if one is not None and not _may_change(request, capacity, one):
        raise Http404
    return one


# --- oneself --------------------------------------------------------------------------------------------------------------


@for_customer(Capability.OWN, nav="access")
@confirming.required(doing=gettext_lazy("end your own access"))
def leave(request: Any, capacity: Capacity) -> HttpResponse:
    """What do I lose when I leave, and can I?"""
    if request.method == "POST":
        refused = _carried_out(request, capacity, lambda: services.leave(
            customer_id=capacity.customer_id, person_id=request.user.pk, now=clock.now()
        ))  # fmt: skip
        if not refused:
            messages.success(request, _("You no longer have access to %(name)s.") % {"name": capacity.name})
            return redirect("home")
        messages.error(request, refused)
    context = everybody(request, capacity)
    is_last = capacity.role == "holder" and len(_lasting_holders(context)) == 1
    return render(request, "portal/access_leave.html", {**context, "is_last": is_last})


def _lasting_holders(context: dict[str, Any]) -> list[Access]:
    return [
        one for one, _may, begun in context["people"] if one.role == "holder" and one.until is None and begun
    ]


@for_customer(Capability.HAND_OVER, nav="access")
@confirming.required(doing=gettext_lazy("hand over the customer account"))
def hand_over(request: Any, capacity: Capacity) -> HttpResponse:
    """Who becomes the holder, and what do I keep?"""
    now = clock.now()
    with acting(Purpose.ACCESS, actor=request.actor):
        found = people(capacity.customer_id, now=now)
    others = [one for one in found if one.person_id != request.user.pk and one.has_begun(now)]
    form = HandOverForm(others, _sent(request))
    if request.method == "POST" and form.is_valid():
        to, own_role = form.cleaned_data["to"], form.cleaned_data["own_role"]
        refused = _carried_out(request, capacity, lambda: services.hand_over(
            customer_id=capacity.customer_id, to_membership_id=to, own_role=own_role, by=request.user.pk, now=clock.now(),
        ))  # fmt: skip
        if not refused:
            name = next(one.name for one in others if one.id == to)
            messages.success(request, _("%(name)s is a holder now.") % {"name": name})
            return redirect("portal:access", number=capacity.number) if own_role else redirect("home")
        form.add_error(None, refused)
    return render(request, "portal/access_hand_over.html", {"form": form, "others": others})


def _sent(request: Any) -> Any:
    """What a form was filled in with; None when it is only looked at."""
    return request.POST if request.method == "POST" else None


def _say(request: Any, refused: str, done: str) -> None:
    if refused:
        messages.error(request, refused)
    else:
        messages.success(request, done)
