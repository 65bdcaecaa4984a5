"""
Hosting panels, in our words.

A panel is asked outside of transactions. Every verb looks first and is safe to repeat, also after a request
that broke
off: it may have worked all the same.
"""

from typing import Final, Literal, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

State = Literal["active", "suspended", "absent"]


class HostingError(Exception):
    """The panel did not do what was asked. `code` is the status that it answered with, for the log."""

    def __init__(self, said: str = "", *, code: int | None = None) -> None:
        super().__init__(said)
        self.code = code


class PanelUnavailable(HostingError):
    """The panel cannot be reached, is too busy, or says what we do not understand: try again later."""


class NotAuthenticated(PanelUnavailable):
    """
    The panel does not let us in: the operator has to look at our user, its login key and what that key may
    do.
    """


class PanelRefused(HostingError):
    """The panel will not do this, however often it is asked; the message is the panel's."""


class Taken(PanelRefused):
    """The user name belongs to another account."""


class HostingProvider(Protocol):
    """What every panel can do. All methods may raise PanelUnavailable and PanelRefused."""

    def ensure_account(
        self, username: str, domain: str, package: str, password: str, contact_email: str
    ) -> None:
        """
        Make an account unless it is there; one of the same user and domain is taken for it.

        Raises Taken when the user name is that of an account for another domain.
        """

    def change_package(self, username: str, package: str) -> None:
        """Put an account under another package, unless it is; refused when there is none of either name."""

    def set_limits(self, username: str, *, disk_mb: int, mailboxes: int) -> None:
        """Give an account other limits than its package has, until it is put under a package again; unless it has them."""

    def suspend(self, username: str) -> None:
        """Take an account off the air, unless it is already."""

    def unsuspend(self, username: str) -> None:
        """Put an account on the air again, unless it is."""

    def remove(self, username: str, *, domain: str = "") -> None:
        """
        Delete an account and everything in it for good, unless it is gone.

        With a `domain`: unless it is an account for another domain, which is somebody else's.
        """

    def state(self, username: str) -> State:
        """How an account is at this moment."""


#: By the name in the setting HOSPES_HOSTING_PROVIDER.
_PROVIDERS: Final = {"directadmin": "hospes.hosting.providers.directadmin.from_settings"}


def chosen() -> str:
    """The name of the panel that the settings choose."""
    return str(getattr(settings, "HOSPES_HOSTING_PROVIDER", "directadmin"))


def provider() -> HostingProvider:
    """The panel that the settings choose."""
    made: HostingProvider = import_string(_PROVIDERS[chosen()])()
    return made
