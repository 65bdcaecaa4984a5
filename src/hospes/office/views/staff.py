"""Colleagues and roles: who works here, as what, and what that lets them do. For who manages the staff."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospes.accounts import confirming
from hospes.accounts.models import Power, StaffChange, StaffRole
from hospes.accounts.models.staff import OPEN_TO_STAFF
from hospes.accounts.staff import queries, services
from hospes.accounts.staff.queries import Colleague
from hospes.accounts.staff.services import StaffRefused
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import words
from hospes.office.forms_staff import InviteForm, RoleForm, RolesForm
from hospes.office.pages import office_page, show

FEW = 15


@dataclass(frozen=True)
class Line:
    """A colleague as the list shows them."""

    colleague: Colleague
    state: str
    roles: list[str]
    second_steps: list[str]


@require_safe
@office_page(power=Power.MANAGE, nav="staff")
def staff(request: Any) -> HttpResponse:
    """Who works here, as what, and is their login safe?"""
    now = clock.now()
    with acting(Purpose.SECURITY, actor=request.actor):
        found = queries.colleagues()
        changes = _changes(limit=5)
    lines = _lines(request, found)
    context = {
        "here": [line for line in lines if line.state != "left"], "gone": [line for line in lines if line.state == "left"],
        "unsafe": sum(line.state == "active" and not line.second_steps for line in lines),
        "all_roles": queries.roles(), "uses": [(p, p.declared.label, words.PURPOSES[p]) for p in OPEN_TO_STAFF],
        "powers": Power, "changes": changes, "now": now,
    }  # fmt: skip
    return show(request, "office/staff.html", context)


def _lines(request: Any, found: list[Colleague]) -> list[Line]:
    with acting(Purpose.ACCESS, actor=request.actor):  # the factors themselves are the door's business
        steps = queries.second_steps([colleague.person.pk for colleague in found])
    called = {role.key: role.name for role in queries.roles()}
    return [
        Line(
            colleague, colleague.state(clock.now()), [called[key] for key in colleague.roles],
            [str(words.SECOND_STEPS.get(kind, kind)) for kind in steps[colleague.person.pk]],
        )
        for colleague in found
    ]  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A change in who may do what, in words."""

    change: StaffChange
    about: str
    by: str
    had: str
    has: str


def _changes(**which: Any) -> list[Told]:
    """Acts for security."""
    found = queries.changes(**which)
    ids = {pk for change in found for pk in (change.about_id, change.by_id)} - {None}
    names = {person.pk: person.name for person in Person.objects.filter(pk__in=ids)}
    words_of = queries.words_of_rights()
    return [
        Told(
            change,
            about=names.get(change.about_id or 0, "") or words_of.get(change.role_id or "", ""),
            by=names.get(change.by_id or 0, ""),
            had=queries.in_words(change.had, words_of), has=queries.in_words(change.has, words_of),
        )
        for change in found
    ]  # fmt: skip


@require_http_methods(["GET", "POST"])
@office_page(power=Power.MANAGE, nav="staff")
@confirming.required(doing=gettext_lazy("give somebody access to the office"))
def invite(request: Any) -> HttpResponse:
    """Whom do I invite, and as what? They get a link, and choose a password of their own."""
    form = InviteForm(request.POST or None, initial={"language": "nl"})
    if request.method == "POST" and form.is_valid():
        try:
            services.invite(**form.cleaned_data, actor=request.actor, now=clock.now())
        except StaffRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("The invitation is on its way. The link in it works for two days, and once.")
            )
            return redirect("office:staff")
    return show(request, "office/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@office_page(power=Power.MANAGE, nav="staff")
def colleague(request: Any, person_id: int) -> HttpResponse:
    """What may this colleague do, since when, and who said so?"""
    return _colleague(request, person_id)


def _colleague(request: Any, person_id: int, form: RolesForm | None = None) -> HttpResponse:
    with acting(Purpose.SECURITY, actor=request.actor):
        found = queries.colleague(person_id)
        changes = _changes(about=person_id, limit=FEW)
    if found is None:
        raise Http404
    [line] = _lines(request, [found])
    context = {
        "line": line, "form": form or RolesForm(initial={"roles": found.roles}), "changes": changes,
        "is_self": person_id == request.user.pk, "may_reset": Power.RESET in request.staff.powers,
    }  # fmt: skip
    return show(request, "office/colleague.html", context, status=422 if form else 200)


@require_POST
@office_page(power=Power.MANAGE, nav="staff")
@confirming.required(doing=gettext_lazy("change what a colleague may do"))
def roles(request: Any, person_id: int) -> HttpResponse:
    """Give a colleague other roles."""
    form = RolesForm(request.POST)
    if form.is_valid():
        try:
            services.change_roles(
                person_id=person_id, roles=form.cleaned_data["roles"], actor=request.actor, now=clock.now()
            )
        except StaffRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The roles are changed. It counts from the next click on."))
            if person_id == request.user.pk:  # who may have lost the right to these pages by it
                return redirect("office:home")
            return redirect("office:colleague", person_id=person_id)
    return _colleague(request, person_id, form)


@require_POST
@office_page(power=Power.MANAGE, nav="staff")
@confirming.required(doing=gettext_lazy("end a colleague's access"))
def dismiss(request: Any, person_id: int) -> HttpResponse:
    """End somebody's work here; their sessions in the office end with it."""
    try:
        services.dismiss(person_id=person_id, actor=request.actor, now=clock.now())
    except StaffRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:colleague", person_id=person_id)
    messages.success(request, _("The access has ended. Whoever is still logged in is out at the next click."))
    return redirect("office:staff")


@require_POST
@office_page(power=Power.RESET, nav="staff")
@confirming.required(doing=gettext_lazy("let a colleague in anew"))
def anew(request: Any, person_id: int) -> HttpResponse:
    """Have a colleague set up password and second step anew."""
    try:
        services.let_in_anew(person_id=person_id, actor=request.actor, now=clock.now())
    except StaffRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("The link is on its way. Until it is used, this colleague cannot get in.")
        )
    return redirect("office:colleague", person_id=person_id)


@require_http_methods(["GET", "POST"])
@office_page(power=Power.MANAGE, nav="staff")
@confirming.required(doing=gettext_lazy("change what a role may do"))
def role(request: Any, key: str) -> HttpResponse:
    """What may everybody with this role do?"""
    held = get_object_or_404(StaffRole, pk=key)
    form = RoleForm(request.POST) if request.method == "POST" else RoleForm.of(held)
    if request.method == "POST" and form.is_valid():
        purposes, powers = form.wanted()
        try:
            services.change_role(
                key=key, purposes=purposes, powers=powers, actor=request.actor, now=clock.now()
            )
        except StaffRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The role is changed. It counts from everybody's next click on."))
            return redirect("office:home" if key in request.staff.keys else "office:staff")
    with acting(Purpose.SECURITY, actor=request.actor):
        changes = _changes(role=key, limit=FEW)
    context = {"role": held, "form": form, "changes": changes}
    return show(request, "office/role.html", context, status=422 if form.errors else 200)
