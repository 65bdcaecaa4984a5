"""What a page of the portal is: for one customer, one purpose, in one transaction, for somebody who may."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from hospes.accounts.origins import guard
from hospes.accounts.origins.places import place_of
from hospes.accounts.viewing.middleware import Shows
from hospes.accounts.viewing.services import InView
from hospes.customers.models import Person
from hospes.customers.queries import Capacity, holders
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.outside import cookies
from hospes.kernel.purposes import Purpose
from hospes.sales import carts

CART_COOKIE = "hospes_cart"
View = Callable[..., HttpResponseBase]


class PortalRequest(HttpRequest):
    """A request after the middleware; only for the type checker."""

    capacities: list[Capacity]
    capacity: Capacity
    viewing: InView | None
    actor: Any
    htmx: Any
    nav: str
    cart_count: int


def whose(request: Any) -> int:
    """The id of the person whose pages are shown: who is logged in, or whom a colleague of the office looks at."""
    person: int = request.viewing.person.pk if request.viewing else request.user.pk
    return person


def shows(request: Any, purpose: Purpose) -> bool:
    """Whether a part of a page is shown that acts for a purpose: to a colleague who looks only if their roles do."""
    return request.viewing is None or purpose in request.viewing.purposes


def for_customer(
    needs: Capability, *, nav: str, visitors: str = "", viewed: Shows | None = None
) -> Callable[[View], View]:
    """
    A page about the customer whose number is in the address, for a person who may do for it what the page needs.

    A 404 for who has no access to that customer; for a role that may not, a page that says who can give another (403), and one
    for who comes from where the customer's limits allow nobody. A visitor logs in first, or goes to the route `visitors`. The
    view gets the capacity; it does not act yet: `customer_page`. `viewed` says that the page may be shown to a colleague who
    sees as the customer sees.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: Any, number: int, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect(visitors) if visitors else redirect_to_login(request.get_full_path())
            if request.viewing and viewed is None:
                raise Http404
            if shut := next((c for c in request.shut if c.number == number), None):
                return elsewhere(request, shut)
            capacity = choose(request, number)
            if not capacity.may(needs):
                return not_in_your_role(request, capacity)
            request.nav = nav
            return view(request, capacity, **kwargs)

        page.needs = needs  # type: ignore[attr-defined]  # by which a test knows that every page says it
        page.shows = viewed  # type: ignore[attr-defined]  # by which the middleware of the office knows it
        return page

    return decorate


def customer_page(
    purpose: Purpose, needs: Capability, *, nav: str, viewed: str = ""
) -> Callable[[View], View]:
    """
    Like `for_customer`; the view runs, and its template is rendered, for the purpose and within that customer's rows.

    `viewed` is the name of the page where it may be shown to a colleague who sees as the customer sees.
    """

    def decorate(view: View) -> View:
        @for_customer(needs, nav=nav, viewed=Shows(viewed, frozenset({purpose})) if viewed else None)
        @wraps(view)
        def page(request: Any, capacity: Capacity, **kwargs: Any) -> HttpResponseBase:
            with acting(purpose, actor=request.actor, customer=capacity.customer_id, person=whose(request)):
                return view(request, capacity, **kwargs)

        return page

    return decorate


def not_in_your_role(request: Any, capacity: Capacity) -> HttpResponse:
    """The page for a role that may not do this: it says who can give another role."""
    with acting(Purpose.ACCESS, actor=request.actor):
        held = holders(capacity.customer_id, now=clock.now())
        named = Person.objects.in_bulk(held)
    context = {"holders": [named[pk].name for pk in held]}
    return render(request, "portal/not_in_your_role.html", context, status=403)


