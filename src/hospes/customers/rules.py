"""Pure rules about customers: what a role may do, and which numbers have the right form."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

import phonenumbers
from stdnum.eu import vat
from stdnum.exceptions import ValidationError as InvalidNumber


class Capability(StrEnum):
    """What somebody may do for a customer. Every page of the portal names the one that it asks for."""

    OWN = "own"  # what is the person's own: their data, from where they logged in, leaving
    SEE_SERVICES = "see_services"
    SEE_INVOICES = "see_invoices"
    SEE_ORDERS = "see_orders"  # with the quotes
    ORDER = "order"  # also accept or decline a quote
    PAY = "pay"
    CHANGE_SERVICES = "change_services"  # how a service works, not that it is there
    CHANGE_CUSTOMER = "change_customer"  # name, address, addresses for mail
    SEE_PEOPLE = "see_people"  # who else has access
    SEE_LOGINS = "see_logins"  # from where the others logged in, and what they did
    MANAGE_ACCESS = "manage_access"  # invite, change and remove: within what GIVES says
    DEMAND_STEP = (
        "demand_step"  # a second step of everybody with access: who decides that can shut others out
    )
    LIMIT_ACCESS = "limit_access"  # to networks and countries: who decides that can shut others out
    HAND_OVER = "hand_over"
    TAKE_DATA = "take_data"  # all of the customer's data: that is the holder's (art. 15 and 20 GDPR)


_C = Capability
_READS: Final = {_C.OWN, _C.SEE_SERVICES, _C.SEE_INVOICES, _C.SEE_ORDERS}

#: What each role may do. One table for all pages, and for what they offer.
CAPABILITIES: Final[dict[str, frozenset[Capability]]] = {
    "holder": frozenset(_C),
    "administration": frozenset(_C) - {_C.DEMAND_STEP, _C.LIMIT_ACCESS, _C.HAND_OVER, _C.TAKE_DATA},
    "technical": frozenset({_C.OWN, _C.SEE_SERVICES, _C.CHANGE_SERVICES}),
    "billing": frozenset(_READS | {_C.ORDER, _C.PAY}),
    "read_only": frozenset(_READS),
}

#: Which roles each role gives, changes and takes away: never its own rank or a higher one, but for the holder.
GIVES: Final[dict[str, frozenset[str]]] = {
    "holder": frozenset(CAPABILITIES),
    "administration": frozenset({"technical", "billing", "read_only"}),
    "technical": frozenset(),
    "billing": frozenset(),
    "read_only": frozenset(),
}


def may(role: str, what: Capability) -> bool:
    """Whether a role may do something; one that nobody knows may nothing."""
    return what in CAPABILITIES.get(role, frozenset())


def gives(role: str, other: str) -> bool:
    """Whether somebody with a role decides about access in another role."""
    return other in GIVES.get(role, frozenset())


#: How the numbers of legal persons (RSIN) begin, and no citizen service number does; both pass the same eleven-test.
_LEGAL_PERSONS = ("NL8", "NL00")


def kvk_number(text: str) -> str:
    """A KvK number without spaces and dots; raises ValueError when it has not eight digits (there is no check digit)."""
    digits = re.sub(r"[\s.]", "", text)
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise ValueError("a KvK number has eight digits")
    return digits


def vat_number(text: str) -> str:
    """
    An EU VAT number in compact form; raises ValueError when its form or check digits are wrong.

    A sole trader's Dutch number of before 2020 holds their citizen service number and is refused: a host may not store that
    (art. 46 UAVG). That of a legal person has stayed what it was.
    """
    try:
        number = str(vat.validate(text))
    except InvalidNumber:
        raise ValueError("this is no valid EU VAT number") from None
    if number.startswith("NL") and not number.startswith(_LEGAL_PERSONS) and not _is_post_2020(number):
        raise ValueError("this VAT number holds a citizen service number")
    return number


def _is_post_2020(number: str) -> bool:
    """Whether a Dutch number passes the mod-97 test of the VAT numbers that sole traders have had since 2020."""
    as_digits = "".join(str(int(char, 36)) for char in number)
    return int(as_digits) % 97 == 1


def phone_number(text: str, *, country: str = "NL") -> str:
    """A phone number in E.164 form; raises ValueError when it is no possible number."""
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise ValueError("this is no phone number") from None
    if not phonenumbers.is_valid_number(parsed):
        raise ValueError("this is no phone number")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def postcode(text: str, *, country: str = "NL") -> str:
    """A postcode in its usual form; Dutch ones as "1234 AB"; raises ValueError when a Dutch one is malformed."""
    cleaned = re.sub(r"\s+", " ", text.strip().upper())
    if country != "NL":
        return cleaned
    match = re.fullmatch(r"([1-9][0-9]{3}) ?([A-Z]{2})", cleaned)
    if match is None:
        raise ValueError("a Dutch postcode has four digits and two letters")
    return f"{match.group(1)} {match.group(2)}"


#: Control characters, invisible ones that turn the direction of the text or hide in it, line ends, and what is no character.
_NOT_PLAIN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


def plain_text(text: str) -> str:
    """A name or a line of an address as it is; raises ValueError when it holds signs that cannot be seen (Unicode C*, Zl, Zp)."""
    if any(unicodedata.category(char) in _NOT_PLAIN for char in text):
        raise ValueError("this text holds signs that cannot be seen")
    return text
