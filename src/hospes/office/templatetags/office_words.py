"""Words of the office in templates."""

from django import template

from hospes.office import words

register = template.Library()


@register.filter
def message_words(kind: str) -> str:
    """What a message was about."""
    return words.message_words(kind)
