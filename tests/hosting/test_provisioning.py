"""Making hosting accounts: whoever dies at whatever moment leaves what the next try takes up."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test import override_settings

from hospes.hosting import jobs, queries, services
from hospes.hosting.models import HostingAccount
from hospes.hosting.providers import HostingProvider, NotAuthenticated, PanelUnavailable
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.services import kinds
from hospes.services import services as life
from hospes.services.models import Service, ServiceChange, State
from tests.hosting.panels import DirectAdminWorld, Seen
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

LATER = NOW + timedelta(minutes=5)


class DiedError(Exception):
    """Stands for kill -9 at this moment."""


class DyingPanel:
    """A panel's adapter whose caller dies before or after it made an account."""

    def __init__(self, panel: HostingProvider, *, after: bool) -> None:
        self.panel, self.after = panel, after

    def ensure_account(self, *args: Any, **words: Any) -> None:
        if self.after:
            self.panel.ensure_account(*args, **words)
        raise DiedError

    def __getattr__(self, name: str) -> Any:
        return getattr(self.panel, name)


@pytest.fixture
def panel(directadmin_world: DirectAdminWorld) -> Iterator[DirectAdminWorld]:
    """The panel that the settings name."""
    with override_settings(
        HOSPES_PANEL={"url": directadmin_world.sim.url, "user": "admin", "key": "demo-login-key"}
    ):
        yield directadmin_world


def ordered(label: str = "dronkel.test", **words: Any) -> Service:
    """A service that was ordered and paid."""
    return make.service(state="pending", label=label, product=make.product(panel_package="small"), **words)


def provision(service: Service, panel: DirectAdminWorld, **words: Any) -> None:
    services.provision(
        service_id=service.pk, provider=words.pop("provider", panel.provider), now=LATER, **words
    )


def account_of(service: Service) -> HostingAccount:
    with as_owner():
        return HostingAccount.objects.get(service_id=service.pk)


def password_of(service: Service) -> str:
    with acting(Purpose.CONTRACT, actor=JOB):
        return services._password_of(HostingAccount.objects.get(service_id=service.pk))


def all_is_done_once(service: Service, panel: DirectAdminWorld) -> None:
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == State.ACTIVE
        changes = ServiceChange.objects.filter(service_id=service.pk, became="active")
        assert [(c.was, c.reason, c.at) for c in changes] == [("pending", "provisioned", LATER)]
        entries = JournalEntry.objects.filter(action="hosting.made", object_id=service.pk)
        assert [(e.at, e.purpose, e.customer_id, e.actor_kind) for e in entries] == [
            (LATER, "contract", service.customer_id, "job")
        ]
        mails = Message.objects.filter(kind="services.active")
        assert [(m.about_id, m.customer_id) for m in mails] == [(service.pk, service.customer_id)]
    account = account_of(service)
    assert (account.username, account.domain, account.made_at) == ("dronkel", "dronkel.test", LATER)
    assert panel.accounts() == {
        "dronkel": Seen("dronkel.test", "small", settings.HOSPES_OPERATOR.email, suspended=False)
    }
    assert panel.lets_in("dronkel", password_of(service))


@pytest.mark.promise("P22")
def test_a_service_that_was_ordered_gets_its_account_and_is_put_on(panel: DirectAdminWorld) -> None:
    service = ordered()
    provision(service, panel)
    all_is_done_once(service, panel)


@pytest.mark.promise("P41")
def test_the_panel_hears_the_operators_address_and_not_the_customers(panel: DirectAdminWorld) -> None:
    service = ordered()
    provision(service, panel)
    with as_owner():
        assert (
            panel.accounts()["dronkel"].email
            == settings.HOSPES_OPERATOR.email
            != service.customer.invoice_email
        )


def test_again_changes_nothing(panel: DirectAdminWorld) -> None:
    service = ordered()
    provision(service, panel)
    first = account_of(service)
    services.provision(service_id=service.pk, provider=panel.provider, now=LATER + timedelta(days=1))
    assert account_of(service).password == first.password
    all_is_done_once(service, panel)


def test_killed_before_the_panel_was_asked(panel: DirectAdminWorld) -> None:
    service = ordered()
    with pytest.raises(DiedError):
        provision(service, panel, provider=DyingPanel(panel.provider, after=False))
    kept = account_of(service)
    assert (kept.username, kept.made_at) == ("dronkel", None)
    assert panel.accounts() == {}
    with acting(Purpose.CONTRACT, actor=JOB):
        assert queries.access(service.pk) is None
    provision(service, panel)
    assert account_of(service).password == kept.password
    all_is_done_once(service, panel)


