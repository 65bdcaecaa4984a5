"""
Making hosting accounts.

Three steps, each harmless to repeat: choose the user name and password and keep them; have the panel make
the account; note that it was made, and put the service on. Whoever dies in between leaves what the next try
takes up.
"""

import secrets
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile, islice
from typing import Final, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Choice, Product
from hospes.hosting.models import HostingAccount
from hospes.hosting.providers import HostingProvider, PanelRefused, Taken
from hospes.hosting.rules import usernames
from hospes.kernel import journal
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.secrets import seal, unseal_text
from hospes.services import services
from hospes.services.models import Service, State

T = TypeVar("T")

journal.register({
    "hosting.made": _("Hosting account made"),
    "hosting.followed": _("Hosting account brought to the package, or removed"),
    "hosting.password_shown": _("Password of a hosting account shown"),
})  # fmt: skip

_ALPHABET: Final = string.ascii_letters + string.digits
_PASSWORD_LENGTH: Final = 20  # 119 bits
_NAMES_TO_TRY: Final = 500


@dataclass(frozen=True)
class Limits:
    """What an account may use, where options make that another amount than its package has."""

    disk_mb: int
    mailboxes: int


@dataclass(frozen=True)
class _Wanted:
    """What the panel is asked to make."""

    username: str
    domain: str
    package: str
    password: str
    limits: Limits | None


def provision(*, service_id: int, provider: HostingProvider, now: datetime) -> None:
    """
    Make the hosting account of a service that is being set up, and put the service on.

    A service in any other state is left alone. What the panel will not do, however often it is asked, is noted: the service
    is refused, which the customer and staff hear. Raises PanelUnavailable, after which it can be called again.
    """
    try:
        _provision(service_id, provider, now)
    except PanelRefused as refused:
        _refuse(service_id, said=str(refused), now=now)


def _provision(service_id: int, provider: HostingProvider, now: datetime) -> None:
    while (wanted := _claim(service_id)) is not None:
        try:
            provider.ensure_account(
                wanted.username, wanted.domain, wanted.package, wanted.password,
                contact_email=settings.HOSPES_OPERATOR.email,
            )  # fmt: skip
        except Taken:  # by an account that was not made by us
            _rename(service_id, given_up=wanted.username)
            continue
        _limit(provider, wanted.username, wanted.limits)
        _finish(service_id, now=now)
        return


def _refuse(service_id: int, *, said: str, now: datetime) -> None:
    with acting(Purpose.CONTRACT, actor=JOB):
        services.refuse(service_id=service_id, reason="refused_by_panel", now=now)
        # There is no account yet when no user name was left for it.
        HostingAccount.objects.filter(service_id=service_id, made_at=None).update(refusal=said[:300])


def _claim(service_id: int) -> _Wanted | None:
    """Step 1: what to make, the same at every try; None when there is nothing to make (any more)."""
    with acting(Purpose.CONTRACT, actor=JOB):
        service = Service.objects.select_for_update().get(pk=service_id)  # one at a time
        if service.state != State.PENDING:
            return None
        account = HostingAccount.objects.filter(service_id=service_id).first() or _keep_account(service)
        return _Wanted(
            username=account.username, domain=account.domain, password=_password_of(account),
            package=Product.objects.get(pk=service.product_id).panel_package, limits=limits_of(service),
        )  # fmt: skip


def limits_of(service: Service) -> Limits | None:
    """The limits of a service with its options; None where those are what its package has."""
    counts = dict(zip(service.choice_ids, service.choice_counts, strict=True))
    chosen = Choice.objects.filter(pk__in=counts)
    disk_mb = sum(choice.disk_mb * counts[choice.pk] for choice in chosen)
    mailboxes = sum(choice.mailboxes * counts[choice.pk] for choice in chosen)
    if not disk_mb and not mailboxes:
        return None
    product = Product.objects.get(pk=service.product_id)
    return Limits(product.disk_mb + disk_mb, product.mailboxes + mailboxes)


def _limit(provider: HostingProvider, username: str, limits: Limits | None) -> None:
    if limits is not None:
        provider.set_limits(username, disk_mb=limits.disk_mb, mailboxes=limits.mailboxes)


