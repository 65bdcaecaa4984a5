"""
The purposes for which personal data may be read or written, each with its lawful basis.

A purpose is a database role: `acting(Purpose.BILLING, ...)` switches to it. Its *own* twin (`Purpose.BILLING.own`) sees only
the rows of the customer, person or cart that was named, and writes only what that customer may change by themself.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Basis(StrEnum):
    """The lawful bases of art. 6(1) GDPR that are in use here."""

    CONSENT = "consent"  # (a)
    CONTRACT = "contract"  # (b)
    LEGAL_DUTY = "legal_duty"  # (c)
    LEGITIMATE_INTEREST = "legitimate_interest"  # (f)

    @property
    def label(self) -> Promise:
        return _BASIS_LABELS[self]


_BASIS_LABELS = {
    Basis.CONSENT: _("your consent (art. 6(1)(a) GDPR)"),
    Basis.CONTRACT: _("needed for the contract with you (art. 6(1)(b) GDPR)"),
    Basis.LEGAL_DUTY: _("needed by law (art. 6(1)(c) GDPR)"),
    Basis.LEGITIMATE_INTEREST: _("a legitimate interest (art. 6(1)(f) GDPR)"),
}


class Purpose(StrEnum):
    """What personal data may be used for; everything else does not exist (P28)."""

    ACCESS = "access"
    CART = "cart"
    CONTRACT = "contract"
    OPERATION = "operation"
    BILLING = "billing"
    MESSAGES = "messages"
    SUPPORT = "support"
    COMPLAINTS = "complaints"
    DUNNING = "dunning"
    MONITORING = "monitoring"
    DOMAINS = "domains"
    SECURITY = "security"
    NEWSLETTER = "newsletter"
    INSIGHT = "insight"
    IMPROVEMENT = "improvement"
    FEEDBACK = "feedback"
    RIGHTS = "rights"
    DISCLOSURE = "disclosure"
    RETENTION = "retention"

    @property
    def own(self) -> "Own":
        """The scoped twin: bound to one customer, person or cart by row policies."""
        return Own(self)

    @property
    def declared(self) -> "Declaration":
        return DECLARATIONS[self]

    @property
    def role(self) -> str:
        """The name of the database role that acts for this purpose about everybody."""
        return f"{settings.HOSPES_ROLE_PREFIX}_{self.value}"


@dataclass(frozen=True)
class Own:
    """A purpose, acted for by or about one customer or person only."""

    purpose: Purpose

    @property
    def role(self) -> str:
        return f"{self.purpose.role}_own"


#: What a grant can be given to.
Grantee = Purpose | Own


@dataclass(frozen=True)
class Declaration:
    """
    What the statement says about a purpose.

    `can_be_halted`: a restriction (art. 18) or an objection (art. 21) makes a person's rows invisible to it. What the law
    makes us do, and securing the service itself, go on.
    """

    label: Promise
    basis: Basis
    promises: tuple[str, ...]
    can_be_halted: bool = True


DECLARATIONS: dict[Purpose, Declaration] = {
    Purpose.ACCESS: Declaration(
        _("letting you in to your account"), Basis.CONTRACT, ("P09", "P20"), can_be_halted=False
    ),
    Purpose.CART: Declaration(
        _("keeping your shopping cart until your next visit"), Basis.CONTRACT, ("P21",), can_be_halted=False
    ),
    Purpose.CONTRACT: Declaration(
        _("making and carrying out the contract"), Basis.CONTRACT, ("P01", "P03", "P10", "P22")
    ),
    # A part of carrying out the contract that needs neither money nor addresses: those who do it see neither.
    Purpose.OPERATION: Declaration(_("keeping your services running"), Basis.CONTRACT, ("P20", "P22", "P25")),
    Purpose.BILLING: Declaration(
        _("making invoices and handling payments"),
        Basis.CONTRACT,
        ("P02", "P13", "P14", "P15"),
        can_be_halted=False,  # the tax administration has to go on: art. 52 AWR
    ),
    Purpose.MESSAGES: Declaration(
        _("sending you important messages"), Basis.CONTRACT, ("P04",), can_be_halted=False
    ),
    Purpose.SUPPORT: Declaration(_("helping you and reaching you"), Basis.CONTRACT, ("P06", "P18", "P23")),
    Purpose.COMPLAINTS: Declaration(_("handling your complaint"), Basis.CONTRACT, ("P24", "P78")),
    Purpose.DUNNING: Declaration(_("collecting unpaid invoices"), Basis.CONTRACT, ("P50", "P51", "P52")),
    Purpose.MONITORING: Declaration(_("watching your website"), Basis.CONTRACT, ("P08",)),
    Purpose.DOMAINS: Declaration(_("registering your domain names"), Basis.CONTRACT, ("P41", "P42")),
    Purpose.SECURITY: Declaration(
        _("securing the service and fighting fraud"),
        Basis.LEGITIMATE_INTEREST,
        ("P11", "P12", "P16", "P17", "P25"),
        can_be_halted=False,
    ),
    Purpose.NEWSLETTER: Declaration(_("sending newsletters"), Basis.CONSENT, ("P05",)),
    Purpose.INSIGHT: Declaration(_("seeing how the website is used"), Basis.CONSENT, ("P26",)),
    Purpose.IMPROVEMENT: Declaration(_("improving the website and the services"), Basis.CONSENT, ("P27",)),
    Purpose.FEEDBACK: Declaration(_("asking how satisfied you are"), Basis.CONSENT, ("P43",)),
    Purpose.RIGHTS: Declaration(
        _("answering your privacy requests"), Basis.LEGAL_DUTY, ("P70", "P72", "P73"), can_be_halted=False
    ),
    Purpose.DISCLOSURE: Declaration(
        _("answering a lawful order"), Basis.LEGAL_DUTY, ("P41",), can_be_halted=False
    ),
    Purpose.RETENTION: Declaration(
        _("keeping what must be kept, and removing the rest in time"),
        Basis.LEGAL_DUTY,
        ("P80", "P81", "P82", "P83"),
        can_be_halted=False,
    ),
}
