"""
Rows for tests, made with the owner's rights: each with just enough to be true, anything else on request.

    holder = make.person(language="en")
    customer = make.customer(holder=holder, kind="business")
    invoice = make.invoice(customer=customer, lines=[(1, 9900)])

What is not given is made as well. Names are made up (`names`), and everything happens at NOW.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from django.contrib.auth.hashers import make_password
from django.db import models

from hospes.accounts.models import StaffMember
from hospes.billing.models import Document, Invoice, InvoiceLine, VatRate
from hospes.catalogue.models import Price, Product
from hospes.customers.models import Customer, Membership, Person
from hospes.hosting.models import HostingAccount
from hospes.kernel.models import Consent, Restriction
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments.models import Notice, PaidFrom, Payment
from hospes.sales.models import Cart, CartLine, Order, Quote, QuoteLine
from hospes.services.models import Service, ServiceChange
from tests.support import names
from tests.support.rights import as_owner

NOW = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)

#: The Dutch rates, in hundredths of a percent.
VAT_HIGH, VAT_LOW = 2100, 900

_M = TypeVar("_M", bound=models.Model)


def _row(model: type[_M], words: dict[str, Any], **usual: Any) -> _M:
    with as_owner():
        return model._default_manager.create(**{**usual, **words})


# --- people and customers ---


def person(*, password: str | None = None, **words: Any) -> Person:
    """Make a person; one who can log in when there is a password (an address is confirmed separately)."""
    return _row(
        Person,
        words,
        email=names.email(),
        given_name=names.word(),
        family_name=names.word(3),
        created_at=NOW,
        password=make_password(password),
    )


def customer(*, holder: Person | None = None, kind: str = "private", **words: Any) -> Customer:
    """Make a customer with its holder."""
    holder = holder or person()
    numbers = (
        {"kvk_number": names.kvk_number(), "vat_number": names.vat_number()} if kind == "business" else {}
    )
    with as_owner():
        name = f"{names.word(3)} bv" if kind == "business" else holder.name
        made = _row(
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
    return _row(Membership, words, person=person, customer=customer, role=role, since=NOW)


def holder_of(customer: Customer) -> Person:
    """Return the person who holds a customer."""
    with as_owner():
        return Membership.objects.filter(customer=customer, role="holder").order_by("pk")[0].person


def staff(role: str = "support_agent", *, person: Person | None = None, **words: Any) -> StaffMember:
    """Make somebody who works for the operator."""
    return _row(StaffMember, words, person=person or globals()["person"](), role=role, since=NOW)


def consent(*, person: Person, purpose: Purpose, **words: Any) -> Consent:
    """Record that a person consents to a purpose."""
    return _row(
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
    return _row(Restriction, words, **about, purpose=purpose.value, kind=kind, since=NOW)


# --- what is for sale ---


def product(*, prices: dict[int, int] | None = None, **words: Any) -> Product:
    """Make a hosting package with prices: cents by months, without VAT."""
    name = names.word()
    with as_owner():
        made = _row(
            Product,
            words,
            slug=f"{name.lower()}-{names.count()}",
            kind="hosting",
            name_nl=name,
            name_en=name,
            summary_nl=f"Hosting {name}",
            summary_en=f"Hosting {name}",
            disk_mb=10_000,
            mailboxes=10,
            panel_package=name.lower(),
        )
        for months, cents in (prices or {1: 750, 12: 7500}).items():
            price(product=made, months=months, cents=cents)
    return made


def price(*, product: Product, months: int, cents: int, valid_from: date = date(2025, 1, 1)) -> Price:
    """Give a product a price from a day on."""
    return _row(Price, {}, product=product, months=months, cents=cents, valid_from=valid_from)


def vat_rates() -> list[VatRate]:
    """Make the Dutch VAT rates, unless they are there."""
    with as_owner():
        return [
            VatRate.objects.get_or_create(
                country="NL", code=code, valid_from=date(2019, 1, 1), defaults={"basis_points": rate}
            )[0]
            for code, rate in (("high", VAT_HIGH), ("low", VAT_LOW))
        ]


# --- from cart to payment ---


def cart(*, person: Person | None = None, products: Sequence[Product] = (), **words: Any) -> Cart:
    """Make a cart; nobody's, unless there is a person."""
    with as_owner():
        made = _row(Cart, words, person=person, changed_at=NOW)
        for each in products:
            _row(CartLine, {}, cart=made, person=person, product=each, months=12, label=names.domain())
    return made


def _vat(net_cents: int) -> int:
    return (net_cents * VAT_HIGH + 5000) // 10_000


def quote(
    *, customer: Customer | None = None, product: Product | None = None, net_cents: int = 7500, **words: Any
) -> Quote:
    """Make a quote of one line."""
    with as_owner():
        customer, product = customer or globals()["customer"](), product or globals()["product"]()
        vat, number = _vat(net_cents), names.count()
        made = _row(
            Quote,
            words,
            number=f"Q2026-{number:05d}",
            customer=customer,
            made_at=NOW,
            valid_until=TODAY + timedelta(days=30),
            net_cents=net_cents,
            vat_cents=vat,
            total_cents=net_cents + vat,
            key=f"test-{number}",
        )
        _row(
            QuoteLine,
            {},
            quote=made,
            customer=customer,
            product=product,
            position=1,
            description=product.name_nl,
            label=names.domain(),
            months=12,
            net_cents=net_cents,
            vat_basis_points=VAT_HIGH,
        )
    return made


