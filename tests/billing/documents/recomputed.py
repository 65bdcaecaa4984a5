"""The sums of a UBL document computed anew from its lines alone, in exact fractions; shares no code with what made it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from lxml import etree

Group = tuple[str, Fraction]


@dataclass(frozen=True)
class Sums:
    """All amounts that a document says, in cents; groups are (net, VAT) per category and rate."""

    lines: tuple[int, ...]
    groups: dict[Group, tuple[int, int]]
    net: int
    vat: int
    total: int
    payable: int


def said(xml: bytes) -> Sums:
    """The sums as they stand in the document; fails on an amount that is not written in whole cents."""
    root = etree.fromstring(xml)
    money = _one(root, "LegalMonetaryTotal")
    groups = {
        _group(_one(subtotal, "TaxCategory")): (
            _cents(_one(subtotal, "TaxableAmount")), _cents(_one(subtotal, "TaxAmount")),
        )
        for subtotal in _all(_one(root, "TaxTotal"), "TaxSubtotal")
    }  # fmt: skip
    assert len(groups) == len(_all(_one(root, "TaxTotal"), "TaxSubtotal"))
    net = _cents(_one(money, "LineExtensionAmount"))
    assert _cents(_one(money, "TaxExclusiveAmount")) == net
    return Sums(
        lines=tuple(_cents(_one(line, "LineExtensionAmount")) for line in _lines(root)),
        groups=groups,
        net=net,
        vat=_cents(_one(_one(root, "TaxTotal"), "TaxAmount")),
        total=_cents(_one(money, "TaxInclusiveAmount")),
        payable=_cents(_one(money, "PayableAmount")),
    )


def right(xml: bytes) -> Sums:
    """The sums as they must be: from quantity, price and rate of each line, and from what was paid."""
    root = etree.fromstring(xml)
    nets: dict[Group, int] = defaultdict(int)
    lines = []
    for line in _lines(root):
        quantity = next(q for name in ("InvoicedQuantity", "CreditedQuantity") for q in _all(line, name))
        net = _rounded(
            Fraction(_text(quantity)) * Fraction(_text(_one(_one(line, "Price"), "PriceAmount"))) * 100
        )
        lines.append(net)
        nets[_group(_one(_one(line, "Item"), "ClassifiedTaxCategory"))] += net
    groups = {group: (net, _rounded(net * group[1] / 100)) for group, net in nets.items()}
    net, vat = sum(lines), sum(tax for _, tax in groups.values())
    paid = [_cents(amount) for amount in _all(_one(root, "LegalMonetaryTotal"), "PrepaidAmount")]
    return Sums(tuple(lines), groups, net, vat, net + vat, net + vat - sum(paid))


def _rounded(amount: Fraction) -> int:
    """Half away from zero."""
    whole = (abs(amount) + Fraction(1, 2)).__floor__()
    return whole if amount >= 0 else -whole


def _group(category: etree._Element) -> Group:
    percents = _all(category, "Percent")
    return _text(_one(category, "ID")), Fraction(_text(percents[0])) if percents else Fraction(0)


def _cents(amount: etree._Element) -> int:
    assert amount.get("currencyID") == "EUR"
    units, _, decimals = _text(amount).partition(".")
    assert len(decimals) == 2
    return int(units + decimals)


def _lines(root: etree._Element) -> list[etree._Element]:
    return _all(root, "InvoiceLine") + _all(root, "CreditNoteLine")


def _all(parent: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in parent if etree.QName(child).localname == name]


def _one(parent: etree._Element, name: str) -> etree._Element:
    [child] = _all(parent, name)
    return child


def _text(element: etree._Element) -> str:
    assert element.text
    return element.text
