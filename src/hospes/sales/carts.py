"""The cart: kept for the next visit, also without an account; merged at login. Acts for the purpose of the cart."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product, RegistryNotice, VatCode
from hospes.catalogue.queries import Code, Offer, additions, choice_words, code, notices, offers
from hospes.catalogue.rules import Quotation, code_of
from hospes.kernel import acting, clock
from hospes.sales import limits, names
from hospes.sales.models import Cart, CartLine
from hospes.services import kinds

#: More than a person orders in one go; keeps a robot from filling the table.
MOST_LINES = 50


class CartRefused(Exception):
    """This cannot be put in the cart; the message is fit to show to the customer."""


@dataclass(frozen=True)
class Item:
    """
    A line of the cart at today's price, cents without VAT: `cents` is what is due now, None when it is no longer for sale.

    `quotation` says what it costs now and later, with the promotion code that counts for it; `details` the options in words.
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
    kind: str = ""
    quantity: int = 1
    unit: str = ""
    details: str = ""
    choices: tuple[tuple[int, int], ...] = ()
    parent_id: int | None = None  # the line that an addition belongs to
    service_id: int | None = None  # or the service that runs
    notice: RegistryNotice | None = None  # what the registry of a domain name gets
    additions: tuple[Offer, ...] = ()  # what can be had with it besides
    vat_code: str = VatCode.STANDARD

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
    def discounts(self) -> dict[str, int]:
        """What the promotion code takes off now, by kind of VAT rate, in cents without VAT."""
        found: dict[str, int] = {}
        for item in self.items:
            if item.quotation:
                found[item.vat_code] = found.get(item.vat_code, 0) + item.quotation.discount_cents
        return found

    @property
    def discount_cents(self) -> int:
        """What the promotion code takes off now, without VAT."""
        return sum(self.discounts.values())

    @property
    def code_counts(self) -> bool:
        """Whether the code takes something off anything that is in here."""
        return self.code is not None and any(
            self.code.for_line(item.product_id, item.months) for item in self.items
        )

    @property
    def notices(self) -> list[RegistryNotice]:
        """What is said of the registries of the domain names in here, each once, in the order of the catalogue."""
        found = {item.notice.pk: item.notice for item in self.items if item.notice}
        return sorted(found.values(), key=lambda notice: (notice.product.position, notice.pk))

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
    cart = find(cart_id, person_id)
    if cart is None:
        return Contents(None, (), "")
    lines = _in_order(list(cart.lines.select_related("product").order_by("pk")))
    named = [line for line in lines if kinds.is_made(line.product.kind)]
    in_use = _in_use(named)
    said = notices({x.product_id for x in lines if x.product.kind == Product.Kind.DOMAIN}, today=today)
    found = code(cart.code, today=today) if cart.code else None
    if found is not None and not (found.is_left and found.conditions.is_for_customer(customer_kind)):
        found = None
    offered = {(o.product.pk, o.months): o for o in offers(today=today)} if lines else {}
    items = tuple(
        _item(line, offered.get((line.product_id, line.months)), found, line.pk in in_use, said, today)
        for line in lines
    )
    return Contents(cart.pk, items, _version(cart, items), cart.code, found)


def _version(cart: Cart, items: tuple[Item, ...]) -> str:
    """Who orders agrees to these things at these prices, now and later, and to no others."""
    things = [
        (i.product_id, i.label, i.months, i.cents, i.quotation, i.quantity, i.choices, i.service_id, i.notice and i.notice.pk,
         str(i.vat_code))
        for i in items
    ]  # fmt: skip
    # A hash: it has to fit a quote's key beside the customer's id, and tells nobody the number of the cart.
    return hashlib.sha256(repr([cart.pk, cart.changed_at, cart.code, things]).encode()).hexdigest()[:40]


def _in_use(lines: list[CartLine]) -> set[int]:
    """The lines whose name somebody has here already; a name may be free for a domain and not for a package."""
    found = set[int]()
    for kind in {line.product.kind for line in lines}:
        of_kind = [line for line in lines if line.product.kind == kind and line.label]
        taken = set(names.in_use((line.product_id, line.label) for line in of_kind))
        found |= {line.pk for line in of_kind if line.label in taken}
    return found


def _in_order(lines: list[CartLine]) -> list[CartLine]:
    """Each addition after what it belongs to."""
    by_parent: dict[int | None, list[CartLine]] = {}
    for line in lines:
        by_parent.setdefault(line.parent_id, []).append(line)
    return [each for line in by_parent.get(None, []) for each in (line, *by_parent.get(line.pk, []))]


