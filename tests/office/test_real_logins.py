"""A visit in a process of its own, which has the office's database logins and no others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connections

from hospes.accounts.models import StaffMember
from hospes.kernel import journal
from hospes.kernel.models import JournalEntry
from tests.accounts import people
from tests.support import make
from tests.support.rights import as_owner

ROOT = Path(__file__).parents[2]


@pytest.mark.database
@pytest.mark.promise("P11", "P30")
@pytest.mark.django_db(transaction=True)
def test_a_whole_visit_with_the_offices_own_logins() -> None:
    colleague, customer = people.colleague(StaffMember.Role.SUPPORT_AGENT), make.customer()
    done = subprocess.run(
        [sys.executable, "-m", "tests.office.real_visit", colleague.email, str(customer.number)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"HOSPES_FACE": "office", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "logins": ["desk", "office"],
        "wrong": 200, "log in": "/account/2fa/authenticate/", "code": "/", "pages": [200, 200, 200], "log out": 302,
        "reason": f"/zien/k/{customer.number}/", "as the customer": [200, 200, 200, 403], "form": 405,
        "only reading": ["cannot execute DELETE in a read-only transaction"] * 2,
        "refused": [
            'desk cannot act as a "person"', "written", 'desk cannot act as a "job"', 'desk cannot act as a "system"',
            'office cannot act as a "person"', 'office cannot act as a "visitor"', 'office cannot act as a "job"',
            'office cannot act as a "system"',
        ],
    }  # fmt: skip
    with as_owner():
        acted = JournalEntry.objects.exclude(actor_kind="system").values_list(
            "action", "actor_kind", "actor_id"
        )
        written = {action: (kind, actor) for action, kind, actor in acted.order_by("pk")}
        assert journal.verify(connections["default"]) == []
    staff = ("staff", colleague.pk)
    for action in (
        "account.logout",
        "staff.searched",
        "staff.looked",
        "staff.viewed_as",
        "staff.viewed_as.addresses",
    ):
        assert written[action] == staff, action
    assert written["account.login_failed"] == ("visitor", None)
