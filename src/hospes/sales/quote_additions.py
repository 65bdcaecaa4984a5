"""Additions on a quote that staff make: what each of them belongs to. Acts for the contract."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, additions
from hospes.sales.additions import OPEN
from hospes.sales.services import QuoteRefused
from hospes.services.models import Service


def find(
    lines: list[dict[str, Any]], on_offer: dict[tuple[int, int], Offer], customer_id: int, today: date
) -> None:
    """
    Say of each addition what it belongs to: the line of its product for the same name (`parent`, counted from 0), or else the
    service of that name that runs (`service_id`). Without a name it is the only line of its product.

    Raises QuoteRefused that names the line where there is no such thing, or its term is another one.
    """
    for at, line in enumerate(lines):
        offer = on_offer.get((line["product_id"] or 0, line["months"]))
        if offer is None or offer.product.kind != Product.Kind.ADDON:
            continue
        n, whole_id = {"n": at + 1}, offer.product.belongs_to_id or 0
        months = _parent(line, lines, whole_id) or _service(line, customer_id, whole_id)
        if months is None:
            raise QuoteRefused(
                _(
                    "Line %(n)d is an addition: put what it belongs to on the quote for the same name, or give the name of a"
                    " service of this customer that runs."
                )
                % n
            )
        known = {each.product.pk: each.months for each in additions(whole_id, months=months, today=today)}
        if known.get(offer.product.pk) != line["months"]:
            raise QuoteRefused(_("Line %(n)d cannot be had for this term with what it belongs to.") % n)


def _parent(line: dict[str, Any], lines: list[dict[str, Any]], whole_id: int) -> int | None:
    """Find it on the quote; returns for how many months that is had."""
    whole = [at for at, each in enumerate(lines) if each["product_id"] == whole_id]
    named = [at for at in whole if lines[at]["label"].lower() == line["label"].lower()]
    if not line["label"] and len(whole) == 1:
        named = whole
    if not named:
        return None
    line["parent"], line["label"] = named[0], lines[named[0]]["label"]
    return int(lines[named[0]]["months"])


def _service(line: dict[str, Any], customer_id: int, whole_id: int) -> int | None:
    """Find it among what the customer has; returns for how many months that is had."""
    held = Service.objects.filter(
        customer_id=customer_id,
        product_id=whole_id,
        label__iexact=line["label"],
        state__in=OPEN,
        ends_on=None,
    ).first()
    if held is None:
        return None
    line["service_id"], line["label"] = held.pk, held.label
    return held.months
