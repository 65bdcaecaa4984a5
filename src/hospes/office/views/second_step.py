"""Somebody lost the second step and is on the phone: what do they have, what runs, and do I have it taken off?"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hospes.accounts import confirming
from hospes.accounts.models import Power
from hospes.accounts.second import releases, ways
from hospes.accounts.second.passkeys import site_of
from hospes.accounts.second.releases import ReleaseRefused, Right
from hospes.customers.models import Person
from hospes.kernel import clock, journal
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office.forms import ReasonForm
from hospes.office.pages import office_page, show


def may_release(request: Any) -> frozenset[Right]:
    """Of whom the colleague may have the second step taken off: of customers; with the power to, of colleagues as well."""
    if Power.RESET in request.staff.powers:
        return frozenset({"customers", "colleagues"})
    return frozenset({"customers"}) if Purpose.SECURITY in request.staff.purposes else frozenset()


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(Purpose.SECURITY, nav="search")
@confirming.required(doing=gettext_lazy("have somebody's second step taken off"))
def second_step(request: Any, person_id: int) -> HttpResponse:
    """What does this person log in with besides the password, and is it being taken off?"""
    form = ReasonForm(request.POST or None)
    now = clock.now()
    with acting(Purpose.SECURITY, actor=request.actor):
        person = Person.objects.filter(pk=person_id).first()
        if person is None:
            raise Http404
        journal.record(
            "staff.looked", at=now, table="customers_person", object_id=person_id, person_id=person_id
        )
    if request.method == "POST" and form.is_valid() and _asked(request, person_id, form):
        messages.success(request, _("It is on its way. The person was told at every address that we know."))
        return redirect("office:second_step", person_id=person_id)
    return show(request, "office/second_step.html", {"whom": person, "form": form, **_state(request, person_id)},
                status=422 if form.errors else 200)  # fmt: skip


def _asked(request: Any, person_id: int, form: ReasonForm) -> bool:
    try:
        with acting(Purpose.ACCESS, actor=request.actor):
            releases.ask_for(person_id=person_id, colleague_id=request.user.pk, may=may_release(request),
                             reason=form.cleaned_data["reason"], now=clock.now())  # fmt: skip
    except ReleaseRefused as refusal:
        form.add_error("reason", str(refusal.why))
        return False
    return True


def _state(request: Any, person_id: int) -> dict[str, Any]:
    """What there is, without what protects it."""
    now, site = clock.now(), site_of(settings.HOSPES_PORTAL_URL)
    with acting(Purpose.ACCESS, actor=request.actor):
        held = ways.of(person_id, rp_id=site.rp_id)
        objection = releases.objection_to(
            person_id, colleague_id=request.user.pk, may=may_release(request), now=now
        )
    with acting(Purpose.SECURITY, actor=request.actor):
        release = releases.under_way(person_id, now=now)
        by = release and release.by_staff_id and Person.objects.filter(pk=release.by_staff_id).first()
    return {"ways": held, "objection": objection, "release": release, "by": by, "now": now}


@require_POST
@office_page(Purpose.SECURITY, nav="search")
def stop(request: Any, person_id: int) -> HttpResponse:
    """Stop what runs: it was not this person after all."""
    now = clock.now()
    with acting(Purpose.ACCESS, actor=request.actor):
        release = releases.under_way(person_id, now=now)
        if release is not None and releases.stop(release.pk, now=now):
            messages.success(request, _("Stopped: the second step stays on."))
    return redirect("office:second_step", person_id=person_id)
