"""
Numbers by which companies are known on the Peppol network: a scheme (a code of the list EAS) and a number of its form.

A number that passes is no proof that somebody gets e-invoices there: that is asked at the access point.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum import ean, exceptions
from stdnum.be import vat as be_vat
from stdnum.de import leitweg
from stdnum.dk import cvr
from stdnum.fr import siren, siret
from stdnum.no import orgnr as no_orgnr
from stdnum.se import orgnr as se_orgnr

from hospes.customers.rules import kvk_number, vat_number


@dataclass(frozen=True)
class Scheme:
    """A kind of number: its code, what it is called, an example, and what makes a number of it compact or refuses it."""

    code: str
    name: str | Promise
    example: str
    compact: Callable[[str], str]


class BadParticipant(ValueError):
    """A number that is none of its scheme; `example` is one that is."""

    def __init__(self, scheme: Scheme) -> None:
        self.example = scheme.example
        super().__init__(f"no number of scheme {scheme.code}")


def participant(scheme: str, number: str) -> str:
    """
    The address on the network (0106:12345678) of a number as somebody wrote it; with the scheme before it, too.

    Raises BadParticipant where its form or its check digits are wrong, KeyError for a scheme that is none of SCHEMES.
    """
    found = SCHEMES[scheme]
    try:
        return f"{scheme}:{found.compact(number.strip().removeprefix(f'{scheme}:'))}"
    except (ValueError, exceptions.ValidationError):
        raise BadParticipant(found) from None


def described(address: str) -> str:
    """An address with the kind of number in words, in the active language: KvK number 12345678 (0106:12345678)."""
    scheme, _colon, number = address.partition(":")
    return f"{SCHEMES[scheme].name} {number} ({address})" if scheme in SCHEMES else address


def _vat_of(country: str) -> Callable[[str], str]:
    def compact(text: str) -> str:
        # Refuses a Dutch number that holds a citizen service number, as everywhere.
        number = vat_number(text if _letters(text).startswith(country) else f"{country}{_letters(text)}")
        if not number.startswith(country):
            raise ValueError("a VAT number of another country")
        return number

    return compact


def _letters(text: str) -> str:
    return re.sub(r"[\s.-]", "", text).upper()


def _oin(text: str) -> str:
    """Twenty digits: eight for the register that it comes from, the number there, and zeros (Logius, OIN-stelsel)."""
    digits = _letters(text)
    if not re.fullmatch(r"0000000[1-9][0-9]{12}", digits):
        raise ValueError("an OIN has twenty digits")
    return digits


def _gln(text: str) -> str:
    digits = str(ean.validate(_letters(text)))
    if len(digits) != 13:
        raise ValueError("a GLN has thirteen digits")
    return digits


_ALL: Final = (
    Scheme("0106", _("KvK number (Netherlands)"), "12345678", kvk_number),
    Scheme("0190", _("OIN of a government body (Netherlands)"), "00000001003214345000", _oin),
    Scheme("9944", _("VAT number (Netherlands)"), "NL004495445B01", _vat_of("NL")),
    Scheme("0208", _("Enterprise number (Belgium)"), "0403019261", lambda text: str(be_vat.validate(text))),
    Scheme("9925", _("VAT number (Belgium)"), "BE0403019261", _vat_of("BE")),
    Scheme("9930", _("VAT number (Germany)"), "DE136695976", _vat_of("DE")),
    Scheme("0204", _("Leitweg-ID of a government body (Germany)"), "991-03730-19", lambda text: str(leitweg.validate(text))),
    Scheme("0009", _("SIRET number (France)"), "73282932000074", lambda text: str(siret.validate(text))),
    Scheme("0002", _("SIREN number (France)"), "552008443", lambda text: str(siren.validate(text))),
    Scheme("9957", _("VAT number (France)"), "FR40303265045", _vat_of("FR")),
    Scheme("9938", _("VAT number (Luxembourg)"), "LU15027442", _vat_of("LU")),
    Scheme("9914", _("VAT number (Austria)"), "ATU13585627", _vat_of("AT")),
    Scheme("9920", _("VAT number (Spain)"), "ES54362315K", _vat_of("ES")),
    Scheme("0211", _("VAT number (Italy)"), "IT00743110157", _vat_of("IT")),
    Scheme("0184", _("CVR number (Denmark)"), "DK13585628", lambda text: f"DK{cvr.validate(text)}"),  # PEPPOL-COMMON-R042
    Scheme("0192", _("Organisation number (Norway)"), "988077917", lambda text: str(no_orgnr.validate(text))),
    Scheme("0007", _("Organisation number (Sweden)"), "1234567897", lambda text: str(se_orgnr.validate(text))),
    Scheme("0088", _("GLN (GS1)"), "8712345678906", _gln),
)  # fmt: skip

#: By code, the likely ones first.
SCHEMES: Final = {scheme.code: scheme for scheme in _ALL}
