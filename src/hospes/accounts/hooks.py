"""What the login library tells by signal only. Nothing here decides anything: it is written down, that is all."""

from typing import Any

from django.http import HttpRequest

from hospes.accounts.door import at_the_door
from hospes.kernel import clock


def listen() -> None:
    """Connect to the signals, once, when the app is ready."""
    from allauth.account import signals as account
    from allauth.mfa import signals as mfa

    told = {
        account.email_added: "account.address_added",
        account.email_removed: "account.address_removed",
        account.email_changed: "account.address_changed",
    }
    for signal, action in told.items():
        signal.connect(_writer(action), weak=False, dispatch_uid=action)
    mfa.authenticator_added.connect(_second_step("account.second_step_on"), weak=False, dispatch_uid="added")
    mfa.authenticator_removed.connect(
        _second_step("account.second_step_off"), weak=False, dispatch_uid="removed"
    )


def _writer(action: str) -> Any:
    def write(sender: object, request: HttpRequest, user: Any, **_: object) -> None:
        from hospes.accounts import services

        with at_the_door(request):
            services.note(action, person_id=user.pk, now=clock.now())

    return write


def _second_step(action: str) -> Any:
    """Of the library's ways we have the app only."""
    write = _writer(action)

    def write_of_app(
        sender: object, request: HttpRequest, user: Any, authenticator: Any, **_: object
    ) -> None:
        if authenticator.type == authenticator.Type.TOTP:
            write(sender, request, user)

    return write_of_app
