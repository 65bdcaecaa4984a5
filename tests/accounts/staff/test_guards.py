"""What the database holds about staff, whoever writes: who may change it, and that somebody remains who manages them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection

from hospes.accounts.models import StaffMember, StaffPost, StaffRole
from hospes.accounts.staff import services
from hospes.accounts.staff.services import StaffRefused
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.accounts import people
from tests.support import make
from tests.support.ageing import the_database_believes
from tests.support.rights import as_owner, log_in

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.database]


def admin(*also: str) -> Person:
    return people.colleague("administrator", *also)


# --- who may change it ----------------------------------------------------------------------------------------------------

#: Every way to change who may do what, as the purpose that writes these tables.
CHANGES: dict[str, Callable[[Person], object]] = {
    "end somebody's work": lambda who: StaffMember.objects.filter(pk=who.pk).update(until=clock.now()),
    "let somebody go on who left": lambda who: StaffMember.objects.filter(pk=who.pk).update(until=None),
    "let somebody begin earlier": lambda who: StaffMember.objects.filter(pk=who.pk).update(since=make.NOW),
    "give a role": lambda who: StaffPost.objects.create(member_id=who.pk, role_id="privacy_officer"),
    "take a role away": lambda who: StaffPost.objects.filter(member_id=who.pk).delete(),
    "open a purpose": lambda who: StaffRole.objects.filter(pk="technician").update(purposes=["billing"]),
    "give a power": lambda who: StaffRole.objects.filter(pk="technician").update(powers=["manage"]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "by", ["nobody", "a visitor", "a customer", "a job", "a privacy officer", "who left", "an administrator"]
)
def test_only_who_manages_the_staff_changes_who_may_do_what(change: str, by: str) -> None:
    colleague, boss, customer = people.colleague("support_agent"), admin(), people.somebody()
    officer, gone = people.colleague("privacy_officer"), admin()
    services.dismiss(person_id=gone.pk, actor=Actor.staff(boss.pk), now=clock.now())
    actors = {
        "nobody": Actor.staff(0), "a visitor": Actor.visitor(), "a customer": Actor.person(customer.pk), "a job": JOB,
        "a privacy officer": Actor.staff(officer.pk), "who left": Actor.staff(gone.pk), "an administrator": Actor.staff(boss.pk),
    }  # fmt: skip
    with acting(Purpose.SECURITY, actor=actors[by]):
        if by == "an administrator":
            CHANGES[change](colleague)
        else:
            with pytest.raises(Refused, match="does not manage the staff"):
                CHANGES[change](colleague)


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose != Purpose.SECURITY])
def test_no_other_purpose_makes_anybody_staff(purpose: Purpose) -> None:
    boss, person = admin(), people.somebody()
    with as_owner():
        terms = {"since": clock.now(), "invited_at": clock.now(), "invited_until": clock.now()}
    for grantee in ({}, {"person": person.pk}):
        with pytest.raises((Refused, LookupError)), acting(purpose, actor=Actor.staff(boss.pk), **grantee):  # type: ignore[arg-type]
            StaffMember.objects.create(person=person, **terms)


def test_the_door_lets_in_who_was_invited_and_changes_nothing_else() -> None:
    boss = admin()
    actor, now = Actor.staff(boss.pk), clock.now()
    invitation = services.invite(
        email="nieuw@kantoor.test",
        given_name="N",
        family_name="K",
        roles=["technician"],
        actor=actor,
        now=now,
    )
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        assert StaffMember.objects.filter(pk=invitation.person_id).update(joined_at=now) == 1
    for wrong in ({"until": None}, {"since": now}, {"invited_until": now}):
        with pytest.raises(Refused), acting(Purpose.ACCESS, actor=Actor.visitor()):
            StaffMember.objects.filter(pk=invitation.person_id).update(**wrong)
    with pytest.raises(Refused, match="does not manage"), acting(Purpose.ACCESS, actor=Actor.visitor()):
        StaffMember.objects.filter(pk=invitation.person_id).update(joined_at=None)


def test_nobody_begins_by_an_invitation_that_ran_out_or_was_withdrawn() -> None:
    actor, now = Actor.staff(admin().pk), clock.now()
    invitation = services.invite(
        email="nieuw@kantoor.test",
        given_name="N",
        family_name="K",
        roles=["technician"],
        actor=actor,
        now=now,
    )
    with (
        pytest.raises(IntegrityError, match="joined_while_invited"),
        acting(Purpose.ACCESS, actor=Actor.visitor()),
    ):
        StaffMember.objects.filter(pk=invitation.person_id).update(joined_at=now + 2 * (services.LASTS))
    services.dismiss(person_id=invitation.person_id, actor=actor, now=now)
    with pytest.raises(Refused, match="does not manage"), acting(Purpose.ACCESS, actor=Actor.visitor()):
        StaffMember.objects.filter(pk=invitation.person_id).update(joined_at=now)


def test_retention_removes_who_left_and_nobody_else() -> None:
    here, gone = people.colleague("technician"), people.colleague("technician")
    with as_owner():
        StaffMember.objects.filter(pk=gone.pk).update(until=make.NOW)
    member = "DELETE FROM accounts_staffmember WHERE person_id = %s"
    post = "DELETE FROM accounts_staffpost WHERE member_id = %s"
    for sql, who, said in (
        (member, here, "a row is kept"), (member, gone, "a row is kept"), (post, here, "does not manage"),
        (post, gone, "does not manage"),
    ):  # fmt: skip
        with (
            pytest.raises(Refused, match=said),
            acting(Purpose.RETENTION, actor=JOB),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql, [who.pk])
    with the_database_believes(make.NOW + timedelta(days=3 * 365)):
        with (
            pytest.raises(Refused, match="a row is kept"),
            acting(Purpose.RETENTION, actor=JOB),
            connection.cursor() as cursor,
        ):
            cursor.execute(member, [here.pk])
        with acting(Purpose.RETENTION, actor=JOB), connection.cursor() as cursor:
            for sql in (member, post):
                cursor.execute(sql, [gone.pk])
                assert cursor.rowcount == 1


# --- what a role can be given ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [["billing", "access"], ["retention"], ["newsletter"], ["nonsense"]])
def test_no_role_acts_for_what_the_office_may_not(wrong: list[str]) -> None:
    with (
        pytest.raises(IntegrityError, match="role_acts_for_what_the_office_may"),
        acting(Purpose.SECURITY, actor=SYSTEM),
    ):
        StaffRole.objects.filter(pk="technician").update(purposes=wrong)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [({"purposes": []}, "role_acts_for_something"), ({"powers": ["fly"]}, "role_has_powers_that_exist")],
)
def test_a_role_is_for_something_and_has_powers_that_there_are(
    values: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), acting(Purpose.SECURITY, actor=SYSTEM):
        StaffRole.objects.filter(pk="technician").update(**values)


# --- somebody remains -----------------------------------------------------------------------------------------------------

#: Every way in which the one who manages the staff could be lost.
LOSSES: dict[str, Callable[[Person], object]] = {
    "their work ends": lambda who: StaffMember.objects.filter(pk=who.pk).update(until=clock.now()),
    "it ends later": lambda who: StaffMember.objects.filter(pk=who.pk).update(
        until=clock.now() + services.LASTS
    ),
    "they are let in anew": lambda who: StaffMember.objects.filter(pk=who.pk).update(joined_at=None),
    "they lose the role": lambda who: StaffPost.objects.filter(
        member_id=who.pk, role_id="administrator"
    ).delete(),
    "the role loses the power": lambda who: StaffRole.objects.filter(pk="administrator").update(
        powers=["reset"]
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_last_who_manages_the_staff_cannot_be_lost(loss: str) -> None:
    boss = admin()
    people.colleague("support_agent")
    with (
        pytest.raises(IntegrityError, match="somebody has to remain"),
        acting(Purpose.SECURITY, actor=SYSTEM),
    ):
        LOSSES[loss](boss)
    with pytest.raises(IntegrityError, match="somebody has to remain"), as_owner():  # nor by the owner
        LOSSES[loss](boss)


def test_nor_by_the_owner_who_turns_their_role_into_another() -> None:
    boss = admin()
    with pytest.raises(IntegrityError, match="somebody has to remain"), as_owner():
        StaffPost.objects.filter(member_id=boss.pk).update(role_id="technician")


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss != "the role loses the power"])
def test_of_two_one_can_go(loss: str) -> None:
    boss, _other = admin(), admin()
    with acting(Purpose.SECURITY, actor=SYSTEM):
        LOSSES[loss](boss)


def test_the_last_cannot_be_barred_from_logging_in() -> None:
    boss = admin()
    with pytest.raises(IntegrityError, match="somebody has to remain"), acting(Purpose.ACCESS, actor=SYSTEM):
        Person.objects.filter(pk=boss.pk).update(is_active=False)


def test_who_was_only_invited_or_barred_does_not_count_as_remaining() -> None:
    boss, barred = admin(), admin()
    services.invite(email="n@kantoor.test", given_name="N", family_name="K", roles=["administrator"],
                    actor=Actor.staff(boss.pk), now=clock.now())  # fmt: skip
    with acting(Purpose.ACCESS, actor=SYSTEM):
        Person.objects.filter(pk=barred.pk).update(is_active=False)
    with pytest.raises(StaffRefused):
        services.dismiss(person_id=boss.pk, actor=Actor.staff(boss.pk), now=clock.now())


def test_where_nobody_manages_the_staff_others_still_come_and_go() -> None:
    colleague = people.colleague("support_agent")
    services.dismiss(person_id=colleague.pk, actor=SYSTEM, now=clock.now())
    with as_owner():
        assert StaffMember.objects.get(pk=colleague.pk).until is not None


_GOES = {
    "each their own work": "UPDATE accounts_staffmember SET until = now() WHERE person_id = %s",
    "each their own role": "DELETE FROM accounts_staffpost WHERE member_id = %s",
    "each barred": "UPDATE customers_person SET is_active = false WHERE id = %s",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", _GOES)
def test_of_two_who_go_at_the_same_time_one_is_refused(way: str) -> None:
    both, together = [admin(), admin()], Barrier(2)
    purpose = Purpose.ACCESS if "barred" in way else Purpose.SECURITY
    login = "door" if "barred" in way else "office"

    def go(who: Person) -> str:
        with log_in(login) as own:
            own.autocommit = False
            for name, value in {"role": purpose.role, "hospes.purpose": purpose.value, "hospes.actor_kind": "staff",
                                "hospes.actor": str(who.pk)}.items():  # fmt: skip
                own.execute("SELECT set_config(%s, %s, true)", [name, value])
            together.wait(timeout=20)
            try:
                own.execute(_GOES[way], [who.pk])  # type: ignore[arg-type]  # psycopg wants literals
                own.commit()
            except psycopg.errors.CheckViolation as refused:
                own.rollback()
                return str(refused.diag.constraint_name)
        return "gone"

    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(go, both))
    assert said == ["gone", "staff_keep_an_administrator"]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT accounts_staff_holds(NULL, 'manage')")
        assert cursor.fetchone()[0] is True


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_with_an_old_view_of_the_world_nobody_goes(level: str) -> None:
    boss, _other = admin(), admin()
    with log_in("office") as own:
        own.execute(f"BEGIN ISOLATION LEVEL {level}")  # type: ignore[arg-type]  # psycopg wants literals
        own.execute("SELECT set_config('role', %s, true)", [Purpose.SECURITY.role])
        own.execute(
            "SELECT set_config('hospes.actor_kind', 'staff', true), set_config('hospes.actor', %s, true)",
            [str(boss.pk)],
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="old view"):
            own.execute("UPDATE accounts_staffmember SET until = now() WHERE person_id = %s", [boss.pk])
