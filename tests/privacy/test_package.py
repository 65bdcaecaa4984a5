"""The package holds everything that is held about a person, nothing of anybody else, and no secret (P70, P72, P77)."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection, models
from django.utils.translation import override

from hospes.billing.models import Document
from hospes.kernel import journal, policies
from hospes.kernel.acting import Actor, acting
from hospes.kernel.datamap import (
    THE_CONTRACT,
    Category,
    Event,
    Keep,
    Then,
    mapped_tables,
    personal,
    plain,
    row,
    secret,
)
from hospes.kernel.managers import MappedModel
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.privacy import package
from tests.privacy.canaries import Canary, opened, plant
from tests.support import everything, make
from tests.support.everything import Life
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P70", "P72")]

STAFF = 987_654_321


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def life() -> Life:
    return everything.life()


@pytest.fixture
def planted(life: Life) -> list[Canary]:
    return plant(life)


def missing(said: str, canaries: list[Canary], language: str) -> list[str]:
    return [f"{c.table}.{c.column}" for c in canaries if not c.secret and c.in_words(language) not in said]


# --- all of it ---


def test_a_canary_sits_in_every_personal_column_of_every_table(planted: list[Canary]) -> None:
    there = {(c.table, c.column) for c in planted}
    for mapped in mapped_tables():
        if mapped.model is None or not mapped.entry.about_somebody:
            continue
        for field in mapped.model._meta.concrete_fields:
            column = mapped.entry.columns[field.name]
            is_key = (
                field.primary_key
                or field.is_relation
                or field.column in mapped.entry.key
                or column.names_others
            )
            if column.category is not None and not is_key and not isinstance(field, models.BooleanField):
                assert (mapped.table, field.name) in there
    assert len({repr(c.value) for c in planted}) == len(planted) > 80


@pytest.mark.parametrize("language", ["nl", "en"])
def test_everything_that_is_held_is_in_it_for_programs_and_for_people(
    life: Life, planted: list[Canary], language: str
) -> None:
    found = opened(life.person.pk, [life.customer.pk], language=language)
    held = {(c.table, c.column, json.dumps(c.in_data)) for c in planted if not c.secret}
    assert held - found.values == set()
    assert missing(found.page, planted, language) == []


def test_what_belongs_to_whom_is_in_it_too(life: Life) -> None:
    found = opened(life.person.pk, [life.customer.pk])
    for mapped in mapped_tables():
        if mapped.model is None or not mapped.entry.about_somebody:
            continue
        rows = found.rows(mapped.table)
        assert rows, f"nothing of {mapped.table}"
        for entry in rows:
            assert set(entry) == {
                f.name for f in mapped.model._meta.concrete_fields
                if not mapped.entry.columns[f.name].secret and not isinstance(f, models.BinaryField)
            }  # fmt: skip
    with as_owner():
        expected = {
            m.table: sum(life.owns(each, m.entry) for each in m.model._base_manager.all())
            for m in mapped_tables() if m.model is not None and m.entry.about_somebody
        }  # fmt: skip
    assert {table: len(found.rows(table)) for table in expected} == expected


@override("en")
def test_of_each_column_it_says_what_for_why_who_gets_it_and_from_where(life: Life) -> None:
    found = opened(life.person.pk, [life.customer.pk], language="en")
    sections = {section["table"]: section for section in found.data["sections"]}
    for mapped in mapped_tables():
        if mapped.model is None or not mapped.entry.about_somebody:
            continue
        said = sections[mapped.table]
        assert said["kept"].endswith(".")
        assert set(said["columns"]) == {
            name for name, column in mapped.entry.columns.items() if column.category is not None
        }
        for name, about in said["columns"].items():
            column = mapped.entry.columns[name]
            assert about["held_but_not_shown"] == column.secret
            assert column.category is not None
            assert about["category"] == str(column.category.label)
            assert about["source"] == str((column.source or mapped.entry.source).label)
            assert set(about["recipients"]) == {str(recipient.described.label) for recipient in column.to}
            assert {p["purpose"] for p in about["purposes"]} == {
                str(p.declared.label) for p in mapped.readers(column) - {Purpose.RETENTION}
            }
    assert sections["customers_person"]["columns"]["password"]["held_but_not_shown"]


# --- nothing of anybody else ---


@pytest.mark.promise("P77")
def test_nothing_of_it_is_in_the_package_of_somebody_else(life: Life, planted: list[Canary]) -> None:
    other = everything.life()
    found = opened(other.person.pk, [other.customer.pk])
    assert (
        found.values & {(c.table, c.column, json.dumps(c.in_data)) for c in planted if not c.secret} == set()
    )
    text = found.everything.decode()
    assert [c for c in planted if isinstance(c.value, str) and c.value in text] == []
    assert missing(found.page, planted, "nl") == [f"{c.table}.{c.column}" for c in planted if not c.secret]


@pytest.mark.promise("P77")
@pytest.mark.parametrize("role", ["administration", "technical", "billing", "read_only"])
def test_who_may_act_for_a_customer_does_not_get_its_data(
    life: Life, planted: list[Canary], role: str
) -> None:
    member = make.person()
    make.membership(person=member, customer=life.customer, role=role)
    found = opened(member.pk, [])
    assert (
        found.values & {(c.table, c.column, json.dumps(c.in_data)) for c in planted if not c.secret} == set()
    )
    assert {section["table"] for section in found.data["sections"]} == {
        "customers_person", "customers_personword", "customers_membership",
    }  # fmt: skip
    assert [entry["role"] for entry in found.rows("customers_membership")] == [role]


@pytest.mark.promise("P77")
def test_of_another_customer_that_is_named_by_mistake_the_policies_show_what_is_its_own_only(
    life: Life,
) -> None:
    other = everything.life()
    found = opened(life.person.pk, [life.customer.pk])
    for section in found.data["sections"]:
        for entry in section["rows"]:
            assert other.customer.pk not in {entry.get("customer"), entry.get("customer_id")}
            assert section["table"] != "customers_customer" or entry["id"] == life.customer.pk


def test_who_looked_is_told_without_saying_which_employee_nor_from_where(life: Life) -> None:
    make.person(pk=STAFF)
    with acting(Purpose.SUPPORT, actor=Actor.staff(STAFF, ip="203.0.113.77"), customer=life.customer.pk):
        journal.record("staff.looked", at=NOW, customer_id=life.customer.pk, person_id=life.person.pk)
    with acting(Purpose.SUPPORT, actor=Actor.staff(STAFF, ip="203.0.113.77"), customer=life.customer.pk):
        journal.record("customer.changed", at=NOW, customer_id=life.customer.pk)
    found = opened(life.person.pk, [life.customer.pk])
    with override("nl"):
        purpose = str(Purpose.SUPPORT.declared.label)
    assert found.data["who_looked"] == [
        {"at": NOW.isoformat(), "purpose": purpose, "how": "looked", "times": 1}
    ]
    by_staff = [entry for entry in found.rows("kernel_journalentry") if entry["actor_kind"] == "staff"]
    assert [(entry["actor_id"], entry["ip"]) for entry in by_staff] == [(None, None)] * 2
    assert str(STAFF) not in found.everything.decode()
    assert b"203.0.113.77" not in found.everything


def test_ones_own_steps_keep_their_address(life: Life) -> None:
    with acting(
        Purpose.CONTRACT, actor=Actor.person(life.person.pk, ip="192.0.2.5"), customer=life.customer.pk
    ):
        journal.record("customer.changed", at=NOW, customer_id=life.customer.pk)
    found = opened(life.person.pk, [life.customer.pk])
    own = [entry for entry in found.rows("kernel_journalentry") if entry["ip"] == "192.0.2.5"]
    assert [entry["actor_id"] for entry in own] == [life.person.pk]


def test_nor_is_somebody_else_named_who_works_for_the_same_customer(life: Life) -> None:
    colleague = make.person(pk=STAFF, email="collega@example.com")
    make.membership(person=colleague, customer=life.customer, role="billing")
    with as_owner():  # this customer demands a second step
        Authenticator.objects.create(user=colleague, type="totp", data={})
    with acting(Purpose.CONTRACT, actor=Actor.person(STAFF, ip="192.0.2.78"), customer=life.customer.pk):
        journal.record("customer.changed", at=NOW, customer_id=life.customer.pk, person_id=STAFF)
    text = opened(life.person.pk, [life.customer.pk]).everything.decode()
    for trace in (str(STAFF), "192.0.2.78", "collega@example.com"):
        assert trace not in text


# --- no secret ---


def test_no_secret_is_in_it_in_any_form(life: Life, planted: list[Canary]) -> None:
    secrets = [c.value if isinstance(c.value, bytes) else c.value.encode() for c in planted if c.secret]
    assert len(secrets) >= 3
    found = opened(life.person.pk, [life.customer.pk])
    for value in secrets:
        for form in (value, value.hex().encode(), base64.b64encode(value), repr(value).encode()):
            assert form not in found.everything
    names = {(c.table, c.column) for c in planted if c.secret}
    shown = {
        (section["table"], name)
        for section in found.data["sections"]
        for entry in section["rows"]
        for name in entry
    }
    assert names & shown == set()


def test_but_that_it_is_held_is_said(life: Life) -> None:
    found = opened(life.person.pk, [life.customer.pk], language="en")
    assert "held, but shown to nobody" in found.page


# --- files ---


def test_files_are_in_it_byte_for_byte(life: Life, media: Path) -> None:
    content = bytes(range(256)) * 300
    with as_owner():
        document = Document.objects.get(customer=life.customer)
    path = media / document.path
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found = opened(life.person.pk, [life.customer.pk])
    assert found.files == {f"files/{document.path}": content}
    assert found.data["files"] == [document.path]
    assert opened(life.person.pk, []).files == {}


@pytest.mark.promise("P77")
def test_nobody_elses_files_are_in_it(life: Life, media: Path) -> None:
    other = everything.life()
    with as_owner():
        for document in Document.objects.all():
            (media / document.path).parent.mkdir(parents=True, exist_ok=True)
            (media / document.path).write_bytes(b"%PDF " + document.path.encode())
        [mine] = Document.objects.filter(customer=life.customer)
    assert list(opened(life.person.pk, [life.customer.pk]).files) == [f"files/{mine.path}"]
    assert len(opened(other.person.pk, [other.customer.pk]).files) == 1


def test_a_file_that_is_gone_does_not_keep_somebody_from_the_rest(life: Life) -> None:
    found = opened(life.person.pk, [life.customer.pk])
    assert found.files == {}
    assert len(found.rows("billing_document")) == 1


# --- as a page ---


@pytest.mark.parametrize(
    ("language", "says", "says_not"),
    [
        ("nl", ["Uw gegevens bij", "Bewaartermijn:"], ["Your data at", "Kept:"]),
        ("en", ["Your data at", "Kept:"], ["Uw gegevens", "Bewaartermijn"]),
    ],
)
def test_the_page_is_in_the_readers_language(
    life: Life, language: str, says: list[str], says_not: list[str]
) -> None:
    page = opened(life.person.pk, [life.customer.pk], language=language).page
    assert f'<html lang="{language}">' in page
    assert [text for text in says if text not in page] == []
    assert [text for text in says_not if text in page] == []


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(life: Life, planted: list[Canary]) -> None:
    page = opened(life.person.pk, [life.customer.pk]).page
    for forbidden in ("<script", "http://", "https://", "javascript:", "onload", "style=", "<c&<"):
        assert forbidden not in page


def test_markup_in_a_name_is_shown_and_does_nothing() -> None:
    person = make.person(given_name="<b onclick=x>Jo</b>", family_name='"&')
    page = opened(person.pk, []).page
    assert "&lt;b onclick=x&gt;Jo&lt;/b&gt;" in page
    assert "<b onclick" not in page


def test_the_words_of_the_package_do_not_depend_on_the_time_of_day_or_the_order_of_asking(life: Life) -> None:
    first = opened(life.person.pk, [life.customer.pk])
    assert opened(life.person.pk, [life.customer.pk]).everything == first.everything


# --- restricted, empty, and on record ---


@pytest.mark.parametrize("kind", ["restriction", "objection"])
def test_who_had_the_use_of_their_data_stopped_still_gets_all_of_it(life: Life, kind: str) -> None:
    before = opened(life.person.pk, [life.customer.pk])
    for purpose in Purpose:
        if purpose.declared.can_be_halted:
            make.restriction(person=life.person, customer=life.customer, purpose=purpose, kind=kind)
    after = opened(life.person.pk, [life.customer.pk])
    assert before.values <= after.values


def test_about_nobody_there_is_nothing() -> None:
    found = opened(10**12, [])
    assert (found.data["sections"], found.data["files"], found.files) == ([], [], {})


def test_that_somebody_took_their_data_along_stands_in_the_journal(life: Life) -> None:
    later = NOW + timedelta(days=1)
    package.note_download(
        person_id=life.person.pk, actor=Actor.person(life.person.pk, ip="192.0.2.9"), now=later
    )
    with as_owner():
        entry = JournalEntry.objects.get(action="rights.package")
    assert (entry.at, entry.person_id, entry.ip, entry.purpose) == (
        later,
        life.person.pk,
        "192.0.2.9",
        "rights",
    )


# --- what comes later ---


@pytest.fixture
def keepsake() -> Iterator[type[models.Model]]:
    """A table that nobody has thought of yet, with its entry on the map; gone with the test's transaction."""

    class Keepsake(MappedModel):
        person_id = models.BigIntegerField("person")
        inscription = models.CharField("what is written on it", max_length=40)
        combination = models.CharField("combination of its lock", max_length=40)
        shelf = models.IntegerField(default=1)

        class Meta(MappedModel.Meta):
            app_label = "privacy"
            verbose_name = "keepsake"
            abstract = False

        datamap = row(
            plain("id", "shelf")
            | personal(Category.IDENTITY, "person_id", "inscription")
            | secret(Category.LOGIN, "combination", reads={Purpose.SUPPORT}),
            key="person_id", reads={Purpose.SUPPORT}, keep=Keep(Event.RECORDED, THE_CONTRACT, Then.DELETE, days=3),
        )  # fmt: skip

    try:
        with as_owner():
            connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
            with connection.schema_editor(atomic=False) as editor:
                editor.create_model(Keepsake)
            policies.apply(connection)
        yield Keepsake
    finally:
        del apps.all_models["privacy"]["keepsake"]
        apps.clear_cache()