def order(
    *, quote: Quote | None = None, customer: Customer | None = None, paid: bool = False, **words: Any
) -> Order:
    """Make an order of a quote that the customer's holder accepted; still to be paid, unless `paid`."""
    with as_owner():
        quote = quote or globals()["quote"](customer=customer)
        who = holder_of(quote.customer)
        Quote.objects.filter(pk=quote.pk).update(state="accepted", decided_by=who, decided_at=NOW)
        return _row(
            Order,
            words,
            quote=quote,
            number=f"O2026-{names.count():05d}",
            customer=quote.customer,
            person=who,
            state="paid" if paid else "awaiting_payment",
            paid_at=NOW if paid else None,
            total_cents=quote.total_cents,
            placed_at=NOW,
            terms_version="2026-01",
        )


def payment(*, order: Order | None = None, state: str = "open", **words: Any) -> Payment:
    """Make a payment of an order at the provider."""
    with as_owner():
        order, number = order or globals()["order"](), names.count()
        return _row(
            Payment,
            words,
            customer=order.customer,
            order=order,
            reference=f"tr_test{number}",
            cents=order.total_cents,
            idempotency_key=f"test-{number}",
            state=state,
            paid_at=NOW if state == "paid" else None,
            created_at=NOW,
        )


def paid_from(*, payment: Payment | None = None, **words: Any) -> PaidFrom:
    """Make the account that a payment came from; of a paid order, since the database takes no other."""
    with as_owner():
        payment = payment or globals()["payment"](order=order(paid=True), state="paid")
        return _row(
            PaidFrom,
            words,
            payment=payment,
            customer=payment.customer,
            holder=payment.customer.name,
            account=f"NL00TEST{names.count():010d}",
            stored_at=NOW,
        )


def notice(*, reference: str, **words: Any) -> Notice:
    """Make a notice of the provider that was not applied yet."""
    return _row(Notice, words, reference=reference, received_at=NOW)


# --- what comes of it ---


def invoice(
    *,
    customer: Customer | None = None,
    lines: Sequence[tuple[int, int]] = ((1, 7500),),
    with_document: bool = False,
    **words: Any,
) -> Invoice:
    """Make an invoice over a year, at 21 % VAT; lines: pairs of number and cents each, without VAT."""
    with as_owner():
        customer, number = customer or globals()["customer"](), names.count()
        net = sum(quantity * unit for quantity, unit in lines)
        made = _row(
            Invoice,
            words,
            number=f"F2026-{number:05d}",
            customer=customer,
            origin=f"test:{number}",
            quote_number=f"Q2026-{number:05d}",
            issued_on=TODAY,
            due_on=TODAY + timedelta(days=14),
            language="nl",
            buyer_name=customer.name,
            buyer_street=customer.street,
            buyer_postcode=customer.postcode,
            buyer_town=customer.town,
            buyer_country=customer.country,
            buyer_kvk_number=customer.kvk_number,
            buyer_vat_number=customer.vat_number,
            net_cents=net,
            vat_cents=_vat(net),
            total_cents=net + _vat(net),
        )
        for position, (quantity, unit) in enumerate(lines, start=1):
            _row(
                InvoiceLine,
                {},
                invoice=made,
                customer=customer,
                position=position,
                description=f"Hosting {names.word()}",
                details=names.domain(),
                quantity=quantity,
                unit_cents=unit,
                net_cents=quantity * unit,
                vat_basis_points=VAT_HIGH,
                period_from=TODAY,
                period_until=date(2027, 3, 1),
            )
        if with_document:
            _row(
                Document,
                {},
                invoice=made,
                customer=customer,
                path=f"test/{made.number}.pdf",
                sha256="0" * 64,
                made_at=NOW,
            )
    return made


def service(
    *, customer: Customer | None = None, product: Product | None = None, state: str = "active", **words: Any
) -> Service:
    """Make a service over a year, with the change that put it in its state."""
    with as_owner():
        customer, number = customer or globals()["customer"](), names.count()
        made = _row(
            Service,
            words,
            customer=customer,
            product=product or globals()["product"](),
            label=names.domain(),
            origin=f"test:{number}",
            state=state,
            months=12,
            price_cents=7500,
            started_on=TODAY,
            renews_on=date(2027, 3, 2),
            ended_on=TODAY if state == "terminated" else None,
        )
        _row(ServiceChange, {}, service=made, customer=customer, was="", became=state, reason="test", at=NOW)
    return made


def hosting_account(*, service: Service | None = None, **words: Any) -> HostingAccount:
    """Make the account of a service on a hosting server; its password is no sealed value."""
    with as_owner():
        service = service or globals()["service"]()
        return _row(
            HostingAccount,
            words,
            service=service,
            customer=service.customer,
            username=f"u{names.count()}",
            domain=service.label,
            password=b"not sealed",
            made_at=NOW,
        )


def message(
    *,
    person: Person | None = None,
    customer: Customer | None = None,
    kind: str = "test.message",
    **words: Any,
) -> Message:
    """Make a message that waits to be sent; to somebody new when nobody is named."""
    with as_owner():
        to = person or (None if customer else globals()["person"]())
        return _row(
            Message,
            words,
            kind=kind,
            person=to,
            customer=customer,
            key=f"test:{names.count()}",
            created_at=NOW,
            address=to.email if to else "",
        )
