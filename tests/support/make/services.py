"""What comes of an order: an invoice, a service, an account."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hospes.billing.issuing import seller_of_now
from hospes.billing.models import Document, Invoice, InvoiceLine, InvoiceTax, Series
from hospes.catalogue.models import Product
from hospes.customers.models import Customer
from hospes.hosting.models import HostingAccount
from hospes.services.models import Content, Move, MoveOffer, Service, ServiceChange
from hospes.services.rules import renewal
from tests.support import names
from tests.support.make import catalogue, people
from tests.support.make.base import NOW, TODAY, VAT_STANDARD, row, vat
from tests.support.rights import as_owner


def invoice(
    *,
    customer: Customer | None = None,
    lines: Sequence[tuple[int, int]] = ((1, 7500),),
    with_document: bool = False,
    **words: Any,
) -> Invoice:
    """Make an invoice over a year, at 21 % VAT; lines: pairs of number and cents each, without VAT."""
    with as_owner():
        customer, number = customer or people.customer(), names.count()
        net = sum(quantity * unit for quantity, unit in lines)
        made = row(
            Invoice,
            words,
            number=f"F2026-{number:05d}",
            series=Series.objects.get(kind="invoice"),
            book_year=2026,
            sequence=number,
            seller=seller_of_now(),
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
            vat_cents=vat(net),
            total_cents=net + vat(net),
            documented_at=NOW,
        )
        InvoiceLine.objects.bulk_create(  # at once, as the books want it
            InvoiceLine(
                invoice=made,
                customer=customer,
                position=position,
                description=f"Hosting {names.word()}",
                details=names.domain(),
                quantity=quantity,
                unit_cents=unit,
                net_cents=quantity * unit,
                vat_basis_points=VAT_STANDARD,
                period_from=TODAY,
                period_until=date(2027, 3, 1),
            )
            for position, (quantity, unit) in enumerate(lines, start=1)
        )
        row(
            InvoiceTax,
            {},
            invoice=made,
            customer=customer,
            vat_category="S",
            vat_country="NL",
            vat_basis_points=VAT_STANDARD,
            net_cents=net,
            vat_cents=vat(net),
        )
        if with_document:
            row(
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
        customer, number = customer or people.customer(), names.count()
        started_on, months = words.get("started_on", TODAY), words.get("months", 12)
        anchor_on, run_months = words.get("anchor_on", started_on), words.get("run_months", months)
        renews_on = renewal(anchor_on, run_months)
        made = row(
            Service,
            words,
            customer=customer,
            product=product or catalogue.product(most=10),
            label=names.domain(),
            provider="directadmin",
            origin=f"test:{number}",
            state=state,
            months=12,
            price_cents=7500,
            started_on=started_on,
            anchor_on=anchor_on,
            run_months=run_months,
            renews_on=renews_on,
            bound_until=renewal(anchor_on, months),
            ends_on=renews_on if state == "cancelled" else None,
            ended_on=TODAY if state == "terminated" else None,
        )
        row(ServiceChange, {}, service=made, customer=customer, was="", became=state, reason="test", at=NOW)
        row(
            Content, {}, service=made, customer=customer, product=made.product, quantity=made.quantity, months=made.months,
            price_cents=made.price_cents, from_on=made.started_on, settled_at=NOW,
            until_on=made.ended_on and max(made.ended_on, made.started_on),
        )  # fmt: skip
    return made


def hosting_account(*, service: Service | None = None, **words: Any) -> HostingAccount:
    """Make the account of a service on a hosting server; its password is no sealed value."""
    with as_owner():
        service = service or _service()
        return row(
            HostingAccount,
            words,
            service=service,
            customer=service.customer,
            username=f"u{names.count()}",
            domain=service.label,
            password=b"not sealed",
            made_at=NOW,
        )


#: Parameters have the same names.
_service = service


def move_offer(*, customer: Customer, held: Service | None = None, **words: Any) -> MoveOffer:
    """Have a service of another customer offered to this one."""
    held = held or service()
    with as_owner():
        move = Move.objects.create(
            service=held, customer_id=held.customer_id, label=held.label, to_number=customer.number, to_email=names.email(),
            when="now", by="customer", asked_at=NOW, key=f"make:{names.count()}",
        )  # fmt: skip
        return row(
            MoveOffer, words, move=move, customer=customer, from_name=names.word(), label=held.label, product_id=held.product_id,
            quantity=1, months=held.months, price_cents=held.price_cents, renews_on=held.renews_on, when="now", made_at=NOW,
        )  # fmt: skip
