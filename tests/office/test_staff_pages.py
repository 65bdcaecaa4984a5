"""Colleagues and roles in the office: the pages, who has them, and that a change counts at the next click (P30)."""

import re
from itertools import combinations
from typing import Any

import pytest
from django.test import Client

from hospes.accounts.models import Power, StaffMember, StaffPost, StaffRole
from hospes.accounts.staff import invitations
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from tests.accounts import people as accounts
from tests.office import people
from tests.office.conftest import AsRole
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

PASSWORD = "een-heel-nieuwe-korenschuur"

#: What each page of the office needs; any of the purposes, or the power.
NEEDS: dict[str, set[Purpose] | Power | None] = {
    "/": None,
    "/zoeken/": None,
    "/klanten/{customer}/wijzigen/": {Purpose.CONTRACT},
    "/klanten/{customer}/facturen/": {Purpose.BILLING},
    "/klanten/{customer}/gegevens/": {Purpose.RIGHTS},
    "/klanten/{customer}/diensten/{service}/": {Purpose.OPERATION, Purpose.CONTRACT},
    "/facturen/{invoice}/": {Purpose.BILLING},
    "/logboek/": {Purpose.SECURITY},
    "/controles/": {Purpose.SECURITY},
    "/medewerkers/": Power.MANAGE,
    "/medewerkers/uitnodigen/": Power.MANAGE,
    "/medewerkers/rollen/administrator/": Power.MANAGE,
    "/aanbod/": Power.CATALOGUE,
    "/aanbod/groepen/nieuw/": Power.CATALOGUE,
    "/aanbod/producten/nieuw/": Power.CATALOGUE,
    "/aanbod/producten/{product}/": Power.CATALOGUE,
    "/aanbod/codes/nieuw/": Power.CATALOGUE,
}


def set_role(key: str, *purposes: Purpose, powers: list[Power] | None = None) -> None:
    with as_owner():
        StaffRole.objects.filter(pk=key).update(purposes=list(purposes), powers=powers or [])


def opened(client: Client, case: people.Case) -> set[str]:
    """The pages that open."""
    filled = {"customer": case.customer.number, "invoice": case.invoice.number, "service": case.service.pk,
              "product": case.service.product_id}  # fmt: skip
    answers = {page: client.get(page.format(**filled)).status_code for page in NEEDS}
    assert set(answers.values()) <= {200, 404}
    return {page for page, status in answers.items() if status == 200}


def meant(purposes: set[Purpose], powers: set[Power]) -> set[str]:
    return {
        page
        for page, needs in NEEDS.items()
        if needs is None or (needs in powers if isinstance(needs, Power) else bool(needs & purposes))
    }


# --- roles × pages × purposes ---------------------------------------------------------------------------------------------


@pytest.mark.promise("P30")
@pytest.mark.parametrize("purpose", sorted(set().union(*people.ACTS_FOR.values())))
def test_with_one_purpose_come_its_pages_and_no_others(as_role: AsRole, purpose: Purpose) -> None:
    as_role("administrator")
    set_role("technician", purpose)
    client, case = as_role("technician"), people.case()
    assert opened(client, case) == meant({purpose}, set())
    assert client.get(case.page).status_code == 200


@pytest.mark.parametrize("power", [None, *Power])
def test_with_a_power_come_its_pages(as_role: AsRole, power: Power | None) -> None:
    powers = [power] if power else []
    set_role("technician", Purpose.OPERATION, powers=powers)
    assert opened(as_role("technician"), people.case()) == meant({Purpose.OPERATION}, set(powers))


@pytest.mark.parametrize(("one", "other"), combinations(people.ROLES, 2))
def test_two_roles_are_what_either_may(as_role: AsRole, one: str, other: str) -> None:
    case, powers = people.case(), set(Power) if "administrator" in (one, other) else set()
    client = as_role(one, other)
    assert opened(client, case) == meant(set(people.ACTS_FOR[one] | people.ACTS_FOR[other]), powers)
    page = people.text(client.get(case.page))
    for purpose in Purpose:
        held = purpose in people.ACTS_FOR[one] | people.ACTS_FOR[other]
        assert (f"“{purpose.declared.label}”" in page) == held, purpose


