"""Who receives personal data (P41, P44): every recipient by name, what for, and on which ground."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Recipient(StrEnum):
    """A party outside the operator; `outgoing` checks that it gets what the map says and nothing else."""

    PAYMENT_PROVIDER = "payment_provider"
    MAIL_SERVER = "mail_server"
    SMS_GATEWAY = "sms_gateway"
    HOSTING_PANEL = "hosting_panel"
    PEPPOL_ACCESS_POINT = "peppol_access_point"
    VIES = "vies"
    REGISTRY = "registry"
    BANK = "bank"

    @property
    def described(self) -> "Described":
        return _DESCRIBED[self]


@dataclass(frozen=True)
class Described:
    label: Promise
    why: Promise
    is_processor: bool


_DESCRIBED = {
    Recipient.PAYMENT_PROVIDER: Described(
        _("the payment provider (iDEAL, PayPal, card)"), _("to handle your payment"), is_processor=False
    ),
    Recipient.MAIL_SERVER: Described(
        _("the mail server"), _("to deliver messages to you"), is_processor=True
    ),
    Recipient.SMS_GATEWAY: Described(
        _("the SMS gateway"), _("to deliver text messages to you"), is_processor=True
    ),
    Recipient.HOSTING_PANEL: Described(
        _("the hosting server"), _("to set up the hosting that you ordered"), is_processor=True
    ),
    Recipient.PEPPOL_ACCESS_POINT: Described(
        _("the Peppol access point"), _("to deliver e-invoices to your bookkeeping"), is_processor=True
    ),
    Recipient.VIES: Described(
        _("the VAT number check of the European Commission (VIES)"),
        _("to check the VAT number of your company"),
        is_processor=False,
    ),
    Recipient.REGISTRY: Described(
        _("the registry of a domain name's extension (such as SIDN for .nl)"),
        _("to see whether a domain name is free, and to register it for you"),
        is_processor=False,
    ),
    Recipient.BANK: Described(
        _("our bank"), _("to collect by direct debit what you gave a mandate for"), is_processor=False
    ),
}
