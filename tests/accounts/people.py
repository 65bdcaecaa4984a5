"""People who sign up and log in, as the tests play them."""

import re
import time
from datetime import timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
    record_authentication,
)
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import SESSION_KEY
from django.test import Client, RequestFactory

from hospes.accounts import services
from hospes.accounts.models import StaffMember
from hospes.accounts.staff import services as staff
from hospes.customers.models import Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.messaging.rendering import Letter, render
from tests.support import names
from tests.support.entering import be_known, enter
from tests.support.rights import as_owner

PASSWORD = "korenschuur-9-bij-de-brug"
LATER = timedelta(minutes=11)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def somebody(**fields: Any) -> Person:
    """Make a person who can log in at once."""
    given = {
        "email": names.email(),
        "given_name": names.word(),
        "family_name": names.word(3),
        "password": PASSWORD,
    }
    with acting(Purpose.ACCESS, actor=SYSTEM):
        return services.make_person(**(given | fields), now=clock.now())


def colleague(*roles: StaffMember.Role | str, second_step: bool = True) -> Person:
    """Make a member of staff."""
    person = somebody()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        staff.take_on(person_id=person.pk, roles=roles, now=clock.now())
        if second_step:
            services.preset_second_step(person_id=person.pk, secret=SECRET, now=clock.now())
    return person


def identified(client: Client, *, seconds_ago: float = 0) -> None:
    """Have it be so long ago that who is logged in said who they are: for `confirming`, after a login that did not ask."""
    session = client.session
    record = {"method": "mfa", "at": clock.now().timestamp() - seconds_ago}
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [record]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = session[SESSION_KEY]
    session.save()


def form(**fields: str) -> dict[str, str]:
    """What a private person fills in who signs up; give what is to be otherwise."""
    filled = {
        "email": names.email(), "password1": PASSWORD, "given_name": names.word(), "family_name": names.word(3), "phone": "",
        "capacity": "private", "trade_name": "", "kvk_number": "", "vat_number": "", "street": names.street(),
        "postcode": names.postcode(), "town": names.word(), "country": "NL", "terms": "on",
    }  # fmt: skip
    return filled | fields


def business(**fields: str) -> dict[str, str]:
    """What a company fills in."""
    company = {
        "capacity": "business", "trade_name": names.word(3), "kvk_number": names.kvk_number(),
        "vat_number": names.vat_number(),
    }  # fmt: skip
    return form(**(company | fields))


def log_in(
    client: Client, person: Person, password: str = PASSWORD, *, strange: bool = False, **more: Any
) -> Any:
    """Give address and password; from where the person was before, unless it is to be a strange place and browser."""
    if not strange:
        be_known(
            client, person, ip=more.get("REMOTE_ADDR") or str(client.defaults.get("REMOTE_ADDR", "127.0.0.1"))
        )
    return client.post("/account/login/", {"login": person.email, "password": password}, **more)


def code(secret: str = SECRET, *, ahead: int = 0) -> str:
    """What the app shows at this moment, and for some seconds more; `ahead`: the next one, which is taken as well."""
    left = 30 - time.time() % 30
    if left < 5:
        time.sleep(left)
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead)))


def let_in(client: Client, person: Person, *, second_step: bool = True, ip: str | None = None) -> None:
    """Have a browser logged in without going through the door; with the second step taken, or not."""
    request = RequestFactory().get("/")
    with acting(Purpose.ACCESS, actor=SYSTEM):
        enter(client, person, ip=ip)
        request.session = session = client.session  # type: ignore[attr-defined]  # the middleware does that
        record_authentication(request, person, "mfa" if second_step else "password")
        get_authentication_records(request, person)[-1]["at"] = clock.now().timestamp()
        session.save()


def letters() -> list[tuple[str, Letter]]:
    """The kinds of the messages that wait and what they say, as the worker writes them."""
    with acting(Purpose.MESSAGES, actor=JOB):
        return [
            (message.kind, render(message, now=clock.now())) for message in Message.objects.order_by("pk")
        ]


def link_in(letter: Letter) -> str:
    """The first address in a letter."""
    found = re.search(r"https?://\S+", letter.text)
    assert found, letter.text
    return found.group()


def journal() -> list[tuple[str, str, int | None, str | None]]:
    """What the journal holds: action, kind of actor, person concerned, address."""
    with as_owner():
        return list(
            JournalEntry.objects.order_by("pk").values_list("action", "actor_kind", "person_id", "ip")
        )
