"""
What somebody is known by, so that it is no password: to be asked at the door, about a person who is there already.

Subjects that know more register it: `own.also(domains_of)`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings

from hospes.accounts.passwords.rules import Kind, Own
from hospes.customers.models import Customer, Person
from hospes.customers.queries import capacities

#: Gives what is known of the customers with these ids.
Source = Callable[[list[int]], Iterable[Own]]

_sources: list[Source] = []


def also(source: Source) -> Source:
    """Register a source of more words; a decorator, for subjects that stand above this one."""
    if source not in _sources:
        _sources.append(source)
    return source


def of_operator() -> list[Own]:
    """The name of the house, which everybody knows."""
    operator = settings.HOSPES_OPERATOR
    return [Own(Kind.OPERATOR, text) for text in (operator.name, operator.website)]


def of_person(person: Person, *, now: datetime) -> list[Own]:
    """What a person is known by, and each of their customers."""
    found = of_words(email=person.email, name=person.name, phone=person.phone)
    if person.pk is None:
        return found
    held = [capacity.customer_id for capacity in capacities(person.pk, now=now)]
    columns = ("kind", "name", "street", "postcode", "town", "number", "invoice_email")
    for kind, name, street, postcode, town, number, email in Customer.objects.filter(pk__in=held).values_list(
        *columns
    ):
        called = {"company" if kind == Customer.Kind.BUSINESS else "name": name}
        found += of_words(
            email=email, street=street, postcode=postcode, town=town, number=str(number), **called
        )
    return found + [word for source in _sources for word in source(held)]


def of_words(
    *,
    name: str = "",
    company: str = "",
    email: str = "",
    phone: str = "",
    street: str = "",
    postcode: str = "",
    town: str = "",
    number: str = "",
) -> list[Own]:
    """The same of what was just filled in."""
    said = {
        Kind.NAME: [name], Kind.COMPANY: [company], Kind.EMAIL: [email], Kind.PHONE: [phone],
        Kind.ADDRESS: [street, postcode, town], Kind.NUMBER: [number],
    }  # fmt: skip
    return [Own(kind, text) for kind, texts in said.items() for text in texts if text]
