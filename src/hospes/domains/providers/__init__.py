"""Where it is asked whether a domain name is free, in our words. Each extension has a registry of its own."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class LookupUnavailable(Exception):
    """The registry gives no clear answer now; `reason` says why, in its own words. It says nothing about the name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:60]


class Lookup(Protocol):
    """What every way of asking can do; several threads may use one at the same time."""

    def is_registered(self, name: str, *, url: str, seconds: float) -> bool:
        """
        Whether a name (in ASCII) is registered, by the registry at an address ("": where the settings say), within so many
        seconds in all.

        Raises LookupUnavailable for whatever is no clear yes or no.
        """


#: By the name in the setting HOSPES_DOMAIN_LOOKUP.
_LOOKUPS = {"rdap": "hospes.domains.providers.rdap.from_settings"}


def lookup() -> Lookup:
    """The way of asking that the settings choose."""
    made: Lookup = import_string(_LOOKUPS[getattr(settings, "HOSPES_DOMAIN_LOOKUP", "rdap")])()
    return made
