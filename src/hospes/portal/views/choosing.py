"""Choosing a product with its options, adding to what is in the cart or runs already, and looking for domain names."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hospes.catalogue.models import Product
from hospes.catalogue.queries import offers
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.domains import limits as domain_limits
from hospes.domains import queries as domains
from hospes.domains.queries import Availability
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.portal.choosing import ChooseForm
from hospes.portal.pages import at_the_cart, customer_page, keep_cart, posted_from
from hospes.portal.views.prices import view_of
from hospes.sales import additions, carts, putting
from hospes.sales.domain_names import NoName, Sought, sought
from hospes.services import kinds
from hospes.services.models import Service


@require_http_methods(["GET", "HEAD", "POST"])
def product(request: Any, slug: str) -> HttpResponse:
    """Which term, which options, how many, for which name; and what does that cost?"""
    request.nav, view, today = "shop", view_of(request), clock.today()
    held = [o for o in offers(today=today) if o.product.slug == slug and o.product.kind != Product.Kind.ADDON]
    if not held or not kinds.is_made(held[0].product.kind):
        messages.info(request, _("We no longer sell that. This is what we have now."))
        return redirect("shop:catalogue")
    if held[0].product.kind == Product.Kind.DOMAIN:
        return redirect("shop:domains")
    first = 12 if any(o.months == 12 for o in held) else held[0].months
    form = ChooseForm(
        held, view, today=today, first=first, data=request.POST if request.method == "POST" else None
    )
    is_put = request.method == "POST" and request.POST.get("do") != "price"
    if is_put and form.is_valid():
        with at_the_cart(request) as (cart_id, person_id):
            try:
                putting.put(
                    cart_id=cart_id, person_id=person_id, chosen=form.chosen(), now=clock.now(), today=today
                )
                return keep_cart(redirect("shop:cart"), request, cart_id)
            except carts.CartRefused as refusal:
                form.add_error(None, str(refusal))
    context = {"form": form, "product": held[0].product, "terms": _terms(held, view), "view": view, "sum": form.sum(),
               "is_put": is_put}  # fmt: skip
    is_part = request.htmx and request.POST.get("do") == "price"
    return render(request, "shop/_choice.html" if is_part else "shop/product.html", context)


def _terms(held: Any, view: Any) -> list[Any]:
    from hospes.faces.prices import term_of

    return [term_of(offer, view) for offer in held]


@require_POST
def cart_addition(request: Any, line_id: int) -> HttpResponse:
    """Add an addition to something in the cart."""
    with at_the_cart(request) as (cart_id, person_id):
        try:
            putting.put_addition(cart_id=cart_id, person_id=person_id, line_id=line_id, slug=request.POST.get("slug", ""),
                                 quantity=_number(request.POST.get("quantity", "1")), now=clock.now(),
                                 today=clock.today())  # fmt: skip
        except carts.CartRefused as refusal:
            messages.error(request, str(refusal))
    return redirect("shop:cart")


def _number(text: str) -> int:
    """A number as a form brings it; what is none is none of it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


@posted_from("portal:service")
@customer_page(Purpose.CONTRACT, Capability.ORDER, nav="services")
def service_add(request: Any, capacity: Capacity, service_id: int) -> HttpResponseBase:
    """Put an addition to a running service in the cart."""
    held = get_object_or_404(Service, customer_id=capacity.customer_id, pk=service_id)
    if held.state not in additions.OPEN or held.ends_on is not None:
        messages.error(request, _("Nothing can be added to this service: it ends, or is not there."))
        return redirect("portal:service", number=capacity.number, service_id=service_id)
    running = putting.Running(held.pk, held.product_id, held.label, held.months)
    with at_the_cart(request) as (cart_id, _person_id):
        try:
            putting.put_for_service(
                cart_id=cart_id, person_id=request.user.pk, running=running, slug=request.POST.get("slug", ""),
                quantity=_number(request.POST.get("quantity", "1")), now=clock.now(), today=clock.today(),
            )  # fmt: skip
        except carts.CartRefused as refusal:
            messages.error(request, str(refusal))
    return keep_cart(redirect("shop:cart"), request, cart_id)


# --- domain names ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def domain_search(request: Any) -> HttpResponse:
    """Which names are free, and what do they cost?"""
    request.nav, view, today = "shop", view_of(request), clock.today()
    typed = (request.POST if request.method == "POST" else request.GET).get("naam", "")
    held, found, wrong = domains.extensions(today=today), list[domains.Found](), ""
    if typed.strip():
        try:
            name = sought(typed, [product.extension for product, _offers in held])
            if request.method == "POST":
                return _put_names(request, name)
            if domain_limits.may_search(request.actor.ip, now=clock.now()):
                found = domains.search(name, today=today)
            else:
                wrong = _(
                    "From your network many names were looked for in the past hour. Please try again in an hour."
                )
        except NoName as refusal:
            wrong = str(refusal)
    elif "naam" in request.GET:
        wrong = _("Type the name that you would like, such as example or example.nl.")
    context = {
        "typed": typed[:253], "wrong": wrong, "view": view, "found": [(each, _price(each.offers, view)) for each in found],
        "held": [(product, _price(of_product, view)) for product, of_product in held],
        "is_free": any(each.availability == Availability.FREE for each in found),
        "can_order": any(each.can_be_ordered for each in found),
        "is_silent": any(each.availability == Availability.UNKNOWN and not each.is_refused for each in found),
    }  # fmt: skip
    return render(request, "shop/domains.html", context, status=422 if wrong else 200)


def _price(held: Any, view: Any) -> Any:
    return _terms(held[:1], view)[0]


def _put_names(request: Any, name: Sought) -> HttpResponse:
    """Put the names in the cart that were ticked, but for what is somebody's by now; a registry that is silent keeps none out."""
    today, asked = clock.today(), set(request.POST.getlist("extensie"))
    held = {product.extension: (product, offers) for product, offers in domains.extensions(today=today)}
    wanted = [(product, offers) for extension, (product, offers) in held.items() if extension in asked]
    if not wanted:
        messages.info(request, _("Tick the names that you would like."))
        return redirect(f"{request.path}?{_query(request)}")
    may_ask = domain_limits.may_search(request.actor.ip, now=clock.now())
    said = (
        domains.availability((name.label + p.extension, p.lookup_url) for p, _o in wanted) if may_ask else {}
    )
    put = False
    with at_the_cart(request) as (cart_id, person_id):
        for product, offers in wanted:
            label = name.label + product.extension
            if said.get(label) == Availability.TAKEN:
                messages.error(request, _("%(name)s is somebody's already.") % {"name": label})
                continue
            chosen = putting.Chosen(product.slug, offers[0].months, label)
            try:
                putting.put(cart_id=cart_id, person_id=person_id, chosen=chosen, now=clock.now(), today=today)
                put = True
            except carts.CartRefused as refusal:
                messages.error(request, str(refusal))
    target = redirect("shop:cart") if put else redirect(f"{request.path}?{_query(request)}")
    return keep_cart(target, request, cart_id)


def _query(request: Any) -> str:
    from urllib.parse import urlencode

    asked = {"prijzen": prices} if (prices := request.GET.get("prijzen", "")) in ("met", "zonder") else {}
    return urlencode({"naam": request.POST.get("naam", "")[:253]} | asked)
