"""Inviting colleagues, changing their roles, letting them go; changing what roles may do; and who is told of it (P30)."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from hospes.accounts.models import Power, StaffChange
from hospes.accounts.staff import first, invitations, queries, services
from hospes.accounts.staff.services import StaffRefused
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


@pytest.fixture(autouse=True)
def _office(settings: Any) -> None:
    settings.FACE = "office"


@pytest.fixture
def boss(db: None, _rights: None) -> Person:
    return people.colleague("administrator")


def by(person: Person) -> Actor:
    return Actor.staff(person.pk, ip="192.0.2.9")


def invite(boss: Person, email: str = "nieuw@kantoor.test", **words: Any) -> invitations.Invitation:
    given = {"given_name": "Nieuwe", "family_name": "Collega", "roles": ["technician"]} | words
    return services.invite(email=email, **given, actor=by(boss), now=clock.now())


def standing(person_id: int) -> tuple[str, ...] | None:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        found = queries.standing_of(person_id, now=clock.now())
    return found.keys if found else None


def take_up(invitation: invitations.Invitation) -> bool:
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        return services.take_up(invitation, now=clock.now())


def entries(action: str) -> list[tuple[str, int | None, int | None]]:
    with as_owner():
        found = JournalEntry.objects.filter(action=action).order_by("pk")
        return list(found.values_list("actor_kind", "actor_id", "person_id"))


def changes() -> list[tuple[str, int | None, str | None, list[str], list[str]]]:
    with as_owner():
        found = StaffChange.objects.order_by("pk").exclude(by=None)
        return list(found.values_list("what", "about_id", "role_id", "had", "has"))


def kinds(person: Person) -> list[str]:
    """The kinds of mail that wait for somebody."""
    return [kind for kind, letter in people.letters() if letter.reader.address == person.email]


# --- coming ---------------------------------------------------------------------------------------------------------------


def test_who_is_invited_is_nobody_until_they_take_it_up_and_then_has_just_these_roles(boss: Person) -> None:
    invitation = invite(boss, roles=["technician", "support_agent"])
    with as_owner():
        person = Person.objects.get(pk=invitation.person_id)
    assert (person.email, person.name, person.has_usable_password()) == (
        "nieuw@kantoor.test",
        "Nieuwe Collega",
        False,
    )
    assert standing(person.pk) is None
    assert take_up(invitation)
    assert standing(person.pk) == ("support_agent", "technician")
    assert entries("staff.invited") == [("staff", boss.pk, person.pk)]
    assert ("visitor", None, person.pk) in entries("staff.hired")
    assert changes() == [("invited", person.pk, None, [], ["support_agent", "technician"])]
    with as_owner():
        assert EmailAddress.objects.get(user_id=person.pk).verified is True


def test_an_invitation_works_once(boss: Person) -> None:
    invitation = invite(boss)
    assert take_up(invitation)
    assert not take_up(invitation)


def test_two_days_and_no_longer(boss: Person) -> None:
    first_one, second = invite(boss), invite(boss, "ander@kantoor.test")
    with clock.shifted(invitations.LASTS - timedelta(seconds=5)):
        assert take_up(first_one)
    with clock.shifted(invitations.LASTS + timedelta(seconds=1)):
        assert not take_up(second)
        assert standing(second.person_id) is None


def test_a_second_invitation_overtakes_the_first(boss: Person) -> None:
    old = invite(boss)
    with clock.shifted(timedelta(minutes=1)):
        new = invite(boss, roles=["billing_clerk"])
        assert new.person_id == old.person_id
        assert not take_up(old)
        assert take_up(new)
        assert standing(new.person_id) == ("billing_clerk",)


def test_the_link_in_the_mail_is_of_the_office_and_names_the_invitation(boss: Person, settings: Any) -> None:
    settings.HOSPES_OFFICE_URL = "https://kantoor.example.com"
    invitation = invite(boss)
    [letter] = [letter for kind, letter in people.letters() if kind == "staff.invitation"]
    link = people.link_in(letter)
    assert link.startswith("https://kantoor.example.com/uitnodiging/")
    token = link.rstrip("/").split("/")[-1]
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        assert invitations.read(token, now=clock.now()) == invitation
        for wrong in (
            "",
            "x",
            token[:-1] + ("a" if token[-1] != "a" else "b"),
            token.replace(".", ":"),
            f"1.{token}",
        ):
            assert invitations.read(wrong, now=clock.now()) is None
    assert "technicus" in letter.text
    assert letter.reader.address == "nieuw@kantoor.test"


def test_a_mail_whose_link_would_not_work_is_not_sent(boss: Person) -> None:
    invitation = invite(boss)
    assert take_up(invitation)
    from hospes.messaging.recipients import NobodyToReach

    with pytest.raises(NobodyToReach):
        people.letters()


def test_who_has_an_account_stays_who_they_are_and_the_administrator_is_not_told_so(boss: Person) -> None:
    known = people.somebody()
    invitation = invite(boss, known.email.upper())
    assert invitation.person_id == known.pk
    with as_owner():
        assert Person.objects.get(pk=known.pk).name == known.name


def test_a_colleague_is_not_invited_again(boss: Person) -> None:
    agent = people.colleague("support_agent")
    with pytest.raises(StaffRefused, match="werkt hier al"):
        invite(boss, agent.email)
    assert standing(agent.pk) == ("support_agent",)


@pytest.mark.parametrize("roles", [[], ["nonsense"], ["technician", "nonsense"]])
def test_nobody_is_invited_as_nothing(boss: Person, roles: list[str]) -> None:
    with pytest.raises(StaffRefused, match="minstens één rol"):
        invite(boss, roles=roles)
    with as_owner():
        assert not Person.objects.filter(email="nieuw@kantoor.test").exists()


def test_who_left_can_come_back(boss: Person) -> None:
    agent = people.colleague("support_agent")
    services.dismiss(person_id=agent.pk, actor=by(boss), now=clock.now())
    with clock.shifted(timedelta(minutes=1)):
        assert take_up(invite(boss, agent.email, roles=["technician"]))
        assert standing(agent.pk) == ("technician",)


# --- roles and going ------------------------------------------------------------------------------------------------------


def test_somebody_with_two_roles_may_what_either_may(boss: Person) -> None:
    agent = people.colleague("support_agent", "billing_clerk")
    with acting(Purpose.ACCESS, actor=SYSTEM):
        held = queries.standing_of(agent.pk, now=clock.now())
    assert held is not None
    assert held.purposes == {Purpose.CONTRACT, Purpose.SUPPORT, Purpose.BILLING}
    assert held.powers == {Power.VIEW, Power.QUOTE}


def test_roles_are_changed_and_written_down_with_what_they_were(boss: Person) -> None:
    agent = people.colleague("support_agent")
    services.change_roles(
        person_id=agent.pk, roles=["technician", "billing_clerk"], actor=by(boss), now=clock.now()
    )
    assert standing(agent.pk) == ("billing_clerk", "technician")
    assert changes() == [("roles", agent.pk, None, ["support_agent"], ["billing_clerk", "technician"])]
    services.change_roles(
        person_id=agent.pk, roles=["billing_clerk", "technician"], actor=by(boss), now=clock.now()
    )
    assert len(changes()) == 1


def test_who_manages_the_staff_can_hand_that_over_and_lose_everything(boss: Person) -> None:
    people.colleague("administrator")
    services.change_roles(
        person_id=boss.pk, roles=["technician", "administrator"], actor=by(boss), now=clock.now()
    )
    services.change_roles(person_id=boss.pk, roles=["support_agent"], actor=by(boss), now=clock.now())
    assert standing(boss.pk) == ("support_agent",)


def test_the_last_who_manages_the_staff_is_told_why_not(boss: Person) -> None:
    now = clock.now()
    refused = "Iemand moet de medewerkers blijven beheren"
    with pytest.raises(StaffRefused, match=refused):
        services.dismiss(person_id=boss.pk, actor=by(boss), now=now)
    with pytest.raises(StaffRefused, match=refused):
        services.change_roles(person_id=boss.pk, roles=["technician"], actor=by(boss), now=now)
    with pytest.raises(StaffRefused, match=refused):
        services.change_role(
            key="administrator", purposes=[Purpose.SECURITY], powers=[], actor=by(boss), now=now
        )
    assert standing(boss.pk) == ("administrator",)
    assert changes() == []
    assert people.letters() == []


def test_who_is_dismissed_is_nobody_and_knows_it(boss: Person) -> None:
    agent, other = people.colleague("support_agent"), people.colleague("administrator")
    services.dismiss(person_id=agent.pk, actor=by(boss), now=clock.now())
    assert standing(agent.pk) is None
    assert kinds(agent) == ["staff.about_you"]
    assert kinds(boss) == kinds(other) == ["staff.changed"]
    services.dismiss(person_id=agent.pk, actor=by(boss), now=clock.now())
    assert len(changes()) == 1


def test_a_withdrawn_invitation_is_dead(boss: Person) -> None:
    invitation = invite(boss)
    services.dismiss(person_id=invitation.person_id, actor=by(boss), now=clock.now())
    assert not take_up(invitation)


def test_to_be_let_in_anew_takes_the_second_step_away_and_asks_for_a_link(boss: Person) -> None:
    agent = people.colleague("support_agent")
    services.let_in_anew(person_id=agent.pk, actor=by(boss), now=clock.now())
    assert standing(agent.pk) is None
    with as_owner():
        assert not Authenticator.objects.filter(user_id=agent.pk).exists()
    [letter] = [letter for kind, letter in people.letters() if kind == "staff.anew"]
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        invitation = invitations.read(people.link_in(letter).rstrip("/").split("/")[-1], now=clock.now())
    assert invitation is not None
    assert take_up(invitation)
    assert standing(agent.pk) == ("support_agent",)


def test_nobody_lets_themselves_in_anew(boss: Person) -> None:
    with pytest.raises(StaffRefused):
        services.let_in_anew(person_id=boss.pk, actor=by(boss), now=clock.now())


# --- what roles may do ----------------------------------------------------------------------------------------------------


def test_a_changed_role_counts_at_once_for_all_who_have_it(boss: Person) -> None:
    agent = people.colleague("technician")
    assert services.change_role(
        key="technician",
        purposes=[Purpose.OPERATION, Purpose.SECURITY],
        powers=[Power.RESET],
        actor=by(boss),
        now=clock.now(),
    )
    with acting(Purpose.ACCESS, actor=SYSTEM):
        held = queries.standing_of(agent.pk, now=clock.now())
    assert held is not None
    assert (held.purposes, held.powers) == ({Purpose.OPERATION, Purpose.SECURITY}, {Power.RESET})
    assert changes() == [
        ("purposes", None, "technician", ["operation"], ["operation", "security"]),
        ("powers", None, "technician", [], ["reset"]),
    ]
    assert entries("staff.role_changed") == [("staff", boss.pk, None)]


def test_a_role_that_stays_as_it_is_is_no_change(boss: Person) -> None:
    assert not services.change_role(
        key="technician", purposes=[Purpose.OPERATION], powers=[], actor=by(boss), now=clock.now()
    )
    assert changes() == []


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - set(services.OPEN_TO_STAFF)))
def test_what_the_office_may_not_act_for_no_role_can_be_given(boss: Person, purpose: Purpose) -> None:
    with pytest.raises(StaffRefused):
        services.change_role(
            key="technician",
            purposes=[Purpose.OPERATION, purpose],
            powers=[],
            actor=by(boss),
            now=clock.now(),
        )


def test_what_a_row_says_beyond_that_counts_for_nothing(boss: Person) -> None:
    role = queries.roles()[0]
    role.purposes = ["access", "billing", "retention", "nonsense"]
    role.powers = ["fly"]
    held = queries.Standing((role,))
    assert (held.purposes, held.powers) == ({Purpose.BILLING}, frozenset())


def test_all_who_manage_the_staff_are_told_what_a_role_may_do_now(boss: Person) -> None:
    other = people.colleague("administrator")
    services.change_role(
        key="technician",
        purposes=[Purpose.OPERATION, Purpose.BILLING],
        powers=[],
        actor=by(boss),
        now=clock.now(),
    )
    assert kinds(boss) == kinds(other) == ["staff.changed"]
    letter = people.letters()[0][1]
    for said in (
        "technicus",
        "uw diensten laten werken",
        "facturen maken en betalingen verwerken",
        boss.name,
    ):
        assert said in letter.text, letter.text


# --- the first ------------------------------------------------------------------------------------------------------------


def test_the_first_administrator_comes_in_by_a_link_that_the_machine_gives() -> None:
    link = first.link(email="eerste@kantoor.test", now=clock.now())
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        invitation = invitations.read(link.rstrip("/").split("/")[-1], now=clock.now())
    assert invitation is not None
    assert take_up(invitation)
    assert standing(invitation.person_id) == ("administrator",)
    assert entries("staff.invited") == [("system", None, invitation.person_id)]
    assert people.letters() == []


def test_a_link_that_got_lost_is_replaced_as_long_as_nobody_used_it() -> None:
    lost = first.link(email="eerste@kantoor.test", now=clock.now())
    with clock.shifted(timedelta(seconds=1)):
        again = first.link(email="eerste@kantoor.test", now=clock.now())
        with acting(Purpose.ACCESS, actor=Actor.visitor()):
            assert invitations.read(lost.rstrip("/").split("/")[-1], now=clock.now()) is None
            assert invitations.read(again.rstrip("/").split("/")[-1], now=clock.now()) is not None


def test_there_is_no_second_first_administrator_unless_it_has_to_be(boss: Person) -> None:
    with pytest.raises(StaffRefused, match="even-so"):
        first.link(email="tweede@kantoor.test", now=clock.now())
    link = first.link(email="tweede@kantoor.test", even_so=True, now=clock.now())
    assert "/uitnodiging/" in link
    assert kinds(boss) == ["staff.changed"]


def test_an_administrator_who_lost_everything_keeps_their_roles_and_begins_anew() -> None:
    agent = people.colleague("support_agent")
    other = people.colleague("administrator")
    link = first.link(email=agent.email, even_so=True, now=clock.now())
    assert standing(agent.pk) is None
    with as_owner():
        assert not Authenticator.objects.filter(user_id=agent.pk).exists()
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        invitation = invitations.read(link.rstrip("/").split("/")[-1], now=clock.now())
    assert invitation is not None
    assert take_up(invitation)
    assert standing(agent.pk) == ("support_agent", "administrator")
    assert kinds(other)


def test_the_only_administrator_who_lost_everything_gets_a_link_too(boss: Person) -> None:
    link = first.link(email=boss.email, even_so=True, now=clock.now())
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        invitation = invitations.read(link.rstrip("/").split("/")[-1], now=clock.now())
    assert invitation is not None
    assert take_up(invitation)
    assert standing(boss.pk) == ("administrator",)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(StaffRefused, match="geen e-mailadres"):
        first.link(email="eerste", now=clock.now())