def _keep_account(service: Service) -> HostingAccount:
    password = "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH))
    domain = service.label.lower()
    account: HostingAccount = _with_free_name(
        islice(usernames(domain), _NAMES_TO_TRY),
        lambda username: HostingAccount.objects.create(
            service_id=service.pk, customer_id=service.customer_id, username=username, domain=domain,
            password=seal(password, context=_context(service.pk)),
        ),
    )  # fmt: skip
    return account


def _rename(service_id: int, *, given_up: str) -> None:
    """Choose the next user name, since the panel has this one for something else."""
    with acting(Purpose.CONTRACT, actor=JOB):
        account = HostingAccount.objects.select_for_update().get(service_id=service_id)
        if account.username != given_up:  # another try of the same was faster
            return
        names = islice(usernames(account.domain), _NAMES_TO_TRY)
        _with_free_name(
            islice(dropwhile(lambda name: name != given_up, names), 1, None),
            lambda name: HostingAccount.objects.filter(pk=account.pk).update(username=name),
        )


def _with_free_name(names: Iterable[str], write: Callable[[str], T]) -> T:
    """Write with the first free name; looking first would miss those that the policies hide from us."""
    for name in names:
        try:
            with transaction.atomic():
                return write(name)
        except IntegrityError:
            continue
    raise PanelRefused("No user name is left for this domain.")


def _finish(service_id: int, *, now: datetime) -> None:
    """Step 3: the account is there; the service is active from now on, unless it was cancelled meanwhile."""
    with acting(Purpose.CONTRACT, actor=JOB):
        service = Service.objects.select_for_update().get(pk=service_id)
        made = HostingAccount.objects.filter(service_id=service_id, made_at=None).update(
            made_at=now, refusal=""
        )
        if made:
            journal.record("hosting.made", at=now, table="services_service", object_id=service_id,
                           customer_id=service.customer_id)  # fmt: skip
        if service.state == State.PENDING:
            services.activate(service_id=service_id, reason="provisioned", now=now)


def follow(*, service_id: int, provider: HostingProvider, now: datetime) -> None:
    """
    Bring the account at the panel to what its service is: under its package with the limits of its options, or removed with
    everything in it once it ended. Of one whose making was broken off something may be there: that goes as well, but nothing
    of a name that somebody else has at the panel.

    Harmless to repeat, and in any order. Raises HostingError, after which it can be called again.
    """
    with acting(Purpose.CONTRACT, actor=JOB):
        service = Service.objects.get(pk=service_id)
        account = HostingAccount.objects.filter(service_id=service_id).first()
        package = Product.objects.values_list("panel_package", flat=True).get(pk=service.product_id)
        limits = limits_of(service)
    if account is None or (account.made_at is None and service.state != State.TERMINATED):
        return  # not made yet, or it stands with another service by now
    if service.state == State.TERMINATED:
        provider.remove(account.username, domain="" if account.made_at else account.domain)
    elif service.state in (State.ACTIVE, State.SUSPENDED, State.CANCELLED):
        provider.change_package(account.username, package)
        _limit(provider, account.username, limits)
    with acting(Purpose.CONTRACT, actor=JOB):
        journal.record("hosting.followed", at=now, table="services_service", object_id=service_id,
                       customer_id=service.customer_id)  # fmt: skip


def reveal_password(*, service_id: int, now: datetime) -> str:
    """
    Return the password that an account was made with, and note in the journal that it was shown.

    Acts within the caller's purpose of the contract. Raises HostingAccount.DoesNotExist.
    """
    account = HostingAccount.objects.get(service_id=service_id)
    journal.record("hosting.password_shown", at=now, table="hosting_hostingaccount", object_id=account.pk,
                   customer_id=account.customer_id)  # fmt: skip
    return _password_of(account)


def _password_of(account: HostingAccount) -> str:
    return unseal_text(account.password, context=_context(account.service_id))


def _context(service_id: int) -> str:
    return f"hosting_hostingaccount:password:{service_id}"


def move_account(service_id: int) -> None:
    """Have the account of a service belong to the customer who has the service now."""
    customer_id = Service.objects.values_list("customer_id", flat=True).get(pk=service_id)
    HostingAccount.objects.filter(service_id=service_id).update(customer_id=customer_id)