def test_killed_after_the_panel_made_the_account(panel: DirectAdminWorld) -> None:
    service = ordered()
    with pytest.raises(DiedError):
        provision(service, panel, provider=DyingPanel(panel.provider, after=True))
    assert (account_of(service).made_at, list(panel.accounts())) == (None, ["dronkel"])
    provision(service, panel)
    all_is_done_once(service, panel)


@pytest.mark.parametrize("step", ["_claim", "_finish"])
def test_killed_in_a_transaction_of_ours(
    panel: DirectAdminWorld, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """At the last moment of the transaction, so that all of it is rolled back."""
    service = ordered()

    def dying(*args: Any, **words: Any) -> None:
        with acting(Purpose.CONTRACT, actor=JOB):
            whole(*args, **words)
            raise DiedError

    whole: Callable[..., Any] = getattr(services, step)
    with monkeypatch.context() as patched:
        patched.setattr(services, step, dying)
        with pytest.raises(DiedError):
            provision(service, panel)
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == State.PENDING
        assert not Message.objects.exists()
        assert not HostingAccount.objects.filter(made_at__isnull=False).exists()
    provision(service, panel)
    all_is_done_once(service, panel)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_the_connection_breaks_while_the_account_is_made(panel: DirectAdminWorld, before: bool) -> None:
    service = ordered()
    panel.hang_up(before=before)
    with pytest.raises(PanelUnavailable):
        provision(service, panel)
    provision(service, panel)
    all_is_done_once(service, panel)


def test_an_outage_passes(panel: DirectAdminWorld) -> None:
    service = ordered()
    panel.outage()
    with pytest.raises(PanelUnavailable):
        provision(service, panel)
    panel.too_busy()
    with pytest.raises(PanelUnavailable):
        provision(service, panel)
    provision(service, panel)
    all_is_done_once(service, panel)


def test_two_tries_at_once_make_one_account(panel: DirectAdminWorld) -> None:
    """The second runs through while the first waits for the panel's answer."""
    service = ordered()

    class Overtaken(DyingPanel):
        def ensure_account(self, *args: Any, **words: Any) -> None:
            provision(service, panel)
            self.panel.ensure_account(*args, **words)

    provision(service, panel, provider=Overtaken(panel.provider, after=True))
    all_is_done_once(service, panel)


def test_two_customers_with_like_names(panel: DirectAdminWorld) -> None:
    first, second = ordered("bakkerij-de-boer.test"), ordered("bakkerijdeboer.test")
    provision(first, panel)
    provision(second, panel)
    assert (account_of(first).username, account_of(second).username) == ("bakkerijde", "bakkerijd2")
    assert password_of(first) != password_of(second)


def test_a_name_that_the_panel_uses_for_something_else(panel: DirectAdminWorld) -> None:
    for username, domain in (("dronkel", "older.test"), ("dronkel2", "oldest.test")):
        panel.provider.ensure_account(username, domain, "small", "a-password-of-old", "beheer@example.com")
    service = ordered()
    provision(service, panel)
    assert account_of(service).username == "dronkel3"
    assert panel.accounts()["dronkel3"].domain == "dronkel.test"
    assert panel.accounts()["dronkel"].domain == "older.test"


def test_a_name_that_a_policy_hides_is_not_given_twice(panel: DirectAdminWorld) -> None:
    hidden = ordered()
    provision(hidden, panel)
    make.restriction(purpose=Purpose.CONTRACT, customer=hidden.customer)
    service = ordered("dronkel.example")
    provision(service, panel)
    assert account_of(service).username == "dronkel2"


@pytest.mark.promise("P74")
def test_nothing_is_made_for_who_had_processing_stopped(panel: DirectAdminWorld) -> None:
    service = ordered()
    make.restriction(purpose=Purpose.CONTRACT, customer=service.customer)
    with pytest.raises(Service.DoesNotExist):
        provision(service, panel)
    assert panel.accounts() == {}


def somebody_elses(panel: DirectAdminWorld) -> None:
    """An account of before, for the same domain, that we know nothing of."""
    panel.provider.ensure_account(
        "someone", "dronkel.test", "small", "a-password-of-old", "beheer@example.com"
    )


def mails(kind: str) -> list[tuple[int | None, int | None]]:
    with as_owner():
        return list(Message.objects.filter(kind=kind).values_list("about_id", "customer_id"))


def test_a_domain_that_the_panel_has_for_somebody_else_is_refused_once_and_told(
    panel: DirectAdminWorld,
) -> None:
    somebody_elses(panel)
    service = ordered()
    for _ in range(2):
        provision(service, panel)
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == State.REFUSED
        changes = ServiceChange.objects.filter(service_id=service.pk, became="refused")
        assert [(c.was, c.reason, c.at) for c in changes] == [("pending", "refused_by_panel", LATER)]
        assert [e.customer_id for e in JournalEntry.objects.filter(action="service.moved")] == [
            service.customer_id
        ]
    assert mails("services.refused") == [(service.pk, service.customer_id)]
    assert mails("services.active") == []
    assert "already exists" in account_of(service).refusal
    assert list(panel.accounts()) == ["someone"]
    with acting(Purpose.CONTRACT, actor=JOB):
        assert queries.access(service.pk) is None


def test_the_job_of_one_that_is_refused_is_done_and_not_tried_again(panel: DirectAdminWorld) -> None:
    somebody_elses(panel)
    service = ordered()
    jobs.provision.run(service_id=service.pk)  # raises nothing
    assert [name for name, _, _ in jobs_waiting()] == ["messaging.jobs.deliver"]


def test_tried_again_once_the_hindrance_is_gone_it_works_and_is_told_once(panel: DirectAdminWorld) -> None:
    somebody_elses(panel)
    service = ordered()
    provision(service, panel)
    with acting(Purpose.CONTRACT, actor=JOB):
        life.try_again(service_id=service.pk, reason="tried_again", now=LATER)
    assert [name for name, _, _ in jobs_waiting()][-1] == "hosting.jobs.provision"
    provision(service, panel)  # still in the way: the customer knows already
    assert mails("services.refused") == [(service.pk, service.customer_id)]
    panel.provider.remove("someone")
    with acting(Purpose.CONTRACT, actor=JOB):
        life.try_again(service_id=service.pk, reason="tried_again", now=LATER)
    provision(service, panel)
    all_is_done_once(service, panel)
    assert account_of(service).refusal == ""


def test_a_package_that_the_panel_does_not_know_is_refused_too(panel: DirectAdminWorld) -> None:
    service = make.service(state="pending", product=make.product(panel_package="no-such"))
    provision(service, panel)
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == State.REFUSED
    assert "no-such" in account_of(service).refusal


def test_without_a_free_user_name_it_is_refused_as_well(
    panel: DirectAdminWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_NAMES_TO_TRY", 1)
    make.hosting_account(username="dronkel")
    service = ordered()
    provision(service, panel)
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == State.REFUSED
    assert mails("services.refused") == [(service.pk, service.customer_id)]


def test_an_outage_is_no_refusal(panel: DirectAdminWorld) -> None:
    service = ordered()
    panel.outage()
    with pytest.raises(PanelUnavailable):
        provision(service, panel)
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == State.PENDING
    assert mails("services.refused") == []


@pytest.mark.parametrize("state", ["active", "suspended", "cancelled", "terminated", "refused"])
def test_a_service_in_another_state_is_left_alone(panel: DirectAdminWorld, state: str) -> None:
    service = make.service(state=state)
    provision(service, panel)
    assert panel.accounts() == {}
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == state


def test_a_service_that_was_cancelled_meanwhile_is_not_put_on(panel: DirectAdminWorld) -> None:
    service = ordered()

    class Cancelled(DyingPanel):
        def ensure_account(self, *args: Any, **words: Any) -> None:
            self.panel.ensure_account(*args, **words)
            with as_owner():
                Service.objects.filter(pk=service.pk).update(state=State.CANCELLED, ends_on=service.renews_on)

    provision(service, panel, provider=Cancelled(panel.provider, after=True))
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == State.CANCELLED
    assert account_of(service).made_at == LATER  # known, so that whoever ends the service removes it


# --- the password -----------------------------------------------------------------------------------------------------


def test_the_password_is_sealed_for_its_own_place(panel: DirectAdminWorld) -> None:
    service = ordered()
    provision(service, panel)
    assert password_of(service).encode() not in bytes(account_of(service).password)
    assert len(password_of(service)) == 20


def test_showing_the_password_stands_in_the_journal(panel: DirectAdminWorld) -> None:
    service = ordered()
    provision(service, panel)
    owner = make.holder_of(service.customer)
    with acting(Purpose.CONTRACT, actor=JOB):
        shown = services.reveal_password(service_id=service.pk, now=LATER)
    assert panel.lets_in("dronkel", shown)
    with as_owner():
        entry = JournalEntry.objects.get(action="hosting.password_shown")
        assert (entry.customer_id, entry.at, entry.changed) == (service.customer_id, LATER, [])
    assert owner.pk


@pytest.mark.login("portal")
def test_a_customer_sees_their_own_password_and_nobody_elses(panel: DirectAdminWorld) -> None:
    mine, theirs = ordered(), ordered("other.test")
    for service in (mine, theirs):
        provision(service, panel)
    me = Actor.person(make.holder_of(mine.customer).pk)
    with acting(Purpose.CONTRACT, actor=me, customer=mine.customer_id):
        assert services.reveal_password(service_id=mine.pk, now=LATER) == password_of(mine)
        with pytest.raises(HostingAccount.DoesNotExist):
            services.reveal_password(service_id=theirs.pk, now=LATER)


@pytest.mark.parametrize("purpose", [Purpose.MESSAGES, Purpose.SUPPORT])
def test_no_other_purpose_reads_the_password(panel: DirectAdminWorld, purpose: Purpose) -> None:
    service = ordered()
    provision(service, panel)
    with acting(purpose, actor=JOB):
        assert HostingAccount.objects.get(service_id=service.pk).username == "dronkel"
        with pytest.raises(Refused, match="password"), transaction.atomic():
            HostingAccount.objects.values_list("password", flat=True).get(service_id=service.pk)


# --- the job ----------------------------------------------------------------------------------------------------------


def jobs_waiting() -> list[tuple[str, dict[str, Any], str]]:
    with as_owner(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT task_name, args, lock FROM procrastinate_jobs ORDER BY id")
        return list(cursor.fetchall())


def test_what_is_ordered_is_made_by_a_job_with_an_id_only() -> None:
    service = ordered()
    with acting(Purpose.CONTRACT, actor=JOB):
        kinds.provision("hosting", service.pk)
    assert [row[0] for row in jobs_waiting()] == ["hosting.jobs.provision"]
    assert jobs_waiting()[0][2] == f"hosting:{service.pk}"


def test_the_job_does_it(panel: DirectAdminWorld) -> None:
    service = ordered()
    with clock.moved_to(LATER):
        jobs.provision.run(service_id=service.pk)
        jobs.provision.run(service_id=service.pk)
    all_is_done_once(service, panel)


def test_the_job_fails_when_the_panel_does_not_let_us_in(panel: DirectAdminWorld) -> None:
    service = ordered()
    wrong = {"url": panel.sim.url, "user": "admin", "key": "wrong"}
    with override_settings(HOSPES_PANEL=wrong), pytest.raises(NotAuthenticated):
        jobs.provision.run(service_id=service.pk)
    with as_owner():
        assert Service.objects.get(pk=service.pk).state == State.PENDING


# --- limits that options change -------------------------------------------------------------------------------------------


def test_options_that_change_a_limit_reach_the_panel_and_the_rest_of_the_package_stays(
    panel: DirectAdminWorld,
) -> None:
    service = ordered()
    with as_owner():
        product = service.product
        extra, plain = (
            make.option(product=product, kind="quantity", choices=[{12: 100}])[0] for _ in range(2)
        )
        type(extra).objects.filter(pk=extra.pk).update(disk_mb=10_000, mailboxes=5)
        Service.objects.filter(pk=service.pk).update(choice_ids=[extra.pk, plain.pk], choice_counts=[2, 1])
    for _ in range(2):  # harmless to repeat
        provision(service, panel)
    limits = panel.sim.accounts.limits("dronkel")
    assert (limits["quota"], limits["nemails"]) == (
        "30000",
        "20",
    )  # 10,000 MB and 10 mailboxes in the package
    assert (limits["bandwidth"], limits["mysql"], limits["php"], limits["ssh"]) == (
        "unlimited",
        "2",
        "ON",
        "OFF",
    )
    assert panel.accounts()["dronkel"].package == "custom"
    services.follow(service_id=service.pk, provider=panel.provider, now=LATER)
    assert panel.sim.accounts.limits("dronkel")["quota"] == "30000"
    with as_owner():
        Service.objects.filter(pk=service.pk).update(choice_ids=[], choice_counts=[])
    services.follow(service_id=service.pk, provider=panel.provider, now=LATER)
    assert panel.accounts()["dronkel"].package == "small"
    assert panel.sim.accounts.limits("dronkel")["quota"] == "5000"
