"""What is written down of seeing as the customer sees, and what the customer is told (P11, P30)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hospes.accounts import sweeps
from hospes.accounts.models import OpenSession, Viewing
from hospes.accounts.origins import history
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.privacy import package
from tests.accounts import people as accounts
from tests.office import people
from tests.office.conftest import AsRole
from tests.office.viewing import looks
from tests.support import make
from tests.support.ageing import the_database_believes
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.promise("P30")]


def visit(client: Any, case: people.Case) -> Viewing:
    viewing = looks.begin(client, case)
    for page in ("", "diensten/", "", "facturen/"):  # the last one is not shown to this role
        client.get(looks.address(case, page))
    client.post(f"{case.page}zien/{viewing.pk}/stoppen/")
    return looks.seen(viewing)


def test_the_journal_has_the_beginning_and_each_page_that_was_opened(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    viewing = visit(client, case)
    about = ("staff", viewing.staff_id, case.customer.pk, case.holder.pk)
    assert looks.entries() == [
        (action, *about)
        for action in (
            "staff.viewed_as",
            "staff.viewed_as.overview",
            "staff.viewed_as.services",
            "staff.viewed_as.overview",
        )
    ]
    assert viewing.pages == ["overview", "services"]
    assert (viewing.reason, viewing.purpose) == (looks.REASON, "support")


def test_the_customer_reads_when_why_and_at_which_pages_and_not_who(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    viewing = visit(client, case)
    me = Actor.person(case.holder.pk, ip=people.IP)
    with acting(Purpose.ACCESS, actor=me):
        members = history.members(case.customer.pk, viewer=case.holder.pk, sees_all=True, now=clock.now())
    with acting(Purpose.SECURITY, actor=me, customer=case.customer.pk, person=case.holder.pk):
        events = history.events(case.customer.pk, members, sees_all=True, limit=50)
    [event] = [each for each in events if each.looked]
    assert event.by == "staff"
    assert (event.ip, event.browser, event.about) == (None, "", "")
    assert event.looked is not None
    assert (event.looked.reason, event.looked.until) == (looks.REASON, viewing.ended_at)
    assert event.looked.pages == ("overzicht", "diensten")
    assert not [each for each in events if each.action.startswith("staff.viewed_as.")]


def test_it_is_in_the_package_with_the_reason_and_without_the_colleague(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    viewing = visit(client, case)
    me = Actor.person(case.holder.pk, ip=people.IP)
    with as_owner():
        gathered = package.collect(
            person_id=case.holder.pk, customer_ids=[case.customer.pk], actor=me, now=clock.now()
        )
    [section] = [each for each in gathered.sections if each.table == "accounts_viewing"]
    [row] = section.rows
    assert (row["reason"], row["pages"], row["staff"]) == (looks.REASON, ["overview", "services"], None)
    [line] = section.lines()
    assert ("overzicht, diensten") in dict(line).values()
    assert any(look.how == "staff.viewed_as" for look in gathered.looks)
    assert viewing.staff.name not in str(package.as_data(gathered))


def test_another_customer_sees_nothing_of_it(as_role: AsRole) -> None:
    client, case, other = as_role("support_agent"), people.case(), people.case(label="anders.test")
    visit(client, case)
    me = Actor.person(other.holder.pk)
    with acting(Purpose.SECURITY, actor=me, customer=other.customer.pk, person=other.holder.pk):
        assert not Viewing.objects.exists()
    with acting(Purpose.SECURITY, actor=me, customer=case.customer.pk, person=other.holder.pk):
        assert not Viewing.objects.exists()  # saying so does not make one a member


def test_it_is_gone_after_a_year_and_no_sooner(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    viewing = visit(client, case)
    for days, gone in ((365, 0), (367, 1)):
        then = viewing.started_at + timedelta(days=days)
        with the_database_believes(then):
            assert sweeps.clear_where_from(now=then) >= gone
        with as_owner():
            assert Viewing.objects.exists() is not bool(gone)


# --- what the database holds ----------------------------------------------------------------------------------------------


def _begun(case: people.Case, **other: Any) -> dict[str, Any]:
    now = clock.now()
    return {"customer": case.customer, "person": case.holder, "purpose": "support", "reason": "x", "started_at": now,
            "ends_at": now + timedelta(minutes=30)} | other  # fmt: skip


@pytest.mark.database
def test_nobody_begins_it_but_a_colleague_who_may_in_a_session_of_their_own(as_role: AsRole) -> None:
    case, agent, clerk = (
        people.case(),
        accounts.colleague("support_agent"),
        accounts.colleague("billing_clerk"),
    )
    with as_owner():
        now = clock.now()
        opened = {
            (who.pk, face): OpenSession.objects.create(
                person=who, face=face, key=f"{who.pk}{face}", started_at=now, seen_at=now, expires_at=now + timedelta(hours=1)
            ).pk
            for who in (agent, clerk)
            for face in ("office", "portal")
        }  # fmt: skip
    own = opened[agent.pk, "office"]
    tries = [
        (Actor.staff(clerk.pk), clerk.pk, opened[clerk.pk, "office"]),  # may not
        (Actor.staff(agent.pk), clerk.pk, own),  # in somebody else's name
        (Actor.staff(clerk.pk), agent.pk, own),
        (Actor.staff(agent.pk), agent.pk, opened[clerk.pk, "office"]),  # in somebody else's session
        (Actor.staff(agent.pk), agent.pk, opened[agent.pk, "portal"]),  # in no session of the office
        (Actor.person(agent.pk), agent.pk, own),
        (Actor.visitor(), agent.pk, own),
        (JOB, agent.pk, own),
        (SYSTEM, agent.pk, own),
    ]
    for actor, staff_id, opened_id in tries:
        with acting(Purpose.SUPPORT, actor=actor), pytest.raises(Refused), transaction.atomic():
            Viewing.objects.create(**_begun(case, staff_id=staff_id, opened_id=opened_id))
    with acting(Purpose.SUPPORT, actor=Actor.staff(agent.pk)):
        made = Viewing.objects.create(**_begun(case, staff_id=agent.pk, opened_id=own))
    with acting(Purpose.SUPPORT, actor=Actor.staff(clerk.pk)), pytest.raises(Refused), transaction.atomic():
        Viewing.objects.filter(pk=made.pk).update(pages=["overview"])
    with acting(Purpose.SUPPORT, actor=Actor.staff(agent.pk)):
        for change in ({"reason": "anders"}, {"ends_at": now + timedelta(hours=2)}, {"staff_id": clerk.pk}):
            with pytest.raises(Refused), transaction.atomic():
                Viewing.objects.filter(pk=made.pk).update(**change)
        Viewing.objects.filter(pk=made.pk).update(pages=["overview"])
        with pytest.raises(Refused), transaction.atomic():
            Viewing.objects.filter(pk=made.pk).update(pages=[])
        Viewing.objects.filter(pk=made.pk).update(ended_at=made.started_at)
        for change in ({"ended_at": None}, {"pages": ["overview", "data"]}):
            with pytest.raises(Refused), transaction.atomic():
                Viewing.objects.filter(pk=made.pk).update(**change)


@pytest.mark.database
@pytest.mark.parametrize(
    ("constraint", "other"),
    [
        ("viewing_is_short", {"ends_at": make.NOW + timedelta(minutes=30, seconds=1)}),
        ("viewing_is_short", {"ends_at": make.NOW}),
        ("viewing_has_a_reason", {"reason": ""}),
        ("viewing_ends_in_time", {"ended_at": make.NOW + timedelta(minutes=31)}),
    ],
)
def test_it_is_short_and_has_a_reason(constraint: str, other: dict[str, Any]) -> None:
    case, agent = people.case(), accounts.colleague("support_agent")
    words = (
        _begun(case, staff=agent, opened_id=1, started_at=make.NOW, ends_at=make.NOW + timedelta(minutes=30))
        | other
    )
    with as_owner(), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Viewing.objects.create(**words)
