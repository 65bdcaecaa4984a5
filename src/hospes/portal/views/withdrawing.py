"""
Withdrawing from a contract (art. 11a Directive 2011/83/EU): on every page in the footer, for who is not logged in as well.

Two steps: the statement, and confirming it. The answer is the same whatever was filled in, so that it tells nobody whether
somebody is a customer here.
"""

from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import Scene, acting
from hospes.kernel.purposes import Purpose
from hospes.portal.contract_forms import WithdrawForm
from hospes.portal.pages import customer_page
from hospes.sales import limits, withdrawals
from hospes.sales.models import Order, Withdrawal
from hospes.sales.withdrawals import Said


@require_http_methods(["GET", "POST"])
def withdraw(request: Any) -> HttpResponse:
    """The function for everybody; who is logged in and chose an order comes to that order's page."""
    form = WithdrawForm(request.POST or None, initial={"form_id": uuid4(), **_known(request)})
    if request.method != "POST" or not form.is_valid():
        return render(request, "portal/withdraw.html", {"form": form}, status=422 if form.errors else 200)
    if request.POST.get("do") != "confirm":
        return render(request, "portal/withdraw_confirm.html", {"form": form, "said": form.cleaned_data})
    now = clock.now()
    if not limits.may_withdraw(request.actor.ip, now=now):
        return render(request, "portal/withdraw_busy.html", status=429)
    words = form.cleaned_data
    with _as_somebody(request, words["form_id"]):
        withdrawals.receive(
            form_id=words["form_id"], said=Said(words["name"], words["contract"], words["email"]), customer_id=None,
            person_id=None, now=now,
        )  # fmt: skip
    return render(request, "portal/withdraw_done.html", {"said": words, "at": now})


def _known(request: Any) -> dict[str, str]:
    if not request.user.is_authenticated:
        return {}
    return {"name": request.user.name, "email": request.user.email}


def _as_somebody(request: Any, form_id: Any) -> AbstractContextManager[Scene]:
    """Within the one row that this form makes."""
    return acting(Purpose.CONTRACT, actor=request.actor, cart=form_id)


@require_http_methods(["GET", "POST"])
@customer_page(Purpose.CONTRACT, Capability.ORDER, nav="orders")
def from_order(request: Any, capacity: Capacity, order_number: str) -> HttpResponse:
    """Withdrawing from an order of one's own: nothing has to be filled in; shown is what is paid back."""
    found = get_object_or_404(
        Order.objects.with_related("quote"), customer_id=capacity.customer_id, number=order_number
    )
    now, today = clock.now(), clock.today()
    said = Said(request.user.name, found.number, request.user.email)
    made = (
        Withdrawal.objects.filter(customer_id=capacity.customer_id, order_id=found.pk).order_by("-pk").first()
    )
    if request.method == "POST" and request.POST.get("do") == "confirm":
        form = WithdrawForm(vars(said) | {"form_id": request.POST.get("form_id")})
        if form.is_valid():
            withdrawals.receive(form_id=form.cleaned_data["form_id"], said=said, customer_id=capacity.customer_id,
                                person_id=request.user.pk, now=now)  # fmt: skip
            return render(request, "portal/withdraw_done.html", {"said": vars(said), "at": now, "order": found,
                          "back": reverse("portal:order", args=[capacity.number, found.number])})  # fmt: skip
    if capacity.kind != "private" or not withdrawals.is_open(found, on=today):
        if made is None and capacity.kind == "private":
            return render(
                request,
                "portal/withdraw_over.html",
                {"order": found, "last_day": withdrawals.last_day(found)},
            )
        return redirect("portal:order", number=capacity.number, order_number=found.number)
    parts = withdrawals.backs(found, on=today)
    context = {
        "order": found, "said": vars(said), "form_id": uuid4(), "back_cents": withdrawals.refund_cents(found, parts),
        "last_day": withdrawals.last_day(found),
    }  # fmt: skip
    return render(request, "portal/withdraw_order.html", context)