@pytest.mark.promise("P30")
def test_a_change_of_a_role_counts_at_the_next_click(as_role: AsRole) -> None:
    boss, client, case = as_role("administrator"), as_role("technician"), people.case()
    before = opened(client, case)
    form = {"purposes": ["operation", "billing"], "powers": []}
    assert boss.post("/medewerkers/rollen/technician/", form)["Location"] == "/medewerkers/"
    assert opened(client, case) == before | {"/klanten/{customer}/facturen/", "/facturen/{invoice}/"}
    boss.post("/medewerkers/rollen/technician/", {"purposes": ["billing"]})
    assert "/klanten/{customer}/diensten/{service}/" not in opened(client, case)


def test_another_role_counts_at_the_next_click(as_role: AsRole) -> None:
    boss, client, case = as_role("administrator"), as_role("technician"), people.case()
    with as_owner():
        technician = StaffPost.objects.get(role_id="technician").member_id
    boss.post(f"/medewerkers/{technician}/rollen/", {"roles": ["privacy_officer"]})
    assert opened(client, case) == meant(set(people.ACTS_FOR["privacy_officer"]), set())


# --- the pages ------------------------------------------------------------------------------------------------------------


def test_the_list_says_who_may_what_and_whose_login_is_not_safe(as_role: AsRole) -> None:
    boss = as_role("administrator")
    agent = accounts.colleague("support_agent", "technician", second_step=False)
    page = people.text(boss.get("/medewerkers/"))
    assert "2 collega’s hebben toegang tot het kantoor" in page
    assert "Eén heeft nog geen tweede stap" in page
    assert f"{agent.name} {agent.email} medewerker klantenservice, technicus geen actief" in page
    english = people.text(boss.get("/en/medewerkers/"))
    assert "support agent, technician none active" in english


