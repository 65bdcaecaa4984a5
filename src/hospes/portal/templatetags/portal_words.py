"""Words of the portal's templates."""

from django import template
from django.utils.translation import gettext as _

from hospes.faces.states import look_of

register = template.Library()

_REASONS = {
    "ordered": lambda: _("ordered and paid"),
    "provisioned": lambda: _("set up at the hosting server"),
    "name_in_use": lambda: _("the name was in use with us already"),
    "refused_by_panel": lambda: _("the hosting server did not accept it"),
    "tried_again": lambda: _("tried again by a colleague"),
}


@register.filter
def gigabytes(megabytes: int) -> int:
    """Whole gigabytes, as packages are sold."""
    return megabytes // 1000


@register.filter
def state_words(state: str) -> str:
    """A state in words, without its badge."""
    return str(look_of(state).words).capitalize()


@register.filter
def reason_words(reason: str) -> str:
    """Why a service changed state; a reason without words of its own is shown as it is."""
    return _REASONS[reason]() if reason in _REASONS else reason
