"""Devices with passkeys, as Chromium plays them (its virtual authenticator)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession

from tests.browser.windows import Window


class Device:
    """A device of whoever sits at the window; it agrees to everything at once."""

    def __init__(self, session: CDPSession, key: str) -> None:
        self.session, self.key = session, key

    def passkeys(self) -> list[dict[str, Any]]:
        """What is kept on it."""
        told = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.key})
        return list(told["credentials"])

    def take_away(self) -> None:
        """It is no longer at the window."""
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.key})

    def refuse(self) -> None:
        """From now on whoever holds it is not who they say."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.key, "isUserVerified": False})


@contextmanager
def device(window: Window, *, transport: str = "internal", checks_holder: bool = True) -> Iterator[Device]:
    """A device at the window: of the computer itself, or a key that is plugged in (usb)."""
    session = window.page.context.new_cdp_session(window.page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2", "transport": transport, "hasResidentKey": checks_holder, "hasUserVerification": checks_holder,
        "isUserVerified": checks_holder, "automaticPresenceSimulation": True,
    }  # fmt: skip
    told = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield Device(session, told["authenticatorId"])
    session.send("WebAuthn.disable")
    session.detach()
