"""Codes by text message: for a number that was confirmed, once, for five minutes, in the session that asked (P07)."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils.html import escape

from hospes.accounts.models import Phone, PhoneCode
from hospes.accounts.second import codes, limits
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging import texting
from hospes.messaging.models import TextMessage
from hospes.messaging.providers.rest import RestGateway
from simulators import SmsGateway
from tests.accounts import people
from tests.accounts.second import steps
from tests.accounts.second.steps import (
    NUMBER,
    code_in,
    give,
    newest_code,
    password_given,
    read_texts,
    who,
    wrong,
)
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P07")]

PHONE = "/account/2fa/sms/"


@pytest.fixture
def confirmed(portal: Client, person: Person) -> Person:
    """Somebody whose number gets codes; the text about that was read."""
    steps.with_number(person)
    return person


# --- a number is confirmed first ------------------------------------------------------------------------------------------


def test_a_number_gets_codes_once_the_code_that_was_sent_there_came_back(
    portal: Client, person: Person
) -> None:
    people.log_in(portal, person)
    assert portal.post(PHONE, {"number": "06 1234 5678"})["Location"] == PHONE
    [(number, body)] = read_texts()
    assert number == NUMBER
    assert body.endswith(f"\n\n@localhost #{code_in(body)}")
    assert portal.get(PHONE).context["sent"].number == NUMBER
    with as_owner():
        assert not Phone.objects.exists()
    assert portal.post(PHONE, {"code": wrong(newest_code())}).context["form"].errors
    assert portal.post(PHONE, {"code": newest_code()})["Location"] == "/account/2fa/recovery-codes/"
    with as_owner():
        phone = Phone.objects.get()
    assert (phone.person_id, phone.number, phone.ended_at) == (person.pk, NUMBER, None)
    assert phone.step_since is not None
    told = [entry[0] for entry in people.journal()]
    assert told[-4:] == [
        "account.code_sent", "account.phone_confirmed", "account.sms_step_on", "account.recovery_codes_made",
    ]  # fmt: skip
    kinds = [kind for kind, _ in people.letters()]
    assert kinds == ["account.sms_step_on", "account.recovery_codes_made"]


def test_a_code_to_confirm_a_number_does_not_log_in_nor_the_other_way_round(confirmed: Person) -> None:
    browser = password_given(confirmed)
    code = newest_code()
    inside = Client()
    people.let_in(inside, confirmed)
    assert inside.post(PHONE, {"code": code}).context["form"].errors
    inside.post(PHONE, {"number": "06 1234 0000"})
    assert give(browser, newest_code()).context["form"].errors
    assert who(browser) == "nobody"


def test_another_number_takes_the_place_of_the_first_which_is_told(portal: Client, confirmed: Person) -> None:
    people.let_in(portal, confirmed)
    portal.post(PHONE, {"number": "06 1234 0000"})
    portal.post(PHONE, {"code": newest_code()})
    with as_owner():
        old, new = Phone.objects.order_by("pk")
        assert (old.number, old.step_since, new.number, new.ended_at) == (NUMBER, None, "+31612340000", None)
        assert old.ended_at is not None
        assert TextMessage.objects.filter(kind="account.sms_number_changed", about_id=old.pk).count() == 1


@pytest.mark.database
def test_the_database_takes_one_number_a_person_in_its_form(confirmed: Person) -> None:
    with as_owner():
        for words in ({"number": "0612345678"}, {"number": "+0612345678"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Phone.objects.filter(person=confirmed).update(**words)
        with pytest.raises(IntegrityError), transaction.atomic():
            Phone.objects.create(person=confirmed, number=NUMBER, confirmed_at=clock.now())


# --- logging in -----------------------------------------------------------------------------------------------------------


def test_where_it_is_the_only_way_the_code_is_sent_by_itself(confirmed: Person) -> None:
    browser = password_given(confirmed)
    assert len(read_texts()) == 1
    assert who(browser) == "nobody"
    assert give(browser, newest_code())["Location"] == "/"
    assert who(browser) == confirmed.name


def test_where_there_is_an_app_as_well_it_is_sent_when_asked_for(confirmed: Person) -> None:
    with acting(Purpose.ACCESS, actor=SYSTEM):
        people.services.preset_second_step(person_id=confirmed.pk, secret=people.SECRET, now=clock.now())
    browser = password_given(confirmed)
    assert read_texts() == []
    browser.post(steps.STEP, {"send": "1"})
    give(browser, newest_code())
    assert who(browser) == confirmed.name


def test_a_code_is_good_for_one_time(confirmed: Person) -> None:
    browser = password_given(confirmed)
    code = newest_code()
    give(browser, code)
    browser.post("/account/logout/")
    again = password_given(confirmed)
    assert give(again, code).context["form"].errors
    assert who(again) == "nobody"


def test_a_code_is_of_no_use_in_another_session(confirmed: Person) -> None:
    asker, thief = password_given(confirmed), Client()
    code = newest_code()
    people.log_in(thief, confirmed)  # knows the password, and saw the code
    assert give(thief, code).context["form"].errors
    assert who(thief) == "nobody"
    give(asker, code)
    assert who(asker) == confirmed.name


def test_a_code_is_over_after_five_minutes(confirmed: Person) -> None:
    browser = password_given(confirmed)
    code = newest_code()
    with clock.shifted(timedelta(minutes=5, seconds=1)):
        assert give(browser, code).context["form"].errors
    with clock.shifted(timedelta(minutes=4, seconds=50)):
        give(browser, code)
    assert who(browser) == confirmed.name


def test_a_newer_code_takes_the_place_of_the_older(confirmed: Person) -> None:
    browser = password_given(confirmed)
    older = newest_code()
    with clock.shifted(timedelta(seconds=31)):
        browser.post(steps.STEP, {"send": "1"})
        assert give(browser, older).context["form"].errors or older == newest_code()
        give(browser, newest_code())
    assert who(browser) == confirmed.name


def test_after_five_wrong_ones_the_code_is_over(confirmed: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WRONG_FOR_PERSON", replace(limits.WRONG_FOR_PERSON, most=100))
    browser = password_given(confirmed)
    code = newest_code()
    for _ in range(5):
        give(browser, wrong(code))
    assert give(browser, code).context["form"].errors
    assert who(browser) == "nobody"


def test_a_number_that_was_taken_away_meanwhile_lets_nobody_in(confirmed: Person) -> None:
    browser = password_given(confirmed)
    code = newest_code()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        steps.phones.remove(person_id=confirmed.pk, now=clock.now())
        people.services.preset_second_step(person_id=confirmed.pk, secret=people.SECRET, now=clock.now())
    assert give(browser, code).context["form"].errors


# --- where the code is, and where not -------------------------------------------------------------------------------------


def everything_but(tables: tuple[str, ...]) -> str:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = []
        for (table,) in cursor.fetchall():
            if table not in tables:
                cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
                found.append(cursor.fetchone()[0])
    return "\n".join(found)


def test_no_row_job_or_log_has_the_code(
    confirmed: Person, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    with SmsGateway(token="demo-sms-token") as sim, caplog.at_level(logging.DEBUG):
        browser = password_given(confirmed)
        code = newest_code()
        [asked] = steps.rows()
        assert len(bytes(asked.digest or b"")) == 16
        assert code.encode() not in bytes(asked.digest or b"") + bytes(asked.sealed or b"")
        assert code not in everything_but(("hospes_cache",))
        with as_owner():
            message = TextMessage.objects.get(kind="account.sms_code")
        gateway = RestGateway(url=sim.url, token="demo-sms-token")
        texting.deliver(text_id=message.pk, gateway=gateway, now=clock.now())
        assert [code_in(sms.body) for sms in sim.messages()] == [code]
        [asked] = steps.rows()
        assert asked.sealed is None  # the text has left: nobody needs to write it again
        give(browser, code)
    [asked] = steps.rows()
    assert (asked.digest, asked.sealed) == (None, None)
    assert asked.closed_at is not None
    assert code not in everything_but(("hospes_cache",))
    own_words = [
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith(("django.db", "asyncio"))
    ]
    assert not any(code in words for words in own_words)
    assert who(browser) == confirmed.name


def test_a_text_that_leaves_too_late_is_not_sent(confirmed: Person) -> None:
    password_given(confirmed)
    with as_owner():
        message = TextMessage.objects.get(kind="account.sms_code")
    gateway = RestGateway(url="http://127.0.0.1:9", token="x")
    texting.deliver(text_id=message.pk, gateway=gateway, now=clock.now() + timedelta(minutes=6))
    with as_owner():
        assert TextMessage.objects.get(pk=message.pk).state == "failed"
    assert steps.rows()[0].sealed is None


@pytest.mark.database
def test_only_the_worker_opens_a_code_and_only_the_door_compares_it(confirmed: Person) -> None:
    password_given(confirmed)
    with acting(Purpose.MESSAGES, actor=JOB):
        assert codes.opened(PhoneCode.objects.get())
        for column in ("digest", "binding"):
            with pytest.raises(Refused), transaction.atomic():
                list(PhoneCode.objects.values_list(column, flat=True))
    with acting(Purpose.ACCESS, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
        list(PhoneCode.objects.values_list("sealed", flat=True))
    with acting(Purpose.SECURITY, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
        list(PhoneCode.objects.values_list("number", flat=True))


@pytest.mark.database
@pytest.mark.parametrize("broken", [
    {"closed_at": "now"}, {"expires_at": "late"}, {"number": "112"},
])  # fmt: skip
def test_the_database_keeps_codes_short_lived_and_empty_when_over(
    confirmed: Person, broken: dict[str, str]
) -> None:
    password_given(confirmed)
    [asked] = steps.rows()
    values = {"now": asked.asked_at, "late": asked.asked_at + timedelta(minutes=6), "112": "112"}
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        PhoneCode.objects.filter(pk=asked.pk).update(
            **{name: values[value] for name, value in broken.items()}
        )


# --- what is barred, and how many -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "objection"), [
    ("0900 1234", "_"), ("+31 6", "invalid"), ("wat", "invalid"), ("020 1234567", "not_mobile"), ("+44 7400 123456", "foreign"),
    ("+1 202 555 0123", "foreign"), ("+882 16 12345678", "_"), ("+31 97 0123456789", "_"), ("112", "_"),
])  # fmt: skip
def test_numbers_that_cost_extra_or_are_elsewhere_get_nothing(
    portal: Client, person: Person, text: str, objection: str
) -> None:
    people.log_in(portal, person)
    [said] = portal.post(PHONE, {"number": text}).context["number"].errors["number"]
    if objection != "_":
        assert said == str(codes._BARRED[objection])
    assert steps.rows() == []


def test_the_operator_bars_what_it_wants_and_a_number_that_was_confirmed_before(
    portal: Client, confirmed: Person, settings: Any
) -> None:
    settings.HOSPES_SMS_RULES = replace(settings.HOSPES_SMS_RULES, barred=("+316123",))
    browser = password_given(confirmed)
    assert read_texts() == []
    page = browser.get(steps.STEP).content.decode()
    assert escape(str(codes._BARRED["barred"])) in page


def test_no_more_than_it_may_cost_is_sent_in_a_day(portal: Client, person: Person, settings: Any) -> None:
    settings.HOSPES_SMS_RULES = replace(settings.HOSPES_SMS_RULES, part_cents=10, day_cents=30)
    sent = []
    for n in range(5):
        browser = Client(REMOTE_ADDR=f"192.0.2.{n + 1}")
        people.let_in(browser, people.somebody())
        answer = browser.post(PHONE, {"number": f"06 1234 000{n}"})
        sent.append(answer.status_code == 302)
    assert sent == [True, True, True, False, False]
    assert escape(str(codes._CAPPED)) in answer.content.decode()
    assert [entry[0] for entry in people.journal()].count("account.codes_capped") == 1
    with clock.shifted(timedelta(days=1)):
        browser = Client()
        people.let_in(browser, people.somebody())
        assert browser.post(PHONE, {"number": "06 1234 0009"}).status_code == 302


def ask_often(times: int, *, number: Any, person: Any, ip: Any) -> int:
    """How many of so many codes are sent, half a minute apart; `number`, `person` and `ip` say which for the n-th."""
    sent = 0
    for n in range(times):
        browser = Client(REMOTE_ADDR=ip(n))
        with clock.shifted(timedelta(seconds=31 * n)):
            people.let_in(browser, person(n))
            sent += browser.post(PHONE, {"number": number(n)}).status_code == 302
    return sent


def test_codes_to_one_number_for_one_person_and_from_one_network_are_limited(
    portal: Client, settings: Any
) -> None:
    settings.HOSPES_SMS_RULES = replace(settings.HOSPES_SMS_RULES, day_cents=100_000)
    anybody = [people.somebody() for _ in range(16)]
    start = clock.now().replace(minute=0, second=0, microsecond=0)  # the windows begin here

    def other_number(n: int) -> str:
        return f"06 1234 {n:04d}"

    def other_ip(n: int) -> str:
        return f"198.51.100.{n + 1}"

    with clock.moved_to(start):
        assert ask_often(6, number=lambda n: "0612345678", person=lambda n: anybody[n], ip=other_ip) == 4
        assert (
            ask_often(8, number=other_number, person=lambda n: anybody[0], ip=lambda n: other_ip(n + 50)) == 5
        )
    with clock.moved_to(start + timedelta(days=1)):
        assert (
            ask_often(
                14,
                number=lambda n: other_number(n + 100),
                person=lambda n: anybody[n],
                ip=lambda n: "192.0.2.9",
            )
            == 12
        )


def test_who_asks_again_at_once_is_told_that_it_is_on_its_way(confirmed: Person) -> None:
    browser = password_given(confirmed)
    for _ in range(5):
        browser.post(steps.STEP, {"send": "1"})
    assert len(read_texts()) == 1
    assert escape(str(codes._WAIT)) in browser.get(steps.STEP).content.decode()


def test_the_office_has_no_codes_by_text(office: Client) -> None:
    agent = people.colleague(people.StaffMember.Role.SUPPORT_AGENT)
    people.let_in(office, agent)
    assert office.get(PHONE).status_code == 404


def test_a_colleague_with_codes_by_text_gives_one_and_still_needs_a_stronger_way(office: Client) -> None:
    clerk = people.colleague(people.StaffMember.Role.BILLING_CLERK, second_step=False)
    steps.with_number(clerk)
    assert people.log_in(office, clerk)["Location"] == steps.STEP
    assert office.get("/").status_code == 302
    give(office, newest_code())
    assert office.get("/")["Location"] == "/account/2fa/"


# --- the number by which somebody is called -------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "is_theirs"), [(steps.NUMBER, True), ("+31687654321", False), ("", False)])
def test_a_code_that_came_back_shows_that_the_number_to_call_is_theirs_too(
    person: Person, given: str, is_theirs: bool
) -> None:
    with as_owner():
        Person.objects.filter(pk=person.pk).update(phone=given)
    steps.with_number(person)
    with as_owner():
        now = Person.objects.get(pk=person.pk)
    assert now.reached_at == (given if is_theirs else "")


def test_the_number_of_a_sign_up_is_not_confirmed_by_giving_it(portal: Client) -> None:
    portal.post("/account/signup/", people.form(phone="06 12345678"))
    with as_owner():
        made = Person.objects.get()
    assert (made.phone, made.reached_at) == ("+31612345678", "")
