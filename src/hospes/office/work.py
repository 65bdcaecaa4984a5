"""
The work list: what waits for somebody, by the purposes of who asks. It names no customer, only numbers: whose it is opens
on the customer's page, and leaves an entry there. That a customer is on the list at all leaves one too, once a day.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.customers.models import Customer, Membership
from hospes.customers.queries import in_force
from hospes.hosting.models import HostingAccount
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import kinds
from hospes.messaging.models import Message
from hospes.office import taking
from hospes.office.shown import note_listed
from hospes.payments.models import Payment
from hospes.sales.models import Order
from hospes.services.models import Service, ServiceChange, State

#: An order that is not paid within this time may need a word with the customer.
UNPAID_AFTER: Final = timedelta(days=1)
#: Setting up takes a minute; the worker tries again for a day by itself.
PENDING_AFTER: Final = timedelta(hours=1)
#: So long a message may wait for the mail server before somebody should look.
WAITING_AFTER: Final = timedelta(hours=1)
#: A message that failed longer ago than this is history.
FAILED_WITHIN: Final = timedelta(days=30)


@dataclass(frozen=True)
class Item:
    """A piece of work: what it is about, since when, for how much (cents), and the customer's number where there is one."""

    pk: int
    place: str  # where it stands in its order: for the next page
    what: str
    since: date | None = None
    cents: int | None = None
    number: int | None = None
    invoice: str = ""
    detail: str = ""  # what else helps to see what to do
    hand: taking.Hand | None = None  # the colleague who has it


@dataclass(frozen=True)
class Board:
    """One kind of work: for which purpose, late or odd, how it is called and what to do about it."""

    key: str
    purpose: Purpose
    is_odd: bool
    title: Promise
    advice: Promise
    rows: Callable[[datetime], Any]
    item: Callable[[Any], Item]
    order: str = "pk"


@dataclass(frozen=True)
class Pile:
    """What lies on a board: a page of it, and the address of the next page ("" when this is all)."""

    board: Board
    items: Sequence[Item]
    next_url: str


def boards(purposes: Sequence[Purpose]) -> list[Board]:
    """The boards that these purposes may read; one that is there for several purposes stands there once, for the first."""
    found: dict[str, Board] = {}
    for board in BOARDS:
        if board.purpose in purposes:
            found.setdefault(board.key, board)
    return list(found.values())


def pile(board: Board, *, actor: Actor, now: datetime, size: int, after: str = "") -> Pile:
    """A page of a board, the longest waiting first; `after` is where the page before ended."""
    with acting(board.purpose, actor=actor) as scene:
        page, whom = _page(board, actor, now, size, after)
        note_listed(whom, scene=scene, now=now)
    return page


def piles(purposes: Sequence[Purpose], *, actor: Actor, now: datetime, size: int) -> list[Pile]:
    """The first page of every board that has something on it."""
    found = []
    all_mine = boards(purposes)
    for purpose in purposes:
        if mine := [board for board in all_mine if board.purpose == purpose]:
            with acting(purpose, actor=actor) as scene:
                pages = [_page(board, actor, now, size, "") for board in mine]
                note_listed([each for _, whom in pages for each in whom], scene=scene, now=now)
            found += [page for page, _ in pages]
    return [each for each in found if each.items]


def in_hand(purposes: Sequence[Purpose], *, actor: Actor, now: datetime, size: int) -> list[Pile]:
    """What somebody took from each board and still waits there, at most so many."""
    found = []
    all_mine = boards(purposes)
    for purpose in purposes:
        if mine := [board for board in all_mine if board.purpose == purpose]:
            with acting(purpose, actor=actor) as scene:
                pages = [_taken(board, actor, now, size) for board in mine]
                note_listed([each for _, whom in pages for each in whom], scene=scene, now=now)
            found += [page for page, _ in pages]
    return [each for each in found if each.items]


