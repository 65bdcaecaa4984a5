"""The cart: kept for the next visit, also without an account; merged at login. Acts for the purpose of the cart."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from hospes.catalogue.queries import offer
from hospes.sales.models import Cart, CartLine
from hospes.sales.rules import domain_name

#: More than a person orders in one go; keeps a robot from filling the table.
MOST_LINES = 50


class CartRefused(Exception):
    """This cannot be put in the cart; the message is fit to show."""


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
    def can_be_ordered(self) -> bool:
        return bool(self.items) and all(item.cents is not None for item in self.items)


def contents(*, cart_id: UUID | None, person_id: int | None, today: date) -> Contents:
    """What is in the cart of a person, else of a cookie."""
    cart = _find(cart_id, person_id)
    if cart is None:
        return Contents(None, (), "")
    items = tuple(_item(line, today) for line in cart.lines.select_related("product").order_by("pk"))
    return Contents(cart.pk, items, _version(cart, items))


def _version(cart: Cart, items: tuple[Item, ...]) -> str:
    """Who orders agrees to these things at these prices, and to no others."""
    things = [(i.product_id, i.label, i.months, i.cents) for i in items]
    # A hash: it has to fit a quote's key beside the customer's id, and tells nobody the number of the cart.
    return hashlib.sha256(repr([cart.pk, cart.changed_at, things]).encode()).hexdigest()[:40]


def _item(line: CartLine, today: date) -> Item:
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
    if found is None:
        raise CartRefused("not for sale")
    try:
        name = domain_name(label)
    except ValueError as error:
        raise CartRefused(str(error)) from None
    cart = _find(cart_id, person_id) or _make(cart_id, person_id, now)
    Cart.objects.select_for_update().get(pk=cart.pk)
    others = cart.lines.exclude(label=name)
    if others.count() >= MOST_LINES:
        raise CartRefused("full")
    cart.lines.filter(label=name).delete()
    CartLine.objects.create(cart=cart, person_id=person_id, product=found.product, months=months, label=name)
    Cart.objects.filter(pk=cart.pk).update(changed_at=now)
    return cart.pk


def _make(cart_id: UUID, person_id: int | None, now: datetime) -> Cart:
    if person_id is None:
        cart = Cart.objects.get_or_create(pk=cart_id, defaults={"changed_at": now})[0]
        if cart.person_id is not None:  # a visitor whose cookie has the number of somebody's own cart
            raise CartRefused("not yours")
        return cart
    return Cart.objects.get_or_create(person_id=person_id, defaults={"changed_at": now})[0]


def take_out(*, cart_id: UUID | None, person_id: int | None, line_id: int, now: datetime) -> None:
    """Take a line out of the cart; one that is not there is no error."""
    cart = _find(cart_id, person_id)
    if cart is not None and cart.lines.filter(pk=line_id).delete()[0]:
        Cart.objects.filter(pk=cart.pk).update(changed_at=now)


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
def merge_at_login(*, cart_id: UUID, person_id: int, now: datetime) -> None:
    """
    Give the cart of a cookie to the person who logged in: what they put in as a visitor is added to what was there.

    Of the same domain name the line that was there stays; what does not fit any more is left out.
    """
    visitor_cart = Cart.objects.select_for_update().filter(pk=cart_id, person=None).first()
    if visitor_cart is None:
        return
    own = _make(cart_id, person_id, now)
    there = set(own.lines.values_list("label", flat=True))
    new = visitor_cart.lines.exclude(label__in=there).order_by("pk").values_list("pk", flat=True)
    fitting = list(new[: max(MOST_LINES - len(there), 0)])
    visitor_cart.lines.filter(pk__in=fitting).update(cart=own, person_id=person_id)
    Cart.objects.filter(pk=own.pk).update(changed_at=now)
    visitor_cart.delete()
