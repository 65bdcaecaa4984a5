"""Opening customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import in_force
from hospes.kernel import journal
from hospes.kernel.numbers import next_number

journal.register(
    {"customer.opened": _("Customer account opened"), "customer.changed": _("Customer details changed")}
)

#: Customer numbers begin here, so that nobody can read from theirs how many there are.
FIRST_NUMBER = 10_000


@dataclass(frozen=True)
class Details:
    """What a customer tells about itself; already in the form that `rules` gives."""

    kind: str
    name: str
    street: str
    postcode: str
    town: str
    country: str
    invoice_email: str
    kvk_number: str = ""
    vat_number: str = ""


def open_customer(*, person_id: int, details: Details, now: datetime) -> Customer:
    """Open a customer in one capacity of a person, who becomes its holder. Acts within the purpose of access."""
    customer = Customer.objects.create(
        number=FIRST_NUMBER + next_number("customer"), created_at=now, **vars(details)
    )
    Membership.objects.create(person_id=person_id, customer=customer, role=Membership.Role.HOLDER, since=now)
    journal.record("customer.opened", at=now, table="customers_customer", object_id=customer.pk,
                   customer_id=customer.pk, person_id=person_id)  # fmt: skip
    return customer


def open_another(*, person_id: int, details: Details, now: datetime) -> Customer:
    """
    Open one more customer for a person who has one: for a company, or as themself if they began as a company (P03).

    A person is a customer once as themself, and once for each company: what is there already (also when the button was
    pressed twice) is given again. Acts within the purpose of access.
    """
    Person.objects.select_for_update(of=("self",)).only("pk").get(pk=person_id)
    held = Membership.objects.filter(in_force(now), person_id=person_id, role=Membership.Role.HOLDER)
    same = Customer.objects.filter(pk__in=held.values("customer_id"), kind=details.kind)
    if details.kind == Customer.Kind.BUSINESS:
        same = same.filter(kvk_number=details.kvk_number, name=details.name)
    return same.first() or open_customer(person_id=person_id, details=details, now=now)


def change_details(*, customer_id: int, changes: Mapping[str, str], now: datetime) -> list[str]:
    """
    Change what a customer is called and where it is, by column; return what really changed. Acts for the contract.

    Issued invoices keep what they said; the capacity stays (P03): a change of `kind` is a ValueError. So is one of
    `invoice_email`: another address is used once its mailbox confirmed it (`accounts.addresses.contacts`).
    """
    if "kind" in changes:
        raise ValueError("a customer stays what it is: a company is another customer")
    if "invoice_email" in changes:
        raise ValueError("an address for invoices is asked for, and confirmed by its mailbox")
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    names = [name for name, value in changes.items() if getattr(customer, name) != value]
    if names:
        Customer.objects.filter(pk=customer_id).update(**{name: changes[name] for name in names})
        journal.record("customer.changed", at=now, table="customers_customer", object_id=customer_id,
                       customer_id=customer_id, changed=names)  # fmt: skip
    return names
