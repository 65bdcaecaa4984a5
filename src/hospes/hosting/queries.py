"""The hosting accounts of services, and how one gets in."""

from dataclasses import dataclass

from django.conf import settings

from hospes.hosting.models import HostingAccount


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
