"""
A visit to the office in a process that has the office's own database logins, and no others.

Run by test_real_logins with a colleague's e-mail address and what to search for: prints one JSON object of what happened.
"""

import json
import sys

import django

django.setup()

from django.db import connections, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from hospes.kernel import journal  # noqa: E402
from hospes.kernel.acting import Actor, acting  # noqa: E402
from hospes.kernel.bounds import only_reading  # noqa: E402
from hospes.kernel.clock import now  # noqa: E402
from hospes.kernel.purposes import Purpose  # noqa: E402

setup_test_environment(debug=False)

from tests.accounts import people  # noqa: E402

email, wanted = sys.argv[1:]
browser = Client()
said = {
    "logins": sorted(c.settings_dict["USER"].rpartition("_")[2] for c in connections.all()),
    "wrong": browser.post("/account/login/", {"login": email, "password": "wrong"}).status_code,
    "log in": browser.post("/account/login/", {"login": email, "password": people.PASSWORD})["Location"],
    "code": browser.post("/account/2fa/authenticate/", {"code": people.code(people.SECRET)})["Location"],
    "pages": [browser.get(url).status_code for url in ("/", f"/zoeken/?q={wanted}", f"/klanten/{wanted}/")],
    "reason": browser.post(f"/klanten/{wanted}/zien/", {"reason": "Belde"})["Location"],
    "as the customer": [
        browser.get(f"/zien/k/{wanted}/{page}").status_code
        for page in ("", "toegang/", "adressen/", "facturen/")
    ],
    "form": browser.post(f"/zien/k/{wanted}/adressen/", {"do": "ask"}).status_code,
    "log out": browser.post("/account/logout/").status_code,
}


def refused(purpose: Purpose, actor: Actor) -> str:
    try:
        with acting(purpose, actor=actor), transaction.atomic():
            journal.record("account.login", at=now())
    except django.db.ProgrammingError as error:
        return str(error).rpartition(": ")[2].partition("_login_")[2]
    return "written"


def written(alias: str) -> str:
    """What is said to a write while only reading is allowed, on a connection of this process."""
    try:
        with only_reading(), connections[alias].cursor() as cursor:
            cursor.execute("DELETE FROM hospes_cache")
    except django.db.InternalError as error:
        return str(error)
    return "written"


said["only reading"] = [written(alias) for alias in connections]
said["refused"] = [
    refused(purpose, actor)
    for purpose in (Purpose.ACCESS, Purpose.CONTRACT)
    for actor in (Actor.person(1), Actor.visitor(), Actor("job"), Actor("system"))
]
json.dump(said, sys.stdout)
