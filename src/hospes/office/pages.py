"""
What a page of the office is: for staff in a role, for one purpose at a time, and never unseen.

A page reads what is about a customer inside `looking_at()` and nowhere else: that binds the database to the rows of that
customer, and leaves an entry in the journal, by which the customer sees that somebody looked, when, and what for.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import uuid4

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import StaffMember
from hospes.accounts.roles import purposes_of
from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import in_force
from hospes.kernel import clock, journal
from hospes.kernel.acting import Actor, Scene, acting
from hospes.kernel.purposes import Purpose
from hospes.office import words

View = Callable[..., HttpResponseBase]

#: In which order a customer's page shows its parts, and in which purposes are tried.
ORDER = (Purpose.CONTRACT, Purpose.BILLING, Purpose.SUPPORT, Purpose.RIGHTS, Purpose.SECURITY)


class OfficeRequest(HttpRequest):
    """A request after the middleware; only for the type checker."""

    user: Any
    actor: Actor
    role: StaffMember.Role | None
    second_step: bool
    nav: str
    htmx: Any


def office_page(purpose: Purpose | None = None, *, nav: str = "") -> Callable[[View], View]:
    """
    A page for staff with a second step whose role may act for the purpose (None: for all of them).

    For a role that may not, the page does not exist: 404, as for any address that means nothing.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: Any, **kwargs: Any) -> HttpResponseBase:
            if request.role is None or not request.second_step or request.actor.kind != "staff":
                return redirect_to_login(request.get_full_path(), reverse("account_login"))
            if purpose is not None and purpose not in purposes(request):
                raise Http404
            request.nav = nav
            return view(request, **kwargs)

        return page

    return decorate


def purposes(request: Any) -> list[Purpose]:
    """The purposes that the colleague's role may act for, in the order of the parts."""
    held = purposes_of(request.role)
    return [purpose for purpose in ORDER if purpose in held]


@dataclass(frozen=True)
class Found:
    """A customer, and for which of the role's purposes it is open; with each the holder, where that one is open too."""

    customer_id: int
    number: int
    holders: Mapping[Purpose, int | None]
    closed: tuple[Purpose, ...]

    @property
    def purposes(self) -> list[Purpose]:
        return list(self.holders)


def find(request: Any, number: int) -> Found:
    """
    The customer with a number; Http404 where none of the role's purposes knows it.

    `closed` are the purposes for which its data may not be used at the moment (art. 18 and 21 GDPR).
    """
    customer_id, holders, closed = 0, dict[Purpose, int | None](), []
    for purpose in purposes(request):
        with acting(purpose, actor=request.actor):
            pk = Customer.objects.filter(number=number).values_list("pk", flat=True).first()
            if pk is None:
                closed.append(purpose)
                continue
            customer_id, holders[purpose] = pk, _holder(pk)
    if not holders:
        raise Http404
    return Found(customer_id, number, holders, tuple(closed))


def open_for(request: Any, number: int, purpose: Purpose) -> Found:
    """The customer with a number, where its data may be used for this purpose; Http404 otherwise."""
    found = find(request, number)
    if purpose not in found.holders:
        raise Http404
    return found


def _holder(customer_id: int) -> int | None:
    """The holder, unless the acting purpose may not use their data."""
    held = Person.objects.filter(
        in_force(clock.now(), of="memberships"),
        memberships__customer_id=customer_id,
        memberships__role=Membership.Role.HOLDER,
    )
    return held.order_by("memberships__since", "memberships__pk", "pk").values_list("pk", flat=True).first()


@contextmanager
def looking_at(request: Any, purpose: Purpose, customer_id: int, person_id: int | None) -> Iterator[Scene]:
    """
    Act for a purpose within the rows of one customer and its holder, and leave in the journal that somebody looks.

    One block is one part of a page, and one entry. Raises Http404 when the role may not act for the purpose.
    """
    with working_on(request, purpose, customer_id, person_id) as scene:
        journal.record("staff.looked", at=clock.now(), table="customers_customer", object_id=customer_id)
        yield scene


@contextmanager
def working_on(request: Any, purpose: Purpose, customer_id: int, person_id: int | None) -> Iterator[Scene]:
    """The same without the entry, for carrying out what was asked: that leaves an entry of its own, and shows nothing."""
    if purpose not in purposes(request):
        raise Http404
    with acting(purpose, actor=request.actor, customer=customer_id, person=person_id) as scene:
        yield scene


# --- what every page shows around its content -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A page that one can go to from everywhere; `purpose` is what its role needs."""

    key: str
    route: str
    icon: str
    label: Promise
    purpose: Purpose | None = None

    @property
    def url(self) -> str:
        return reverse(self.route)


PLACES = (
    Place("home", "office:home", "list-checks", _("Work list")),
    Place("search", "office:search", "search", _("Search")),
    Place("journal", "office:journal", "history", _("Journal"), Purpose.SECURITY),
    Place("checks", "office:checks", "shield-check", _("Data map and checks"), Purpose.SECURITY),
)


def places(request: Any) -> list[Place]:
    """Where the colleague's role can go."""
    held = purposes(request)
    return [place for place in PLACES if place.purpose is None or place.purpose in held]


def show(request: Any, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a page with the office's frame; `once` marks its forms, so that none is carried out twice."""
    frame = {
        "roles": [StaffMember.Role(request.role).label], "office_nav": places(request), "once": uuid4().hex,
        "part_names": words.PARTS,
    }  # fmt: skip
    return render(request, template, {**frame, **context}, status=status)
