"""Passkeys: what was signed at this very face, for this very session, once; anything else is refused without a word why."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import IntegrityError, transaction
from django.test import Client

from hospes.accounts.models import Passkey, StaffMember
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.accounts import people
from tests.accounts.second.device import OFFICE, PORTAL, Device
from tests.accounts.second.steps import STEP, password_given, who
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

ADD = "/account/2fa/passkeys/add/"
LOGIN = "/account/2fa/passkeys/login/"


@pytest.fixture(autouse=True)
def _places(settings: Any) -> None:
    settings.HOSPES_PORTAL_URL, settings.HOSPES_OFFICE_URL = PORTAL, OFFICE


def options(browser: Client, kind: str) -> dict[str, Any]:
    """What the browser is told to make or to sign."""
    answer = browser.get(f"/account/2fa/passkeys/options/{kind}/")
    assert answer.status_code == 200, answer.status_code
    assert "no-store" in answer["Cache-Control"]
    return dict(answer.json())


def added(browser: Client, device: Device, name: str = "Telefoon", **lies: Any) -> Any:
    return browser.post(ADD, {"name": name, "credential": device.make(options(browser, "add"), **lies)})


@pytest.fixture
def device(portal: Client, person: Person) -> Device:
    """A device with a passkey of the person's; the browser that made it is logged in."""
    people.log_in(portal, person)
    made = Device()
    assert added(portal, made)["Location"] == "/account/2fa/recovery-codes/"
    return made


def keys() -> list[Passkey]:
    with as_owner():
        return list(Passkey.objects.order_by("pk"))


# --- making and keeping them ----------------------------------------------------------------------------------------------


def test_one_is_kept_sealed_and_told_about(portal: Client, person: Person, device: Device) -> None:
    [key] = keys()
    assert (key.person_id, key.name, key.rp_id, key.sign_count) == (
        person.pk,
        "Telefoon",
        "portal.example",
        0,
    )
    x = device.key.public_key().public_numbers().x.to_bytes(32, "big")
    assert x not in bytes(key.sealed)
    assert device.credential_id not in bytes(key.sealed) + bytes(key.handle)
    assert "account.passkey_added" in [entry[0] for entry in people.journal()]
    assert [kind for kind, _ in people.letters()] == ["account.passkey_added", "account.recovery_codes_made"]


def test_what_was_sealed_for_one_row_does_not_open_in_another(
    portal: Client, person: Person, device: Device
) -> None:
    thief = people.somebody()
    browser = Client()
    people.let_in(browser, thief, second_step=False)
    added(browser, Device())
    mine, theirs = keys()
    with as_owner():
        Passkey.objects.filter(pk=mine.pk).update(sealed=theirs.sealed)
    stepping = password_given(person)
    with pytest.raises(Exception, match="sealed for another place"):
        stepping.get("/account/2fa/passkeys/options/step/")


@pytest.mark.parametrize("lies", [
    {"origin": "https://portal.example.evil"}, {"origin": "http://portal.example"}, {"origin": "https://sub.portal.example"},
    {"origin": "https://portal.example:8443"}, {"rp_id": "evil.example"}, {"challenge": "AAAA"}, {"type": "webauthn.get"},
])  # fmt: skip
def test_one_that_was_made_elsewhere_or_for_another_question_is_not_kept(
    portal: Client, person: Person, lies: dict[str, str]
) -> None:
    people.log_in(portal, person)
    assert added(portal, Device(), **lies).context["form"].errors
    assert keys() == []


@pytest.mark.parametrize("answer", ["", "null", "[]", "{}", "x", '{"id": 1}', '{"id": "a", "rawId": "a", "response": {}}', "9" * 30_000])  # fmt: skip
def test_what_no_browser_sends_is_no_error_of_ours(
    portal: Client, person: Person, device: Device, answer: str
) -> None:
    options(portal, "add")
    assert portal.post(ADD, {"name": "x", "credential": answer}).status_code == 200
    stepping = password_given(person)
    options(stepping, "step")
    assert stepping.post(STEP, {"credential": answer}).status_code == 200
    visitor = Client()
    options(visitor, "log_in")
    assert visitor.post(LOGIN, {"credential": answer})["Location"] == "/account/login/"
    assert len(keys()) == 1