def elsewhere(request: Any, shut: Capacity) -> HttpResponse:
    """The page of a customer whose limits keep one out here: it says so, and offers a holder the way back."""
    with acting(Purpose.ACCESS, actor=request.actor):
        guard.note_kept_out(request, shut.customer_id, now=clock.now())
    context = {"shut": shut, "here": place_of(request.actor.ip), "ip": request.actor.ip,
               "may_lift": shut.may(Capability.LIMIT_ACCESS)}  # fmt: skip
    return render(request, "portal/elsewhere.html", context, status=403)


def posted_from(page: str) -> Callable[[View], View]:
    """
    A view that only takes a form of `page`, a route with the same arguments.

    Whoever opens its address (from the browser's history, say) is taken to that page; so is who has to log in first.
    """

    def decorate(view: View) -> View:
        takes_form: View = require_POST(view)

        @wraps(view)
        def only_posted(request: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in ("GET", "HEAD"):
                to_page: HttpResponseBase = redirect(page, **kwargs)
                return to_page
            if not request.user.is_authenticated:
                return redirect_to_login(reverse(page, kwargs=kwargs))
            return takes_form(request, **kwargs)

        return only_posted

    return decorate


def choose(request: Any, number: int) -> Capacity:
    """The capacity with this number, set as the current one; Http404 when the person has none such."""
    capacities: list[Capacity] = request.capacities
    found = next((c for c in capacities if c.number == number), None)
    if found is None:
        raise Http404
    request.capacity = found
    return found


def cart_cookie(request: Any) -> UUID | None:
    """The cart that this browser has, if its cookie makes sense."""
    try:
        return UUID(request.COOKIES.get(CART_COOKIE, ""))
    except ValueError:
        return None


@contextmanager
def at_the_cart(request: Any) -> Iterator[tuple[UUID, int | None]]:
    """
    Act for the cart: gives the cart's id (a new one when this browser has none) and the person who is logged in, if any.

    A visitor's cart becomes that of the person who logged in.
    """
    cart_id, person_id = cart_cookie(request), request.user.pk if request.user.is_authenticated else None
    made_up = cart_id or uuid4()
    with acting(Purpose.CART, actor=request.actor, cart=made_up, person=person_id):
        if cart_id is not None and person_id is not None:
            _merge(request, cart_id, person_id)
        yield made_up, person_id


def _merge(request: Any, cart_id: UUID, person_id: int) -> None:
    left_out = carts.merge_at_login(cart_id=cart_id, person_id=person_id, now=clock.now())
    if left_out:
        told = ngettext(
            "One thing that you chose before you logged in did not fit in your cart any more.",
            "%(n)d things that you chose before you logged in did not fit in your cart any more.",
            left_out,
        )
        messages.warning(request, told % {"n": left_out})


def cart_contents(request: Any, *, is_visit: bool = False, customer_kind: str = "") -> carts.Contents:
    """
    What is in the cart of whoever is there; for a visitor without a cart nothing is looked up.

    `customer_kind`: for whom it would be ordered, where that is known.
    `is_visit`: they came to look at the cart itself, and from then on it is kept as long again.
    """
    if cart_cookie(request) is None and not request.user.is_authenticated:
        return carts.Contents(None, (), "")
    with at_the_cart(request) as (cart_id, person_id):
        if is_visit:
            carts.note_visit(cart_id=cart_id, person_id=person_id, today=clock.today())
        return carts.contents(
            cart_id=cart_id, person_id=person_id, today=clock.today(), customer_kind=customer_kind
        )


def keep_cart(response: HttpResponse, request: Any, cart_id: UUID) -> HttpResponse:
    """Have the browser keep a visitor's cart, and let go of the cookie once the cart belongs to a person."""
    if request.user.is_authenticated:
        if CART_COOKIE in request.COOKIES:
            response.delete_cookie(CART_COOKIE, samesite="Lax")
        return response
    response.set_cookie(
        CART_COOKIE, cart_id.hex, max_age=cookies[CART_COOKIE].days * 86400, httponly=True, samesite="Lax",
        secure=settings.SECURE_COOKIES,
    )  # fmt: skip
    return response
