"""Why a customer gets the VAT that it gets, in words."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: By the reasons of `rules.treatment`.
WHY: Final[dict[str, Promise]] = {
    "domestic": _("a customer in our own country"),
    "exempt": _("exempt from VAT, by a certificate that we have seen"),
    "reverse_charge": _("a company in another member state with a VAT number that VIES confirmed: VAT is reverse charged"),
    "vies_pending": _("a company in another member state whose VAT number VIES has not confirmed (yet): our own VAT until then"),
    "number_elsewhere": _("the VAT number is of another country than the address"),
    "consumer_home_rate": _("a consumer in another member state: our own VAT, as long as such sales stay below the threshold"),
    "consumer_oss": _("a consumer in another member state: the VAT of that country, through the one-stop shop"),
    "evidence_missing": _("there is only one piece of evidence of the country; the law wants two"),
    "evidence_conflict": _("the evidence of the country does not agree with the address"),
    "outside_eu_company": _("a company outside the EU: no Dutch VAT"),
    "outside_eu_consumer": _("a consumer outside the EU: no Dutch VAT"),
}  # fmt: skip


def why_words(why: str) -> str:
    """A reason in the active language."""
    return str(WHY.get(why, why))
