"""The way back for who lost the second step: it waits, everybody concerned is told, each of them can stop it; no hole."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.test import Client

from hospes.accounts import sweeps
from hospes.accounts.models import Phone, RecoveryCode, Release, StaffMember
from hospes.accounts.second import releases, ways
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging import texts
from hospes.messaging.models import Message, TextMessage
from hospes.messaging.recipients import NobodyToReach
from hospes.messaging.rendering import render
from tests.accounts import people
from tests.accounts.second import steps
from tests.accounts.second.steps import password_given, who
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P09")]

LOST = "/account/2fa/lost/"
WAIT, HOUR = timedelta(days=3, minutes=1), timedelta(hours=1, minutes=1)


@pytest.fixture
def loser(portal: Client, person: Person) -> Person:
    """Somebody whose phone gets the codes, and who lost it."""
    steps.with_number(person)
    return person


def asked(person: Person) -> Release:
    password_given(person).post(LOST)
    return held()


def held() -> Release:
    with as_owner():
        return Release.objects.order_by("-pk")[0]


def token(release: Release, move: releases.Move) -> str:
    return f"/account/2fa/lost/{move}/{releases.token(release.pk, move)}/"


def mails(kind: str) -> list[Any]:
    """The letters of a kind, as the worker writes them now."""
    with acting(Purpose.MESSAGES, actor=JOB):
        waiting = Message.objects.filter(kind__startswith=kind).order_by("pk")
        return [render(message, now=clock.now()) for message in waiting]


def has_step(person: Person) -> bool:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        return ways.has_step(person.pk)


def by_colleague(person: Person, **more: Any) -> Release:
    colleague = people.colleague(StaffMember.Role.ADMINISTRATOR)
    given = {"may": frozenset({"customers"}), "reason": "Belde zelf; noemde drie factuurnummers."} | more
    with acting(Purpose.ACCESS, actor=SYSTEM):
        return releases.ask_for(person_id=person.pk, colleague_id=colleague.pk, now=clock.now(), **given)


# --- asked for by oneself -------------------------------------------------------------------------------------------------


def test_only_who_gave_the_password_can_ask(loser: Person) -> None:
    stranger = Client()
    for answer in (stranger.get(LOST), stranger.post(LOST)):
        assert answer["Location"].startswith("/account/login/")
    with as_owner():
        assert not Release.objects.exists()


def test_every_address_that_is_known_is_told_and_the_phone(loser: Person) -> None:
    customer = make.customer(holder=loser)
    with as_owner():
        EmailAddress.objects.create(user=loser, email="ander@kraakhof.test", verified=True)
        EmailAddress.objects.create(user=loser, email="nooit-bevestigd@kraakhof.test", verified=False)
        type(customer).objects.filter(pk=customer.pk).update(invoice_email="boeken@kraakhof.test")
    asked(loser)
    told = mails("account.release_asked")
    assert sorted(letter.reader.address for letter in told) == sorted(
        [loser.email, "ander@kraakhof.test", "boeken@kraakhof.test"]
    )
    assert all("/account/2fa/lost/stop/" in letter.text for letter in told)
    assert not any("/account/2fa/lost/use/" in letter.text for letter in told)
    with as_owner():
        text = TextMessage.objects.get(kind="account.sms_release")
    with acting(Purpose.MESSAGES, actor=JOB):
        assert "/account/2fa/lost/stop/" in texts.write(text, now=clock.now()).body


def test_the_confirmed_addresses_of_customers_that_they_hold_are_told_and_no_others(loser: Person) -> None:
    mine = make.customer(holder=loser, kind="business", name="Zaagtand bv", invoice_email=loser.email)
    now = clock.now()
    technical = make.contact_address(customer=mine)
    make.contact_address(
        customer=mine, use="technical", confirmed_at=None
    )  # asked for, and nobody answered yet
    make.contact_address(customer=mine, use="emergency", ended_at=now)
    make.contact_address(customer=mine, use="invoices", email=loser.email)
    elsewhere = make.customer(holder=make.person())  # for which they only have access
    make.membership(person=loser, customer=elsewhere, role="administration")
    make.contact_address(customer=elsewhere)
    given_up = make.customer(holder=make.person())
    make.membership(person=loser, customer=given_up, until=now)
    make.contact_address(customer=given_up)
    asked(loser)
    told = {letter.reader.address: letter for letter in mails("account.release_asked")}
    assert set(told) == {loser.email, technical.email}
    letter = told[technical.email]
    assert letter.reader.name == ""
    for part in (loser.name, "Zaagtand bv", "/account/2fa/lost/stop/"):
        assert part in letter.text
        assert part in letter.html
    for secret in (loser.email, steps.NUMBER, "/lost/use/", "/password/", str(mine.number)):
        assert secret not in letter.text + letter.html
    found = re.search(r"https?://[^/\s]+(/account/2fa/lost/stop/[^\s]+/)", letter.text)
    assert found
    Client().post(found.group(1))
    assert held().outcome == Release.Outcome.STOPPED


def test_each_address_is_told_once(loser: Person) -> None:
    customer = make.customer(holder=loser, invoice_email="boeken@kraakhof.test")
    for use in ("technical", "emergency"):
        make.contact_address(customer=customer, use=use, email="Boeken@kraakhof.test")
    asked(loser)
    assert sorted(letter.reader.address for letter in mails("account.release_asked")) == sorted(
        [loser.email, "boeken@kraakhof.test"]
    )


def test_an_address_that_ended_meanwhile_gets_nothing(loser: Person) -> None:
    contact = make.contact_address(customer=make.customer(holder=loser, invoice_email=loser.email))
    asked(loser)
    with as_owner():
        type(contact).objects.filter(pk=contact.pk).update(ended_at=clock.now())
    with pytest.raises(NobodyToReach):
        mails("account.release_asked_for_contact")


def test_what_a_colleague_wrote_down_is_told_to_no_mailbox(loser: Person) -> None:
    make.contact_address(customer=make.customer(holder=loser, invoice_email=loser.email))
    by_colleague(loser)
    [letter] = mails("account.release_by_staff_for_contact")
    assert "factuurnummers" not in letter.text + letter.html
    assert loser.name in letter.text


@pytest.mark.parametrize("where", ["mail", "elsewhere", "text", "page"])
def test_each_of_them_can_stop_it_without_logging_in(loser: Person, where: str) -> None:
    with as_owner():
        EmailAddress.objects.create(user=loser, email="ander@kraakhof.test", verified=True)
    asked(loser)
    if where == "text":
        with as_owner():
            text = TextMessage.objects.get(kind="account.sms_release")
        with acting(Purpose.MESSAGES, actor=JOB):
            said = texts.write(text, now=clock.now()).body
    else:
        kind = "account.release_asked" + ("_elsewhere" if where == "elsewhere" else "")
        said = next(letter.text for found, letter in people.letters() if found == kind)
    found = re.search(r"https?://[^/\s]+(/account/2fa/lost/stop/[^\s]+/)", said)
    assert found
    anybody = Client()
    assert anybody.get(found.group(1)).status_code == 200
    assert held().closed_at is None  # looking stops nothing: programs that read mail open links
    anybody.post(found.group(1))
    assert held().outcome == Release.Outcome.STOPPED
    assert mails("account.release_stopped")
    with clock.shifted(WAIT):
        Client().post(token(held(), "use"), {"password": people.PASSWORD})
    assert has_step(loser)


def test_before_its_time_the_link_does_nothing_and_after_it_takes_the_password_once_more(
    loser: Person,
) -> None:
    release = asked(loser)
    use = token(release, "use")
    assert Client().post(use, {"password": people.PASSWORD}).context["release"] is None
    assert has_step(loser)
    with clock.shifted(WAIT):
        assert Client().post(use, {"password": "een-heel-ander-wachtwoord-9"}).context["form"].errors
        assert has_step(loser)
        assert Client().post(use, {"password": people.PASSWORD})["Location"] == "/account/login/"
        assert not has_step(loser)
        browser = Client()
        people.log_in(browser, loser)
        assert who(browser) == loser.name
        assert Client().post(use, {"password": people.PASSWORD}).context["release"] is None  # once
    with as_owner():
        assert not RecoveryCode.objects.exists()
        assert not Phone.objects.filter(ended_at=None).exists()
    assert mails("account.release_used")
    assert {"account.release_asked", "account.release_used"} <= {entry[0] for entry in people.journal()}


def test_who_waits_at_the_second_step_meanwhile_goes_on(loser: Person) -> None:
    release = asked(loser)
    with clock.shifted(WAIT):
        waiting = password_given(loser)
        waiting.post(token(release, "use"), {"password": people.PASSWORD})
        assert waiting.get(steps.STEP)["Location"] == "/"
        assert who(waiting) == loser.name


def test_the_link_to_use_it_comes_when_it_is_time_and_once(loser: Person) -> None:
    asked(loser)
    assert sweeps.remind_of_releases(now=clock.now()) == 0
    later = clock.now() + WAIT
    assert sweeps.remind_of_releases(now=later) == 1
    assert sweeps.remind_of_releases(now=later) == 0
    with clock.shifted(WAIT):
        [letter] = mails("account.release_ready")
    assert "/account/2fa/lost/use/" in letter.text
    assert letter.reader.address == loser.email


def test_what_is_not_used_in_a_week_lapses(loser: Person) -> None:
    release = asked(loser)
    with clock.shifted(WAIT + timedelta(days=7)):
        assert Client().post(token(release, "use"), {"password": people.PASSWORD}).context["release"] is None
        assert sweeps.remind_of_releases(now=clock.now()) == 1
    assert held().outcome == Release.Outcome.LAPSED
    assert has_step(loser)


def test_who_takes_the_step_after_all_has_found_it_again(loser: Person) -> None:
    asked(loser)
    browser = password_given(loser)
    with clock.shifted(timedelta(minutes=1)):
        browser.post(steps.STEP, {"send": "1"})
        steps.give(browser, steps.newest_code())
    assert who(browser) == loser.name
    assert held().outcome == Release.Outcome.STOPPED


def test_asking_again_does_not_begin_anew_and_asking_often_is_refused(loser: Person) -> None:
    first = asked(loser)
    assert asked(loser).pk == first.pk
    for _ in range(2):
        Client().post(token(held(), "stop"))
        asked(loser)
    Client().post(token(held(), "stop"))
    answer = password_given(loser).post(LOST)
    assert answer.context["refused"]
    with as_owner():
        assert Release.objects.count() == 3


@pytest.mark.parametrize("broken", ["x", "1", "1.x", "999999.abc"])
@pytest.mark.parametrize("move", ["stop", "use"])
def test_a_link_that_is_not_ours_does_nothing(loser: Person, move: str, broken: str) -> None:
    asked(loser)
    with clock.shifted(WAIT):
        for answer in (Client().get(f"{LOST}{move}/{broken}/"), Client().post(f"{LOST}{move}/{broken}/")):
            assert answer.status_code == 200
            assert answer.context["release"] is None
    assert held().closed_at is None


def test_a_link_to_stop_does_not_take_it_off(loser: Person) -> None:
    release = asked(loser)
    other = f"/account/2fa/lost/use/{releases.token(release.pk, 'stop')}/"
    with clock.shifted(WAIT):
        assert Client().post(other, {"password": people.PASSWORD}).context["release"] is None
    assert has_step(loser)


# --- by a colleague -------------------------------------------------------------------------------------------------------


def test_a_colleague_has_it_taken_off_with_reasons_and_it_comes_off_at_the_next_login(loser: Person) -> None:
    release = by_colleague(loser)
    assert Client().post(token(release, "use"), {"password": people.PASSWORD}).context["release"] is None
    assert who(password_given(loser)) == "nobody"  # within the hour it is still asked for
    [told] = mails("account.release_by_staff")
    assert "Stop het" in told.html
    with clock.shifted(HOUR):
        browser = Client()
        people.log_in(browser, loser)
        assert who(browser) == loser.name
        assert not has_step(loser)
    assert held().outcome == Release.Outcome.USED
    assert "account.release_by_staff" in [entry[0] for entry in people.journal()]


def test_a_person_can_stop_what_a_colleague_asked_for(loser: Person) -> None:
    release = by_colleague(loser)
    Client().post(token(release, "stop"))
    with clock.shifted(HOUR):
        assert who(password_given(loser)) == "nobody"
    assert has_step(loser)


@pytest.mark.parametrize("wrong", [{"may": frozenset()}, {"reason": "weet ik"}, {"reason": " " * 40}])
def test_not_without_the_right_or_without_reasons(loser: Person, wrong: dict[str, Any]) -> None:
    with pytest.raises(releases.ReleaseRefused):
        by_colleague(loser, **wrong)
    with as_owner():
        assert not Release.objects.exists()


def test_of_a_colleague_only_who_may_and_nobody_of_themself(loser: Person) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    with pytest.raises(releases.ReleaseRefused):
        by_colleague(clerk)
    by_colleague(clerk, may=frozenset({"colleagues"}))
    admin = people.colleague(StaffMember.Role.ADMINISTRATOR)
    with acting(Purpose.ACCESS, actor=SYSTEM), pytest.raises(releases.ReleaseRefused):
        releases.ask_for(person_id=admin.pk, colleague_id=admin.pk, may=frozenset({"colleagues"}),
                         reason="Ik ben het echt zelf.", now=clock.now())  # fmt: skip


def test_staff_has_no_waiting_time_of_its_own(office: Client) -> None:
    clerk = people.colleague(StaffMember.Role.BILLING_CLERK)
    people.log_in(office, clerk)
    assert office.post(LOST).context["refused"]
    with as_owner():
        assert not Release.objects.exists()


@pytest.mark.database
def test_the_database_keeps_the_waiting_time_and_the_reasons(loser: Person) -> None:
    colleague = people.colleague(StaffMember.Role.ADMINISTRATOR)
    now = clock.now()
    good = {"person": loser, "asked_at": now, "due_at": now + HOUR, "ends_at": now + WAIT}
    bad: list[dict[str, Any]] = [
        {"due_at": now + timedelta(minutes=59)}, {"by_staff": colleague}, {"reason": "zomaar, zonder naam"},
        {"by_staff": loser, "reason": "ik ben het zelf"}, {"closed_at": now}, {"outcome": "used"},
    ]  # fmt: skip
    with as_owner():
        for words in bad:
            with pytest.raises(IntegrityError), transaction.atomic():
                Release.objects.create(**(good | words))
        Release.objects.create(**good)
        with pytest.raises(IntegrityError), transaction.atomic():
            Release.objects.create(**good)
    for column, value in (("due_at", now), ("asked_at", now), ("reason", "anders"), ("ends_at", now + WAIT)):
        with acting(Purpose.ACCESS, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
            Release.objects.filter(person=loser).update(**{column: value})