def test_a_new_table_is_in_the_package_without_a_line_changed_there(keepsake: Any) -> None:
    person, other = make.person(), make.person()
    with as_owner():
        for each, text in ((person, "Voor Fenne"), (other, "Van iemand anders")):
            keepsake.objects.create(person_id=each.pk, inscription=text, combination="4-8-15")
    found = opened(person.pk, [])
    [held] = found.rows("privacy_keepsake")
    assert held | {"id": 0} == {"id": 0, "person_id": person.pk, "inscription": "Voor Fenne", "shelf": 1}
    assert "Voor Fenne" in found.page
    assert "What is written on it" in found.page
    assert b"Van iemand anders" not in found.everything
    assert b"4-8-15" not in found.everything


def test_a_column_becomes_part_of_what_is_told_by_its_entry_on_the_map_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = make.person()
    entry = type(person).datamap
    assert entry.columns["created_at"].category is None
    before = opened(person.pk, [])
    columns = {**entry.columns, **personal(Category.CHOICES, "created_at")}
    from dataclasses import replace

    monkeypatch.setattr(type(person), "datamap", replace(entry, columns=columns))
    after = opened(person.pk, [])
    [said] = [s["columns"] for s in after.data["sections"] if s["table"] == "customers_person"]
    assert "created_at" in said
    assert "2 maart 2026, 12:30" in after.page
    assert "2 maart 2026, 12:30" not in before.page
