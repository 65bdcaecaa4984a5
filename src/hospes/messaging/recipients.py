"""Who reads a message: by which name, at which address, in which language."""

from dataclasses import dataclass
from datetime import datetime

from hospes.customers.models import Customer, Person
from hospes.customers.queries import addressee, contact_address, contact_addresses
from hospes.messaging.models import Message


class NobodyToReach(Exception):
    """
    The message has nobody to go to: a customer without a holder, a person who is gone.

    A renderer raises it as well, when what the message is about is gone and there is nothing left to say.
    """


@dataclass(frozen=True)
class Reader:
    """
    Who reads a message (P01); `customer_number` only for a message about one of the person's customers.

    `copies`: who else the customer wants it to go to.
    """

    name: str
    address: str
    language: str
    customer_number: int | None
    copies: tuple[str, ...] = ()


def reader_of(message: Message, *, now: datetime) -> Reader:
    """
    The person that the message names, or else who holds its customer now. Acts within the purpose of
    messages.

    What is about money goes to the address that the customer gave for invoices, what is about a service to that for technical
    matters, once that is confirmed. Raises NobodyToReach.
    """
    customer = _customer(message)
    person = _person(message, now)
    if person is None:
        raise NobodyToReach(f"nobody to reach for message {message.pk}")
    address = (_address_for(customer, message.kind) if customer else "") or person.email
    return Reader(
        name=" ".join(person.name.split()), address=address, language=person.language,
        customer_number=customer.number if customer else None, copies=_copies_of(customer, message.kind, address),
    )  # fmt: skip


def _address_for(customer: Customer, kind: str) -> str:
    """The address that a customer gave for a kind of mail; "" where there is none."""
    if kind.startswith("billing."):
        return customer.invoice_email
    if kind.startswith(("services.", "hosting.")):
        return contact_address(customer.pk, "technical")
    return ""


def _copies_of(customer: Customer | None, kind: str, address: str) -> tuple[str, ...]:
    """Who gets a copy of an invoice or credit note."""
    if customer is None or kind not in ("billing.invoice", "billing.credit_note"):
        return ()
    return tuple(each for each in contact_addresses(customer.pk, "copies") if each != address)


def _customer(message: Message) -> Customer | None:
    return None if message.customer_id is None else Customer.objects.filter(pk=message.customer_id).first()


def _person(message: Message, now: datetime) -> Person | None:
    if message.person_id is not None:
        return Person.objects.filter(pk=message.person_id).first()
    return None if message.customer_id is None else addressee(message.customer_id, now=now)
