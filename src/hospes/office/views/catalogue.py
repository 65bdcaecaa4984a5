"""What is for sale: groups, products, prices, options and promotion codes. For who keeps the catalogue."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospes.accounts.models import Power
from hospes.catalogue import history, services
from hospes.catalogue.models import (
    Choice,
    ChoicePrice,
    Group,
    Option,
    Price,
    Product,
    ProductVat,
    Promotion,
    VatCode,
)
from hospes.catalogue.queries import groups, offers, vat_code
from hospes.catalogue.services import CatalogueRefused
from hospes.faces.prices import shown
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import forms_catalogue as forms
from hospes.office.catalogue_words import told
from hospes.office.pages import office_page, show
from hospes.office.rates import home_view
from hospes.services import kinds

FEW = 25
_PAGE = office_page(power=Power.CATALOGUE, nav="catalogue")


def _do(request: Any, form: Any, what: Callable[[], Any]) -> Any:
    """Carry out what a valid form asks for, for the contract; None, with the refusal in the form, when it was refused."""
    try:
        with acting(Purpose.CONTRACT, actor=request.actor):
            return what() or True
    except CatalogueRefused as refusal:
        form.add_error(None, str(refusal))
        return None


def _changes(request: Any, **which: Any) -> list[Any]:
    with acting(Purpose.CONTRACT, actor=request.actor):
        return told(history.changes(limit=FEW, **which))


# --- everything -----------------------------------------------------------------------------------------------------------


@require_safe
@_PAGE
def catalogue(request: Any) -> HttpResponse:
    """What is for sale today, and for how much?"""
    today = clock.today()
    products = list(Product.objects.select_related("group").order_by("position", "pk"))
    found = {entry.product.pk: entry for entry in _shown(today)}
    lines: list[dict[str, Any]] = [
        {"product": p, "terms": found[p.pk].terms if p.pk in found else ()} for p in products
    ]
    context = {
        "groups": [(g, [line for line in lines if line["product"].group_id == g.pk]) for g in groups()],
        "for_sale": len(found), "promotions": list(Promotion.objects.order_by("stopped", "-valid_from", "code")),
        "changes": _changes(request), "today": today,
    }  # fmt: skip
    return show(request, "office/catalogue/catalogue.html", context)


def _shown(today: Any, with_vat: bool = False) -> Any:
    made = [kind for kind in Product.Kind.values if kinds.is_made(kind)]
    return shown(offers(today=today), home_view(today, with_vat=with_vat), made=made)


@require_http_methods(["GET", "POST"])
@_PAGE
def new_group(request: Any) -> HttpResponse:
    """What is the new part of the shop called?"""
    form = forms.NewGroupForm(request.POST or None)
    if form.is_valid() and _do(
        request, form, lambda: services.make_group(now=clock.now(), **form.cleaned_data)
    ):
        messages.success(request, _("The group is there."))
        return redirect("office:catalogue")
    return _form(request, form, _("New group"))


@require_http_methods(["GET", "POST"])
@_PAGE
def group(request: Any, group_id: int) -> HttpResponse:
    """What is this part of the shop called, and where does it stand?"""
    held = get_object_or_404(Group, pk=group_id)
    names = ("name_nl", "name_en", "summary_nl", "summary_en", "position")
    form = forms.GroupForm(request.POST or None, initial={name: getattr(held, name) for name in names})
    if form.is_valid() and _do(
        request, form, lambda: services.change(held, now=clock.now(), **form.cleaned_data)
    ):
        return redirect("office:catalogue")
    return _form(request, form, held.name)


def _form(request: Any, form: Any, title: str, lead: str = "") -> HttpResponse:
    context = {"form": form, "title": title, "lead": lead}
    return show(request, "office/catalogue/form.html", context, status=422 if form.errors else 200)


# --- a product ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@_PAGE
def new_product(request: Any) -> HttpResponse:
    """What is it that we are going to sell?"""
    form = forms.NewProductForm(request.POST or None)
    if form.is_valid():
        made = _do(request, form, lambda: services.make_product(now=clock.now(), **form.cleaned_data))
        if made:
            messages.success(request, _("The product is there. It can be ordered once it has a price."))
            return redirect("office:product", product_id=made.pk)
    return _form(request, form, _("New product"), _("It can be ordered once it has a price."))


@require_http_methods(["GET", "POST"])
@_PAGE
def product(request: Any, product_id: int) -> HttpResponse:
    """What is it, what does it cost, and what does a customer see of it?"""
    held = get_object_or_404(Product.objects.select_related("group"), pk=product_id)
    form = forms.ProductForm(request.POST) if request.method == "POST" else forms.ProductForm.of(held)
    if form.is_valid() and _do(
        request, form, lambda: services.change(held, now=clock.now(), **form.cleaned_data)
    ):
        messages.success(request, _("Saved."))
        return redirect("office:product", product_id=product_id)
    return _product(request, held, form=form)


def _product(
    request: Any,
    held: Product,
    *,
    form: Any = None,
    price_form: Any = None,
    option_form: Any = None,
    notice_form: Any = None,
    vat_form: Any = None,
) -> HttpResponse:
    today = clock.today()
    code = vat_code(held.pk, today=today)
    shown_to = [
        (view, next((e for e in shown(offers(today=today), view, made=Product.Kind.values) if e.product.pk == held.pk), None))
        for view in (home_view(today, with_vat=True), home_view(today, with_vat=False))
    ]  # fmt: skip
    context = {
        "product": held, "form": form or forms.ProductForm.of(held), "today": today, "preview": shown_to,
        "price_form": price_form or _price_form(held), "option_form": option_form or forms.NewOptionForm(prefix="option"),
        "prices": list(held.prices.filter(withdrawn_at=None).order_by("months", "-valid_from")),
        "options": list(held.options.order_by("position", "pk").prefetch_related("choices")),
        "notices": list(held.notices.order_by("-valid_from")), "notice_form": notice_form or forms.NoticeForm(
            initial={"valid_from": today}, prefix="notice"),
        "changes": _changes(request, product=held.pk), "is_made": kinds.is_made(held.kind),
        "vat": capfirst(VatCode(code).label), "percent": Decimal(home_view(today, with_vat=True).of(code).rate) / 100,
        "vats": list(held.vat_codes.filter(withdrawn_at=None).order_by("-valid_from")),
        "vat_form": vat_form or forms.VatForm(initial={"valid_from": today}, prefix="vat"),
    }  # fmt: skip
    wrong = any(f is not None and f.errors for f in (form, price_form, option_form, notice_form, vat_form))
    return show(request, "office/catalogue/product.html", context, status=422 if wrong else 200)


def _price_form(held: Product, posted: Any = None) -> forms.ProductPriceForm:
    initial = {"valid_from": clock.today(), "months": 12, "offered": True}
    return forms.ProductPriceForm(posted, initial=initial, has_term=held.has_term, prefix="price")


@require_POST
@_PAGE
def set_price(request: Any, product_id: int) -> HttpResponse:
    """Let a price begin."""
    held = get_object_or_404(Product, pk=product_id)
    form = _price_form(held, request.POST)
    if form.is_valid() and _do(request, form, lambda: services.set_price(
        product_id=held.pk, price=form.wanted(), today=clock.today(), now=clock.now())):  # fmt: skip
        messages.success(
            request, _("The price counts for new orders from that day on. What was agreed stays as it is.")
        )
        return redirect("office:product", product_id=product_id)
    return _product(request, held, price_form=form)


@require_POST
@_PAGE
def withdraw_price(request: Any, price_id: int) -> HttpResponse:
    """Withdraw a price that did not begin before today."""
    held = get_object_or_404(Price, pk=price_id)
    _withdraw(request, held)
    return redirect("office:product", product_id=held.product_id)


def _withdraw(request: Any, held: Price | ChoicePrice | ProductVat) -> None:
    try:
        with acting(Purpose.CONTRACT, actor=request.actor):
            if isinstance(held, ProductVat):
                services.withdraw_vat(vat=held, today=clock.today(), now=clock.now())
            else:
                services.withdraw_price(price=held, today=clock.today(), now=clock.now())
        messages.success(request, _("It is withdrawn."))
    except CatalogueRefused as refusal:
        messages.error(request, str(refusal))


@require_POST
@_PAGE
def set_vat(request: Any, product_id: int) -> HttpResponse:
    """Let a product have another kind of VAT rate from a day on."""
    held = get_object_or_404(Product, pk=product_id)
    form = forms.VatForm(request.POST, prefix="vat")
    if form.is_valid() and _do(request, form, lambda: services.set_vat(
        product_id=held.pk, today=clock.today(), now=clock.now(), **form.cleaned_data)):  # fmt: skip
        messages.success(
            request, _("It counts from that day on, also for services that run: from their next invoice.")
        )
        return redirect("office:product", product_id=product_id)
    return _product(request, held, vat_form=form)


@require_POST
@_PAGE
def withdraw_vat(request: Any, vat_id: int) -> HttpResponse:
    """Withdraw a kind of VAT rate that did not begin before today."""
    held = get_object_or_404(ProductVat, pk=vat_id)
    _withdraw(request, held)
    return redirect("office:product", product_id=held.product_id)


@require_POST
@_PAGE
def new_notice(request: Any, product_id: int) -> HttpResponse:
    """Say, from a day on, what the registry of an extension gets."""
    held = get_object_or_404(Product, pk=product_id, kind=Product.Kind.DOMAIN)
    form = forms.NoticeForm(request.POST, prefix="notice")
    if form.is_valid() and _do(request, form, lambda: services.make_notice(
        product_id=held.pk, today=clock.today(), now=clock.now(), **form.cleaned_data)):  # fmt: skip
        messages.success(request, _("From that day on it is shown to who orders such a name."))
        return redirect("office:product", product_id=product_id)
    return _product(request, held, notice_form=form)


# --- options --------------------------------------------------------------------------------------------------------------


@require_POST
@_PAGE
def new_option(request: Any, product_id: int) -> HttpResponse:
    """Give a product something to choose."""
    held = get_object_or_404(Product, pk=product_id)
    form = forms.NewOptionForm(request.POST, prefix="option")
    if form.is_valid():
        words = dict(form.cleaned_data)
        first = [(words.pop("first_nl"), words.pop("first_en"))]
        made = _do(request, form, lambda: services.make_option(
            product_id=held.pk, choices=first, now=clock.now(), **words))  # fmt: skip
        if made:
            return redirect("office:option", option_id=made.pk)
    return _product(request, held, option_form=form)


@require_http_methods(["GET", "POST"])
@_PAGE
def option(request: Any, option_id: int) -> HttpResponse:
    """What is there to choose, and what does each add to the price?"""
    held = get_object_or_404(Option.objects.select_related("product"), pk=option_id)
    form = forms.OptionForm(request.POST) if request.method == "POST" else forms.OptionForm.of(held)
    if form.is_valid() and _do(
        request, form, lambda: services.change(held, now=clock.now(), **form.cleaned_data)
    ):
        messages.success(request, _("Saved."))
        return redirect("office:option", option_id=option_id)
    return _option(request, held, form=form)


def _option(
    request: Any, held: Option, *, form: Any = None, choice_form: Any = None, price_form: Any = None
) -> HttpResponse:
    choices = held.choices.order_by("position").prefetch_related("prices")
    lines = [
        (
            choice,
            sorted(
                (p for p in choice.prices.all() if p.withdrawn_at is None),
                key=lambda p: (p.months, p.valid_from),
            ),
        )
        for choice in choices
    ]
    context = {
        "option": held, "product": held.product, "form": form or forms.OptionForm.of(held), "lines": lines,
        "today": clock.today(),
        "choice_form": choice_form or forms.ChoiceForm(prefix="choice"), "price_form": price_form or _choice_price_form(held),
        "takes_more": held.kind == Option.Kind.CHOICE,
    }  # fmt: skip
    wrong = any(f is not None and f.errors for f in (form, choice_form, price_form))
    return show(request, "office/catalogue/option.html", context, status=422 if wrong else 200)


def _choice_price_form(held: Option, posted: Any = None) -> forms.ChoicePriceForm:
    initial = {"valid_from": clock.today(), "months": 12, "offered": True}
    return forms.ChoicePriceForm(
        posted, initial=initial, has_term=held.product.has_term, prefix="price", choices=held.choices.order_by("position")
    )  # fmt: skip


@require_POST
@_PAGE
def new_choice(request: Any, option_id: int) -> HttpResponse:
    """Add a choice to a list."""
    held = get_object_or_404(Option.objects.select_related("product"), pk=option_id)
    form = forms.ChoiceForm(request.POST, prefix="choice")
    if form.is_valid() and _do(request, form, lambda: services.add_choice(
        option_id=option_id, now=clock.now(), **form.cleaned_data)):  # fmt: skip
        return redirect("office:option", option_id=option_id)
    return _option(request, held, choice_form=form)


@require_POST
@_PAGE
def set_choice_price(request: Any, option_id: int) -> HttpResponse:
    """Let a price of a choice begin."""
    held = get_object_or_404(Option.objects.select_related("product"), pk=option_id)
    form = _choice_price_form(held, request.POST)
    if form.is_valid() and _do(request, form, lambda: services.set_choice_price(
        choice_id=form.cleaned_data["choice"].pk, price=form.wanted(), today=clock.today(), now=clock.now())):  # fmt: skip
        messages.success(
            request, _("The price counts for new orders from that day on. What was agreed stays as it is.")
        )
        return redirect("office:option", option_id=option_id)
    return _option(request, held, price_form=form)


@require_POST
@_PAGE
def withdraw_choice_price(request: Any, price_id: int) -> HttpResponse:
    """Withdraw a price of a choice that did not begin before today."""
    held = get_object_or_404(ChoicePrice.objects.select_related("choice"), pk=price_id)
    _withdraw(request, held)
    return redirect("office:option", option_id=held.choice.option_id)


@require_POST
@_PAGE
def choice_for_sale(request: Any, choice_id: int) -> HttpResponse:
    """Stop selling a choice, or sell it again."""
    held = get_object_or_404(Choice, pk=choice_id)
    with acting(Purpose.CONTRACT, actor=request.actor):
        services.change(held, now=clock.now(), for_sale=request.POST.get("for_sale") == "1")
    return redirect("office:option", option_id=held.option_id)


# --- promotion codes ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@_PAGE
def new_promotion(request: Any) -> HttpResponse:
    """What does the code take off, for whom, and how often?"""
    form = forms.NewPromotionForm(request.POST or None, initial={"valid_from": clock.today()})
    if form.is_valid():
        made = _do(request, form, lambda: services.make_promotion(now=clock.now(), **form.wanted()))
        if made:
            messages.success(request, _("The code is there."))
            return redirect("office:promotion", promotion_id=made.pk)
    return _form(request, form, _("New promotion code"))


@require_http_methods(["GET", "POST"])
@_PAGE
def promotion(request: Any, promotion_id: int) -> HttpResponse:
    """What does this code do, and how often was it used?"""
    held = get_object_or_404(Promotion, pk=promotion_id)
    form = forms.PromotionForm(request.POST) if request.method == "POST" else forms.PromotionForm.of(held)
    if form.is_valid() and _do(
        request, form, lambda: services.change(held, now=clock.now(), **form.cleaned_data)
    ):
        messages.success(request, _("Saved."))
        return redirect("office:promotion", promotion_id=promotion_id)
    context = {
        "promotion": held, "form": form, "products": [p.product for p in held.for_products.select_related("product")],
        "changes": _changes(request, promotion=held.pk),
    }  # fmt: skip
    return show(request, "office/catalogue/promotion.html", context, status=422 if form.errors else 200)
