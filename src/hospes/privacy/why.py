"""Why a field is asked for, straight from the data map: what for, how long, and who receives it."""

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from hospes.kernel.datamap import mapped
from hospes.kernel.purposes import Basis, Purpose
from hospes.privacy.package import kept

#: Purposes that come with every column: answering requests about it, and removing it in time.
_ALWAYS = {Purpose.RIGHTS, Purpose.RETENTION}


def why(place: str) -> str:
    """
    In words for the person why a column ("customers.Person.phone") is asked for, in the active language.

    Raises LookupError for a column that is not on the map.
    """
    model_label, _dot, name = place.rpartition(".")
    found = mapped(apps.get_model(model_label))
    column, keep = found.entry.columns[name], found.entry.keep
    purposes = [_named(purpose) for purpose in sorted(found.readers(column) - _ALWAYS)]
    sentences = [_("We use this for: %(purposes)s.") % {"purposes": ", ".join(purposes)}]
    if column.to:
        receivers = ", ".join(str(r.described.label) for r in sorted(column.to))
        sentences.append(_("Received by: %(receivers)s.") % {"receivers": receivers})
    if keep is not None:
        sentences.append(capfirst(_("We keep it: %(kept)s") % {"kept": kept(keep)}))
    return " ".join(sentences)


def _named(purpose: Purpose) -> str:
    label = str(purpose.declared.label)
    return (
        _("%(purpose)s (only with your consent)") % {"purpose": label}
        if purpose.declared.basis == Basis.CONSENT
        else label
    )
