"""
What is on the map besides tables: files, cookies, log fields, job arguments, and what goes to recipients.

Each is declared beside the code that makes it; what is not declared is refused when it is tried.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.kernel.datamap import Category
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient


class NotOnTheMap(Exception):
    """Something would have been stored, logged or sent that the data map does not know."""


@dataclass(frozen=True)
class Cookie:
    name: str
    purpose: Purpose
    why: Promise
    days: int  # 0: until the browser closes


@dataclass(frozen=True)
class FileStore:
    """Files of one kind; `table` and `column` hold their paths, and say by that whose they are and how long they stay."""

    name: str
    category: Category
    purposes: frozenset[Purpose]
    table: str
    column: str


class Holds(Enum):
    """What a field of the log may hold; anything else is left out of the line."""

    WORDS = "words that stand in the code"
    NAME = "a name that the code gives: of a route, a task, a logger"
    NUMBER = "a number"
    ID = "an id"
    CLASS = "the class of an exception"


@dataclass(frozen=True)
class LogField:
    name: str
    holds: Holds
    category: Category | None = None


cookies: dict[str, Cookie] = {}
file_stores: dict[str, FileStore] = {}
payloads: dict[tuple[Recipient, str], frozenset[str]] = {}

#: The fields that a log line may have. No name, address or content: ids to look up with the purpose that one has. What is kept
#: of an exception is added to it as "exception" (`failures`).
log_fields: dict[str, LogField] = {
    name: LogField(name, holds)
    for holds, names in {
        Holds.WORDS: ("event",),
        Holds.NAME: (
            "level", "timestamp", "logger", "place", "face", "method", "route", "purpose", "job", "provider", "cookie",
        ),
        Holds.NUMBER: ("status", "milliseconds", "attempt", "count"),
        Holds.ID: ("job_id",),
        Holds.CLASS: ("error",),
    }.items()
    for name in names
} | {
    name: LogField(name, Holds.ID, Category.CONTRACT)
    for name in ("customer_id", "person_id", "order_id", "invoice_id", "payment_id", "service_id", "message_id")
}  # fmt: skip


def declare_cookie(name: str, purpose: Purpose, why: Promise, days: int = 0) -> None:
    """Put a cookie on the map."""
    cookies[name] = Cookie(name, purpose, why, days)


def declare_files(store: FileStore) -> None:
    """Put a kind of files on the map."""
    file_stores[store.name] = store


def declare_payload(recipient: Recipient, action: str, *fields: str) -> None:
    """Put on the map what a recipient gets in one kind of message; nested fields as "details.name"."""
    payloads[recipient, action] = frozenset(fields)


def checked(recipient: Recipient, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload again, or NotOnTheMap when it has a field that was not declared for this recipient."""
    allowed = payloads.get((recipient, action))
    if allowed is None:
        raise NotOnTheMap(f"nothing is declared to go to {recipient.value} for {action}")
    unknown = sorted(set(_paths(payload)) - allowed)
    if unknown:
        raise NotOnTheMap(f"{recipient.value} may not receive {', '.join(unknown)} for {action}")
    return dict(payload)


def _paths(payload: Mapping[str, Any], prefix: str = "") -> list[str]:
    found = []
    for name, value in payload.items():
        parts = value if isinstance(value, list | tuple) else [value]
        within = [part for part in parts if isinstance(part, Mapping)]
        for part in within:
            found += _paths(part, f"{prefix}{name}.")
        if len(within) < len(parts):
            found.append(f"{prefix}{name}")
    return found


def checked_arguments(arguments: Mapping[str, Any]) -> None:
    """Job arguments are ids, never data: raises NotOnTheMap for anything else."""
    for name, value in arguments.items():
        is_id = isinstance(value, int | str) and re.fullmatch(r"[A-Za-z0-9_-]{1,40}", str(value))
        if not (name.endswith("_id") and is_id) and not (name == "timestamp" and isinstance(value, int)):
            raise NotOnTheMap(f"a job takes ids only, not {name}")


declare_cookie("hospes_portal", Purpose.ACCESS, _("keeps you logged in"), days=14)
declare_cookie("hospes_office", Purpose.ACCESS, _("keeps a staff member logged in"))
declare_cookie("hospes_csrf", Purpose.ACCESS, _("makes sure that a form comes from this site"), days=365)
declare_cookie(
    "hospes_office_csrf", Purpose.ACCESS, _("makes sure that a form comes from this site"), days=365
)
declare_cookie("hospes_cart", Purpose.CART, _("finds your shopping cart again at your next visit"), days=90)
