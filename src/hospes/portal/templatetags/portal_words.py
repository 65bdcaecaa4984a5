"""Words of the portal's templates."""

from django import template

from hospes.faces.states import look_of
from hospes.services.words import reason_words

register = template.Library()


@register.filter
def gigabytes(megabytes: int) -> int:
    """Whole gigabytes, as packages are sold."""
    return megabytes // 1000


@register.filter
def state_words(state: str) -> str:
    """A state in words, without its badge."""
    return str(look_of(state).words).capitalize()


register.filter(reason_words)
