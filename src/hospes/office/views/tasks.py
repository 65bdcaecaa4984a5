"""Work that one of us does for a customer: what is to be done, and saying that it is."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.office import actions
from hospes.office.pages import looking_at, office_page, open_for, show, working_on
from hospes.services.models import Task
from hospes.services.tasks import WorkRefused


class DoneForm(forms.Form):
    """What the customer is told about what was done."""

    note = forms.CharField(
        label=gettext_lazy("What did you do?"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The customer can read this, and gets it by mail."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@office_page(Purpose.CONTRACT, nav="home")
def task(request: Any, number: int, task_id: int) -> HttpResponse:
    """What is to be done for this customer, and is it done?"""
    found = open_for(request, number, Purpose.CONTRACT)
    enter = looking_at if request.method == "GET" else working_on
    form, is_done = DoneForm(request.POST or None), False
    with enter(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]) as scene:
        held = get_object_or_404(
            Task.objects.select_related("product"), customer_id=found.customer_id, pk=task_id
        )
        if request.method == "POST" and form.is_valid():
            try:
                actions.finish(scene=scene, task=held, note=form.cleaned_data["note"], now=clock.now())
                is_done = True
            except WorkRefused as refusal:
                form.add_error(None, str(refusal))
    if is_done:
        messages.success(request, _("It is done, and the customer gets a mail about it."))
        return redirect("office:board", key="te-doen")
    context = {"form": form, "task": held, "number": number}
    return show(request, "office/task.html", context, status=422 if form.errors else 200)
