"""Where VAT numbers are checked, in our words. There is one register of all member states; it often is not there."""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class RegisterUnavailable(Exception):
    """The register, or that of the member state, gives no answer now; `reason` says why, in its own words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:60]


@dataclass(frozen=True)
class Answer:
    """Whether a number is in use, and the consultation number that proves that it was asked ("" when none was given)."""

    is_valid: bool
    consultation: str = ""


class VatRegister(Protocol):
    """What every register can do."""

    def check(self, number: str, *, requester: str) -> Answer:
        """
        Ask whether a VAT number (with its prefix) is in use; `requester` is our own, for the consultation number.

        Raises RegisterUnavailable.
        """


#: By the name in the setting HOSPES_VAT_REGISTER.
_REGISTERS = {"vies": "hospes.billing.tax.providers.vies.from_settings"}


def register() -> VatRegister:
    """The register that the settings choose."""
    made: VatRegister = import_string(_REGISTERS[getattr(settings, "HOSPES_VAT_REGISTER", "vies")])()
    return made
