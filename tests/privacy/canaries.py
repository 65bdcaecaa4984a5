"""
A value of its own in every personal column of somebody, by the map alone: where one turns up, it is known whose it is.

The database's own rules about values are away meanwhile (the test's transaction brings them back), so that a column
which may hold only one of a few words can hold a canary as well.
"""

import html
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any
from uuid import NAMESPACE_DNS, uuid5
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils.translation import override

from hospes.accounts.models import AccessLimit
from hospes.accounts.models.origins import NetworkField
from hospes.customers.models import Membership
from hospes.kernel import clock
from hospes.kernel.acting import Actor
from hospes.kernel.datamap import Mapped, mapped_tables
from hospes.privacy import package
from tests.support.everything import Life
from tests.support.make import NOW
from tests.support.rights import as_owner

MONTHS = {
    "nl": [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}

_next = count(1)


@dataclass(frozen=True)
class Canary:
    """A value that stands in one column of one row and nowhere else in the database."""

    table: str
    column: str
    value: Any
    secret: bool

    @property
    def in_data(self) -> Any:
        """How data.json has it."""
        return self.value.isoformat() if isinstance(self.value, date) else self.value

    def in_words(self, language: str) -> str:
        """How the page to read has it."""
        if isinstance(self.value, datetime):
            local = self.value.astimezone(ZoneInfo("Europe/Amsterdam"))
            return f"{_day(local, language)}, {local:%H:%M}"
        if isinstance(self.value, date):
            return _day(self.value, language)
        if isinstance(self.value, int) and self.column.endswith("cents"):
            whole = f"{self.value // 100:,}"
            return (
                f"{whole}.{self.value % 100:02d}"
                if language == "en"
                else f"{whole.replace(',', '.')},{self.value % 100:02d}"
            )
        if isinstance(self.value, int) and self.column.endswith("basis_points"):
            text = f"{self.value / 100:.2f}".rstrip("0").rstrip(".")
            return f"{text if language == 'en' else text.replace('.', ',')}%"
        return html.escape(str(self.value[0] if isinstance(self.value, list) else self.value))


def _day(day: date, language: str) -> str:
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"


def plant(life: Life) -> list[Canary]:
    """Put a canary in every personal column of every row of somebody that can hold one."""
    planted: list[Canary] = []
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for mapped in mapped_tables():
            if mapped.model is not None and mapped.entry.about_somebody:
                _lift_checks(cursor, mapped.table)
                planted += _plant_in(cursor, mapped, life)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # what is made after this adds up at its end, as ever
    return planted


def _lift_checks(cursor: Any, table: str) -> None:
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass", [table]
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def _plant_in(cursor: Any, mapped: Mapped, life: Life) -> list[Canary]:
    assert mapped.model is not None
    planted = []
    fields = {field.name: field for field in mapped.model._meta.concrete_fields}
    own = " OR ".join(f'"{key}" = %s' for key in mapped.entry.key)
    primary = mapped.model._meta.pk.column
    cursor.execute(
        f'SELECT "{primary}" FROM {mapped.table} WHERE {own}',
        [life.scopes[s] for s in mapped.entry.key.values()],
    )
    keys = [key for (key,) in cursor.fetchall()]
    assert keys, f"nothing is held in {mapped.table}"
    cursor.execute(
        "SET LOCAL session_replication_role = replica"
    )  # no triggers: the journal takes no changes
    for key in keys:
        for name, column in mapped.entry.columns.items():
            field = fields[name]
            if (
                column.category is None
                or field.primary_key
                or field.is_relation
                or field.column in mapped.entry.key
            ):
                continue
            if column.names_others:
                continue
            value, stored = _value(field)
            if value is None:
                continue
            cursor.execute(
                f'UPDATE {mapped.table} SET "{field.column}" = %s WHERE "{primary}" = %s', [stored, key]
            )
            planted.append(Canary(mapped.table, name, value, column.secret))
    cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    return planted


def _value(field: Any) -> tuple[Any, Any]:
    """A value that the field can hold, and how the database gets it; None for yes or no, of which there are two only."""
    number = next(_next)
    if isinstance(field, models.BooleanField):
        return None, None
    if isinstance(field, models.DateTimeField):
        moment = NOW.replace(minute=0) + timedelta(days=number, minutes=number % 60)
        return moment, moment
    if isinstance(field, models.DateField):
        day = date(2031, 1, 1) + timedelta(days=number)
        return day, day
    if isinstance(field, models.UUIDField):
        return (text := str(uuid5(NAMESPACE_DNS, f"canary{number}"))), text
    if isinstance(field, models.GenericIPAddressField):
        return (address := f"198.51.{number // 250}.{number % 250 + 1}"), address
    if isinstance(field, models.BinaryField):
        return (content := f"canary{number}".encode()), content
    if isinstance(field, models.JSONField):
        return (text := f"canary{number}"), json.dumps({"secret": text})
    if isinstance(field, models.IntegerField):
        small = isinstance(field, models.PositiveSmallIntegerField)
        return (whole := 20_000 + number if small else 1_700_000_000 + number * 1001), whole
    if isinstance(field, ArrayField):
        listed = (
            [f"canary{number}"]
            if isinstance(field.base_field, models.CharField)
            else [_value(field.base_field)[1]]
        )
        return listed, listed
    if isinstance(field, NetworkField):
        return (network := f"198.51.{number // 250}.{number % 250 + 1}/32"), network
    most = field.max_length or 40
    # Markup too, where it fits: what somebody once filled in is shown, and does nothing.
    # The short ones are no mere digits, of which a PDF is full.
    text = f"c&<{number:05d}>" if most >= 9 else f"ĉ{number:0{most - 1}d}" if most > 4 else _short(number)
    return text, text


def _short(number: int) -> str:
    return "".join(chr(0x3400 + digit) for digit in divmod(number, 1000))


@dataclass(frozen=True)
class Opened:
    """A package as the person opens it."""

    data: dict[str, Any]
    page: str
    files: dict[str, bytes]
    everything: bytes

    @property
    def values(self) -> set[tuple[str, str, str]]:
        """All values in data.json: table, column, and the value as it is written there."""
        return {
            (section["table"], name, json.dumps(value))
            for section in self.data["sections"] for row in section["rows"] for name, value in row.items()
        }  # fmt: skip

    def rows(self, table: str) -> list[dict[str, Any]]:
        return next((section["rows"] for section in self.data["sections"] if section["table"] == table), [])


def opened(
    person_id: int, customer_ids: list[int], *, language: str = "nl", now: datetime | None = None
) -> Opened:
    """Make somebody's package, at a moment when they have access to the customers, and open it."""
    with as_owner():  # whoever takes their data along comes from where their customers' limits let them
        country = (
            AccessLimit.objects.filter(customer_id__in=customer_ids).values_list("country", flat=True).first()
        )
    actor = Actor.person(person_id, ip="192.0.2.1", country=country or "")
    made_at = now or datetime(2026, 6, 1, tzinfo=UTC)
    with as_owner():
        access = Membership.objects.filter(person_id=person_id, customer_id__in=customer_ids).first()
    ahead = access.since - clock.now() if access else timedelta()
    with override(language), clock.shifted(ahead):
        held = package.collect(person_id=person_id, customer_ids=customer_ids, actor=actor, now=made_at)
        return open_zip(package.as_zip(held, language=language).getvalue())


def open_zip(content: bytes) -> Opened:
    """Open a package that was downloaded."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    return Opened(
        json.loads(files["data.json"]), files["index.html"].decode(),
        {name: held for name, held in files.items() if name.startswith("files/")}, b"\n".join(files.values()),
    )  # fmt: skip
