"""What people do with their second step, as the tests play them."""

import re
from contextlib import suppress
from typing import Any

from django.test import Client

from hospes.accounts.models import Phone, PhoneCode
from hospes.accounts.second import phones
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import texts
from hospes.messaging.models import TextMessage
from hospes.messaging.recipients import NobodyToReach
from tests.accounts import people
from tests.support.rights import as_owner

STEP = "/account/2fa/authenticate/"
NUMBER = "+31612345678"


def with_number(person: Person, number: str = NUMBER) -> Phone:
    """Let a number get the codes of a person, as if they had confirmed it."""
    with acting(Purpose.ACCESS, actor=SYSTEM):
        return phones.confirm(person_id=person.pk, number=number, now=clock.now())


def read_texts() -> list[tuple[str, str]]:
    """Number and words of the texts that wait, as the worker writes them, the newest last."""
    with acting(Purpose.MESSAGES, actor=JOB):
        waiting = TextMessage.objects.filter(kind="account.sms_code", state="waiting").order_by("pk")
        written = []
        for message in waiting:
            with suppress(NobodyToReach):  # a newer one took its place
                written.append(texts.write(message, now=clock.now()))
    return [(text.number, text.body) for text in written]


def code_in(body: str) -> str:
    """The code of a text."""
    found = re.match(r"\d{6}\b", body)
    assert found, body
    return found.group()


def newest_code() -> str:
    """The code that was sent last."""
    return code_in(read_texts()[-1][1])


def rows() -> list[PhoneCode]:
    """The codes as the table holds them, the oldest first."""
    with as_owner():
        return list(PhoneCode.objects.order_by("pk"))


def wrong(code: str) -> str:
    """Another code than this one."""
    return f"{(int(code) + 1) % 10**6:06d}"


def give(browser: Client, code: str, **more: Any) -> Any:
    """Give a code at the second step."""
    return browser.post(STEP, {"code": code}, **more)


def who(browser: Client) -> str:
    """Who is logged in."""
    return str(browser.get("/").content.decode())


def password_given(person: Person, **more: Any) -> Client:
    """A browser that is at the second step."""
    browser = Client(**more)
    assert people.log_in(browser, person)["Location"] == STEP
    return browser
