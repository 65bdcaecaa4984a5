"""What customers read about money at the provider: whole, in both languages, with a link to pay where something is open."""

import re
from datetime import timedelta
from typing import Any

import pytest

from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import rendering
from hospes.messaging.rendering import Letter
from hospes.payments.balances.models import BalanceEntry, Payout
from hospes.payments.chargebacks.models import Chargeback, ChargebackPart
from hospes.payments.collecting.models import Collection, ProviderMandate
from tests.support import make
from tests.support.money import at_the_provider
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

#: Kind, what it is about, what the Dutch and the English one say.
MAILS: list[tuple[str, Any, str, str]] = [
    ("payments.charged_back", Chargeback, "heeft uw bank", "your bank took back"),
    ("payments.returned", Chargeback, "is toch binnengekomen", "came in after all"),
    ("payments.collecting_given", ProviderMandate, "per automatische incasso", "collected by direct debit"),
    (
        "payments.collecting_announced",
        Collection,
        "per automatische incasso. U hoeft niets te doen",
        "by direct debit. You do not",
    ),
    (
        "payments.collecting_failed",
        Collection,
        "niet innen, per automatische incasso",
        "We do not try it again",
    ),
    ("payments.set_off", BalanceEntry, "U had meer betaald dan nodig was", "You had paid more than you owed"),
    ("payments.paid_out", Payout, "op de manier waarop u had betaald", "in the way in which you had paid"),
]
PAYS = {"payments.charged_back", "payments.collecting_failed"}


def letter(kind: str, model: Any, language: str) -> Letter:
    customer = make.customer(holder=make.person(language=language))
    with as_owner():
        at_the_provider(customer, make.holder_of(customer))
        part = ChargebackPart.objects.get()
        BalanceEntry.objects.create(
            customer=customer,
            kind="set_off",
            cents=-50,
            origin="x:off",
            invoice_id=part.invoice_id,
            at=make.NOW,
        )
        about = model.objects.latest("pk").pk
    message = make.message(kind=kind, customer=customer, about_id=about)
    with acting(Purpose.MESSAGES, actor=JOB):
        return rendering.render(message, now=make.NOW + timedelta(minutes=5))


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("kind", "model", "dutch", "english"), MAILS, ids=[kind for kind, *_ in MAILS])
def test_it_says_what_became_of_the_money(
    kind: str, model: Any, dutch: str, english: str, language: str
) -> None:
    said = letter(kind, model, language)
    text = " ".join(said.text.split())
    assert (dutch if language == "nl" else english) in text
    assert "€" in text or kind == "payments.collecting_given"
    assert not re.search(r"\{\{|\{%|None", said.text + said.html)
    prefix = "/en" if language == "en" else ""
    assert (f"{prefix}/betalen/" in said.text and f"{prefix}/betalen/" in said.html) == (kind in PAYS)
    assert said.subject
