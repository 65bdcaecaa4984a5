"""Ways of paying are data with dates: a name holds from a day until another, and what was paid keeps the name of its day."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import IntegrityError, transaction
from django.utils.translation import override

from hospes.billing.methods import queries
from hospes.billing.methods.models import PaymentMethod
from hospes.billing.words import method_words
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

WITH_WERO, WERO, TRANSFER = date(2026, 1, 29), date(2028, 1, 1), date(2026, 11, 23)


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (WITH_WERO - timedelta(days=1), "iDEAL"), (WITH_WERO, "iDEAL | Wero"),
        (WERO - timedelta(days=1), "iDEAL | Wero"), (WERO, "Wero"),
    ],
)  # fmt: skip
def test_the_code_stays_and_the_name_changes_on_its_day(on: date, name: str) -> None:
    assert method_words("ideal", on) == name
    transfer = ["overschrijving"] if on >= TRANSFER else []
    assert [each.name("nl") for each in queries.offered(on=on)] == [name, "PayPal", "creditcard", *transfer]


def test_names_are_there_in_both_languages_and_an_unknown_one_keeps_its_code() -> None:
    with override("nl"):
        assert method_words("creditcard", WERO) == "creditcard"
        assert queries.in_words(queries.offered(on=WERO)) == "Wero, PayPal, creditcard of overschrijving"
    with override("en"):
        assert method_words("creditcard") == "card"
        assert queries.in_words(queries.offered(on=WERO)) == "Wero, PayPal, card or bank transfer"
    assert (method_words("swish", WERO), method_words("")) == ("swish", "")
    assert method_words("ideal", date(2004, 12, 31)) == "ideal"


def test_each_has_a_drawing_of_its_own_among_our_files() -> None:
    for method in PaymentMethod.objects.all():
        found = finders.find(method.logo)
        assert found, method.logo
        drawing = Path(str(found)).read_text()
        assert "<image" not in drawing
        assert "href" not in drawing
    assert settings.STATIC_URL


def test_of_one_way_two_names_never_hold_at_once() -> None:
    words = {"code": "ideal", "name_nl": "X", "name_en": "X", "valid_from": date(2027, 5, 1)}
    with (
        pytest.raises(IntegrityError, match="one_name_of_a_payment_method"),
        transaction.atomic(),
        as_owner(),
    ):
        PaymentMethod.objects.create(**words)
