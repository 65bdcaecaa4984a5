"""A customer of whom there is something in every part of its page, and how a page reads."""

import html
import json
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection

from hospes.billing.models import Invoice
from hospes.customers.models import Customer, Person
from hospes.kernel import journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.payments.models import Payment
from hospes.sales.models import Order
from hospes.services.models import Service
from tests.support import make
from tests.support.rights import as_owner

ROLES = ("billing_clerk", "support_agent", "technician", "privacy_officer", "administrator")
#: What the roles that hospes comes with act for, said once more.
ACTS_FOR: dict[str, frozenset[Purpose]] = {
    "billing_clerk": frozenset({Purpose.CONTRACT, Purpose.BILLING}),
    "support_agent": frozenset({Purpose.CONTRACT, Purpose.SUPPORT}),
    "technician": frozenset({Purpose.OPERATION}),
    "privacy_officer": frozenset({Purpose.RIGHTS, Purpose.SECURITY}),
    "administrator": frozenset({Purpose.CONTRACT, Purpose.SECURITY}),
}
IP = "192.0.2.77"
PHONE = "+31201234567"


@dataclass(frozen=True)
class Case:
    """A customer with its holder, and one of each thing."""

    holder: Person
    customer: Customer
    service: Service
    order: Order
    payment: Payment
    invoice: Invoice
    account: str

    @property
    def page(self) -> str:
        return f"/klanten/{self.customer.number}/"


def case(*, label: str = "kraakhof.test", **words: Any) -> Case:
    """Make one: a company whose service is being set up, with a payment that is still open and one that was made."""
    holder = make.person(phone=PHONE, given_name="Wilmar", family_name="van der Zomp")
    customer = make.customer(
        holder=holder,
        **(
            {"kind": "business", "name": "Müller-Kraakhof bv", "invoice_email": "Boeken@kraakhof.test"}
            | words
        ),
    )
    service = make.service(customer=customer, state="pending", label=label)
    order = make.order(customer=customer)
    payment = make.payment(order=order, state="open")
    paid = make.payment(order=make.order(customer=customer, paid=True), state="paid")
    source = make.paid_from(payment=paid)
    invoice = make.invoice(customer=customer, with_document=True)
    make.message(
        customer=customer,
        address="bezorgd@kraakhof.test",
        state="sent",
        sent_at=make.NOW,
        kind="billing.invoice",
    )
    with as_owner(), acting(Purpose.ACCESS, actor=Actor.person(holder.pk, ip=IP)):
        journal.record("account.login", at=make.NOW, person_id=holder.pk)
    return Case(holder, customer, service, order, payment, invoice, source.account)


def text(response: Any) -> str:
    """What a page says in its main part, without markup."""
    assert response.status_code == 200, response.status_code
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def once(response: Any) -> str:
    """The number that a page gave to its forms."""
    found = re.search(r'name="once" value="([0-9a-f]{32})"', response.content.decode())
    assert found
    return found.group(1)


def entries(action: str = "staff.looked") -> list[tuple[int | None, int | None, str]]:
    """What stands in the journal: customer, person, purpose."""
    with as_owner():
        found = JournalEntry.objects.filter(action=action).order_by("pk")
        return list(found.values_list("customer_id", "person_id", "purpose"))


def jobs() -> list[tuple[str, dict[str, Any]]]:
    """What waits to be done: task and arguments."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(task, json.loads(arguments)) for task, arguments in cursor.fetchall()]
