"""The hosting accounts of services, and how one gets in."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from hospes.hosting.models import HostingAccount
from hospes.hosting.providers import HostingError, State, provider


@dataclass(frozen=True)
class Access:
    """How the customer gets in: user name, and the address of the panel."""

    username: str
    domain: str
    login_url: str


def access(service_id: int) -> Access | None:
    """How to get in to the account of a service; None while it is being made."""
    account = HostingAccount.objects.filter(service_id=service_id, made_at__isnull=False).first()
    if account is None:
        return None
    return Access(account.username, account.domain, settings.HOSPES_PANEL["url"])


def accounts(service_ids: Iterable[int]) -> dict[int, HostingAccount]:
    """The accounts of services, by service; also those that the panel has not made yet."""
    found = HostingAccount.objects.filter(service_id__in=service_ids)
    return {account.service_id: account for account in found}


def state_at_panel(username: str) -> State | None:
    """How the panel says that an account is at this moment; None when it does not say. Outside of acting(): it may take long."""
    try:
        return provider().state(username)
    except HostingError:
        return None
