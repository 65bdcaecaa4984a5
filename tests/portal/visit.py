"""Visiting the portal as somebody: what is there of two customers, and browsers in which people are logged in."""

import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory

from hospes.accounts.models import Invitation
from hospes.billing.models import Document, Invoice
from hospes.catalogue.models import Product
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.debits.models import Mandate
from hospes.sales.models import Order, Quote
from hospes.services.models import MoveOffer, Service
from tests.support import make
from tests.support.entering import enter
from tests.support.rights import as_owner

#: Somebody at a computer: the address from which requests come.
IP = "192.0.2.7"


@dataclass(frozen=True)
class House:
    """A customer of whom there is one of each thing."""

    customer: Customer
    holder: Person
    service: Service
    quote: Quote
    order: Order
    invoice: Invoice
    pdf: bytes
    membership: Membership
    invitation: Invitation
    offer: MoveOffer
    mandate: Mandate

    @property
    def number(self) -> int:
        return self.customer.number

    @property
    def arguments(self) -> dict[str, Any]:
        """What the addresses of its pages are made of."""
        return {
            "number": self.customer.number, "service_id": self.service.pk, "invoice_number": self.invoice.number,
            "order_number": self.order.number, "quote_number": self.quote.number,
            "membership_id": self.membership.pk, "invitation_id": self.invitation.pk,
            "offer_id": self.offer.pk, "mandate_id": self.mandate.pk,
        }  # fmt: skip

    @property
    def traces(self) -> list[str]:
        """What must not be on anybody else's page."""
        return [
            self.customer.name,
            self.invoice.number,
            self.order.number,
            self.quote.number,
            self.service.label,
            self.invitation.email,
            self.mandate.reference,
        ]


def house(**words: Any) -> House:
    """Make one."""
    holder = make.person()
    customer = make.customer(holder=holder, **words)
    invoice = make.invoice(customer=customer)
    pdf = f"%PDF of {customer.name}".encode()
    path = Path(settings.MEDIA_ROOT) / "invoices" / f"{invoice.number}.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pdf)
    with as_owner():
        Document.objects.create(
            invoice=invoice,
            customer=customer,
            path=f"invoices/{invoice.number}.pdf",
            sha256="0" * 64,
            made_at=make.NOW,
        )
    return House(
        customer, holder, make.service(customer=customer), make.quote(customer=customer, valid_until="2999-01-01"),
        make.order(customer=customer), invoice, pdf,
        make.membership(person=make.person(), customer=customer, role="technical"), make.invitation(customer=customer),
        make.move_offer(customer=customer), make.mandate(customer=customer, state="ended"),
    )  # fmt: skip


def browser(
    person: Person | None = None, *, ip: str = IP, checks: bool = False, fresh: bool = True
) -> Client:
    """
    A browser in which a person is logged in (the door itself is tested with accounts); `checks` for forged forms.

    `fresh`: they did so just now, so that nothing asks them to confirm that it is them.
    """
    client = Client(enforce_csrf_checks=checks, REMOTE_ADDR=ip)
    if person is not None:
        with acting(Purpose.ACCESS, actor=SYSTEM):
            enter(client, person)
            if fresh:
                request = RequestFactory().get("/")
                request.session = session = client.session
                record_authentication(request, person, "password")
                session["account_authentication_methods"][-1]["at"] = (
                    clock.now().timestamp()
                )  # as clocks are moved
                session.save()
    return client


def member(customer: Customer, role: str) -> Person:
    """Somebody else who may act for a customer."""
    person = make.person()
    make.membership(person=person, customer=customer, role=role)
    return person


def text(response: Any) -> str:
    """What a page says, without markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def put(
    client: Client, product: Product, label: str = "voorbeeld.test", months: int = 12, prefix: str = ""
) -> Any:
    """Put something in the cart."""
    return client.post(
        f"{prefix}/hosting/{product.slug}/", {"product": product.slug, "months": months, "label": label}
    )


def version(client: Client, number: int) -> str:
    """The cart as the checkout page showed it."""
    page = client.get(f"/k/{number}/afrekenen/").content.decode()
    found = re.search(r'name="version" value="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def accept(client: Client, page: str) -> Any:
    """Agree to the terms as the page of a quote shows them, and accept it; also when the page has no form for that."""
    shown = re.search(r'name="agreed" value="([0-9a-f]{40})"', client.get(page).content.decode())
    return client.post(
        f"{page}besluit/", {"do": "accept", "terms": "on", "agreed": shown[1] if shown else ""}
    )


def all_of(model: Any) -> list[Any]:
    """All rows of a model, the oldest first."""
    with as_owner():
        return list(model.objects.order_by("pk"))


def jobs() -> list[str]:
    """What waits to be done."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs ORDER BY id")
        return [name for (name,) in cursor.fetchall()]