def test_a_question_is_answered_once(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    asked = options(portal, "add")
    first, second = Device(), Device()
    portal.post(ADD, {"name": "1", "credential": first.make(asked)})
    assert portal.post(ADD, {"name": "2", "credential": second.make(asked)}).context["form"].errors
    assert len(keys()) == 1


def test_somebody_elses_passkey_is_not_taken_over(portal: Client, device: Device) -> None:
    thief = Client()
    people.let_in(thief, people.somebody(), second_step=False)
    assert added(thief, device).context["form"].errors
    assert len(keys()) == 1


def test_only_who_is_logged_in_just_now_gets_to_make_one(portal: Client, person: Person) -> None:
    assert portal.get("/account/2fa/passkeys/options/add/").status_code == 404
    assert portal.get("/account/2fa/passkeys/options/step/").status_code == 404
    assert portal.get("/account/2fa/passkeys/options/nonsense/").status_code == 404
    people.log_in(portal, person)
    with clock.shifted(people.LATER):
        assert portal.get("/account/2fa/passkeys/options/add/").status_code == 404
        assert portal.get(ADD).templates[0].name == "account/confirm.html"


def test_of_somebody_else_nothing_is_renamed_or_removed(portal: Client, device: Device) -> None:
    [key] = keys()
    thief = Client()
    people.let_in(thief, people.somebody(), second_step=False)
    for path in ("", "remove/"):
        for answer in (thief.get, thief.post):
            assert answer(f"/account/2fa/passkeys/{key.pk}/{path}").status_code == 404
    assert [each.name for each in keys()] == ["Telefoon"]


@pytest.mark.database
def test_who_may_see_what_of_one(portal: Client, device: Device) -> None:
    [key] = keys()
    for purpose in (Purpose.SECURITY, Purpose.RIGHTS):
        with acting(purpose, actor=SYSTEM):
            for column in ("sealed", "handle"):
                with pytest.raises(Refused), transaction.atomic():
                    list(Passkey.objects.values_list(column, flat=True))
    with acting(Purpose.MESSAGES, actor=JOB), pytest.raises(Refused), transaction.atomic():
        list(Passkey.objects.values_list("pk", flat=True))
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        Passkey.objects.create(
            person_id=key.person_id,
            name="x",
            rp_id=key.rp_id,
            handle=key.handle,
            sealed=b"x",
            added_at=key.added_at,
        )


# --- as the second step ---------------------------------------------------------------------------------------------------


def test_it_is_the_second_step(person: Person, device: Device) -> None:
    stepping = password_given(person)
    asked = options(stepping, "step")
    assert len(asked["publicKey"]["allowCredentials"]) == 1
    assert stepping.post(STEP, {"credential": device.sign(asked)})["Location"] == "/"
    assert who(stepping) == person.name
    assert keys()[0].last_used_at is not None


LIES: list[dict[str, Any]] = [
    {"origin": "https://portal.example.evil"}, {"origin": OFFICE}, {"origin": "https://sub.portal.example"}, {"rp_id": "evil.example"},
    {"challenge": "AAAA"}, {"type": "webauthn.create"}, {"user_handle": b"somebody else"}, {"key": ec.generate_private_key(ec.SECP256R1())},
]  # fmt: skip


@pytest.mark.parametrize("lies", LIES, ids=lambda lies: "-".join(lies))
def test_what_was_signed_elsewhere_or_by_another_lets_nobody_in(
    person: Person, device: Device, lies: dict[str, Any]
) -> None:
    stepping, visitor = password_given(person), Client()
    stepping.post(STEP, {"credential": device.sign(options(stepping, "step"), **lies)})
    visitor.post(LOGIN, {"credential": device.sign(options(visitor, "log_in"), **lies)})
    assert (who(stepping), who(visitor)) == ("nobody", "nobody")


def test_what_one_session_was_asked_is_no_answer_in_another(person: Person, device: Device) -> None:
    mine, thief = password_given(person), password_given(person)
    answer = device.sign(options(mine, "step"))
    options(thief, "step")
    thief.post(STEP, {"credential": answer})
    assert who(thief) == "nobody"
    mine.post(STEP, {"credential": answer})
    assert who(mine) == person.name
    mine.post("/account/logout/")
    again = password_given(person)
    again.post(STEP, {"credential": answer})
    assert who(again) == "nobody"


def test_an_answer_for_one_thing_is_none_for_another(person: Person, device: Device) -> None:
    visitor = Client()
    answer = device.sign(options(visitor, "log_in"))
    people.log_in(visitor, person)
    visitor.post(STEP, {"credential": answer})
    assert who(visitor) == "nobody"


def test_somebody_elses_passkey_is_no_second_step_of_mine(person: Person, device: Device) -> None:
    other = people.somebody()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        people.services.preset_second_step(person_id=other.pk, secret=people.SECRET, now=clock.now())
    stepping = password_given(other)
    stepping.post(STEP, {"credential": device.sign(options(stepping, "step"))})
    assert who(stepping) == "nobody"


def test_a_device_that_counts_must_count_up(portal: Client, person: Person) -> None:
    people.log_in(portal, person)
    device = Device(counts=True, counter=7)
    added(portal, device)
    for counter, name in ((8, person.name), (8, "nobody"), (3, "nobody"), (9, person.name)):
        device.counter = counter - 1
        stepping = password_given(person)
        stepping.post(STEP, {"credential": device.sign(options(stepping, "step"))})
        assert who(stepping) == name, counter


# --- instead of the password ----------------------------------------------------------------------------------------------


def test_it_is_the_whole_login_where_the_device_checked_who_holds_it(person: Person, device: Device) -> None:
    visitor = Client()
    asked = options(visitor, "log_in")
    assert "allowCredentials" not in asked["publicKey"]
    assert visitor.post(LOGIN, {"credential": device.sign(asked), "next": "/k/1/"})["Location"] == "/k/1/"
    assert who(visitor) == person.name
    device.checks = False
    other = Client()
    assert (
        other.post(LOGIN, {"credential": device.sign(options(other, "log_in"))})["Location"]
        == "/account/login/"
    )
    assert who(other) == "nobody"


def test_it_leads_nowhere_else(device: Device) -> None:
    visitor = Client()
    answer = {"credential": device.sign(options(visitor, "log_in")), "next": "https://evil.example/"}
    assert visitor.post(LOGIN, answer)["Location"] == "/"


def test_who_may_no_longer_log_in_does_not_do_so_by_passkey(person: Person, device: Device) -> None:
    with as_owner():
        Person.objects.filter(pk=person.pk).update(is_active=False)
    visitor = Client()
    visitor.post(LOGIN, {"credential": device.sign(options(visitor, "log_in"))})
    assert who(visitor) == "nobody"


def test_the_answer_does_not_tell_whether_anybody_has_the_passkey(device: Device) -> None:
    answers = []
    for each, lies in (
        (Device(user_handle=b"x"), {}),
        (device, {"key": ec.generate_private_key(ec.SECP256R1())}),
    ):
        visitor = Client()
        asked = options(visitor, "log_in")
        assert set(asked["publicKey"]) == {"challenge", "rpId", "userVerification"}
        told = visitor.post(LOGIN, {"credential": each.sign(asked, **lies)}, follow=True)
        answers.append((told.status_code, told.redirect_chain, [str(m) for m in told.context["messages"]]))
    assert answers[0] == answers[1]


def test_a_login_by_passkey_from_one_network_is_limited(device: Device) -> None:
    tried = []
    with clock.moved_to(clock.now().replace(minute=0, second=0)):
        for _ in range(62):
            visitor = Client(REMOTE_ADDR="192.0.2.5")
            visitor.post(LOGIN, {"credential": "{}"})
        visitor = Client(REMOTE_ADDR="192.0.2.5")
        visitor.post(LOGIN, {"credential": device.sign(options(visitor, "log_in"))})
        tried.append(who(visitor))
    assert tried == ["nobody"]


# --- two faces ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_office(settings: Any) -> Callable[[], Client]:
    def turn() -> Client:
        settings.FACE, settings.SESSION_COOKIE_NAME = "office", "hospes_office"
        return Client()

    return turn


def test_a_passkey_of_the_portal_is_of_no_use_in_the_office(
    portal: Client, at_office: Callable[[], Client]
) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK, second_step=False)
    people.log_in(portal, clerk)
    device = Device()
    added(portal, device)
    office = at_office()
    asked = options(office, "log_in")
    assert asked["publicKey"]["rpId"] == "kantoor.example"
    office.post(LOGIN, {"credential": device.sign(asked)})
    office.post(LOGIN, {"credential": device.sign(options(office, "log_in"), origin=OFFICE)})
    assert who(office) != clerk.name
    assert people.log_in(office, clerk)["Location"] == STEP  # it is asked for, since there is one
    page = office.get(STEP)
    assert page.context["ways"].passkeys == ()
    assert page.context["ways"].elsewhere == 1


