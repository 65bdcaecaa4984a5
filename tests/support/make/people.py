"""People, customers, their choices, and messages to them."""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password

from hospes.accounts.models import AddressChange, Invitation, StaffMember, StaffPost
from hospes.customers.models import ContactAddress, Customer, Membership, Person
from hospes.kernel.models import Consent, Restriction
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from tests.support import names
from tests.support.make.base import NOW, row
from tests.support.rights import as_owner


def person(*, password: str | None = None, **words: Any) -> Person:
    """Make a person; one who can log in when there is a password (an address is confirmed separately)."""
    return row(
        Person,
        words,
        email=names.email(),
        given_name=names.word(),
        family_name=names.word(3),
        created_at=NOW,
        password=make_password(password),
        phone_confirmed_at=NOW if words.get("phone") else None,
    )


def customer(*, holder: Person | None = None, kind: str = "private", **words: Any) -> Customer:
    """Make a customer with its holder."""
    holder = holder or person()
    numbers = (
        {"kvk_number": names.kvk_number(), "vat_number": names.vat_number()} if kind == "business" else {}
    )
    with as_owner():
        name = f"{names.word(3)} bv" if kind == "business" else holder.name
        made = row(
            Customer,
            words,
            number=10_000 + names.count(),
            kind=kind,
            name=name,
            street=names.street(),
            postcode=names.postcode(),
            town=names.word(3),
            country="NL",
            invoice_email=holder.email,
            created_at=NOW,
            **numbers,
        )
        membership(person=holder, customer=made)
    return made


def membership(*, person: Person, customer: Customer, role: str = "holder", **words: Any) -> Membership:
    """Let a person act for a customer."""
    return row(Membership, words, person=person, customer=customer, role=role, since=NOW)


def invitation(*, customer: Customer, email: str = "", role: str = "read_only", **words: Any) -> Invitation:
    """Make an open invitation by the holder; nobody has its link."""
    return row(
        Invitation,
        words,
        customer=customer,
        email=email or names.email(),
        role=role,
        language="nl",
        invited_by=holder_of(customer),
        seed=uuid4(),
        token_hash=sha256(uuid4().bytes).hexdigest(),
        made_at=NOW,
        sent_at=NOW,
        expires_at=NOW + timedelta(days=3),
    )


def address_change(*, person: Person, **words: Any) -> AddressChange:
    """Make a person's wish for another e-mail address."""
    return row(
        AddressChange,
        words,
        person=person,
        old_email=person.email,
        new_email=names.email(),
        asked_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def contact_address(*, customer: Customer, use: str = "technical", **words: Any) -> ContactAddress:
    """Make an address of a customer that was confirmed, given by the holder."""
    return row(
        ContactAddress,
        words,
        customer=customer,
        use=use,
        email=names.email(),
        language="nl",
        asked_by=holder_of(customer),
        asked_at=NOW,
        expires_at=NOW + timedelta(days=3),
        confirmed_at=NOW,
    )


def holder_of(customer: Customer) -> Person:
    """Return the person who holds a customer."""
    with as_owner():
        return Membership.objects.filter(customer=customer, role="holder").order_by("pk")[0].person


def staff(role: str = "support_agent", *, person: Person | None = None, **words: Any) -> StaffMember:
    """Make somebody who works for the operator."""
    with as_owner():
        made = row(
            StaffMember,
            words,
            person=person or _person(),
            since=NOW,
            invited_at=NOW,
            invited_until=NOW,
            joined_at=NOW,
        )
        StaffPost.objects.create(member=made, role_id=role)
    return made


def consent(*, person: Person, purpose: Purpose, **words: Any) -> Consent:
    """Record that a person consents to a purpose."""
    return row(
        Consent, words, person_id=person.pk, purpose=purpose.value, text_version="2026-01", given_at=NOW
    )


def restriction(
    *,
    purpose: Purpose,
    person: Person | None = None,
    customer: Customer | None = None,
    kind: str = "restriction",
    **words: Any,
) -> Restriction:
    """Stop the processing of a person's or customer's data for a purpose; kind: restriction or objection."""
    about = {"person_id": person and person.pk, "customer_id": customer and customer.pk}
    return row(Restriction, words, **about, purpose=purpose.value, kind=kind, since=NOW)


def message(
    *,
    person: Person | None = None,
    customer: Customer | None = None,
    kind: str = "test.message",
    **words: Any,
) -> Message:
    """Make a message that waits to be sent; to somebody new when nobody is named."""
    with as_owner():
        to = person or (None if customer else _person())
        return row(
            Message,
            words,
            kind=kind,
            person=to,
            customer=customer,
            key=f"test:{names.count()}",
            created_at=NOW,
            address=to.email if to else "",
        )


#: Parameters have the same names.
_person = person
