"""The countries in which customers can live: those of the EU, whose VAT and consumer law the rest of the house knows."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HOME = "NL"

EU: dict[str, Promise] = {
    "AT": _("Austria"), "BE": _("Belgium"), "BG": _("Bulgaria"), "CY": _("Cyprus"), "CZ": _("Czechia"), "DE": _("Germany"),
    "DK": _("Denmark"), "EE": _("Estonia"), "ES": _("Spain"), "FI": _("Finland"), "FR": _("France"), "GR": _("Greece"),
    "HR": _("Croatia"), "HU": _("Hungary"), "IE": _("Ireland"), "IT": _("Italy"), "LT": _("Lithuania"),
    "LU": _("Luxembourg"), "LV": _("Latvia"), "MT": _("Malta"), "NL": _("Netherlands"), "PL": _("Poland"),
    "PT": _("Portugal"), "RO": _("Romania"), "SE": _("Sweden"), "SI": _("Slovenia"), "SK": _("Slovakia"),
}  # fmt: skip

_VAT_PREFIXES = {"GR": "EL"}


def vat_prefix(country: str) -> str:
    """The letters that VAT numbers of a country begin with: its code, but for Greece."""
    return _VAT_PREFIXES.get(country, country)


def choices() -> list[tuple[str, str]]:
    """Codes and names in the active language, the home country first."""
    named = sorted(((code, str(name)) for code, name in EU.items()), key=lambda pair: pair[1])
    return sorted(named, key=lambda pair: pair[0] != HOME)
