"""kill -9 in the middle of a collection: before the provider was asked, and right after it answered; collected once."""

import pytest

from hospes.proofs.stage import Account
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults"), pytest.mark.promise("P14")]

_ISSUED = """
from hospes.billing.services import Draft, DraftLine, issue
from hospes.kernel import clock
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.collecting import services
with acting(Purpose.BILLING, actor=JOB):
    made = issue(Draft({customer}, "fault:{origin}", "", [DraftLine("Hosting", "", 7500, 2100)], clock.today()),
                 today=clock.today(), now=clock.now())
    held = services.announce(invoice_id=made.pk, now=clock.now())
said = [made.number, held.pk]
"""

_KILLED = """
import os, signal
from hospes.payments.providers.mollie import Mollie
from hospes.payments.collecting.jobs import collect
really = Mollie.collect
def killed(self, **words):
    {before}
    really(self, **words)
    os.kill(os.getpid(), signal.SIGKILL)
Mollie.collect = killed
collect.run(collection_id={collection})
"""

_AGAIN = "from hospes.payments.collecting.jobs import collect\ncollect.run(collection_id={collection})"


def leave(world: World, account: Account) -> int:
    """Have a customer give leave to collect with the payment of an order; returns the customer."""
    order = world.order(account)
    page = account.browser.get(account.page(f"bestellingen/{order}/")).page
    form = account.browser._form("", "betalen")
    account.browser.http.post(
        form.get("action"),
        data=dict(form.form_values()) | {"collect": "on"},
        headers={"referer": str(page.url)},
    )
    [(reference, _state)] = world.payments(order)
    assert reference
    world.provider.settle(reference)
    given = "SELECT m.customer_id FROM payments_providermandate m JOIN payments_payment p ON p.id = m.payment_id WHERE p.reference = %s"
    world.until("leave is kept", lambda: world.value(given, reference))
    return int(world.value(given, reference))


def test_killed_before_and_after_the_provider_was_asked_it_is_collected_once(
    world: World, people: list[Account]
) -> None:
    customer = leave(world, people[1])
    for origin, before in enumerate(("os.kill(os.getpid(), signal.SIGKILL)", "pass")):
        number, collection = world.as_worker(_ISSUED.format(customer=customer, origin=origin))
        world.rows(
            "UPDATE payments_collection SET collect_on = current_date WHERE id = %s RETURNING id", collection
        )
        world.as_worker(_KILLED.format(before=before, collection=collection), ends=-9)
        for _ in range(2):
            world.as_worker(_AGAIN.format(collection=collection))
        found = [each for each in world.provider.payments() if each["description"] == number]
        assert len(found) == 1
        world.provider.settle(found[0]["id"], method="")
        paid = "SELECT state FROM payments_collection WHERE id = %s AND state = 'paid'"
        world.until("it is booked", lambda: world.value(paid, collection))  # noqa: B023
        assert world.value("SELECT paid_cents FROM billing_invoice WHERE number = %s", number) == 9075
