"""
A visit to the portal in a process that has the portal's own database logins, and no others.

Run by test_real_logins: prints one JSON object of what happened.
"""

import json
import sys
from contextlib import suppress
from typing import Any

import django

django.setup()

from allauth.account.models import EmailAddress, EmailConfirmationHMAC  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connections, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from hospes.accounts.resets import token  # noqa: E402
from hospes.customers.models import Person  # noqa: E402
from hospes.customers.queries import capacities  # noqa: E402
from hospes.kernel import clock  # noqa: E402
from hospes.kernel.acting import Actor, acting  # noqa: E402
from hospes.kernel.purposes import Purpose  # noqa: E402

settings.ROOT_URLCONF = "tests.accounts.urls"
setup_test_environment(debug=False)

from tests.accounts import people  # noqa: E402

said: dict[str, Any] = {
    "logins": sorted(c.settings_dict["USER"].rpartition("_")[2] for c in connections.all())
}


def sign_up() -> Person:
    form = people.business()
    answer = Client().post("/account/signup/", form)
    said["sign-up"] = answer.get("Location") or str(answer.context["form"].errors)
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        person, address = (
            Person.objects.get(email=form["email"]),
            EmailAddress.objects.get(email=form["email"]),
        )
        key = EmailConfirmationHMAC(address).key
    said["confirm"] = Client().post(f"/account/confirm-email/{key}/")["Location"]
    return person


def second_step(browser: Client) -> str:
    secret = str(browser.get("/account/2fa/totp/activate/").context["form"].secret)
    said["second step"] = browser.post("/account/2fa/totp/activate/", {"code": people.code(secret)})[
        "Location"
    ]
    said["codes"] = len(browser.get("/account/2fa/recovery-codes/").context["codes"])
    return secret


def with_code(person: Person, secret: str) -> None:
    browser = Client()
    said["asks for a code"] = people.log_in(browser, person)["Location"]
    answer = browser.post("/account/2fa/authenticate/", {"code": people.code(secret, ahead=1)})
    said["with the code"] = browser.get("/").content.decode() == person.name, answer.status_code
    browser.post("/account/logout/")
    said["logged out"] = browser.get("/").content.decode()


def reset(person: Person) -> None:
    from django.utils.http import int_to_base36

    from hospes.accounts.models import PasswordReset

    Client().post("/account/password/reset/", {"email": person.email})
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        asked = PasswordReset.objects.get(person_id=person.pk)
    key = token(reset_id=asked.pk, person_id=person.pk)
    browser = Client()
    form = browser.get(f"/account/password/reset/key/{int_to_base36(person.pk)}-{key}/", follow=True)
    new = {"password1": "heel-iets-anders-3", "password2": "heel-iets-anders-3"}
    said["reset"] = browser.post(form.request["PATH_INFO"], new)["Location"]


def raw(person: Person) -> None:
    """What somebody can do who runs SQL of their own in the portal's session."""
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        customer = capacities(person.pk, now=clock.now())[0].customer_id
    with (
        acting(Purpose.CONTRACT, actor=Actor.person(person.pk), customer=customer, person=person.pk) as scene,
        connections[scene.alias].cursor() as cursor,
    ):
        cursor.execute("SELECT id FROM customers_person")
        said["persons seen"] = [pk for (pk,) in cursor.fetchall()] == [person.pk]
        cursor.execute("SELECT id FROM customers_customer")
        said["customers seen"] = [pk for (pk,) in cursor.fetchall()] == [customer]
    said["refused"] = {
        name: refused(statement)
        for name, statement in {
            "nobody acts": "SELECT email FROM customers_person",
            "the door's role": f'SET LOCAL ROLE "{Purpose.ACCESS.role}"; SELECT email FROM customers_person',
            "another's password": f'SET LOCAL ROLE "{Purpose.CONTRACT.own.role}"; SELECT password FROM customers_person',
        }.items()
    }


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(using="default"), connections["default"].cursor() as cursor:
            cursor.execute(statement)
    except django.db.DatabaseError as error:
        return "permission denied" in str(error) or "may not do this" in str(error)
    return False


def limits() -> None:
    """A try that was used up stays so when the request that used it breaks."""
    with suppress(ZeroDivisionError), acting(Purpose.ACCESS, actor=Actor.visitor()):
        cache.set("tries", 1)
        raise ZeroDivisionError
    said["tries kept"] = cache.get("tries")


person, other = sign_up(), sign_up()
visitor = Client()
said["log in"] = people.log_in(visitor, person)["Location"]
said["who"] = visitor.get("/").content.decode() == person.name
with_code(person, second_step(visitor))
reset(other)
raw(person)
limits()
json.dump(said | {"person": person.pk, "other": other.pk}, sys.stdout)
