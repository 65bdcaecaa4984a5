"""What templates say about devices: `{% load where_from %}`."""

from django import template

from hospes.accounts.origins.browsers import shown

register = template.Library()


@register.filter
def browser_words(kept: str | None) -> str:
    """The short words of a browser, as they are kept, in the active language."""
    return shown(kept or "")
