"""Telling everybody who may stop it that a second step is to be taken off."""

from datetime import datetime

from allauth.account.models import EmailAddress

from hospes.accounts.models import Release
from hospes.accounts.second import phones
from hospes.customers.models import ContactAddress, Customer, Membership, Person
from hospes.customers.queries import in_force
from hospes.messaging import services as messaging
from hospes.messaging import texting


def tell_everywhere(kind: str, release: Release, now: datetime) -> None:
    """
    A mail to every address that we know of the person, and a text to the confirmed phone.

    Known are the addresses they confirmed, and those for the mail of customers that they hold: for invoices, and the confirmed
    ones for technical matters and emergencies. Not those of customers for which they only have access: that is nobody's
    business there. Only ids are written down: the worker looks the addresses up.
    """
    person_id = release.person_id
    messaging.enqueue(kind, key=f"{kind}:{release.pk}", person_id=person_id, about_id=release.pk, now=now)
    own = Person.objects.values_list("email", flat=True).get(pk=person_id)
    others = EmailAddress.objects.filter(user_id=person_id, verified=True).exclude(email__iexact=own)
    for pk in others.values_list("pk", flat=True):
        messaging.enqueue(
            f"{kind}_elsewhere",
            key=f"{kind}:{release.pk}:address:{pk}",
            person_id=person_id,
            about_id=pk,
            now=now,
        )
    held = Membership.objects.filter(in_force(now), person_id=person_id, role=Membership.Role.HOLDER)
    _tell_customers(kind, release, list(held.values_list("customer_id", flat=True)), own.lower(), now)
    if phones.current(person_id) is not None:
        texting.enqueue(
            "account.sms_release",
            key=f"release:{release.pk}",
            person_id=person_id,
            about_id=release.pk,
            now=now,
        )


def _tell_customers(kind: str, release: Release, held: list[int], own: str, now: datetime) -> None:
    """To where mail of these customers goes; each address once, and not that of the person again."""
    told = {own}
    for customer in Customer.objects.filter(pk__in=held).order_by("pk"):
        if customer.invoice_email.lower() not in told:
            told.add(customer.invoice_email.lower())
            messaging.enqueue(
                f"{kind}_for_invoices", key=f"{kind}:{release.pk}:customer:{customer.pk}", person_id=release.person_id,
                customer_id=customer.pk, about_id=release.pk, now=now,
            )  # fmt: skip
    used = ContactAddress.objects.filter(customer_id__in=held, ended_at=None, confirmed_at__isnull=False)
    for contact in used.order_by("pk"):
        if contact.email.lower() not in told:
            told.add(contact.email.lower())
            messaging.enqueue(
                f"{kind}_for_contact", key=f"{kind}:{release.pk}:contact:{contact.pk}", person_id=release.person_id,
                customer_id=contact.customer_id, about_id=contact.pk, now=now,
            )  # fmt: skip
