"""Work that is done by several hands: threads, each with a connection of its own to the database."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Event, Lock
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def share(things: Sequence[T], work: Callable[[T], None], *, hands: int) -> None:
    """
    Do something with each of some things, begun in their order, as many at a time as there are hands.

    With one hand it is done here and now. After an error nothing new is begun; the first is raised when all hands are still.
    """
    if hands == 1 or len(things) < 2:
        for thing in things:
            work(thing)
        return
    stop, todo, one = Event(), iter(things), Lock()
    with ThreadPoolExecutor(hands, thread_name_prefix="hand") as pool:
        try:
            at_work = [
                pool.submit(copy_context().run, _hand, todo, work, stop, one) for _each in range(hands)
            ]
            for each in at_work:
                each.result()
        finally:  # also when somebody wants it to end (Ctrl-C): what is begun is brought to its end
            stop.set()


def _hand(todo: Iterator[T], work: Callable[[T], None], stop: Event, one: Lock) -> None:
    try:
        while not stop.is_set():
            with one:
                thing = next(todo, None)
            if thing is None:
                return
            work(thing)
    except BaseException:
        stop.set()
        raise
    finally:
        connections.close_all()