def test_a_colleague_with_a_passkey_of_the_office_is_let_in_and_may_do_without_the_app(
    at_office: Callable[[], Client],
) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    office = at_office()
    people.let_in(office, clerk)
    first, second = Device(origin=OFFICE), Device(origin=OFFICE)
    added(office, first)
    assert office.post("/account/2fa/totp/deactivate/").status_code == 302
    [key] = keys()
    page = office.post(f"/account/2fa/passkeys/{key.pk}/remove/")
    assert page.context["is_needed"]
    added(office, second)
    assert office.post(f"/account/2fa/passkeys/{key.pk}/remove/")["Location"] == "/account/2fa/"
    visitor = Client()
    visitor.post(LOGIN, {"credential": second.sign(options(visitor, "log_in"))})
    assert who(visitor) == clerk.name


def test_who_does_not_work_here_gets_nowhere_with_a_passkey_of_the_office(
    at_office: Callable[[], Client],
) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    office = at_office()
    people.let_in(office, clerk)
    device = Device(origin=OFFICE)
    added(office, device)
    with as_owner():
        StaffMember.objects.filter(pk=clerk.pk).update(until=clock.now())
    visitor = Client()
    assert (
        visitor.post(LOGIN, {"credential": device.sign(options(visitor, "log_in"))})["Location"]
        == "/account/login/"
    )


# --- confirming -----------------------------------------------------------------------------------------------------------


def test_it_confirms_that_it_is_still_you(portal: Client, person: Person, device: Device) -> None:
    with clock.shifted(people.LATER):
        asked = portal.post("/account/2fa/recovery-codes/new/")
        assert asked.templates[0].name == "account/confirm.html"
        answer = device.sign(options(portal, "step"))
        wrong = portal.post(
            "/account/2fa/recovery-codes/new/", {"confirm-answer": "1", "confirm-credential": json.dumps({})}
        )
        assert wrong.context["form"].errors
        answer = device.sign(options(portal, "step"))
        done = portal.post(
            "/account/2fa/recovery-codes/new/", {"confirm-answer": "1", "confirm-credential": answer}
        )
    assert done["Location"] == "/account/2fa/recovery-codes/"


def test_a_question_lapses(person: Person, device: Device) -> None:
    stepping = password_given(person)
    answer = device.sign(options(stepping, "step"))
    with clock.shifted(timedelta(minutes=5, seconds=1)):
        stepping.post(STEP, {"credential": answer})
    assert who(stepping) == "nobody"
