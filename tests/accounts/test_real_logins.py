"""A visit in a process of its own, which has the portal's database logins and no others."""

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import Client

from hospes.customers.models import Customer, Membership, Person
from hospes.kernel import journal
from tests.accounts import people
from tests.support.rights import as_owner

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.database
@pytest.mark.promise("P09", "P11")
def test_a_whole_visit_with_the_portals_own_logins() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.accounts.real_visit"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"HOSPES_FACE": "portal", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    said = json.loads(done.stdout.splitlines()[-1])
    person, other = said.pop("person"), said.pop("other")
    assert said == {
        "logins": ["door", "portal"],
        "sign-up": "/account/confirm-email/", "confirm": "/account/login/", "log in": "/", "who": True,
        "second step": "/account/2fa/recovery-codes/", "codes": 10, "asks for a code": "/account/2fa/authenticate/",
        "with the code": [True, 302], "logged out": "nobody", "reset": "/account/password/reset/key/done/",
        "persons seen": True, "customers seen": True, "tries kept": 1,
        "refused": {"nobody acts": True, "the door's role": True, "another's password": True},
    }  # fmt: skip
    about = {who: [entry[0] for entry in people.journal() if entry[2] == who] for who in (person, other)}
    made = ["account.made", "account.terms_accepted", "customer.opened", "account.address_confirmed"]
    assert about[person] == [
        *made,
        "account.login",
        "account.second_step_on",
        "account.recovery_codes_made",
        "account.login",
        "account.logout",
    ]
    assert about[other] == [*made, "account.reset_asked", "account.password_changed"]
    assert [kind for kind, _ in people.letters()].count("account.second_step_on") == 1
    with as_owner():
        assert journal.verify(connections["default"]) == []


def test_who_presses_the_button_twice_is_one_person_and_one_customer(portal: Client) -> None:
    form, gate, answers = people.form(), Barrier(4), []

    def press() -> None:
        try:
            browser = Client()
            gate.wait()
            answers.append(browser.post("/account/signup/", form)["Location"])
        finally:
            connections.close_all()

    threads = [Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["/account/confirm-email/"] * 4
    with as_owner():
        assert (Person.objects.count(), Customer.objects.count(), Membership.objects.count()) == (1, 1, 1)
    kinds = [kind for kind, _ in people.letters()]
    assert kinds.count("account.confirm_address") == 1
