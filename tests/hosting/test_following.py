"""The account at the panel follows its service: another package, or gone once the service ended."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from hospes.catalogue.models import Product
from hospes.hosting import services as hosting
from hospes.hosting.models import HostingAccount
from hospes.hosting.providers import PanelRefused, PanelUnavailable
from hospes.hosting.providers.directadmin import from_settings
from hospes.services.models import Service
from tests.hosting.panels import DirectAdminWorld
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


@pytest.fixture
def panel(directadmin_world: DirectAdminWorld) -> Iterator[DirectAdminWorld]:
    with override_settings(
        HOSPES_PANEL={"url": directadmin_world.sim.url, "user": "admin", "key": "demo-login-key"}
    ):
        yield directadmin_world


def hosted(world: DirectAdminWorld) -> tuple[Service, str]:
    service = make.service(product=make.product(panel_package="small"))
    account = make.hosting_account(service=service)
    world.provider.ensure_account(
        account.username, account.domain, "small", "Secret123456", "info@mail.example"
    )
    return service, account.username


def follow(service: Service) -> None:
    hosting.follow(service_id=service.pk, provider=from_settings(), now=NOW)


def package_at_panel(world: DirectAdminWorld, username: str) -> str:
    return next(account.package for account in world.sim.accounts.all() if account.username == username)


def test_an_upgrade_is_one_at_the_panel_too_and_a_second_time_nothing(panel: DirectAdminWorld) -> None:
    service, username = hosted(panel)
    other = make.product(panel_package="medium")
    with as_owner():
        Service.objects.filter(pk=service.pk).update(product=other)
    follow(service)
    follow(service)
    assert package_at_panel(panel, username) == "medium"


def test_what_ended_is_gone_at_the_panel(panel: DirectAdminWorld) -> None:
    service, username = hosted(panel)
    with as_owner():
        Service.objects.filter(pk=service.pk).update(state="terminated", ended_on=TODAY)
    follow(service)
    follow(service)
    assert panel.provider.state(username) == "absent"


def test_a_package_that_the_panel_has_not_is_no_success(panel: DirectAdminWorld) -> None:
    service, username = hosted(panel)
    with as_owner():
        Product.objects.filter(pk=service.product_id).update(panel_package="no-such")
    with pytest.raises((PanelRefused, PanelUnavailable)):
        follow(service)
    assert package_at_panel(panel, username) == "small"


def test_a_service_without_an_account_is_left_alone(panel: DirectAdminWorld) -> None:
    follow(make.service())


def dropped_halfway(panel: DirectAdminWorld, *, domain: str) -> tuple[Service, str]:
    """A service that ended before its account was noted as made, while the panel has an account of that user name."""
    service = make.service(product=make.product(panel_package="small"))
    account = make.hosting_account(service=service)
    with as_owner():
        HostingAccount.objects.filter(pk=account.pk).update(made_at=None)
        Service.objects.filter(pk=service.pk).update(state="terminated", ended_on=TODAY)
    panel.provider.ensure_account(
        account.username, domain or account.domain, "small", "Secret123456", "info@mail.example"
    )
    return service, account.username


def test_what_was_made_halfway_is_cleared_away_once_it_was_dropped(panel: DirectAdminWorld) -> None:
    service, username = dropped_halfway(panel, domain="")
    follow(service)
    follow(service)
    assert panel.provider.state(username) == "absent"


def test_an_account_of_somebody_else_under_that_user_name_stays(panel: DirectAdminWorld) -> None:
    service, username = dropped_halfway(panel, domain="of-somebody-else.test")
    follow(service)
    assert panel.provider.state(username) == "active"


def test_an_account_that_is_being_made_is_left_alone(panel: DirectAdminWorld) -> None:
    service, username = dropped_halfway(panel, domain="")
    with as_owner():
        Service.objects.filter(pk=service.pk).update(state="refused", ended_on=None)
    follow(service)
    assert panel.provider.state(username) == "active"
