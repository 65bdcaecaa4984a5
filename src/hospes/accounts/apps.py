"""The Django app of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Listens to what the login library tells in no other way."""

    name = "hospes.accounts"
    label = "accounts"

    def ready(self) -> None:
        from hospes.accounts import hooks
        from hospes.accounts.staff import services  # noqa: F401  # makes its actions known to the journal

        hooks.listen()
