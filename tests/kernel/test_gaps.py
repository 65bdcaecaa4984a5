"""A column, a table or a key that the data map does not know stops `hospes check`."""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import isolate_apps

from hospes.cli.commands import check
from hospes.kernel import datamap
from hospes.kernel.datamap import Category, Event, Keep, Row, Then, impersonal, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from tests.support.rights import as_owner

_KEEP = Keep(Event.CONTRACT_END, datamap.THE_CONTRACT, Then.DELETE, years=1)
_WHOLE = row(
    plain("id", "person_id") | personal(Category.IDENTITY, "nickname"),
    key="person_id",
    reads={Purpose.SUPPORT},
    keep=_KEEP,
)
Gaps = Callable[[Row | None], list[str]]


@pytest.fixture
def gaps(monkeypatch: pytest.MonkeyPatch) -> Gaps:
    """The gaps of a house with one model, whose entry on the map is this."""

    def of(entry: Row | None) -> list[str]:
        with isolate_apps("hospes.customers") as throw_away:

            class Pet(MappedModel):
                person_id = models.BigIntegerField()
                nickname = models.CharField(max_length=20)

                class Meta(MappedModel.Meta):
                    abstract = False
                    app_label = "customers"

                datamap = entry

            monkeypatch.setattr(datamap, "apps", throw_away)
            return datamap.gaps()

    return of


def test_the_house_has_none() -> None:
    assert datamap.gaps() == []


def test_what_is_said_in_full_is_no_gap(gaps: Gaps) -> None:
    assert gaps(_WHOLE) == []


def test_a_model_that_says_nothing(gaps: Gaps) -> None:
    assert gaps(None) == ["customers.Pet: the model is not on the data map"]


def _with(columns: dict[str, Any], **changes: Any) -> Row:
    return replace(_WHOLE, columns=columns, **changes)


def test_a_column_that_says_nothing(gaps: Gaps) -> None:
    columns = {name: column for name, column in _WHOLE.columns.items() if name != "nickname"}
    assert gaps(_with(columns)) == ["customers.Pet.nickname: the data map says nothing of this column"]


def test_a_word_about_a_column_that_is_not_there(gaps: Gaps) -> None:
    assert gaps(_with(_WHOLE.columns | plain("weight"))) == [
        "customers.Pet.weight: on the data map, but no such column"
    ]


def test_an_ownership_key_that_is_no_column(gaps: Gaps) -> None:
    assert gaps(replace(_WHOLE, key={"owner_id": "person"})) == [
        "customers.Pet: its ownership key owner_id is no column"
    ]


def test_personal_data_of_nobody(gaps: Gaps) -> None:
    assert gaps(replace(_WHOLE, key={})) == [
        "customers.Pet: has personal columns (nickname) but no ownership key"
    ]
    assert gaps(impersonal("id", "person_id", "nickname")) == []


def test_a_row_that_is_kept_for_ever(gaps: Gaps) -> None:
    assert gaps(replace(_WHOLE, keep=None)) == ["customers.Pet: does not say how long a row is kept"]


def test_consent_of_nobody(gaps: Gaps) -> None:
    entry = replace(_WHOLE, key={"person_id": "customer"}, reads=frozenset({Purpose.NEWSLETTER}))
    assert gaps(entry) == ["customers.Pet: newsletter rests on consent, which needs a person as key"]


@pytest.mark.database
@pytest.mark.django_db
def test_hospes_check_fails_on_a_gap(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _check(capsys)
    assert before["findings"]["the data map is complete"] == []
    assert before["findings"]["the database matches the data map"] == []

    field = models.IntegerField(null=True)
    field.set_attributes_from_name("shoe_size")
    customer = apps.get_model("customers", "Customer")
    monkeypatch.setattr(customer._meta, "concrete_fields", (*customer._meta.concrete_fields, field))
    after = _check(capsys)
    assert after["ok"] is False
    assert after["exit"] == 1
    changed = {what: found for what, found in after["findings"].items() if found != before["findings"][what]}
    assert changed["the data map is complete"] == [
        "customers.Customer.shoe_size: the data map says nothing of this column"
    ]
    assert "the database matches the data map" not in changed


@pytest.mark.database
@pytest.mark.django_db
def test_hospes_check_fails_on_a_change_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    with as_owner():
        connection.cursor().execute("ALTER TABLE customers_person ADD COLUMN shoe_size integer")
    found = _check(capsys)
    assert found["exit"] == 1
    assert found["findings"]["the database matches the data map"] == [
        "customers_person.shoe_size: in the database, but not on the data map"
    ]


def _check(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    with as_owner():
        code = check.run(argparse.Namespace(json=True))
    return {"exit": code, **json.loads(capsys.readouterr().out)}