def is_on(board: Board, item_id: int, *, now: datetime) -> bool:
    """Whether a piece of work waits on a board at the moment."""
    return bool(board.rows(now).filter(pk=item_id).exists())


#: Whom an item is about: a customer or, where it is of none, a person.
Whom = tuple[int | None, int | None]


def _taken(board: Board, actor: Actor, now: datetime, size: int) -> tuple[Pile, list[Whom]]:
    held = taking.mine(board.key, me=actor.id)
    rows = list(board.rows(now).filter(pk__in=held).order_by(board.order, "pk")[:size]) if held else []
    items, whom = _finished(board, [board.item(row) for row in rows], rows, actor, now)
    return Pile(board, items, ""), whom


def _page(board: Board, actor: Actor, now: datetime, size: int, after: str) -> tuple[Pile, list[Whom]]:
    order = board.order
    found = board.rows(now)
    if place := _place(after, order):
        value, pk = place
        found = found.filter(**{f"{order}__gte": value}).exclude(**{order: value, "pk__lte": pk})
    rows = list(found.order_by(*dict.fromkeys((order, "pk")))[: size + 1])
    items = [board.item(row) for row in rows[:size]]
    last = items[-1] if len(rows) > size else None
    next_url = f"?{urlencode({'na': f'{last.place}~{last.pk}'})}" if last else ""
    finished, whom = _finished(board, items, rows, actor, now)
    return Pile(board, finished, next_url), whom


def _finished(
    board: Board, items: list[Item], rows: list[Any], actor: Actor, now: datetime
) -> tuple[list[Item], list[Whom]]:
    """Add whose each item is, and the colleague who has it in hand; and say whom the items are about."""
    held = taking.hands(board.key, [item.pk for item in items], me=actor.id)
    numbered, whom = _with_numbers(items, rows, now)
    return [replace(item, hand=held.get(item.pk)) for item in numbered], whom


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment has a time zone")
    return at


#: How the first half of a place is read, by the column that a board is ordered by.
_READ: Final[dict[str, Callable[[str], Any]]] = {
    "pk": int, "due_on": date.fromisoformat, "placed_at": _moment, "created_at": _moment,
}  # fmt: skip


def _place(text: str, order: str) -> tuple[Any, int] | None:
    """Where a page begins, as an address has it; None for what is no place (any more)."""
    value, _tilde, pk = text[:60].partition("~")
    try:
        return _READ[order](value), int(pk)
    except ValueError:
        return None


def _with_numbers(items: list[Item], rows: list[Any], now: datetime) -> tuple[list[Item], list[Whom]]:
    """
    Add the number of each item's customer, and say whom each is about.

    A message to a person goes by the first customer that they may act for.
    """
    lost = {row.person_id for row in rows if row.customer_id is None}
    by_person: dict[int, int] = {}
    if lost:
        held = Membership.objects.filter(in_force(now), person_id__in=lost).order_by("-customer_id")
        by_person = dict(held.values_list("person_id", "customer_id"))
    customers = [row.customer_id or by_person.get(row.person_id, 0) for row in rows[: len(items)]]
    numbers = dict(Customer.objects.filter(pk__in=[pk for pk in customers if pk]).values_list("pk", "number"))
    shown = [replace(item, number=numbers.get(pk)) for item, pk in zip(items, customers, strict=True)]
    return shown, [
        (pk, None) if pk in numbers else (row.customer_id, None if row.customer_id else row.person_id)
        for pk, row in zip(customers, rows, strict=False)
    ]


# --- the boards -----------------------------------------------------------------------------------------------------------


def _overdue(now: datetime) -> Any:
    return Invoice.objects.filter(paid_cents__lt=F("total_cents"), due_on__lt=clock.day_of(now))


def _surplus(now: datetime) -> Any:
    return Payment.objects.filter(state=Payment.State.SURPLUS)


