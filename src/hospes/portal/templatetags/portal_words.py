"""Words of the portal's templates."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import template

from hospes.billing.documents import notation
from hospes.billing.methods import queries as methods
from hospes.billing.methods.models import PaymentMethod
from hospes.faces.states import look_of
from hospes.kernel import clock
from hospes.payments.providers import takes
from hospes.portal.paying import COLLECT_WORDS
from hospes.services.words import reason_words, refusal_words

register = template.Library()


@register.filter
def state_words(state: str) -> str:
    """A state in words, without its badge."""
    return str(look_of(state).words).capitalize()


@register.filter
def day_before(day: date) -> date:
    """The last day of what ends on a day, which is the first one without it."""
    return day - timedelta(days=1)


@register.filter
def words_of(text: str) -> list[str]:
    """The words of a text, to go through in a template."""
    return text.split()


@register.filter
def item(mapping: Mapping[str, Any], key: str) -> Any:
    """What stands under a key."""
    return mapping.get(key, "")


@register.simple_tag
def payment_methods() -> list[PaymentMethod]:
    """The ways of paying that can be chosen today, as they are called today."""
    return [each for each in methods.offered(on=clock.today()) if takes(each.code)]


@register.simple_tag
def collect_words() -> str:
    """What somebody ticks who has later invoices collected."""
    return str(COLLECT_WORDS)


@register.filter
def in_words(ways: list[PaymentMethod]) -> str:
    """Ways of paying as a text has them."""
    return methods.in_words(ways)


@register.filter
def called(method: PaymentMethod, language: str) -> str:
    """What a way of paying is called in a language."""
    return method.name(language)


register.filter("in_fours", notation.iban)
register.filter(reason_words)
register.filter(refusal_words)
