"""A provider whose books are not read: days are compared with the bank only, and that is said plainly everywhere."""

import json
from argparse import Namespace
from typing import Any

import pytest
from django.db import connection

from hospes.cli.commands import payments
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.providers.books import NoBooks, provider_books
from hospes.payments.reconciling import checks, queries, services
from hospes.payments.reconciling.models import ReconciledDay
from tests.payments.reconciling.three import Three, kinds
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P14")]


@pytest.fixture
def paid(three: Three, settings: Any) -> str:
    """Somebody paid, and from then on the provider is one whose books are not read."""
    reference = three.paid()
    settings.HOSPES_PAYMENT_PROVIDER = "stripe"
    return reference


def test_the_day_is_finished_with_the_bank_and_says_so(three: Three, paid: str) -> None:
    with pytest.raises(NoBooks, match="the books of stripe are not read"):
        provider_books()
    three.statement(three.line(5, "?", name="Somebody", account="NL20INGB0001234567"))
    three.days_later(8)
    tally = three.reconcile()
    assert (tally["waits"], tally["without_provider"]) == (0, 1)
    assert sorted(kind for _side, kind, _about in kinds()) == ["no_statement", "suspense"]
    with as_owner():
        [day] = ReconciledDay.objects.all()
        assert (day.finished_at is not None, day.waits_for, day.is_without_provider) == (True, "", True)
    with acting(Purpose.BILLING, actor=JOB):
        assert services.due(three.today) == []
        overview, [compared] = queries.overview(), queries.days(limit=5)
        assert (overview.is_bank_only, compared.is_bank_only) == (True, True)
        sides = {each.what: each.provider for each in queries.sides(three.begin, bank_only=True)}
    assert (sides["payment"], sides["refund"], sides["chargeback"]) == (None, None, None)


def test_the_command_says_so(three: Three, paid: str, capsys: Any) -> None:
    three.days_later()
    capsys.readouterr()
    with clock.moved_to(three.till.now):
        code = payments.run(Namespace(verb="reconcile", date=None, json=False))
    said = capsys.readouterr().out
    assert code == 0
    assert "books and bank compared; the books of the payment provider are not read" in said
    assert "✓ books and bank agree; what the payment provider has is not compared" in said
    with clock.moved_to(three.till.now):
        payments.run(Namespace(verb="reconcile", date=str(three.begin), json=True))
    assert json.loads(capsys.readouterr().out)["days"][0]["provider"] is False


def test_the_check_says_so(three: Three, paid: str, settings: Any) -> None:
    three.next_morning()

    def findings() -> list[str]:
        with as_owner():
            return checks.findings(connection, now=three.till.now)

    [said] = findings()
    assert said.startswith("the books of stripe are not read: what the payment provider has is not compared")
    settings.HOSPES_PAYMENT_PROVIDER = "mollie"
    assert findings() == []
    three.reconcile()
    with as_owner():
        assert list(ReconciledDay.objects.values_list("is_without_provider", flat=True)) == [False]
