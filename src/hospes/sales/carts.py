"""The cart: kept for the next visit, also without an account; merged at login. Acts for the purpose of the cart."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.queries import Code, Offer, code, offer, offers
from hospes.catalogue.rules import Quotation, code_of
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
    """
    A line of the cart at today's price, cents without VAT: `cents` is what is due now, None when it is no longer for sale.

    `quotation` says what it costs now and later, with the promotion code that counts for it.
    """

    line_id: int
    product_id: int
    slug: str
    name: str
    label: str
    months: int
    cents: int | None
    is_in_use: bool  # somebody has something here under this name: it cannot be ordered
    quotation: Quotation | None = None

    @property
    def has_changes(self) -> bool:
        """Whether a later term costs something else than the first."""
        return self.quotation is not None and len(self.quotation.steps) > 1


@dataclass(frozen=True)
class Contents:
    """The cart as it is now. `version` changes with every change to it, also of a price."""

    cart_id: UUID | None
    items: tuple[Item, ...]
    version: str
    code_text: str = ""
    code: Code | None = None  # the promotion that the code stands for, if it counts for whoever orders

    @property
    def discount_cents(self) -> int:
        """What the promotion code takes off now, without VAT."""
        return sum(item.quotation.discount_cents for item in self.items if item.quotation)

    @property
    def code_counts(self) -> bool:
        """Whether the code takes something off anything that is in here."""
        return self.code is not None and any(
            self.code.for_line(item.product_id, item.months) for item in self.items
        )

    @property
    def net_cents(self) -> int:
        return sum(item.cents or 0 for item in self.items)

    @property
    def names_in_use(self) -> list[str]:
        return sorted(item.label for item in self.items if item.is_in_use)

    @property
    def can_be_ordered(self) -> bool:
        fits = all(item.cents is not None and not item.is_in_use for item in self.items)
        return bool(self.items) and fits and (not self.code_text or self.code_counts)


def contents(
    *, cart_id: UUID | None, person_id: int | None, today: date, customer_kind: str = ""
) -> Contents:
    """What is in the cart of a person, else of a cookie; at the prices for a kind of customer, once that is known."""
    cart = _find(cart_id, person_id)
    if cart is None:
        return Contents(None, (), "")
    lines = list(cart.lines.select_related("product").order_by("pk"))
    in_use = set(
        names.in_use((line.product_id, line.label) for line in lines if kinds.is_made(line.product.kind))
    )
    found = code(cart.code, today=today) if cart.code else None
    if found is not None and not (found.is_left and found.conditions.is_for_customer(customer_kind)):
        found = None
    offered = {(o.product.pk, o.months): o for o in offers(today=today)} if lines else {}
    items = tuple(
        _item(line, offered.get((line.product_id, line.months)), found, line.label in in_use)
        for line in lines
    )
    return Contents(cart.pk, items, _version(cart, items), cart.code, found)


def _version(cart: Cart, items: tuple[Item, ...]) -> str:
    """Who orders agrees to these things at these prices, now and later, and to no others."""
    things = [(i.product_id, i.label, i.months, i.cents, i.quotation) for i in items]
    # A hash: it has to fit a quote's key beside the customer's id, and tells nobody the number of the cart.
    return hashlib.sha256(repr([cart.pk, cart.changed_at, cart.code, things]).encode()).hexdigest()[:40]


def _item(line: CartLine, found: Offer | None, promotion: Code | None, is_in_use: bool) -> Item:
    product, costs = line.product, None
    if found is not None and kinds.is_made(product.kind):
        discount = promotion.for_line(product.pk, line.months) if promotion else None
        costs = found.quotation(discount=discount)
    return Item(
        line.pk, product.pk, product.slug, product.name, line.label, line.months, costs.now_cents if costs else None, is_in_use,
        costs,
    )  # fmt: skip


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


def set_code(*, cart_id: UUID | None, person_id: int | None, text: str, today: date, now: datetime) -> bool:
    """
    Note a promotion code with the cart, and say whether it counts for something in it; an empty one takes it out.

    One that counts for nothing is not noted. Whether a use is left, and for this customer, is known for sure when it is ordered.
    """
    cart = _find(cart_id, person_id)
    if cart is None:
        return False
    wanted = code_of(text)[:30]
    found = code(wanted, today=today) if wanted else None
    counts = (
        found is not None
        and found.is_left
        and any(found.for_line(line.product_id, line.months) for line in cart.lines.all())
    )
    if counts or not wanted:
        Cart.objects.filter(pk=cart.pk).update(code=wanted)
        _note_change(cart, now)
    return counts


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


def empty(*, person_id: int, version: str, today: date, customer_kind: str = "") -> bool:
    """
    Take everything out of the cart for an order, and say whether that was still to be had as `version` says.

    Two orders of one cart at the same time wait for each other here, and the second gets False.
    """
    cart = Cart.objects.select_for_update().filter(person_id=person_id).first()
    if cart is None:
        return False
    found = contents(cart_id=None, person_id=person_id, today=today, customer_kind=customer_kind)
    if found.version != version:
        return False
    Cart.objects.filter(pk=cart.pk).update(code="")
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
    if visitor_cart.code and not own.code:
        Cart.objects.filter(pk=own.pk).update(code=visitor_cart.code)
    _note_change(own, now)
    visitor_cart.delete()
    return len(new) - len(fitting)
