"""
What the button "try again" on a board does: for a request, the board, a piece of work on it and the form's number.

Each says whether there was something to do: a second press, from the same page or another, finds nothing any more, or has
done what may be done any number of times. Each leaves an entry in the journal.
"""

from typing import Any

from hospes.customers.models import Customer
from hospes.kernel import clock, failed_jobs, journal
from hospes.kernel.acting import acting
from hospes.office import actions, failed
from hospes.office.pages import open_for, working_on
from hospes.office.piles import Board, Rows


def failed_work(request: Any, board: Board, job_id: int, once: str) -> bool:
    """Put a job that failed back into the queue, with all its tries."""
    source = board.source
    assert isinstance(source, failed.FailedWork)  # noqa: S101  # for the type checker: see boards
    with acting(board.purpose, actor=request.actor):
        held = next(iter(source.jobs(after=job_id - 1, limit=1)), None)
        if held is None or held.id != job_id or not failed_jobs.try_again(job_id):
            return False
        about = failed.whose(held)
        journal.record(
            "staff.job_retried", at=clock.now(), table="procrastinate_jobs", object_id=job_id,
            customer_id=about.customer_id, person_id=about.person_id,
        )  # fmt: skip
    return True


def deliver(request: Any, board: Board, order_id: int, once: str) -> bool:
    """Have a paid order delivered again."""
    return _for_its_customer(request, board, order_id, once, actions.deliver_again)


def make_file(request: Any, board: Board, invoice_id: int, once: str) -> bool:
    """Have the file of an invoice made again."""
    return _for_its_customer(request, board, invoice_id, once, actions.make_file_again)


def withdraw(request: Any, board: Board, withdrawal_id: int, once: str) -> bool:
    """Carry out a withdrawal that somebody sent who was not logged in."""
    return _for_its_customer(request, board, withdrawal_id, once, actions.carry_out_withdrawal)


def settle_charge(request: Any, board: Board, stuck_id: int, once: str) -> bool:
    """Have the charges of a customer put on documents once more."""
    return _for_its_customer(request, board, stuck_id, once, actions.settle_charges_again)


def _for_its_customer(request: Any, board: Board, pk: int, once: str, act: Any) -> bool:
    """Act on what still waits on a board, within the rows of the customer whose it is."""
    source, now = board.source, clock.now()
    assert isinstance(source, Rows)  # noqa: S101  # for the type checker: see boards
    with acting(board.purpose, actor=request.actor):
        customer_id = source.rows(now).filter(pk=pk).values_list("customer_id", flat=True).first()
        number = Customer.objects.filter(pk=customer_id or 0).values_list("number", flat=True).first()
    if number is None:
        return False
    found = open_for(request, number, board.purpose)
    with working_on(request, board.purpose, found.customer_id, found.holders[board.purpose]) as scene:
        return bool(act(scene=scene, pk=pk, once=once, now=now))
