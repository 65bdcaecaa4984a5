"""A balance that grows, pays and is taken off again by several at the same moment: nobody waits for each other for ever."""

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection

from hospes.billing import payments as billing
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.balances import setting_off
from hospes.payments.balances.queries import balance_of
from hospes.payments.bank import allocating
from hospes.payments.bank.models import BankAllocation
from tests.billing.books import draft, issue
from tests.payments.agreement import assert_agreement
from tests.payments.bank.paper import held, line, paid, statement, take_in
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.login("worker"),
    pytest.mark.promise("P14"),
]

ROUNDS = 6


def all_at_once(works: list[Callable[[], None]]) -> list[str]:
    """Do these at the same moment, each a few times; returns what went wrong, other than what was refused."""
    start, wrong = threading.Barrier(len(works)), list[str]()

    def run(work: Callable[[], None]) -> None:
        start.wait()
        for _ in range(ROUNDS):
            try:
                with acting(Purpose.BILLING, actor=JOB):
                    work()
            except (allocating.Refused, setting_off.BalanceTooSmall, billing.StillNeeded):
                pass
            except DatabaseError as problem:
                wrong.append(repr(problem))
        connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return wrong


def test_who_holds_sets_off_and_takes_off_at_the_same_moment_agree_to_the_cent() -> None:
    customer = make.customer()
    invoices = [issue(draft(customer, origin=f"x:{number}")) for number in range(4)]
    take_in(statement(*[line(4000, "vooruit") for _ in range(6)]))
    ids = iter([row.pk for row in held()])
    next_line = threading.Lock()

    def hold() -> None:
        with next_line:
            line_id = next(ids, None)
        if line_id is not None:
            allocating.hold_as_balance(line_id=line_id, number=customer.number, now=NOW)

    def set_off() -> None:
        setting_off.set_off(customer_id=customer.pk, now=NOW)

    def take_off() -> None:
        said = BankAllocation.objects.filter(undone_at=None).order_by("?").first()
        if said is not None:
            allocating.undo(allocation_id=said.pk, now=NOW)

    assert all_at_once([hold, hold, set_off, set_off, take_off]) == []
    with as_owner():
        kept = sum(BankAllocation.objects.filter(undone_at=None).values_list("cents", flat=True))
        left = balance_of(customer.pk)
    assert kept == left + sum(map(paid, invoices))
    assert_agreement()
