"""The demo shows each kind of line: booked by itself, proposed, and unknown."""

import pytest
from django.db import connection

from hospes.cli import demo_bank
from hospes.payments.bank import checks
from hospes.payments.bank.models import BankLine
from tests.payments.bank.paper import said
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def test_the_demo_has_lines_that_are_booked_and_lines_that_wait() -> None:
    make.vat_rates()
    for _ in range(4):
        make.customer(kind="business")
    demo_bank.fill(NOW)
    assert [kind for kind, _cents, _invoice in said()] == ["invoice"]
    with as_owner():
        assert BankLine.objects.exclude(left_cents=0).count() == 5
        assert checks.findings(connection) == []
