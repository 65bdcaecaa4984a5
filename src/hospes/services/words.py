"""What the codes of a service's life stand for."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Why a service went from one state to another.
REASONS: dict[str, Promise] = {
    "ordered": _("ordered and paid"),
    "provisioned": _("set up at the hosting server"),
    "name_in_use": _("the name was in use with us already"),
    "refused_by_panel": _("the hosting server did not accept it"),
    "tried_again": _("tried again by a colleague"),
}


def reason_words(reason: str) -> str:
    """Why a service changed state, in the active language; a reason without words of its own is shown as it is."""
    return str(REASONS.get(reason, reason))
