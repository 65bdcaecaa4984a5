"""P41: who else gets what. What goes to the payment provider and to the bank is what the map says, and that is shown to whom it is about."""

import json
import subprocess
import sys
from typing import Any, Final

import httpx
from lxml import etree

from hospes.cli.places import ROOT
from hospes.proofs.registry import must, proof
from hospes.proofs.stage import Account, Stage

HOLDER, IBAN = "H. Machtiger", "NL02ABNA0123456789"

#: Each name in a file that stands with one collection, and what of ours it holds ("": the same in every file).
_IN_A_FILE: Final = {
    "EndToEndId": "end_to_end_id", "InstdAmt": "amount", "MndtId": "reference", "DtOfSgntr": "signed_on", "Nm": "holder",
    "IBAN": "iban", "Ustrd": "description", "Id": "",
}  # fmt: skip
#: What the map says that the bank gets of a customer.
_ON_THE_MAP: Final = [
    "debits_debit.cents", "debits_debit.collect_on", "debits_debit.end_to_end_id", "debits_mandate.holder",
    "debits_mandate.reference", "debits_mandate.signed_on", "debits_mandateaccount.iban",
]  # fmt: skip

#: An invoice of a customer, announced, and in a file for the bank. As the worker does it, with a day of its own.
MAKING: Final = """
import json, sys
from datetime import timedelta
import django
django.setup()
from django.conf import settings
from hospes.billing.services import Draft, DraftLine, issue
from hospes.kernel import clock, datamap
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient
from hospes.payments.debits import announcing, batches
from hospes.payments.debits.models import Debit, Mandate
customer, today, now = int(sys.argv[1]), clock.today(), clock.now()
with acting(Purpose.BILLING, actor=JOB):
    made = issue(Draft(customer, f"proof:{customer}", "", [DraftLine("Hosting", "", 7500, 2100)], today), today=today, now=now)
    announcing.one_at_a_time()
    held = announcing.announce(invoice_id=made.pk, now=now)
    batch = batches.make(now=now + (held.collect_on - today) - timedelta(days=1))
    debit, mandate = Debit.objects.get(pk=held.pk), Mandate.objects.get(pk=held.mandate_id)
    said = {
        "file": batches.content(batch).decode(), "end_to_end_id": debit.end_to_end_id,
        "amount": f"{debit.cents // 100}.{debit.cents % 100:02d}", "reference": mandate.reference,
        "signed_on": mandate.signed_on.isoformat(), "description": f"{settings.HOSPES_OPERATOR.name} {made.number}",
        "to_the_bank": sorted(
            f"{table.table}.{name}" for table in datamap.mapped_tables() for name, column in table.entry.columns.items()
            if Recipient.BANK in column.to
        ),
    }
print(json.dumps(said))
"""


@proof(
    "P41",
    enforced_by="the declared payload of each recipient, which anything else is refused by; column grants: account numbers are"
    " read by billing only; the map says of each column who gets it",
)
def others_get_what_the_map_says(stage: Stage) -> str:
    account = stage.sign_up()
    provider = _provider(stage, account)
    account.browser.get(account.page("facturen/incasso/tekenen/")).submit(
        {"holder": HOLDER, "iban": IBAN, "agreed": "on"}, has="iban"
    )
    said = _made(stage, account)
    must(said["to_the_bank"] == _ON_THE_MAP, f"the map says that the bank gets {said['to_the_bank']}")
    in_file = _of_collection(said)
    wanted = {name: said.get(what, "") for name, what in _IN_A_FILE.items()} | {
        "Nm": HOLDER, "IBAN": IBAN, "Id": "NOTPROVIDED",
    }  # fmt: skip
    must(in_file == wanted, f"of a collection the bank gets {in_file}, not {wanted}")
    told = [word for word in _unsaid(stage, account) if word in said["file"]]
    must(not told, f"the file for the bank tells {told}")
    for login, purpose in (
        ("worker", "messages"),
        ("worker", "contract"),
        ("office", "support"),
        ("office", "security"),
    ):
        refused = stage.denied(login, purpose, "SELECT iban FROM debits_mandateaccount")
        stage.denied(login, purpose, "SELECT sealed_file FROM debits_batch")
    noted = stage.value(
        "SELECT count(*) FROM kernel_journalentry j JOIN debits_debit d ON d.id = j.object_id AND j.object_table = 'debits_debit'"
        " WHERE j.action = 'debit.file_made' AND d.end_to_end_id = %s AND j.customer_id = d.customer_id", said["end_to_end_id"],
    )  # fmt: skip
    must(noted == 1, f"that it went into a file for the bank stands {noted} times in the customer's journal")
    return (
        f"the provider got {', '.join(provider)} and nobody's name; the bank {len(in_file) - 1} things of a collection, each on the map"
        f" and in the customer's journal, and no address; the account number is refused to other purposes ({refused})"
    )


def _provider(stage: Stage, account: Account) -> list[str]:
    """What the provider was asked of ours for a payment, by name; the order is paid then. Broken when it knows who pays."""
    order = stage.order(account)
    reference = stage.begin_paying(account, order)
    url = f"{stage.stack.ports.url('payments')}v2/payments/{reference}"
    key = {"Authorization": "Bearer test_demo0000000000000000000000"}
    found = httpx.get(url, headers=key, timeout=10).json()
    names = ("amount", "description", "locale", "metadata", "redirectUrl", "webhookUrl")
    asked = {name: found[name] for name in names if found.get(name)}
    told = [word for word in _unsaid(stage, account) if word in json.dumps(found)]
    must(not told, f"the payment provider knows {told}")
    must(set(asked["metadata"]) == {"order"}, f"the payment provider is told {asked['metadata']}")
    must(
        asked["description"] == order,
        f"the payment provider reads {asked['description']!r}, and not the order's number",
    )
    stage.at_provider(reference, "paid")
    stage.wait(
        "the payment",
        lambda: stage.value("SELECT 1 FROM sales_order WHERE number = %s AND state = 'paid'", order),
    )
    return sorted(asked)


def _made(stage: Stage, account: Account) -> dict[str, Any]:
    """What is in a file for the bank of this customer, with what it should be."""
    customer = stage.value("SELECT id FROM customers_customer WHERE number = %s", account.number)
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", MAKING, str(customer)], env=stage.stack.environment("worker"), cwd=ROOT, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    must(done.returncode == 0, f"no file was made: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _of_collection(said: dict[str, Any]) -> dict[str, str]:
    """Everything that stands in a file with this collection, by name; Broken where it is there more than once, or not."""
    root = etree.fromstring(said["file"].encode())
    mine = [
        each
        for each in root.iter("{*}DrctDbtTxInf")
        if each.findtext(".//{*}EndToEndId") == said["end_to_end_id"]
    ]
    must(len(mine) == 1, f"the collection is {len(mine)} times in the file")
    leaves = [(etree.QName(node).localname, node.text or "") for node in mine[0].iter() if not len(node)]
    must(
        len(dict(leaves)) == len(leaves),
        f"something of the collection is there twice: {[name for name, _ in leaves]}",
    )
    return dict(leaves)


def _unsaid(stage: Stage, account: Account) -> list[str]:
    """What nobody else has to know of a customer: name, address, mail, number."""
    [row] = stage.owner.execute(
        "SELECT p.given_name, c.street, c.postcode, c.town FROM customers_customer c JOIN customers_membership m ON m.customer_id = c.id"
        " JOIN customers_person p ON p.id = m.person_id WHERE c.number = %s", (account.number,),
    ).fetchall()  # fmt: skip
    return [word for word in (account.email, f"/k/{account.number}", *row) if word]
