"""The cart: kept for the next visit, also without an account; merged at login. Acts for the purpose of the cart."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.queries import offer
from hospes.kernel import acting, clock
from hospes.sales import limits, names
from hospes.sales.models import Cart, CartLine
from hospes.sales.rules import domain_name
from hospes.services import kinds

#: More than a person orders in one go; keeps a robot from filling the table.
MOST_LINES = 50


class CartRefused(Exception):
    """This cannot be put in the cart; the message is fit to show to the customer."""


@dataclass(frozen=True)
class Item:
    """A line of the cart with today's price: cents without VAT for the whole term, None when it is no longer for sale."""

    line_id: int
    product_id: int
    slug: str
    name: str
    label: str
    months: int
    cents: int | None
    is_in_use: bool  # somebody has something here under this name: it cannot be ordered


@dataclass(frozen=True)
class Contents:
    """The cart as it is now. `version` changes with every change to it, also of a price."""

    cart_id: UUID | None
    items: tuple[Item, ...]
    version: str

    @property
    def net_cents(self) -> int:
        return sum(item.cents or 0 for item in self.items)

    @property
    def names_in_use(self) -> list[str]:
        return sorted(item.label for item in self.items if item.is_in_use)

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.items) and all(item.cents is not None and not item.is_in_use for item in self.items)


def contents(*, cart_id: UUID | None, person_id: int | None, today: date) -> Contents:
    """What is in the cart of a person, else of a cookie."""
    cart = _find(cart_id, person_id)
    if cart is None:
        return Contents(None, (), "")
    lines = list(cart.lines.select_related("product").order_by("pk"))
    in_use = set(names.in_use((line.product_id, line.label) for line in lines))
    items = tuple(_item(line, today, line.label in in_use) for line in lines)
    return Contents(cart.pk, items, _version(cart, items))


def _version(cart: Cart, items: tuple[Item, ...]) -> str:
    """Who orders agrees to these things at these prices, and to no others."""
    things = [(i.product_id, i.label, i.months, i.cents) for i in items]
    # A hash: it has to fit a quote's key beside the customer's id, and tells nobody the number of the cart.
    return hashlib.sha256(repr([cart.pk, cart.changed_at, things]).encode()).hexdigest()[:40]


def _item(line: CartLine, today: date, is_in_use: bool) -> Item:
    product = line.product
    found = offer(slug=product.slug, months=line.months, today=today)
    return Item(
        line.pk,
        product.pk,
        product.slug,
        product.name,
        line.label,
        line.months,
        found.cents if found else None,
        is_in_use,
    )


def _find(cart_id: UUID | None, person_id: int | None) -> Cart | None:
    if person_id is not None:
        return Cart.objects.filter(person_id=person_id).first()
    return Cart.objects.filter(pk=cart_id, person=None).first() if cart_id else None


@transaction.atomic
def put(
    *, cart_id: UUID, person_id: int | None, slug: str, months: int, label: str, now: datetime, today: date
) -> UUID:
    """
    Put a product in the cart, and return the cart's id; the same domain name again replaces its line.

    `cart_id` is the id to make one with when there is none yet (the acting scope has to name it).
    """
    found = offer(slug=slug, months=months, today=today)
    if found is None or not kinds.is_made(found.product.kind):
        raise CartRefused(_("This is not for sale any more."))
    try:
        name = domain_name(label)
    except ValueError:
        raise CartRefused(_("This is not a domain name. Write it like example.nl.")) from None
    if names.in_use([(found.product.pk, name)]):
        raise CartRefused(names.sentence([name]))
    cart = _open(cart_id, person_id, now)
    others = cart.lines.exclude(label=name)
    if others.count() >= MOST_LINES:
        raise CartRefused(
            _("Your cart is full: there is room for %(most)d lines in it. Order these first, or remove one.")
            % {"most": MOST_LINES}
        )
    cart.lines.filter(label=name).delete()
    CartLine.objects.create(cart=cart, person_id=person_id, product=found.product, months=months, label=name)
    _note_change(cart, now)
    return cart.pk


def _open(cart_id: UUID, person_id: int | None, now: datetime) -> Cart:
    """The cart, held until the transaction ends; made when there is none, or none any more: the sweep may be as quick."""
    while True:
        cart = _find(cart_id, person_id) or _make(cart_id, person_id, now)
        if held := Cart.objects.select_for_update().filter(pk=cart.pk).first():
            return held


def _make(cart_id: UUID, person_id: int | None, now: datetime) -> Cart:
    new = {"changed_at": now, "used_on": clock.day_of(now)}
    if person_id is not None:
        return Cart.objects.get_or_create(person_id=person_id, defaults=new)[0]
    if not Cart.objects.filter(pk=cart_id).exists() and not limits.may_begin_cart(_address(), now=now):
        raise CartRefused(
            _("Many carts were begun from your network in the past hour. Log in, or try again in an hour.")
        )
    cart = Cart.objects.get_or_create(pk=cart_id, defaults=new)[0]
    if cart.person_id is not None:  # a visitor whose cookie has the number of somebody's own cart
        raise CartRefused(_("This cart is somebody's own. Log in to use it."))
    return cart


def _address() -> str | None:
    scene = acting.current()
    return scene.actor.ip if scene else None


def _note_change(cart: Cart, now: datetime) -> None:
    Cart.objects.filter(pk=cart.pk).update(changed_at=now, used_on=clock.day_of(now))


def note_visit(*, cart_id: UUID | None, person_id: int | None, today: date) -> None:
    """Note that somebody came back to their cart, once a day: from then on it is kept as long again."""
    cart = _find(cart_id, person_id)
    if cart is not None and cart.used_on < today:
        Cart.objects.filter(pk=cart.pk, used_on__lt=today).update(used_on=today)


def take_out(*, cart_id: UUID | None, person_id: int | None, line_id: int, now: datetime) -> None:
    """Take a line out of the cart; one that is not there is no error."""
    cart = _find(cart_id, person_id)
    if cart is not None and cart.lines.filter(pk=line_id).delete()[0]:
        _note_change(cart, now)


def empty(*, person_id: int, version: str, today: date) -> bool:
    """
    Take everything out of the cart for an order, and say whether that was still to be had as `version` says.

    Two orders of one cart at the same time wait for each other here, and the second gets False.
    """
    cart = Cart.objects.select_for_update().filter(person_id=person_id).first()
    if cart is None or contents(cart_id=None, person_id=person_id, today=today).version != version:
        return False
    return cart.lines.all().delete()[0] > 0


@transaction.atomic
def merge_at_login(*, cart_id: UUID, person_id: int, now: datetime) -> int:
    """
    Give the cart of a cookie to the person who logged in: what they put in as a visitor is added to what was there.

    Of the same domain name the line that was there stays; what does not fit any more is left out, and how many lines those
    are is returned.
    """
    visitor_cart = Cart.objects.select_for_update().filter(pk=cart_id, person=None).first()
    if visitor_cart is None:
        return 0
    own = _open(cart_id, person_id, now)  # held: two devices of one person may log in at once
    there = set(own.lines.values_list("label", flat=True))
    new = list(visitor_cart.lines.exclude(label__in=there).order_by("pk").values_list("pk", flat=True))
    fitting = new[: max(MOST_LINES - len(there), 0)]
    visitor_cart.lines.filter(pk__in=fitting).update(cart=own, person_id=person_id)
    _note_change(own, now)
    visitor_cart.delete()
    return len(new) - len(fitting)
