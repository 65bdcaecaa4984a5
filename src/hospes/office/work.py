"""
The work list: what waits for somebody, by the purposes of who asks. It names no customer, only numbers: whose it is opens
on the customer's page, and leaves an entry there. That a customer is on the list at all leaves one too, once a day.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.office import piles as reading
from hospes.office.boards import BOARDS
from hospes.office.piles import Board, Pile, Whose
from hospes.office.shown import note_listed


def boards(purposes: Sequence[Purpose]) -> list[Board]:
    """The boards that these purposes may read; one that is there for several purposes stands there once, for the first."""
    found: dict[str, Board] = {}
    for board in BOARDS:
        if board.purpose in purposes:
            found.setdefault(board.key, board)
    return list(found.values())


def pile(board: Board, *, actor: Actor, now: datetime, size: int, after: str = "") -> Pile:
    """A page of a board, the longest waiting first; `after` is where the page before ended."""
    [found] = _read([board], actor, now, lambda board: reading.page(board, now, size, after, me=actor.id))
    return found


def piles(purposes: Sequence[Purpose], *, actor: Actor, now: datetime, size: int) -> list[Pile]:
    """The first page of every board that has something on it."""
    found = _read(
        _ordered(purposes), actor, now, lambda board: reading.page(board, now, size, "", me=actor.id)
    )
    return [each for each in found if each.items]


def in_hand(purposes: Sequence[Purpose], *, actor: Actor, now: datetime, size: int) -> list[Pile]:
    """What somebody took from each board and still waits there, at most so many."""
    found = _read(_ordered(purposes), actor, now, lambda board: reading.taken(board, now, size, me=actor.id))
    return [each for each in found if each.items]


def is_on(board: Board, item_id: int, *, now: datetime) -> bool:
    """Whether a piece of work waits on a board at the moment."""
    return bool(board.source.some(now, [item_id], 1))


def _ordered(purposes: Sequence[Purpose]) -> list[Board]:
    mine = boards(purposes)
    return [board for purpose in purposes for board in mine if board.purpose == purpose]


def _read(
    several: Sequence[Board], actor: Actor, now: datetime, read: Callable[[Board], tuple[Pile, list[Whose]]]
) -> list[Pile]:
    """Read boards, each within its purpose, and note whom they name."""
    found = []
    for purpose in dict.fromkeys(board.purpose for board in several):
        with acting(purpose, actor=actor) as scene:
            read_ones = [read(board) for board in several if board.purpose == purpose]
            whom = [(each.customer_id, each.person_id) for _, named in read_ones for each in named]
            note_listed([each for each in whom if any(each)], scene=scene, now=now)
        found += [each for each, _ in read_ones]
    return found
