"""What the example operator says of the registries of the extensions that it sells (P42). Texts of an operator are data."""

from collections.abc import Mapping
from typing import Final

_GETS: Final = {
    "gets_nl": "De naam, het adres, het e-mailadres en het telefoonnummer van de houder, en van een bedrijf ook de rechtsvorm en het"
    " KvK-nummer. Het register geeft de gegevens alleen aan anderen die daar een goede reden voor hebben.",
    "gets_en": "The name, address, e-mail address and phone number of the holder, and of a company its legal form and number as well."
    " The registry gives the data to others only who have a good reason for it.",
}
_ABROAD: Final = {
    "gets_nl": "De naam, het adres, het e-mailadres en het telefoonnummer van de houder, en van een bedrijf ook zijn naam. Dit register"
    " staat in de Verenigde Staten: uw gegevens gaan daar dus heen.",
    "gets_en": "The name, address, e-mail address and phone number of the holder, and of a company its name as well. This registry is"
    " in the United States: so that is where your data go.",
}
_HIDDEN: Final = {
    "public_private_nl": "Niets van wie u bent: uw naam, adres, e-mailadres en telefoonnummer worden niet getoond. Wel te zien zijn de"
    " dag van registratie en wie de naam voor u registreerde.",
    "public_private_en": "Nothing of who you are: your name, address, e-mail address and phone number are not shown. What can be seen"
    " is the day of registration and who registered the name for you.",
    "public_business_nl": "De naam van het bedrijf en het land. Adres, e-mailadres en telefoonnummer worden niet getoond.",
    "public_business_en": "The name of the company and the country. Address, e-mail address and phone number are not shown.",
}


def _of(registry: str, gets: Mapping[str, str], shown: Mapping[str, str] = _HIDDEN) -> dict[str, str]:
    return {"registry": registry, **gets, **shown}


NOTICES: Final[Mapping[str, Mapping[str, str]]] = {
    ".nl": _of("SIDN, Arnhem", _GETS, {
        "public_private_nl": "Alleen het e-mailadres van wie de naam beheert. Uw naam, adres en telefoonnummer worden niet getoond.",
        "public_private_en": "Only the e-mail address of whoever administers the name. Your name, address and phone number are not shown.",
        "public_business_nl": "De naam van het bedrijf en het e-mailadres van wie de naam beheert. Het adres wordt alleen getoond als u"
        " daarom vraagt.",
        "public_business_en": "The name of the company and the e-mail address of whoever administers the name. The address is shown only"
        " if you ask for it.",
    }),
    ".com": _of("Verisign, Reston (Verenigde Staten)", _ABROAD),
    ".be": _of("DNS Belgium, Leuven", _GETS),
    ".eu": _of("EURid, Diegem", _GETS),
    ".de": _of("DENIC, Frankfurt", _GETS),
    ".net": _of("Verisign, Reston (Verenigde Staten)", _ABROAD),
    ".org": _of("Public Interest Registry, Reston (Verenigde Staten)", _ABROAD),
}  # fmt: skip
