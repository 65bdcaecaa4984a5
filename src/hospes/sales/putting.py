"""Putting things in the cart, with their options and additions. Acts for the purpose of the cart, like `carts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, additions, notices, offer
from hospes.sales import carts, domain_names, names
from hospes.sales.carts import CartRefused, find, held, note_change
from hospes.sales.models import Cart, CartLine
from hospes.services import kinds


@dataclass(frozen=True)
class Chosen:
    """
    What somebody wants of a product: for which term and name, how many, which options (ids of choices, how many of each),
    and which additions (by their addresses in the shop, how many of each).
    """

    slug: str
    months: int
    label: str = ""
    quantity: int = 1
    choices: Mapping[int, int] = field(default_factory=dict)
    additions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """A service that an addition is wanted for, as its own customer's session sees it."""

    service_id: int
    product_id: int
    label: str
    months: int


@transaction.atomic
def put(*, cart_id: UUID, person_id: int | None, chosen: Chosen, now: datetime, today: date) -> UUID:
    """
    Put a product in the cart with what was chosen, and return the cart's id; the same again under that name replaces its line.

    `cart_id` is the id to make one with when there is none yet (the acting scope has to name it). Raises CartRefused.
    """
    found, options = _offered(chosen, today)
    if found.product.kind == Product.Kind.ADDON:
        raise CartRefused(_("This is had with something else: choose it there."))
    label = _label(found.product, chosen.label, today)
    if label and names.in_use([(found.product.pk, label)]):
        raise CartRefused(names.sentence([label]))
    cart = held(cart_id, person_id, now)
    _replace(cart, found.product, label)
    line = _keep(cart, person_id, found.product, chosen, label, options)
    known = {
        each.product.slug: each for each in additions(found.product.pk, months=chosen.months, today=today)
    }
    for slug, quantity in chosen.additions.items():
        if slug not in known:
            raise CartRefused(_("This is not for sale any more."))
        _add(cart, person_id, Chosen(slug, known[slug].months, quantity=quantity), label, today, parent=line)
    note_change(cart, now)
    return cart.pk


@transaction.atomic
def put_addition(
    *, cart_id: UUID | None, person_id: int | None, line_id: int, slug: str, quantity: int, now: datetime, today: date
) -> None:  # fmt: skip
    """Add an addition to something in the cart; one that is there already is had in this number from now on."""
    cart = find(cart_id, person_id)
    line = cart.lines.select_related("product").filter(pk=line_id).first() if cart else None
    if cart is None or line is None:
        raise CartRefused(_("This is not in your cart any more."))
    cart = held(cart.pk, person_id, now)
    known = {each.product.slug: each for each in additions(line.product_id, months=line.months, today=today)}
    if slug not in known:
        raise CartRefused(_("This is not for sale any more."))
    _add(cart, person_id, Chosen(slug, known[slug].months, quantity=quantity), line.label, today, parent=line)
    note_change(cart, now)


@transaction.atomic
def put_for_service(
    *, cart_id: UUID, person_id: int, running: Running, slug: str, quantity: int, now: datetime, today: date
) -> UUID:
    """
    Put an addition to a running service in the cart of who may order for its customer. That it is theirs, the caller knows,
    and the database asks again when it is ordered.
    """
    known = {
        each.product.slug: each for each in additions(running.product_id, months=running.months, today=today)
    }
    if slug not in known:
        raise CartRefused(_("This is not for sale any more."))
    cart = held(cart_id, person_id, now)
    wanted = Chosen(slug, known[slug].months, quantity=quantity)
    _add(cart, person_id, wanted, running.label, today, service_id=running.service_id)
    note_change(cart, now)
    return cart.pk


def _offered(chosen: Chosen, today: date) -> tuple[Offer, dict[int, int]]:
    """The offer that is meant, and its options by id of the choice; raises CartRefused for what cannot be had so."""
    found = offer(slug=chosen.slug, months=chosen.months, today=today)
    if found is None or not kinds.is_made(found.product.kind):
        raise CartRefused(_("This is not for sale any more."))
    options = found.chosen(chosen.choices)
    if options is None:
        raise CartRefused(_("What you chose with it cannot be had so. Please choose again."))
    if not 1 <= chosen.quantity <= found.product.most:
        raise CartRefused(_("Of this you can order 1 to %(most)d at a time.") % {"most": found.product.most})
    return found, {each.choice.pk: n for each, n in options}


def _label(product: Product, text: str, today: date) -> str:
    """For which name it is, as it is kept; raises CartRefused for what is none, or not of the extension."""
    if product.kind == Product.Kind.WORK and not text.strip():
        return ""
    try:
        if product.kind != Product.Kind.DOMAIN:
            return domain_names.domain_name(text)
        if not notices([product.pk], today=today):
            raise CartRefused(_("This is not for sale any more."))
        return domain_names.registrable(text, extension=product.extension, takes_idn=product.takes_idn)
    except domain_names.NoName as wrong:
        raise CartRefused(str(wrong)) from None
    except ValueError:
        raise CartRefused(_("This is not a domain name. Write it like example.nl.")) from None


def _replace(cart: Cart, product: Product, label: str) -> None:
    """Take out what a new line comes instead of; a name has one package, one registration and one of each other thing."""
    same = cart.lines.filter(label=label, service=None, parent=None)
    if product.kind in (Product.Kind.HOSTING, Product.Kind.DOMAIN):
        same.filter(product__kind=product.kind).delete()
    else:
        same.filter(product=product).delete()


def _add(
    cart: Cart,
    person_id: int | None,
    wanted: Chosen,
    label: str,
    today: date,
    *,
    parent: CartLine | None = None,
    service_id: int | None = None,
) -> None:
    found, options = _offered(wanted, today)
    cart.lines.filter(product=found.product, label=label, service=service_id).delete()
    _keep(cart, person_id, found.product, wanted, label, options, parent=parent, service_id=service_id)


def _keep(
    cart: Cart, person_id: int | None, product: Product, wanted: Chosen, label: str, options: Mapping[int, int],
    *, parent: CartLine | None = None, service_id: int | None = None,
) -> CartLine:  # fmt: skip
    if cart.lines.count() >= carts.MOST_LINES:
        raise CartRefused(
            _("Your cart is full: there is room for %(most)d lines in it. Order these first, or remove one.")
            % {"most": carts.MOST_LINES}
        )
    return CartLine.objects.create(
        cart=cart, person_id=person_id, product=product, months=wanted.months, label=label, quantity=wanted.quantity,
        choice_ids=list(options), choice_counts=list(options.values()), parent=parent, service_id=service_id,
    )  # fmt: skip
