"""kill -9 of worker, database and portal while invoices are collected, money is paid back, and the provider tells of it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from hospes.cli.supervisor import DATABASE
from hospes.proofs.stage import Account
from tests.faults.test_collecting_kills import leave
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults"), pytest.mark.promise("P14")]

EACH = 4

#: Invoices of a customer, announced; and credit notes of those that were collected, nothing of which is planned yet.
_ISSUED = """
from hospes.billing.services import Draft, DraftLine, issue
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.collecting import services
said = []
for number in range({each}):
    with acting(Purpose.BILLING, actor=JOB):
        made = issue(Draft({customer}, f"fault:{origin}:{{number}}", "", [DraftLine("Hosting", "", 7500, 2100)], clock.today()),
                     today=clock.today(), now=clock.now())
        said.append([made.number, services.announce(invoice_id=made.pk, now=clock.now()).pk])
"""
_CREDITED = """
from hospes.billing.services import credit
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds
with acting(Purpose.BILLING, actor=JOB):
    for pk in Invoice.objects.filter(number__in={numbers}).values_list("pk", flat=True):
        note = credit(invoice_id=pk, reason="Ended", key=f"fault:{{pk}}", today=clock.today(), now=clock.now())
        refunds.plan(credit_note_id=note.pk, now=clock.now())
"""
_SWEEP = "from hospes.payments.collecting.jobs import sweep\nsweep.run(timestamp=0)"


def _announced(world: World, account: Account, origin: str) -> dict[str, int]:
    """Invoices that are to be collected today, by their number."""
    issued = _ISSUED.format(customer=leave(world, account), origin=origin, each=EACH)
    made = dict(world.as_worker(issued))
    world.rows(
        "UPDATE payments_collection SET collect_on = current_date WHERE id = ANY(%s) RETURNING id",
        list(made.values()),
    )
    return made


def _at_the_provider(world: World, numbers: Any) -> list[dict[str, Any]]:
    return [each for each in world.provider.payments() if each["description"] in numbers]


def _refunds(world: World, numbers: Any) -> list[list[str]]:
    """The states of what the provider pays back of each invoice."""
    asked = _at_the_provider(world, numbers)
    return [
        [row["status"] for row in world.provider.control("refunds_of", payment=each["id"])] for each in asked
    ]


def _collected(world: World, made: dict[str, int]) -> None:
    """Each is collected once, and booked."""
    reference = "SELECT count(*) FROM payments_payment p JOIN payments_collection c ON c.payment_id = p.id"
    heard = f"{reference} WHERE c.id = ANY(%s) AND p.reference IS NOT NULL"
    world.until("each was answered", lambda: world.value(heard, list(made.values())) == EACH)
    there = _at_the_provider(world, made)
    assert sorted(each["description"] for each in there) == sorted(made)
    for each in there:
        if each["status"] != "paid":
            world.provider.settle(each["id"], method="")
    paid = "SELECT count(*) FROM payments_collection WHERE id = ANY(%s) AND state = 'paid'"
    world.until("all is booked", lambda: world.value(paid, list(made.values())) == EACH)
    open_cents = "SELECT sum(total_cents - paid_cents) FROM billing_invoice WHERE number = ANY(%s)"
    assert world.value(open_cents, list(made)) == 0


def _paid_back(world: World, made: dict[str, int]) -> None:
    """Each went back once, and our books say so: the account at the provider is as it was before."""
    done = (
        "SELECT count(*) FROM payments_refund r JOIN billing_invoice n ON n.id = r.credit_note_id JOIN billing_invoice i"
        " ON i.id = n.credits_id WHERE i.number = ANY(%s) AND r.state = 'done' AND n.paid_cents = r.cents"
    )
    world.until("all went back", lambda: world.value(done, list(made)) == EACH)
    assert _refunds(world, made) == [["refunded"]] * EACH
    clearing = (  # the order with which they gave leave is all that is left there
        "SELECT sum(l.debit_cents - l.credit_cents) = (SELECT sum(o.total_cents) FROM sales_order o"
        " WHERE o.customer_id = l.customer_id AND o.state = 'paid') FROM billing_ledgerline l"
        " JOIN billing_ledgeraccount a ON a.id = l.account_id WHERE a.use = 'clearing' AND l.customer_id ="
        " (SELECT customer_id FROM billing_invoice WHERE number = %s) GROUP BY l.customer_id"
    )
    assert world.value(clearing, next(iter(made)))


@pytest.mark.parametrize("victim", ["worker", DATABASE])
def test_killed_after_the_provider_did_it(world: World, people: list[Account], victim: str) -> None:
    """In the middle of a collection run, and of paying back: what the provider did and we did not hear of is done once."""
    made = _announced(world, people[2 if victim == DATABASE else 3], victim)
    world.provider.control("slow", seconds=1.0)
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(world.as_worker, _SWEEP)
        world.until(
            "the provider collects",
            lambda: any(number in world.provider.http.get("/").text for number in made),
        )
        world.stack.kill(victim)
        world.provider.calm()
        with suppress(AssertionError):  # the sweep itself may have lost its connection
            going.result()
    world.stack.wait_ready()
    world.as_worker(_SWEEP)
    _collected(world, made)
    world.provider.control("slow", seconds=1.0)
    world.as_worker(_CREDITED.format(numbers=list(made)))
    ids = [each["id"] for each in _at_the_provider(world, made)]
    world.until(
        "the provider pays back", lambda: any(world.provider.control("refunds_of", payment=pk) for pk in ids)
    )
    world.stack.kill(victim)
    world.provider.calm()
    world.stack.wait_ready()
    _paid_back(world, made)


def test_the_portal_is_killed_while_it_takes_a_notice(world: World, people: list[Account]) -> None:
    order = world.order(people[4])
    reference = world.begin_paying(people[4], order)
    waits = (
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'hospes portal' AND wait_event_type = 'Lock'"
        " AND query ILIKE '%%payments_notice%%'"
    )
    assert world.stack.dsn is not None
    with psycopg.connect(world.stack.dsn.url()) as other:
        other.execute("LOCK TABLE payments_notice IN EXCLUSIVE MODE")
        world.provider.settle(reference)
        world.until("the notice is being stored", lambda: world.rows(waits))
        world.stack.kill("portal")
        other.rollback()
    world.stack.wait_ready()
    world.until(f"the service of {order} works", lambda: world.active(order))
    [delivery] = world.provider.control("deliveries", payment=reference)
    assert (delivery["state"], delivery["attempts"] > 1) == ("done", True), (
        "it is told again what it did not answer"
    )
    assert world.payments(order) == [(reference, "paid")]
