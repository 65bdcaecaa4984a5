"""
Template tags and filters of the design system: `{% load hospes_ui %}`.

Amounts and dates read as `hospes.faces.words` says; an empty value (None, "") gives an empty string, so that a template
needs no test around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from hospes.faces import words
from hospes.faces.prices import View
from hospes.faces.states import Look, look_of

register = template.Library()


@register.filter
def euro(value: Any) -> str:
    """Write whole cents (an int, or a Money with its `cents`) as euros."""
    if value is None or value == "":
        return ""
    return words.euro(int(getattr(value, "cents", value)))


@register.filter
def priced(cents: int, view: View) -> str:
    """Write an amount without VAT as the one who looks sees it: € 12,10 including VAT."""
    return view.words(cents)


@register.filter
def with_vat(cents: int, view: View) -> int:
    """An amount without VAT in cents, as the one who looks sees it."""
    return view.cents(cents)


@register.filter
def day(value: date | None) -> str:
    """Write a day in words: 22 november 2026."""
    return words.day(value) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """Write a moment in Amsterdam time: 22 november 2026, 14:05."""
    return words.moment(value) if value else ""


@register.filter
def last_day(value: datetime | None) -> str:
    """Write the last whole day before a moment at which something ends: until 1 May, 00:00 is 30 April."""
    return words.day(value - timedelta(microseconds=1)) if value else ""


@register.filter
def gigabytes(megabytes: int) -> int:
    """Whole gigabytes, as packages are sold."""
    return megabytes // 1000


@register.filter
def term(months: int) -> str:
    """Say for how long something is had at a time: per maand, per jaar, per 2 jaar, eenmalig."""
    return words.terms_words(months)


@register.filter
def any_of(things: Sequence[str]) -> str:
    """Join things of which one will do: Anna, Bram of Cor."""
    return words.any_of(things)


@register.filter(name="relative_day")
def relative_day_filter(value: date | None, today: date) -> str:
    """Say how far a day is from today: `{{ invoice.due_on|relative_day:today }}`."""
    return words.relative_day(value, today) if value else ""


@register.simple_tag(takes_context=True, name="relative_day")
def relative_day_tag(context: template.Context, value: date | None, today: date | None = None) -> str:
    """Say how far a day is from the context's `today` (or from the day given): `{% relative_day invoice.due_on %}`."""
    if not value:
        return ""
    since = today or context.get("today")
    if since is None:
        raise template.TemplateSyntaxError(
            "relative_day needs `today` in the context or as its second argument."
        )
    return words.relative_day(value, since)


@register.simple_tag(takes_context=True)
def language_url(context: template.Context, language: str) -> str:
    """
    Return the address of this same page in another language, its query string kept.

    An address that no route knows (an error page) gets or loses the language prefix instead.
    """
    request: HttpRequest | None = context.get("request")
    path = request.get_full_path() if request else "/"
    if language == (get_language() or settings.LANGUAGE_CODE).split("-")[0]:
        return path
    translated = translate_url(path, language)
    return translated if translated != path else _with_prefix(path, language)


def _with_prefix(path: str, language: str) -> str:
    for code, _name in settings.LANGUAGES:
        if path == f"/{code}" or path.startswith((f"/{code}/", f"/{code}?")):
            path = path[len(code) + 1 :]
            break
    default = settings.LANGUAGE_CODE.split("-")[0]
    path = path if path.startswith("/") else f"/{path}"
    return path if language == default else f"/{language}{path}"


@register.filter
def look(state: Any) -> Look:
    """Return the tone and the words of a state: `{% with look=invoice.state|look %}`. For the badge component."""
    return look_of(str(getattr(state, "value", state)))


@register.filter
def attributes(attrs: Mapping[str, Any]) -> SafeString:
    """
    Write a component's remaining attributes onto its element, each value escaped: `<div {{ attrs|attributes }}>`.

    Cotton's own `{{ attrs }}` prints a dynamic value (`:data-x="name"`) as it is, so a name with a quote in it would
    become markup. None and False leave an attribute out, True writes it without a value.
    """
    left: Mapping[str, Any] = attrs.attrs_dict()  # type: ignore[attr-defined]
    said = {name: value for name, value in left.items() if value is not None and value is not False}
    return mark_safe(" ".join(n if v is True else f'{escape(n)}="{_quoted(v)}"' for n, v in said.items()))  # noqa: S308


def _quoted(value: Any) -> str:
    # What a template wrote is escaped already, but for the quotes of its own text (hx-vals='{"a": 1}').
    return value.replace('"', "&quot;") if isinstance(value, SafeString) else escape(str(value))


@register.filter
def control(field: BoundField) -> SafeString:
    """Render a form field's widget without its placeholder: a label says what a field is, also once it is filled."""
    return field.as_widget(attrs={"placeholder": False})


@register.filter
def kind(field: BoundField) -> str:
    """Return how a field is laid out: "check" (one tick box), "choices" (a group of them) or "text" (anything else)."""
    if field.widget_type == "checkbox":
        return "check"
    return (
        "choices"
        if field.use_fieldset and field.widget_type in ("radioselect", "checkboxselectmultiple")
        else "text"
    )
