"""Words of the office in templates."""

from django import template

from hospes.billing.documents import notation
from hospes.messaging import kinds

register = template.Library()
register.filter("in_fours", notation.iban)


@register.filter
def message_words(kind: str) -> str:
    """What a message was about."""
    return kinds.words(kind)
