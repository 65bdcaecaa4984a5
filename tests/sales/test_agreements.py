"""What was agreed to with an order: which texts, in which words; and what is told when words change in silence."""

from contextlib import nullcontext
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from hospes.cli.commands import check
from hospes.config.operators import read_operator
from hospes.sales import agreements
from hospes.sales.models import Order
from tests.sales.shop import accepted, quoted
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db

TEXTS = {
    "terms.nl": "Voorwaarden",
    "terms.en": "Terms",
    "processing.nl": "Verwerking",
    "processing.en": "Processing",
}


@pytest.fixture(autouse=True)
def _texts(settings: Any, _rights: None) -> None:
    settings.HOSPES_OPERATOR_TEXTS = dict(TEXTS)
    settings.HOSPES_OPERATOR = replace(
        settings.HOSPES_OPERATOR, terms_version="2026-07", processing_version="2026-08"
    )
    make.vat_rates()


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def complaints() -> list[str]:
    with as_owner():
        return agreements.changed_unsaid()


@pytest.mark.parametrize(
    ("language", "terms", "processing"),
    [("nl", "Voorwaarden", "Verwerking"), ("en", "Terms", "Processing"), ("en-gb", "Terms", "Processing"),
     ("de", "Voorwaarden", "Verwerking")],
)  # fmt: skip
def test_one_agrees_to_the_words_of_the_language_that_one_reads(
    language: str, terms: str, processing: str
) -> None:
    assert vars(agreements.of_now(language)) == {
        "terms_version": "2026-07", "terms_sha256": hash_of(terms),
        "processing_version": "2026-08", "processing_sha256": hash_of(processing),
    }  # fmt: skip


def test_an_order_keeps_the_versions_and_the_words() -> None:
    agreed = agreements.of_now("en")
    order = accepted(quoted(make.customer()), agreed=agreed)
    with as_owner():
        held = Order.objects.filter(pk=order.pk).values(*vars(agreed)).get()
    assert held == vars(agreed)


def test_the_mark_of_a_form_changes_with_every_word_and_version_and_with_what_else_was_shown(
    settings: Any,
) -> None:
    marks = [agreements.of_now("nl").mark("cart"), agreements.of_now("nl").mark("another cart")]
    for name in ("terms.nl", "processing.nl"):
        settings.HOSPES_OPERATOR_TEXTS = TEXTS | {name: f"{TEXTS[name]}."}
        marks.append(agreements.of_now("nl").mark("cart"))
    settings.HOSPES_OPERATOR_TEXTS = TEXTS
    settings.HOSPES_OPERATOR = replace(settings.HOSPES_OPERATOR, terms_version="2026-09")
    marks.append(agreements.of_now("nl").mark("cart"))
    assert len(set(marks)) == len(marks)
    assert {len(mark) for mark in marks} == {40}


# --- what `hospes check` tells ---


def test_nothing_is_told_while_the_words_are_those_that_were_agreed_to() -> None:
    assert complaints() == []
    for language in ("nl", "en"):
        accepted(quoted(make.customer(), key=language), agreed=agreements.of_now(language))
    assert complaints() == []


@pytest.mark.parametrize("name", ["terms", "processing"])
def test_words_that_changed_under_the_same_version_are_told(settings: Any, name: str) -> None:
    accepted(quoted(make.customer()))
    settings.HOSPES_OPERATOR_TEXTS = TEXTS | {f"{name}.nl": "Andere woorden"}
    [told] = complaints()
    assert told.startswith(f"operator/{name}.*.txt has changed")
    assert f"{name}_version in operator.toml" in told
    with as_owner():
        assert check.findings()["the terms are those that were agreed to"] == [told]
    settings.HOSPES_OPERATOR = replace(settings.HOSPES_OPERATOR, **{f"{name}_version": "2027-01"})
    assert complaints() == []
    with as_owner():
        assert check.findings()["the terms are those that were agreed to"] == []


def test_words_that_nobody_agreed_to_may_change(settings: Any) -> None:
    accepted(quoted(make.customer()), agreed=agreements.of_now("nl"))
    settings.HOSPES_OPERATOR_TEXTS = TEXTS | {"terms.en": "Other words"}
    assert complaints() == []


def test_orders_from_before_words_were_kept_say_nothing() -> None:
    make.order(terms_version="2026-07")
    assert complaints() == []


# --- what the operator says ---


def operator_with(folder: Path, line: str) -> Path:
    known = (Path(__file__).parents[2] / "operator.toml").read_text("utf-8")
    kept = [each for each in known.splitlines() if not each.startswith("terms_version")]
    path = folder / "operator.toml"
    path.write_text("\n".join(kept).replace("[operator]", f"[operator]\n{line}", 1), "utf-8")
    return path


def test_the_operator_says_the_version(tmp_path: Path) -> None:
    assert read_operator(operator_with(tmp_path, 'terms_version = "mei 2026"')).terms_version == "mei 2026"
    assert read_operator(operator_with(tmp_path, f'terms_version = "{"x" * 20}"')).terms_version == "x" * 20


@pytest.mark.parametrize(
    "line", ["", 'terms_version = " "', f'terms_version = "{"x" * 21}"', "terms_version = 2026"]
)
def test_without_a_version_it_does_not_start(tmp_path: Path, line: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="terms_version"):
        read_operator(operator_with(tmp_path, line))


@pytest.mark.parametrize(("days", "fit"), [(-1, False), (0, True), (366, True), (367, False)])
def test_nor_with_quotes_that_the_database_would_refuse(tmp_path: Path, days: int, fit: bool) -> None:
    path = operator_with(tmp_path, 'terms_version = "1"')
    lines = [each for each in path.read_text("utf-8").splitlines() if not each.startswith("quote_days")]
    path.write_text("\n".join(lines).replace("[operator]", f"[operator]\nquote_days = {days}", 1), "utf-8")
    with nullcontext() if fit else pytest.raises(ImproperlyConfigured, match="quote_days"):
        assert read_operator(path).quote_days == days


@pytest.mark.parametrize(("days", "fit"), [(30, True), (31, False)])
def test_nor_with_invoices_to_companies_before_their_last_day_to_cancel(
    tmp_path: Path, days: int, fit: bool
) -> None:
    path = operator_with(tmp_path, 'terms_version = "1"')
    known = path.read_text("utf-8")
    path.write_text(known.replace("business_lead_days = 14", f"business_lead_days = {days}", 1), "utf-8")
    with nullcontext() if fit else pytest.raises(ImproperlyConfigured, match="business_lead_days"):
        assert read_operator(path).business_lead_days == days
