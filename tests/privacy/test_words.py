"""What is held is told in words: who is meant, days and amounts as they are written, choices by their names."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from hospes.billing.models import Invoice
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel.datamap import mapped
from hospes.kernel.models import JournalEntry, Restriction
from hospes.messaging import kinds, rendering
from hospes.messaging.models import Message
from hospes.payments.models import Payment
from hospes.privacy.reading import in_words
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.services.models import ServiceChange
from hospes.services.words import REASONS

NAMES = {("person", 7): "Fenne Drostel", ("customer", 9): "Zaagtand bv (10009)"}


def words(model: Any, column: str, value: Any, language: str = "nl") -> str:
    with override(language):
        return in_words(model._meta.get_field(column), value, NAMES).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("cents", "dutch", "english"),
    [
        (0, "€ 0,00", "€0.00"),
        (5, "€ 0,05", "€0.05"),
        (9075, "€ 90,75", "€90.75"),
        (123_456_789, "€ 1.234.567,89", "€1,234,567.89"),
    ],
)
def test_amounts_are_written_as_amounts(cents: int, dutch: str, english: str) -> None:
    assert (words(Payment, "cents", cents), words(Payment, "cents", cents, "en")) == (dutch, english)


@pytest.mark.parametrize(
    ("rate", "said"),
    [(2100, "21%"), (900, "9%"), (0, "0%"), (550, "5,5%"), (2050, "20,5%"), (10_000, "100%")],
)
def test_rates_are_written_as_rates(rate: int, said: str) -> None:
    assert words(QuoteLine, "vat_basis_points", rate) == said


@pytest.mark.parametrize(
    ("value", "dutch", "english"),
    [
        ("2026-12-31T23:30:00+00:00", "1 januari 2027, 00:30", "1 January 2027, 00:30"),
        ("2026-07-01T12:00:00+00:00", "1 juli 2026, 14:00", "1 July 2026, 14:00"),
    ],
)
def test_moments_are_those_of_amsterdam(value: str, dutch: str, english: str) -> None:
    assert (words(Order, "placed_at", value), words(Order, "placed_at", value, "en")) == (dutch, english)


def test_days_are_days() -> None:
    assert words(Quote, "valid_until", "2026-03-02") == "2 maart 2026"


@pytest.mark.promise("P01")
def test_people_and_customers_are_called_by_name_and_others_by_none() -> None:
    assert words(Order, "customer", 9) == words(JournalEntry, "customer_id", 9) == "Zaagtand bv (10009)"
    assert (
        words(Order, "person", 7)
        == words(Quote, "decided_by", 7)
        == words(JournalEntry, "actor_id", 7)
        == "Fenne Drostel"
    )
    assert words(Quote, "decided_by", 8) == "iemand anders"
    assert words(Quote, "decided_by", 8, "en") == "somebody else"


def test_choices_purposes_and_yes_or_no_are_said() -> None:
    assert words(Customer, "kind", "business") == "zakelijk"
    assert words(Customer, "kind", "business", "en") == "business"
    assert words(Membership, "role", "read_only", "en") == "read only"
    assert words(Order, "state", "awaiting_payment", "en") == "awaiting payment"
    assert words(Restriction, "purpose", "support", "en") == "helping you and reaching you"
    assert (words(Person, "is_active", True), words(Person, "is_active", False, "en")) == ("ja", "no")
    assert words(JournalEntry, "action", "customer.changed", "en") == "Customer details changed"


def test_what_has_no_words_of_its_own_is_shown_as_it_is() -> None:
    assert words(Customer, "kind", "no such kind") == "no such kind"
    assert words(JournalEntry, "changed", ["name", "town"]) == "name, town"
    assert words(QuoteLine, "months", 12) == "12"
    assert words(Quote, "valid_until", "no day") == "no day"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "column", "value", "dutch", "english"),
    [
        (ServiceChange, "was", "pending", "wordt klaargezet", "being set up"),
        (ServiceChange, "became", "active", "actief", "active"),
        (ServiceChange, "reason", "provisioned", "klaargezet op de hostingserver", "set up at the hosting server"),
        (Payment, "method", "paypal", "PayPal", "PayPal"),
        (Payment, "method", "creditcard", "creditcard", "card"),
        (Payment, "method", "new-way", "new-way", "new-way"),
        (Invoice, "paid_with", "banktransfer", "overschrijving", "bank transfer"),
        (Message, "kind", "billing.invoice", "Factuur", "Invoice"),
        (Message, "kind", "gone.kind", "gone.kind", "gone.kind"),
        (Payment, "state", "paid", "betaald", "paid"),
    ],
)  # fmt: skip
def test_codes_are_words_by_what_the_map_says(
    model: Any, column: str, value: str, dutch: str, english: str
) -> None:
    said = mapped(model).entry.columns[column].words
    for language, expected in (("nl", dutch), ("en", english)):
        with override(language):
            assert in_words(model._meta.get_field(column), value, NAMES, said) == expected


def test_every_kind_of_message_and_every_reason_has_words() -> None:
    ours = [kind for kind in rendering.kinds() if not kind.startswith(("test.", "billing.test"))]
    assert len(ours) > 8
    assert [kind for kind in ours if kinds.words(kind) == kind] == []
    source = Path(rendering.__file__).parents[1]
    given = {
        reason
        for path in source.rglob("*.py")
        for reason in re.findall(r'\breason="(\w+)"', path.read_text("utf-8"))
    }
    assert given - set(REASONS) == set()


def test_one_word_is_used_for_how_something_stands() -> None:
    for path in Path(rendering.__file__).parents[1].glob("*/locale/nl/LC_MESSAGES/*.po"):
        assert "toestand" not in path.read_text("utf-8").lower(), path