def test_an_invitation_is_sent_and_stands_in_the_list(as_role: AsRole) -> None:
    boss = as_role("administrator")
    form = {
        "email": "nieuw@kantoor.test", "given_name": "Nieuwe", "family_name": "Collega", "language": "en", "roles": ["technician"],
    }  # fmt: skip
    assert boss.post("/medewerkers/uitnodigen/", form)["Location"] == "/medewerkers/"
    page = people.text(boss.get("/medewerkers/"))
    assert "Nieuwe Collega nieuw@kantoor.test technicus geen uitgenodigd" in page
    with as_owner():
        assert [m.kind for m in Message.objects.order_by("pk")] == ["staff.changed", "staff.invitation"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "nieuw"}, "geldig e-mailadres"),
        ({"roles": []}, "Kies minstens één rol."),
        ({"roles": ["nonsense"]}, "Selecteer een geldige keuze"),
        ({"given_name": "A\u202eB"}, "teken dat niet te zien is"),
        ({"family_name": ""}, "Dit veld is verplicht"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said(as_role: AsRole, wrong: dict[str, Any], said: str) -> None:
    boss = as_role("administrator")
    form = {
        "email": "n@kantoor.test",
        "given_name": "N",
        "family_name": "K",
        "language": "nl",
        "roles": ["technician"],
    }
    response = boss.post("/medewerkers/uitnodigen/", form | wrong)
    assert response.status_code == 422
    assert said in response.content.decode()
    with as_owner():
        assert StaffMember.objects.count() == 1


def test_what_comes_back_says_the_same_for_an_address_that_is_known(as_role: AsRole) -> None:
    boss, known = as_role("administrator"), accounts.somebody()
    form = {"given_name": "N", "family_name": "K", "language": "nl", "roles": ["technician"]}
    answers = [
        boss.post("/medewerkers/uitnodigen/", form | {"email": email})
        for email in (known.email, "n@kantoor.test")
    ]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/medewerkers/")}


def test_the_last_who_manages_the_staff_reads_why_not(as_role: AsRole) -> None:
    boss = as_role("administrator")
    with as_owner():
        me = StaffMember.objects.get().pk
    for url, form in (
        (f"/medewerkers/{me}/uit-dienst/", {}),
        (f"/medewerkers/{me}/rollen/", {"roles": ["technician"]}),
        ("/medewerkers/rollen/administrator/", {"purposes": ["security"]}),
    ):
        response = boss.post(url, form, follow=True)
        assert "Iemand moet de medewerkers blijven beheren" in response.content.decode(), url
    assert boss.get("/medewerkers/").status_code == 200


def test_nobody_does_it_without_saying_once_more_who_they_are(as_role: AsRole) -> None:
    boss = as_role("administrator")
    agent = accounts.colleague("support_agent")
    accounts.identified(boss, seconds_ago=660)
    for url, form in (
        (
            "/medewerkers/uitnodigen/",
            {
                "email": "n@kantoor.test",
                "given_name": "N",
                "family_name": "K",
                "language": "nl",
                "roles": ["technician"],
            },
        ),
        ("/medewerkers/rollen/technician/", {"purposes": ["billing"]}),
        (f"/medewerkers/{agent.pk}/rollen/", {"roles": ["technician"]}),
        (f"/medewerkers/{agent.pk}/uit-dienst/", {}),
        (f"/medewerkers/{agent.pk}/opnieuw/", {}),
    ):
        response = boss.post(url, form)
        assert response.status_code == 200, url
        assert 'name="confirm-answer"' in response.content.decode(), url
    with as_owner():
        assert StaffMember.objects.count() == 2
        assert StaffRole.objects.get(pk="technician").purposes == ["operation"]
        assert StaffMember.objects.get(pk=agent.pk).until is None


def test_for_who_does_not_manage_the_staff_there_are_no_such_pages_and_no_question_either(
    as_role: AsRole,
) -> None:
    clerk = as_role("privacy_officer")
    accounts.identified(clerk, seconds_ago=660)
    agent = accounts.colleague("support_agent")
    for url in (
        f"/medewerkers/{agent.pk}/rollen/",
        f"/medewerkers/{agent.pk}/opnieuw/",
        "/medewerkers/rollen/technician/",
    ):
        assert clerk.post(url).status_code == 404, url


# --- joining --------------------------------------------------------------------------------------------------------------


def invited(boss_id: int, **words: Any) -> tuple[str, Person]:
    """The address of the page where somebody takes up an invitation."""
    from hospes.accounts.staff import services

    given = {
        "email": "nieuw@kantoor.test",
        "given_name": "Nieuwe",
        "family_name": "Collega",
        "roles": ["technician"],
    }
    invitation = services.invite(**(given | words), actor=Actor.staff(boss_id), now=clock.now())
    with as_owner():
        person = Person.objects.get(pk=invitation.person_id)
    return f"/uitnodiging/{invitations.token(invitation)}/", person


def test_who_is_invited_chooses_a_password_then_a_second_step_and_is_in(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    boss = accounts.colleague("administrator")
    url, person = invited(boss.pk)
    client = Client()
    page = client.get(url)
    assert "Welkom, Nieuwe" in page.content.decode()
    assert "technicus" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    weak = client.post(url, {"password1": "12345", "password2": "12345"})
    assert weak.status_code == 422
    assert client.post(url, {"password1": PASSWORD, "password2": PASSWORD})["Location"] == "/account/login/"
    assert client.get("/").status_code == 302  # not in yet
    client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    assert client.get("/")["Location"] == "/account/2fa/"
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    shown = client.get("/account/2fa/totp/activate/").content.decode()
    secret = re.search(r'id="authenticator_secret"[^>]*>\s*([A-Z2-7 ]+)', shown)
    assert secret
    client.post("/account/2fa/totp/activate/", {"code": accounts.code(secret.group(1).replace(" ", ""))})
    assert client.get("/").status_code == 200
    assert client.get("/logboek/").status_code == 404
    for method in (client.get, client.post):
        assert method(url).status_code == 404


@pytest.mark.parametrize("spoiled", ["tampered", "too late", "withdrawn"])
def test_a_link_that_does_not_work_says_no_more_than_that(spoiled: str) -> None:
    from hospes.accounts.staff import services

    boss = accounts.colleague("administrator")
    url, person = invited(boss.pk)
    if spoiled == "withdrawn":
        services.dismiss(person_id=person.pk, actor=Actor.staff(boss.pk), now=clock.now())
    if spoiled == "tampered":
        url = url.replace(str(person.pk), str(person.pk + 1), 1)
    with clock.shifted(invitations.LASTS * (2 if spoiled == "too late" else 0)):
        for answer in (Client().get(url), Client().post(url, {"password1": PASSWORD, "password2": PASSWORD})):
            assert answer.status_code == 404
            assert "Deze link werkt niet meer" in answer.content.decode()
            assert person.name not in answer.content.decode()
    with as_owner():
        assert not Person.objects.get(pk=person.pk).has_usable_password()


def test_a_customer_who_is_taken_on_stays_a_customer_and_the_old_password_is_gone(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    boss, known = accounts.colleague("administrator"), accounts.somebody()
    url, person = invited(boss.pk, email=known.email)
    assert person.pk == known.pk
    Client().post(url, {"password1": PASSWORD, "password2": PASSWORD})
    with acting(Purpose.ACCESS, actor=SYSTEM):
        held = Person.objects.get(pk=known.pk)
    assert (held.check_password(PASSWORD), held.check_password(accounts.PASSWORD)) == (True, False)
