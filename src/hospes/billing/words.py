"""How somebody paid, and what VAT it is, in words."""

from datetime import date

from django.conf import settings
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_NO_VAT: dict[str, Promise] = {
    "Z": _("VAT 0%"), "E": _("exempt from VAT"), "AE": _("VAT reverse charged"), "K": _("VAT 0%, goods inside the EU"),
    "G": _("VAT 0%, export"), "O": _("no Dutch VAT"),
}  # fmt: skip


def vat_words(category: str, country: str, basis_points: int) -> str:
    """What VAT it is, in the active language; the country is said where the operator's own is not meant."""
    if category != "S":
        return str(_NO_VAT[category])
    whole, rest = divmod(basis_points, 100)
    rate = formats.number_format(whole + rest / 100 if rest else whole)
    if country == settings.HOSPES_OPERATOR.country:
        return gettext("VAT %(rate)s%%") % {"rate": rate}
    return gettext("VAT %(rate)s%% (%(country)s)") % {"rate": rate, "country": country}


def method_words(method: str, on: date | None = None) -> str:
    """
    What a way of paying was called on a day (None: what it is called now), in the active language.

    One that we do not know goes by the provider's word for it.
    """
    from hospes.billing.methods import queries  # the models of billing have their words from here

    return queries.name_of(method, on=on)


def stuck_words(reason: str) -> str:
    """Why an amount could not be put on a document, in the active language."""
    from hospes.billing.models.charges import StuckCharge

    return str(dict(StuckCharge.Reason.choices).get(reason, reason))
