"""What a board of the work list is made of, and how it is read a page at a time: the longest waiting first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer, Membership
from hospes.customers.queries import in_force
from hospes.kernel.purposes import Purpose
from hospes.office import taking

#: What stands on the button of a board that says nothing else.
TRY_AGAIN: Final = _("Try again")


@dataclass(frozen=True)
class Item:
    """
    A piece of work: what it is about, since when, for how much (cents), and the customer's number where there is one.

    `detail` is what else helps to see what to do, `page` the address where it is done, `hand` the colleague who has it.
    """

    pk: int
    place: str  # where it stands in its order: for the next page
    what: str
    since: date | None = None
    cents: int | None = None
    number: int | None = None
    invoice: str = ""
    detail: str = ""
    page: str = ""
    task: int | None = None  # work that is said to be done on its own page
    hand: taking.Hand | None = None
    is_due: bool = False  # `since` is the day on which it has to be done at the latest


@dataclass(frozen=True)
class Whose:
    """Whom a piece of work is about: a customer, or a person; neither where that is not known to the purpose."""

    customer_id: int | None = None
    person_id: int | None = None

    @classmethod
    def of(cls, row: Any) -> "Whose":
        """As the ownership keys of a row say."""
        customer_id = getattr(row, "customer_id", None)
        return cls(customer_id, None if customer_id else getattr(row, "person_id", None))


class Source(Protocol):
    """Where the items of a board come from; asked within the board's purpose."""

    def read(self, now: datetime, size: int, after: str) -> Sequence[tuple[Item, Whose]]:
        """So many items after a place, each with whose it is; what is no place (any more) is the beginning."""

    def some(self, now: datetime, pks: Sequence[int], size: int) -> Sequence[tuple[Item, Whose]]:
        """Those of these items that wait, at most so many."""


@dataclass(frozen=True)
class Board:
    """
    One kind of work: for which purpose, late or odd, how it is called and what to do about it.

    `again` has a piece of it tried again: see `retries`; `button` is what stands on it.
    """

    key: str
    purpose: Purpose
    is_odd: bool
    title: Promise
    advice: Promise
    source: Source
    again: "Callable[[Any, Board, int, str], bool] | None" = None
    button: Promise = TRY_AGAIN

    @property
    def can_try_again(self) -> bool:
        """For templates: those would call `again` when they look at it."""
        return self.again is not None


@dataclass(frozen=True)
class Pile:
    """What lies on a board: a page of it, and the address of the next page ("" when this is all)."""

    board: Board
    items: Sequence[Item]
    next_url: str


def page(board: Board, now: datetime, size: int, after: str, *, me: int | None) -> tuple[Pile, list[Whose]]:
    """A page of a board as `me` sees it, and whom it names; acts within the board's purpose."""
    found = board.source.read(now, size + 1, after)
    shown = found[:size]
    last = shown[-1][0] if len(found) > size else None
    next_url = f"?{urlencode({'na': f'{last.place}~{last.pk}'})}" if last else ""
    return _pile(board, shown, next_url, now, me)


def taken(board: Board, now: datetime, size: int, *, me: int | None) -> tuple[Pile, list[Whose]]:
    """What `me` took from a board and still waits there, and whom it names; acts within the board's purpose."""
    held = taking.mine(board.key, me=me)
    return _pile(board, board.source.some(now, held, size) if held else [], "", now, me)


def _pile(
    board: Board, found: Sequence[tuple[Item, Whose]], next_url: str, now: datetime, me: int | None
) -> tuple[Pile, list[Whose]]:
    """Add whose each item is, and the colleague who has it in hand."""
    held = taking.hands(board.key, [item.pk for item, _ in found], me=me)
    numbered, whom = _with_numbers(found, now)
    return Pile(board, [replace(item, hand=held.get(item.pk)) for item in numbered], next_url), whom


def _with_numbers(found: Sequence[tuple[Item, Whose]], now: datetime) -> tuple[list[Item], list[Whose]]:
    """
    Add the number of each item's customer, and say whom each is about.

    A message to a person goes by the first customer that they may act for.
    """
    lost = {whose.person_id for _, whose in found if whose.customer_id is None} - {None}
    by_person: dict[int, int] = {}
    if lost:
        held = Membership.objects.filter(in_force(now), person_id__in=lost).order_by("-customer_id")
        by_person = dict(held.values_list("person_id", "customer_id"))
    customers = [whose.customer_id or by_person.get(whose.person_id or 0, 0) for _, whose in found]
    numbers = dict(Customer.objects.filter(pk__in=[pk for pk in customers if pk]).values_list("pk", "number"))
    shown = [replace(item, number=numbers.get(pk)) for (item, _), pk in zip(found, customers, strict=True)]
    return shown, [
        Whose(pk) if pk in numbers else whose for pk, (_, whose) in zip(customers, found, strict=True)
    ]


def place_of(text: str, read: Callable[[str], Any] = int) -> tuple[Any, int] | None:
    """Where a page begins, as an address has it; None for what is no place (any more)."""
    value, _tilde, pk = text[:60].partition("~")
    try:
        return read(value), int(pk)
    except ValueError:
        return None


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment has a time zone")
    return at


#: How the first half of a place is read, by the column that a board is ordered by.
_READ: Final[dict[str, Callable[[str], Any]]] = {
    "pk": int, "collect_on": date.fromisoformat,
    "due_on": date.fromisoformat, "issued_on": date.fromisoformat, "placed_at": _moment, "paid_at": _moment,
    "created_at": _moment, "made_at": _moment, "received_at": _moment, "since": _moment, "checked_at": _moment,
    "planned_at": _moment, "booked_on": date.fromisoformat, "first_seen_at": _moment, "charged_at": _moment,
    "asked_at": _moment,
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Rows of a table; `rows` says which ones wait at a moment, in the order of an indexed column."""

    rows: Callable[[datetime], Any]
    item: Callable[[Any], Item]
    order: str = "pk"

    def read(self, now: datetime, size: int, after: str) -> Sequence[tuple[Item, Whose]]:
        """See Source."""
        found = self.rows(now)
        if place := place_of(after, _READ[self.order]):
            value, pk = place
            found = found.filter(**{f"{self.order}__gte": value}).exclude(
                **{self.order: value, "pk__lte": pk}
            )
        return self._items(found, size)

    def some(self, now: datetime, pks: Sequence[int], size: int) -> Sequence[tuple[Item, Whose]]:
        """See Source."""
        return self._items(self.rows(now).filter(pk__in=pks), size)

    def _items(self, found: Any, size: int) -> Sequence[tuple[Item, Whose]]:
        rows = found.order_by(*dict.fromkeys((self.order, "pk")))[:size]
        return [(self.item(row), Whose.of(row)) for row in rows]
