"""One customer: in parts, each opened for a purpose of the role; and what staff do there."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospes.accounts.addresses import AddressRefused, contacts
from hospes.accounts.door import at_the_door
from hospes.accounts.models import Power
from hospes.catalogue.queries import words_of
from hospes.customers import services as customers
from hospes.customers.models import Customer
from hospes.customers.queries import addressee
from hospes.hosting import queries as hosting
from hospes.kernel import clock, journal
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import actions, parts
from hospes.office.forms import DetailsForm, seen
from hospes.office.pages import find, looking_at, office_page, open_for, open_for_one, show, working_on
from hospes.office.views.viewing import may_view
from hospes.privacy import package
from hospes.sales.models import QuoteDraft
from hospes.services import queries as services
from hospes.services.endings import NOT_DELIVERED
from hospes.services.models import Service
from hospes.services.moves import can_move
from hospes.services.services import NameInUse
from hospes.services.tasks import BY_HAND

_ABOUT_SERVICES = (Purpose.OPERATION, Purpose.CONTRACT)


@require_safe
@office_page(nav="search")
def customer(request: Any, number: int) -> HttpResponse:
    """Who is this, what do they have, and how does it stand? As far as my role goes."""
    found = find(request, number)
    head: dict[str, Any] = {}
    opened = []
    for purpose, person_id in found.holders.items():
        with looking_at(request, purpose, found.customer_id, person_id) as scene:
            head = head or parts.head(found.customer_id)
            opened.append(parts.part(scene))
    may_quote = Power.QUOTE in request.staff.powers and Purpose.CONTRACT in found.holders
    context = {"head": head, "parts": opened, "closed": [purpose.declared.label for purpose in found.closed],
               "may_view": may_view(request, found), "may_quote": may_quote,
               "drafts": _drafts(request, found.customer_id) if may_quote else []}  # fmt: skip
    return show(request, "office/customer.html", context)


def _drafts(request: Any, customer_id: int) -> list[QuoteDraft]:
    """Quotes for this customer that colleagues are writing."""
    with acting(Purpose.CONTRACT, actor=request.actor):
        return list(QuoteDraft.objects.filter(customer_id=customer_id).order_by("-changed_at")[:10])


@require_http_methods(["GET", "POST"])
@office_page(Purpose.CONTRACT, nav="search")
def change(request: Any, number: int) -> HttpResponse:
    """What the customer is called and where it is, to be changed."""
    found = open_for(request, number, Purpose.CONTRACT)
    if request.method == "GET":
        with looking_at(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]):
            form = DetailsForm.of(Customer.objects.get(pk=found.customer_id))
        return show(request, "office/change.html", {"form": form, "number": number})
    with working_on(request, Purpose.CONTRACT, found.customer_id, found.holders[Purpose.CONTRACT]):
        held = Customer.objects.select_for_update().get(pk=found.customer_id)
        form = _changed(request, held)
    if not form.errors:
        messages.success(request, _("The details are saved."))
        _ask_for_invoices(request, held, form)
    if form.errors:
        return show(request, "office/change.html", {"form": form, "number": number}, status=422)
    return redirect("office:customer", number=number)


def _ask_for_invoices(request: Any, held: Customer, form: DetailsForm) -> None:
    """Have another address for invoices confirmed by its mailbox, as when the customer gives it; the form says why not."""
    email = form.cleaned_data["invoice_email"]
    if email.lower() == held.invoice_email.lower():
        return
    try:
        with at_the_door(request):
            holder = addressee(held.pk, now=clock.now())
            contacts.ask(
                customer_id=held.pk, use=contacts.Use.INVOICES, email=email, by=request.user.pk, now=clock.now(),
                language=holder.language if holder else "nl",
            )  # fmt: skip
    except AddressRefused as refusal:
        form.add_error("invoice_email", str(refusal))
        return
    said = _("We sent a link to %(email)s. Invoices go there once somebody there confirms it.")
    messages.info(request, said % {"email": email})


def _changed(request: Any, held: Customer) -> DetailsForm:
    """Carry out the form, or give it back with what is wrong; nothing is lost of what a colleague did meanwhile."""
    form = DetailsForm(request.POST, is_business=held.kind == Customer.Kind.BUSINESS)
    if not form.is_valid():
        return form
    changes = form.changes()
    is_done = all(getattr(held, name) == changes[name] for name in changes)
    if not is_done and form.cleaned_data["seen"] != seen(held):
        form.add_error(
            None,
            _("Somebody changed these details while you were at it. Open the page again, and look first."),
        )
        return form
    customers.change_details(customer_id=held.pk, changes=changes, now=clock.now())
    return form


@require_POST
@office_page(*_ABOUT_SERVICES, nav="search")
def retry_service(request: Any, number: int, service_id: int) -> HttpResponse:
    """Try once more to set up a service that is waiting for it, or was refused."""
    found, purpose = open_for_one(request, number, _ABOUT_SERVICES)
    try:
        with working_on(request, purpose, found.customer_id, found.holders[purpose]) as scene:
            service = get_object_or_404(
                Service.objects.select_related("product"), customer_id=found.customer_id, pk=service_id
            )
            done = actions.set_up_again(
                scene=scene, service=service, once=request.POST.get("once", ""), now=clock.now()
            )
    except NameInUse:
        messages.error(
            request,
            _("Under this name something else is set up. That has to end first, or this gets another name."),
        )
        return redirect("office:customer", number=number)
    if done:
        messages.success(request, _("It is being tried again. In a minute this page shows how it went."))
    else:
        messages.info(request, _("That was done already, or the service was set up meanwhile."))
    return redirect("office:customer", number=number)


@require_safe
@office_page(*_ABOUT_SERVICES, nav="search")
def service(request: Any, number: int, service_id: int, *, ask: bool = False) -> HttpResponse:
    """Does it run, how did it come to be so, and (`ask`) what does the panel say of it at this moment?"""
    found, purpose = open_for_one(request, number, _ABOUT_SERVICES)
    with looking_at(request, purpose, found.customer_id, found.holders[purpose]):
        held = get_object_or_404(
            Service.objects.select_related("product"), customer_id=found.customer_id, pk=service_id
        )
        account = hosting.accounts([held.pk]).get(held.pk)
        context = {
            "number": number,
            "service": held,
            "account": account,
            "history": services.history(held.pk),
            "options": words_of(held.choice_ids, held.choice_counts),
            "by_hand": held.product.kind in BY_HAND,
            "can_move": purpose == Purpose.CONTRACT and can_move(held),
            "may_end": Purpose.CONTRACT in found.holders and held.ended_on is None,
            "may_drop": Purpose.CONTRACT in found.holders and held.state in NOT_DELIVERED,
        }
        if ask and account is not None:
            journal.record("staff.panel_asked", at=clock.now(), table="services_service", object_id=held.pk)
    if ask and account is not None:  # the panel is outside: not within the transaction
        context |= {"asked": True, "at_panel": hosting.state_at_panel(account.username)}
    return show(request, "office/service.html", context)


@require_safe
@office_page(Purpose.RIGHTS, nav="search")
def held(request: Any, number: int) -> HttpResponse:
    """Everything that is held about a customer and its holder, as they would get it themselves."""
    found = open_for(request, number, Purpose.RIGHTS)
    person_id = found.holders[Purpose.RIGHTS]
    with looking_at(request, Purpose.RIGHTS, found.customer_id, person_id):
        head = parts.head(found.customer_id)
        gathered = package.collect(
            person_id=person_id or 0, customer_ids=[found.customer_id], actor=request.actor, now=clock.now()
        )
    return show(request, "office/held.html", {"head": head, "package": gathered})