def _item(
    line: CartLine,
    found: Offer | None,
    promotion: Code | None,
    is_in_use: bool,
    said: Mapping[int, RegistryNotice],
    today: date,
) -> Item:
    product, costs, details = line.product, None, ""
    chosen = dict(zip(line.choice_ids, line.choice_counts, strict=True))
    notice = said.get(product.pk)
    is_told = product.kind != Product.Kind.DOMAIN or notice is not None
    options = found.chosen(chosen) if found is not None else None
    if (
        found is not None
        and options is not None
        and is_told
        and kinds.is_made(product.kind)
        and line.quantity <= product.most
    ):
        discount = promotion.for_line(product.pk, line.months) if promotion else None
        costs = found.quotation(chosen=options, quantity=line.quantity, discount=discount)
        details = choice_words((each.choice, n) for each, n in options)
        chosen = {each.choice.pk: n for each, n in options}
    return Item(
        line.pk, product.pk, product.slug, product.name, line.label, line.months, costs.now_cents if costs else None, is_in_use,
        costs, product.kind, line.quantity, product.unit, details, tuple(chosen.items()), line.parent_id, line.service_id, notice,
        () if product.kind in (Product.Kind.ADDON, Product.Kind.WORK)
        else tuple(additions(product.pk, months=line.months, today=today)),
        found.vat_code if found is not None else VatCode.STANDARD,
    )  # fmt: skip


def find(cart_id: UUID | None, person_id: int | None) -> Cart | None:
    """The cart of a person, else of a cookie."""
    if person_id is not None:
        return Cart.objects.filter(person_id=person_id).first()
    return Cart.objects.filter(pk=cart_id, person=None).first() if cart_id else None


def held(cart_id: UUID, person_id: int | None, now: datetime) -> Cart:
    """The cart, held until the transaction ends; made when there is none, or none any more: the sweep may be as quick."""
    while True:
        cart = find(cart_id, person_id) or _make(cart_id, person_id, now)
        if locked := Cart.objects.select_for_update().filter(pk=cart.pk).first():
            return locked


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


def note_change(cart: Cart, now: datetime) -> None:
    """Note that something in a cart changed, by which it is used as well."""
    Cart.objects.filter(pk=cart.pk).update(changed_at=now, used_on=clock.day_of(now))


def set_code(*, cart_id: UUID | None, person_id: int | None, text: str, today: date, now: datetime) -> bool:
    """
    Note a promotion code with the cart, and say whether it counts for something in it; an empty one takes it out.

    One that counts for nothing is not noted. Whether a use is left, and for this customer, is known for sure when it is ordered.
    """
    cart = find(cart_id, person_id)
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
        note_change(cart, now)
    return counts


def note_visit(*, cart_id: UUID | None, person_id: int | None, today: date) -> None:
    """Note that somebody came back to their cart, once a day: from then on it is kept as long again."""
    cart = find(cart_id, person_id)
    if cart is not None and cart.used_on < today:
        Cart.objects.filter(pk=cart.pk, used_on__lt=today).update(used_on=today)


def take_out(*, cart_id: UUID | None, person_id: int | None, line_id: int, now: datetime) -> None:
    """Take a line out of the cart; one that is not there is no error."""
    cart = find(cart_id, person_id)
    if cart is not None and cart.lines.filter(pk=line_id).delete()[0]:
        note_change(cart, now)


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
    own = held(cart_id, person_id, now)  # held: two devices of one person may log in at once
    mine = list(own.lines.select_related("product"))
    there = {_slot(line) for line in mine}
    new, left_out = list[int](), 0
    for line in _in_order(list(visitor_cart.lines.select_related("product").order_by("pk"))):
        if line.parent_id not in (None, *new) or _slot(line) in there:
            continue
        if len(mine) + len(new) < MOST_LINES:
            new.append(line.pk)
        else:
            left_out += 1
    visitor_cart.lines.filter(pk__in=new).update(cart=own, person_id=person_id)
    if visitor_cart.code and not own.code:
        Cart.objects.filter(pk=own.pk).update(code=visitor_cart.code)
    note_change(own, now)
    visitor_cart.delete()
    return left_out


def _slot(line: CartLine) -> tuple[object, ...]:
    """What there is one of in a cart: see `_replace`."""
    kind = line.product.kind
    one = kind if kind in (Product.Kind.HOSTING, Product.Kind.DOMAIN) else line.product_id
    return one, line.label, line.service_id
