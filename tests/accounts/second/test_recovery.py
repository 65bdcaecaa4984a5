"""Recovery codes: shown once, held as keyed hashes, each good for one time, and told about."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from hospes.accounts.models import RecoveryCode
from hospes.accounts.second import recovery, rules
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.accounts import people
from tests.accounts.second import steps
from tests.accounts.second.steps import give, password_given, who
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

CODES, NEW = "/account/2fa/recovery-codes/", "/account/2fa/recovery-codes/new/"


@pytest.fixture
def codes(portal: Client, person: Person) -> list[str]:
    """The codes of somebody with a second step; the browser that made them is logged in."""
    steps.with_number(person)
    people.let_in(portal, person)
    assert portal.post(NEW)["Location"] == CODES
    return list(portal.get(CODES).context["codes"])


def test_they_are_shown_once_and_then_only_how_many_are_left(portal: Client, codes: list[str]) -> None:
    assert len(set(codes)) == 10
    assert all(rules.is_recovery_code(rules.plain_code(code)) for code in codes)
    page = portal.get(CODES)
    assert page.context["codes"] == []
    assert not any(code in page.content.decode() for code in codes)
    assert page.context["left"] == 10


def test_the_table_holds_hashes_that_only_the_door_may_read(codes: list[str]) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM accounts_recoverycode t")
        held = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(session_data, ' ') FROM accounts_session")
        held += cursor.fetchone()[0]
    assert not any(code in held or rules.plain_code(code) in held for code in codes)
    with acting(Purpose.SECURITY, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
        list(RecoveryCode.objects.values_list("digest", flat=True))


def test_each_works_once_however_it_is_typed(person: Person, codes: list[str]) -> None:
    for typed, name in (
        (f" {codes[3].upper()} ", person.name),
        (codes[3], "nobody"),
        (codes[4].replace("-", ""), person.name),
    ):
        browser = password_given(person)
        give(browser, typed)
        assert who(browser) == name
    with acting(Purpose.ACCESS, actor=SYSTEM):
        assert recovery.left(person.pk) == 8


def test_somebody_elses_code_is_no_code_of_mine(person: Person, codes: list[str]) -> None:
    other = people.somebody()
    steps.with_number(other, "+31612340000")
    browser = password_given(other)
    assert give(browser, codes[0]).context["form"].errors
    assert who(browser) == "nobody"


def test_new_ones_end_the_old_ones(portal: Client, person: Person, codes: list[str]) -> None:
    portal.post(NEW)
    browser = password_given(person)
    assert give(browser, codes[0]).context["form"].errors


@pytest.mark.parametrize(("left", "warned"), [(4, False), (3, True), (0, True)])
def test_each_use_is_told_by_mail_and_that_few_are_left(
    person: Person, codes: list[str], left: int, warned: bool
) -> None:
    with as_owner():
        spare = RecoveryCode.objects.order_by("pk").values_list("pk", flat=True)[: 9 - left]
        RecoveryCode.objects.filter(pk__in=list(spare)).update(used_at=clock.now())
    browser = password_given(person)
    give(browser, codes[9])
    assert who(browser) == person.name
    [letter] = [letter for kind, letter in people.letters() if kind == "account.recovery_code_used"]
    assert f"U hebt nog {left} herstelcode" in letter.text
    assert ("Maak op tijd nieuwe" in letter.text) is warned
    assert "account.recovery_code_used" in [entry[0] for entry in people.journal()]


def test_without_a_second_step_there_are_none(portal: Client, person: Person, codes: list[str]) -> None:
    portal.post("/account/2fa/sms/remove/")
    with as_owner():
        assert not RecoveryCode.objects.exists()
    assert portal.post(NEW)["Location"] == "/account/2fa/"
    assert people.log_in(Client(), person)["Location"] == "/"


def test_the_download_holds_what_the_page_shows(portal: Client, person: Person, settings: Any) -> None:
    from urllib.parse import unquote

    steps.with_number(person)
    people.let_in(portal, person)
    portal.post(NEW)
    page = portal.get(CODES)
    assert unquote(page.context["as_file"].partition(",")[2]).split() == page.context["codes"]
    assert "no-store" in page["Cache-Control"]
