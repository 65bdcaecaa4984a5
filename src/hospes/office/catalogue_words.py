"""Changes in the catalogue in words."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.catalogue import history
from hospes.catalogue.models import CatalogueChange, VatCode
from hospes.customers.models import Person
from hospes.faces.words import day, euro, terms_words

_FIELDS: dict[str, Promise] = {
    "name_nl": gettext_lazy("name in Dutch"), "name_en": gettext_lazy("name in English"),
    "summary_nl": gettext_lazy("sentence in Dutch"), "summary_en": gettext_lazy("sentence in English"),
    "position": gettext_lazy("place in the list"), "group": gettext_lazy("group"), "disk_mb": gettext_lazy("space in MB"),
    "mailboxes": gettext_lazy("mailboxes"), "panel_package": gettext_lazy("package on the hosting server"),
    "unit_nl": gettext_lazy("counted in, in Dutch"), "unit_en": gettext_lazy("counted in, in English"),
    "most": gettext_lazy("at most so many at once"), "lookup_url": gettext_lazy("address of the registry"),
    "takes_idn": gettext_lazy("letters beyond a to z"), "for_sale": gettext_lazy("for sale"),
    "customer_kind": gettext_lazy("for whom"), "months": gettext_lazy("for which terms"), "valid_from": gettext_lazy("from"),
    "valid_until": gettext_lazy("up to and including"), "most_uses": gettext_lazy("how often in all"),
    "most_per_customer": gettext_lazy("how often by one customer"), "stopped": gettext_lazy("counts no more"),
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A change as the history shows it."""

    change: CatalogueChange
    what: str
    was: str
    became: str
    by: str


def told(changes: list[CatalogueChange]) -> list[Told]:
    """Changes in words, with the names of who made them. Acts for the contract."""
    ids = {change.by_id for change in changes} - {None}
    names = {person.pk: person.name for person in Person.objects.filter(pk__in=ids)}
    return [
        Told(change, _what(change), _value(change, change.was), _value(change, change.became), names.get(change.by_id or 0, ""))
        for change in changes
    ]  # fmt: skip


def _what(change: CatalogueChange) -> str:
    about = f"{capfirst(change.get_what_display())} {change.name}"
    if change.field:
        return f"{about}: {_FIELDS.get(change.field, change.field)}"
    return f"{about}: {change.get_how_display()}"


def _value(change: CatalogueChange, text: str) -> str:
    if change.what in ("price", "choice_price") and text.count("|") == 5:
        return price_words(text)
    if change.what == CatalogueChange.What.PRODUCT_VAT and text.count("|") == 1:
        code, since = text.split("|")
        return f"{VatCode(code).label}, " + _("from %(day)s") % {"day": day(date.fromisoformat(since))}
    if change.what in history.RULES and text.count("|") == 1:
        return rule_words(change.what, text)
    return {"True": _("yes"), "False": _("no")}.get(text, text)


def rule_words(what: str, text: str) -> str:
    """A rule that counts from a day on as the history keeps it (number|from, or first|last day), in words."""
    first, second = text.split("|")
    since = day(date.fromisoformat(second))
    if what == CatalogueChange.What.BOOK_YEARS:
        words = {"first": day(date.fromisoformat(first)), "last": since}
        return _("%(first)s up to and including %(last)s") % words
    number = (
        f"{number_format(Decimal(first) / 100)} %"
        if what == CatalogueChange.What.VAT_RATE
        else euro(int(first))
    )
    return f"{number}, " + _("from %(day)s") % {"day": since}


def price_words(text: str) -> str:
    """A price as the history keeps it (months|cents|set-up|introduction|from|for sale), in words."""
    months, cents, setup, intro, since, offered = text.split("|")
    if offered == "0":
        return _("%(term)s no longer for sale, from %(day)s") % {
            "term": terms_words(int(months)),
            "day": day(date.fromisoformat(since)),
        }
    said = f"{euro(int(cents))} {terms_words(int(months))}"
    if intro:
        amount, terms = intro.split("×")
        said += ", " + _("the first %(terms)s for %(price)s") % {"terms": terms, "price": euro(int(amount))}
    if int(setup):
        said += ", " + _("set-up %(price)s") % {"price": euro(int(setup))}
    return said + ", " + _("from %(day)s") % {"day": day(date.fromisoformat(since))}