def _unpaid(now: datetime) -> Any:
    return Order.objects.filter(state=Order.State.AWAITING_PAYMENT, placed_at__lt=now - UNPAID_AFTER)


def _pending(now: datetime) -> Any:
    since = ServiceChange.objects.filter(
        service_id=OuterRef("pk"), became=State.PENDING, at__lt=now - PENDING_AFTER
    )
    return Service.objects.filter(Exists(since), state=State.PENDING).select_related("product")


def _refused(now: datetime) -> Any:
    changes = ServiceChange.objects.filter(service_id=OuterRef("pk"), became=State.REFUSED).order_by("-at")
    said = HostingAccount.objects.filter(service_id=OuterRef("pk"))
    return (
        Service.objects.filter(state=State.REFUSED)
        .annotate(refused_at=Subquery(changes.values("at")[:1]), said=Subquery(said.values("refusal")[:1]))
        .select_related("product")
    )


def _waiting(now: datetime) -> Any:
    return Message.objects.filter(state=Message.State.WAITING, created_at__lt=now - WAITING_AFTER)


def _failed(now: datetime) -> Any:
    return Message.objects.filter(state=Message.State.FAILED, created_at__gt=now - FAILED_WITHIN)


def _refused_service(row: Any) -> Item:
    return Item(
        row.pk, str(row.pk), f"{row.product.name} · {row.label}", row.refused_at, detail=row.said or ""
    )


def _message(row: Message) -> Item:
    return Item(row.pk, row.created_at.isoformat(), kinds.words(row.kind), row.created_at)


def _being_set_up(purpose: Purpose) -> Board:
    return Board(
        "diensten-in-aanmaak", purpose, False, _("Services that take too long to set up"),
        _("This usually takes a minute. Try it once more from the customer's page, or look at the hosting server."),
        _pending, lambda row: Item(row.pk, str(row.pk), f"{row.product.name} · {row.label}", row.started_on),
    )  # fmt: skip


BOARDS: Final = (
    Board(
        "verlopen-facturen", Purpose.BILLING, False, _("Invoices that are overdue"),
        _("The day to pay has passed. Look whether a payment came in another way, or call the customer."),
        _overdue, lambda row: Item(row.pk, row.due_on.isoformat(), row.number, row.due_on, row.open_cents, invoice=row.number),
        order="due_on",
    ),
    Board(
        "terug-te-betalen", Purpose.BILLING, True, _("Payments to be paid back"),
        _("Money came in for something that was paid already, or another amount than was asked. It has to go back."),
        _surplus, lambda row: Item(row.pk, str(row.pk), row.reference or "", row.paid_at, row.cents),
    ),
    Board(
        "onbetaalde-bestellingen", Purpose.CONTRACT, False, _("Orders that wait for their payment"),
        _("Ordered more than a day ago and not paid. Perhaps the customer got stuck."),
        _unpaid, lambda row: Item(row.pk, row.placed_at.isoformat(), row.number, row.placed_at, row.total_cents),
        order="placed_at",
    ),
    _being_set_up(Purpose.CONTRACT),
    _being_set_up(Purpose.OPERATION),
    Board(
        "geweigerde-diensten", Purpose.CONTRACT, True, _("Services that could not be set up"),
        _("They were paid, and the customer knows that we are looking at it. Somebody else has the name here, or the hosting"
          " server refused it. Agree on another name or pay the money back; try it again once the hindrance is gone."),
        _refused, _refused_service,
    ),
    Board(
        "wachtende-berichten", Purpose.SUPPORT, False, _("Messages that are still waiting"),
        _("The mail server has not taken them for more than an hour. They are tried again by themselves for a day."),
        _waiting, _message, order="created_at",
    ),
    Board(
        "mislukte-berichten", Purpose.SUPPORT, True, _("Messages that could not be delivered"),
        _("The address was refused, or nobody took the message for a day. Ask the customer for a right address."),
        _failed, _message, order="created_at",
    ),
)  # fmt: skip
