"""
What a page of the office is: for staff in a role, for one purpose at a time, and never unseen.

A page reads what is about a customer inside `looking_at()` and nowhere else: that binds the database to the rows of that
customer, and leaves an entry in the journal, by which the customer sees that somebody looked, when, and what for.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import uuid4

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import Power
from hospes.accounts.staff.queries import Standing
from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import in_force
from hospes.kernel import clock, journal
from hospes.kernel.acting import Actor, Scene, acting
from hospes.kernel.datamap import readable
from hospes.kernel.purposes import Purpose
from hospes.office import words

View = Callable[..., HttpResponseBase]

#: In which order a customer's page shows its parts, and in which purposes are tried.
ORDER = (
    Purpose.CONTRACT, Purpose.OPERATION, Purpose.BILLING, Purpose.SUPPORT, Purpose.RIGHTS, Purpose.SECURITY,
)  # fmt: skip


class OfficeRequest(HttpRequest):
    """A request after the middleware; only for the type checker."""

    user: Any
    actor: Actor
    staff: Standing | None
    second_step: bool
    nav: str
    htmx: Any


def office_page(*wanted: Purpose, power: Power | None = None, nav: str = "") -> Callable[[View], View]:
    """
    A page for staff with a second step whose roles may act for one of the purposes (none named: for all of them).

    `power`: what their roles must let them do besides. For who may not, the page does not exist: 404, as for any address that
    means nothing.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: Any, **kwargs: Any) -> HttpResponseBase:
            if request.staff is None or not request.second_step or request.actor.kind != "staff":
                return redirect_to_login(request.get_full_path(), reverse("account_login"))
            if wanted and not set(wanted) & request.staff.purposes:
                raise Http404
            if power is not None and power not in request.staff.powers:
                raise Http404
            request.nav = nav
            return view(request, **kwargs)

        return page

    return decorate


def purposes(request: Any) -> list[Purpose]:
    """The purposes that the colleague's roles may act for, in the order of the parts."""
    held: frozenset[Purpose] = request.staff.purposes
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
            customer_id, holders[purpose] = pk, _holder(pk) if "id" in readable(Person, purpose) else None
    if not holders:
        raise Http404
    return Found(customer_id, number, holders, tuple(closed))


def open_for(request: Any, number: int, purpose: Purpose) -> Found:
    """The customer with a number, where its data may be used for this purpose; Http404 otherwise."""
    found = find(request, number)
    if purpose not in found.holders:
        raise Http404
    return found


def open_for_one(request: Any, number: int, wanted: Sequence[Purpose]) -> tuple[Found, Purpose]:
    """The same for the first of several purposes that is open, and which one that is."""
    found = find(request, number)
    for purpose in wanted:
        if purpose in found.holders:
            return found, purpose
    raise Http404


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
    """A page that one can go to from everywhere; `purpose` or `power` is what its role needs."""

    key: str
    route: str
    icon: str
    label: Promise
    purpose: Purpose | None = None
    power: Power | None = None

    @property
    def url(self) -> str:
        return reverse(self.route)


PLACES = (
    Place("home", "office:home", "list-checks", _("Work list")),
    Place("search", "office:search", "search", _("Search")),
    Place("bank", "office:bank", "wallet", _("Bank"), Purpose.BILLING),
    Place("reports", "office:reports", "euro", _("Reports"), Purpose.BILLING),
    Place("journal", "office:journal", "history", _("Journal"), Purpose.SECURITY),
    Place("catalogue", "office:catalogue", "store", _("What is for sale"), power=Power.CATALOGUE),
    Place("staff", "office:staff", "users", _("Staff"), power=Power.MANAGE),
    Place("checks", "office:checks", "shield-check", _("Data map and checks"), Purpose.SECURITY),
)


def places(request: Any) -> list[Place]:
    """Where the colleague's role can go."""
    held, powers = request.staff.purposes, request.staff.powers
    return [
        place
        for place in PLACES
        if (place.purpose is None or place.purpose in held) and (place.power is None or place.power in powers)
    ]


def show(request: Any, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a page with the office's frame; `once` marks its forms, so that none is carried out twice."""
    frame = {
        "roles": request.staff.names, "office_nav": places(request), "once": uuid4().hex,
        "part_names": words.PARTS,
    }  # fmt: skip
    return render(request, template, {**frame, **context}, status=status)


def once_key(request: Any) -> str:
    """
    What makes a form of the office one request, however often it is sent. Raises BadRequest (400) where it is missing, since an
    empty one would be the same for everybody.
    """
    once = request.POST.get("once", "")
    if not re.fullmatch(r"[0-9a-f]{32}", once):
        raise BadRequest("a form without its number")
    return f"office:{once}"
