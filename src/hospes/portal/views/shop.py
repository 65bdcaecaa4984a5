"""What can be bought, the cart, and the checkout."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hospes.accounts.origins.places import place_of
from hospes.billing import rules as billing_rules
from hospes.billing.rules import Taxes
from hospes.billing.tax.services import note_place
from hospes.billing.tax.words import why_words
from hospes.catalogue.models import Product
from hospes.catalogue.queries import groups, notices, offers
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.faces.prices import Shown, View, shown, term_of
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.portal.forms import CheckoutForm
from hospes.portal.pages import at_the_cart, cart_contents, for_customer, keep_cart
from hospes.portal.views.orders import asked_to_start
from hospes.portal.views.prices import home_taxes, view_of
from hospes.sales import agreements, carts, names, services
from hospes.sales.agreements import Agreement
from hospes.sales.models import Order, Quote
from hospes.sales.rules import last_day_to_withdraw
from hospes.sales.services import QuoteRefused, Wanted
from hospes.services import kinds, tasks


def _shown(view: View) -> list[Shown]:
    """Everything that is for sale, but for additions: those are had with something else."""
    today = clock.today()
    found = [o for o in offers(today=today) if o.product.kind != Product.Kind.ADDON]
    entries = shown(found, view, made=[kind for kind in Product.Kind.values if kinds.is_made(kind)])
    # A name can be ordered once it is said what its registry gets (P42).
    said = notices({o.product.pk for o in found if o.product.kind == Product.Kind.DOMAIN}, today=today)
    return [
        replace(e, can_be_ordered=False)
        if e.product.kind == Product.Kind.DOMAIN and e.product.pk not in said
        else e
        for e in entries
    ]


@require_safe
def catalogue(request: Any) -> HttpResponse:
    """What can I get, and what does it cost?"""
    request.nav, view = "shop", view_of(request)
    request.cart_count = len(cart_contents(request).items)
    entries = _shown(view)
    grouped = [(group, *_of_group(entries, group.pk)) for group in groups()]
    context = {"groups": [each for each in grouped if any(each[1:])], "view": view}
    return render(request, "shop/catalogue.html", context)


def _of_group(entries: list[Shown], group_id: int) -> tuple[list[Shown], list[Shown]]:
    """What stands in a group: the names, which one looks for together, and everything else."""
    found = [entry for entry in entries if entry.product.group_id == group_id]
    names = [entry for entry in found if entry.product.kind == Product.Kind.DOMAIN]
    return names, [entry for entry in found if entry.product.kind != Product.Kind.DOMAIN]


@require_safe
def cart(request: Any) -> HttpResponse:
    """What is in my cart, and what does it cost together?"""
    request.nav = "cart"
    contents = cart_contents(request, is_visit=True)
    request.cart_count = len(contents.items)
    in_use = names.sentence(contents.names_in_use) if contents.names_in_use else ""
    view = view_of(request)
    there = {(item.parent_id, item.slug) for item in contents.items}
    addable = [(item, offer, term_of(offer, view)) for item in contents.items if item.cents is not None
               for offer in item.additions if (item.line_id, offer.product.slug) not in there]  # fmt: skip
    context = _lines(contents, view) | {"in_use": in_use, "addable": addable}
    response = render(request, "shop/cart.html", context)
    return keep_cart(response, request, contents.cart_id) if contents.cart_id else response


def _totals(contents: carts.Contents, taxes: Taxes | None = None) -> billing_rules.Totals:
    """What it costs together; for whom nothing is known yet, with our own VAT."""
    applied = taxes or home_taxes()
    return billing_rules.taxed((item.cents or 0, applied.of(item.vat_code)) for item in contents.items)


def _wanted(contents: carts.Contents) -> list[Wanted]:
    held = [item for item in contents.items if item.quotation]
    places = {item.line_id: at for at, item in enumerate(held)}
    return [
        Wanted(i.product_id, i.name, i.label, i.months, i.quotation.now_cents, i.quotation.setup_cents, i.quotation.steps,
               i.quantity, i.choices, i.details, places.get(i.parent_id or 0), i.service_id)
        for i in held if i.quotation
    ]  # fmt: skip


def _taxes_here(request: Any, capacity: Capacity, contents: carts.Contents) -> Taxes | None:
    """
    The VAT of this order, with what the network that it comes from shows of the country; None where it cannot be told.

    Of customers in our own country nothing is kept by that.
    """
    now = clock.now()
    with acting(Purpose.CONTRACT, actor=request.actor, customer=capacity.customer_id, person=request.user.pk):
        note_place(
            customer_id=capacity.customer_id, kind="ip", country=place_of(request.actor.ip).country, now=now
        )
        try:
            return services.taxes_for(capacity.customer_id, _wanted(contents), clock.today())
        except QuoteRefused as refusal:
            messages.warning(request, str(refusal))
            return None


def _line(item: carts.Item, cents: Callable[[int], int]) -> dict[str, Any]:
    if (costs := item.quotation) is None:
        return {}
    later = [(step.from_term, cents(step.cents)) for step in costs.steps[1:]]
    return {
        "now": cents(costs.now_cents),
        "setup": cents(costs.setup_cents),
        "later": later,
        "term": cents(costs.first_cents),
    }


def _lines(contents: carts.Contents, view: View, taxes: Taxes | None = None) -> dict[str, Any]:
    """What a page says of a cart: each line as somebody sees its prices, now and later, and the sums."""
    lines = [{"item": item} | _line(item, view.of(item.vat_code).cents) for item in contents.items]
    discount = sum(view.of(code).cents(cents) for code, cents in contents.discounts.items())
    return {"contents": contents, "lines": lines, "view": view, "totals": _totals(contents, taxes),
            "discount": discount}  # fmt: skip


@require_POST
def cart_code(request: Any) -> HttpResponse:
    """Give a promotion code, or take it out."""
    text = request.POST.get("code", "")
    with at_the_cart(request) as (cart_id, person_id):
        counts = carts.set_code(
            cart_id=cart_id, person_id=person_id, text=text, today=clock.today(), now=clock.now()
        )
    if text.strip() and not counts:
        messages.error(
            request,
            _("This code does not count for what is in your cart, or not any more. Nothing was changed."),
        )
    return redirect("shop:cart")


@require_POST
def cart_remove(request: Any, line_id: int) -> HttpResponse:
    """Take a line out of the cart."""
    with at_the_cart(request) as (cart_id, person_id):
        carts.take_out(cart_id=cart_id, person_id=person_id, line_id=line_id, now=clock.now())
    return redirect("shop:cart")


@require_safe
def checkout_start(request: Any) -> HttpResponse:
    """For whom is the order: as myself, or for a company?"""
    if not request.user.is_authenticated:
        return render(request, "shop/who.html")
    able = [c for c in request.capacities if c.may(Capability.ORDER)]
    if len(able) == 1:
        return redirect("portal:checkout", number=able[0].number)
    return render(request, "shop/capacity.html", {"capacities": able})


@for_customer(Capability.ORDER, nav="shop", visitors="shop:checkout")
def checkout(request: Any, capacity: Capacity) -> HttpResponse:
    """What do I get, what does it cost now and later, and who receives my data? The button says that it has to be paid."""
    contents = cart_contents(request, customer_kind=capacity.kind)
    if request.method == "POST" and (before := _answered_before(request, capacity)):
        return before
    if not contents.can_be_ordered:
        if contents.code_text and not contents.code_counts:
            said = _(
                "The promotion code %(code)s does not count for %(name)s. Take it out of your cart to go on."
            )
            messages.warning(request, said % {"code": contents.code_text, "name": capacity.name})
        return redirect("shop:cart")
    agreed = agreements.of_now(get_language() or "nl")
    seen = agreed.mark(contents.version)  # who orders agrees to these things, at these prices, on these terms
    form = CheckoutForm(request.POST or None, initial={"version": seen}, has_domains=bool(contents.notices))
    if request.method == "POST":
        if request.POST.get("version") != seen:
            form = CheckoutForm(initial={"version": seen}, has_domains=bool(contents.notices))
            messages.warning(
                request,
                _("Your cart or our terms have changed since this page was shown. Please look again."),
            )
        elif form.is_valid() or request.POST.get("do") == "quote":
            return _order(request, capacity, contents, agreed)
    taxes = _taxes_here(request, capacity, contents)
    context = _lines(contents, view_of(request, capacity, taxes), taxes) | {
        "form": form, "capacity": capacity, "begins_late": last_day_to_withdraw(clock.today()),
        "has_work": any(item.kind in tasks.BY_HAND for item in contents.items), "notices": contents.notices,
        "has_terms": any(item.months for item in contents.items),
        "vat_why": why_words(taxes.reason) if taxes and taxes.reason not in ("", "domestic") else "",
    }  # fmt: skip
    return render(request, "shop/checkout.html", context)


def _key(seen: str, capacity: Capacity) -> str:
    """What makes one quote of a cart as it was seen, however often the button is pressed."""
    return f"cart:{seen}:{capacity.customer_id}"


def _answered_before(request: Any, capacity: Capacity) -> HttpResponse | None:
    """Where this very form led to: it is sent again by a double click, or by somebody whose first answer got lost."""
    with acting(Purpose.CONTRACT, actor=request.actor, customer=capacity.customer_id, person=request.user.pk):
        quote = Quote.objects.filter(key=_key(request.POST.get("version", ""), capacity)).first()
        order = Order.objects.filter(quote_id=quote.pk).first() if quote else None
    if order:
        return redirect("portal:order", number=capacity.number, order_number=order.number)
    return redirect("portal:quote", number=capacity.number, quote_number=quote.number) if quote else None


class _AlreadyOrderedError(Exception):
    """The cart went into another order at this very moment."""


def _order(request: Any, capacity: Capacity, contents: carts.Contents, agreed: Agreement) -> HttpResponse:
    """Make the quote, and unless only that was asked for, accept it at once; the cart is emptied with it or not at all."""
    now, today, key = clock.now(), clock.today(), _key(agreed.mark(contents.version), capacity)
    lines = _wanted(contents)
    promotion_id = contents.code.promotion_id if contents.code and contents.code_counts else None
    try:
        with acting(
            Purpose.CONTRACT, actor=request.actor, customer=capacity.customer_id, person=request.user.pk
        ):
            with at_the_cart(request):
                if not carts.empty(
                    person_id=request.user.pk,
                    version=contents.version,
                    today=today,
                    customer_kind=capacity.kind,
                ):
                    raise _AlreadyOrderedError
            quote = services.make_quote(
                customer_id=capacity.customer_id,
                lines=lines,
                key=key,
                today=today,
                now=now,
                promotion_id=promotion_id,
            )
            if request.POST.get("do") == "quote":
                target = redirect("portal:quote", number=capacity.number, quote_number=quote.number)
            else:
                order = services.accept_quote(quote_id=quote.pk, person_id=request.user.pk, ip=request.actor.ip,
                                              agreed=agreed, today=today, now=now,
                                              start_asked=asked_to_start(request, capacity),
                                              told=[notice.pk for notice in contents.notices],
                                              language=get_language() or "nl")  # fmt: skip
                target = redirect("portal:order", number=capacity.number, order_number=order.number)
    except _AlreadyOrderedError:
        return _answered_before(request, capacity) or redirect("shop:cart")
    except QuoteRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("shop:cart")
    return target
