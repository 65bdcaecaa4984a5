"""What is held, as somebody reads it."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.utils.translation import override

from hospes.billing.models import Invoice, InvoiceLine
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel.models import JournalEntry
from hospes.privacy import package  # noqa: F401  # registers what the journal says of it
from hospes.privacy.reading import alike, in_words, label

NAMES = {("customer", 7): "Praktijk Voorbeeld (10007)", ("person", 3): "Voor Beeld"}


def field(model: Any, name: str) -> Any:
    return model._meta.get_field(name)


@pytest.mark.parametrize(
    ("model", "name", "value", "dutch", "english"),
    [
        (Invoice, "issued_on", "2026-03-01", "1 maart 2026", "1 March 2026"),
        (JournalEntry, "at", "2026-03-01T23:30:00+00:00", "2 maart 2026, 00:30", "2 March 2026, 00:30"),
        (Invoice, "total_cents", 123456, "€\u00a01.234,56", "€1,234.56"),
        (Invoice, "vat_cents", 5, "€\u00a00,05", "€0.05"),
        (InvoiceLine, "vat_basis_points", 2100, "21%", "21%"),
        (InvoiceLine, "vat_basis_points", 950, "9,5%", "9.5%"),
        (InvoiceLine, "vat_basis_points", 0, "0%", "0%"),
        (InvoiceLine, "quantity", 2, "2", "2"),
        (Customer, "kind", "business", "zakelijk", "business"),
        (Person, "is_active", True, "ja", "yes"),
        (Membership, "customer", 7, "Praktijk Voorbeeld (10007)", "Praktijk Voorbeeld (10007)"),
        (Membership, "person", 3, "Voor Beeld", "Voor Beeld"),
        (Membership, "person", 4, "iemand anders", "somebody else"),
        (JournalEntry, "purpose", "newsletter", "nieuwsbrieven sturen", "sending newsletters"),
        (
            JournalEntry,
            "action",
            "rights.package",
            "Kopie van alle gegevens gedownload",
            "Copy of all data downloaded",
        ),
        (JournalEntry, "actor_kind", "job", "automatisch", "automatically"),
        (JournalEntry, "changed", ["street", "town"], "street, town", "street, town"),
        (Person, "given_name", "Jo", "Jo", "Jo"),
    ],
)
def test_a_value_reads_as_words(model: Any, name: str, value: Any, dutch: str, english: str) -> None:
    with override("nl"):
        assert in_words(field(model, name), value, NAMES) == dutch
    with override("en"):
        assert in_words(field(model, name), value, NAMES) == english


def test_what_third_parties_call_their_columns_is_translated() -> None:
    with override("nl"):
        assert label("last used at") == "laatst gebruikt op"
        assert label(field(Person, "phone").verbose_name) == "telefoonnummer"


@dataclass(frozen=True)
class Column:
    label: str
    category: str = "name"
    purposes: tuple[tuple[str, str], ...] = (
        ("billing", "contract"),
        ("rights", "law"),
        ("messages", "contract"),
    )
    recipients: tuple[str, ...] = ()
    source: str = "you"
    secret: bool = False


def test_columns_of_which_the_same_is_said_are_told_once() -> None:
    given, family, phone = Column("given name"), Column("family name"), Column("phone", category="contact")
    first, second = alike([given, phone, family])
    assert first.labels == ("given name", "family name")
    assert first.uses == (("contract", ("billing", "messages")), ("law", ("rights",)))
    assert second.labels == ("phone",)


@pytest.mark.parametrize(
    "other",
    [
        Column("b", recipients=("mail",)),
        Column("b", source="us"),
        Column("b", secret=True),
        Column("b", purposes=()),
    ],
)
def test_what_differs_in_anything_stays_apart(other: Column) -> None:
    assert len(alike([Column("a"), other])) == 2
