"""
Which VAT applies (pure). `billing_treatment` in the database says the same; a test compares the two over everything.

Hosting, domains and monitoring are services that are supplied electronically: a company is taxed where it is (VAT directive,
art. 44), a consumer where it lives (art. 58), below the threshold of art. 59c at home.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grounds:
    """
    What is known of a customer.

    number_country: the country that the VAT number is of ("" without a number). vies: valid, invalid, or "" for not known.
    agreeing and against: pieces of evidence of the place besides the address, by kind. decided: the country that a member of
    staff decided on ("" when nobody did). oss: whether consumers elsewhere get the VAT of their country already.
    """

    home: str
    kind: str
    country: str
    in_eu: bool
    number_country: str = ""
    vies: str = ""
    oss: bool = False
    agreeing: int = 0
    against: int = 0
    decided: str = ""
    exempt: bool = False


@dataclass(frozen=True)
class Treatment:
    """The category (UNCL 5305; "" when it cannot be told), whose VAT, and why in one word."""

    category: str
    rate_country: str
    why: str


def treatment(on: Grounds) -> Treatment:
    """
    Which VAT a customer gets.

    Home is believed: somebody who says to live here gets the VAT of here. An address elsewhere changes the VAT only with two
    pieces of evidence that agree, of which the address is one (Impl. Reg. 282/2011, art. 24b(d) and 24f); of a company in
    another member state the number that VIES confirmed is what shows it, outside the EU there is no such number.
    """
    if on.exempt:
        return Treatment("E", on.home, "exempt")
    if on.country == on.home:
        return Treatment("S", on.home, "domestic")
    if on.kind == "business" and on.in_eu and on.number_country and on.vies != "invalid":
        return _company_in_the_eu(on)
    return _elsewhere(on)


def _company_in_the_eu(on: Grounds) -> Treatment:
    if on.number_country != on.country:
        return Treatment("", "", "number_elsewhere")
    if on.vies == "valid":
        return Treatment("AE", on.country, "reverse_charge")
    return Treatment("S", on.home, "vies_pending")


def _elsewhere(on: Grounds) -> Treatment:
    """
    A consumer elsewhere, or a company outside the EU: where they are has to be shown.

    A company in the EU without a VAT number that is right counts as a consumer (art. 18 Impl. Reg.).
    """
    if on.in_eu and not on.oss:
        return Treatment("S", on.home, "consumer_home_rate")
    if not on.decided:
        if on.agreeing == 0:
            return Treatment("", "", "evidence_conflict" if on.against else "evidence_missing")
    elif on.decided == on.home:
        return Treatment("S", on.home, "domestic")
    elif on.decided != on.country:
        return Treatment("", "", "evidence_conflict")
    if on.in_eu:
        return Treatment("S", on.country, "consumer_oss")
    return Treatment(
        "O", on.country, "outside_eu_company" if on.kind == "business" else "outside_eu_consumer"
    )
