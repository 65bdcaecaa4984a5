"""Wanting e-invoices, planning them, sending them, and asking what became of them."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.utils.translation import gettext_lazy as _

from hospes.billing.documents import Customization, InvoiceDocument, invoice_xml
from hospes.billing.documents.ubl import address_of
from hospes.billing.drafts import document_of
from hospes.billing.models import Invoice
from hospes.billing.models.einvoices import EInvoice, EInvoiceAddress
from hospes.billing.providers.peppol import AccessPoint, AccessPointError, AccessPointRefused, Fate
from hospes.kernel import journal
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.secrets import blind_index

logger = structlog.get_logger(__name__)

journal.register({
    "einvoice.wanted": _("E-invoices asked for"),
    "einvoice.unwanted": _("E-invoices no longer wanted"),
    "einvoice.taken": _("E-invoice handed over"),
    "einvoice.failed": _("E-invoice could not be delivered"),
})  # fmt: skip

#: The first time that is asked what became of an e-invoice; then after half of its age each time, until the last.
FIRST_LOOK, LAST_LOOK = timedelta(seconds=20), timedelta(days=7)
_ON_THE_WAY: Final = (EInvoice.State.WAITING, EInvoice.State.TAKEN)


def want(*, customer_id: int, participant: str, now: datetime) -> EInvoiceAddress:
    """
    Have invoices from now on also sent to this address on the network, in place of an earlier one.

    Acts within the contract of the customer (Purpose.CONTRACT, as the customer); whether the address is there is asked before
    (AccessPoint.reaches). The same address again changes nothing.
    """
    current = EInvoiceAddress.objects.filter(customer_id=customer_id, ended_at=None)
    if there := current.filter(participant=participant).first():
        return there
    current.update(ended_at=now)
    made = EInvoiceAddress.objects.create(customer_id=customer_id, participant=participant, since=now)
    journal.record(
        "einvoice.wanted", at=now, table="billing_einvoiceaddress", object_id=made.pk, customer_id=customer_id
    )
    return made


def want_no_more(*, customer_id: int, now: datetime) -> None:
    """Send no more invoices to the customer's address on the network; acts as `want` does."""
    for address in EInvoiceAddress.objects.filter(customer_id=customer_id, ended_at=None):
        EInvoiceAddress.objects.filter(pk=address.pk).update(ended_at=now)
        journal.record("einvoice.unwanted", at=now, table="billing_einvoiceaddress", object_id=address.pk,
                       customer_id=customer_id)  # fmt: skip


def plan(invoice: Invoice, *, now: datetime) -> EInvoice | None:
    """The e-invoice of an invoice, made when its customer wants them; its address stays what it is then."""
    if there := EInvoice.objects.filter(invoice_id=invoice.pk).first():
        return there
    address = EInvoiceAddress.objects.filter(customer_id=invoice.customer_id, ended_at=None).first()
    if address is None or invoice.documented_at is not None:  # a file that is there follows other rules
        return None
    made, _made_now = EInvoice.objects.get_or_create(
        invoice_id=invoice.pk,
        defaults={"customer_id": invoice.customer_id, "participant": address.participant, "planned_at": now},
    )
    return made


def addressed(doc: InvoiceDocument, planned: EInvoice | None) -> InvoiceDocument:
    """The document with the buyer's address on the network, which makes it follow the rules of that."""
    return replace(doc, buyer=replace(doc.buyer, endpoint=planned.participant)) if planned else doc


def hand_over(*, invoice_id: int, point: AccessPoint, now: datetime) -> None:
    """
    Send an e-invoice that waits; one that was handed over or failed stays as it is.

    Raises AccessPointUnavailable when it is worth trying again; what is refused for good is noted with its reason.
    """
    with acting(Purpose.BILLING, actor=JOB):
        waiting = EInvoice.objects.filter(invoice_id=invoice_id, state=EInvoice.State.WAITING).first()
        if waiting is None:
            return
        doc = addressed(document_of(Invoice.objects.get(pk=invoice_id)), waiting)
    try:  # may take long: not inside a transaction
        reference = point.send(
            invoice_xml(doc, Customization.PEPPOL), sender=address_of(doc.seller), recipient=waiting.participant,
            key=_key_of(waiting),
        )  # fmt: skip
    except AccessPointRefused as refusal:
        with acting(Purpose.BILLING, actor=JOB):
            _settle(waiting, Fate("failed", refusal.reason), now=now)
        return
    with acting(Purpose.BILLING, actor=JOB):
        still = EInvoice.objects.filter(pk=waiting.pk, state=EInvoice.State.WAITING)
        if still.update(
            state=EInvoice.State.TAKEN, reference=reference, taken_at=now, ask_at=now + FIRST_LOOK
        ):
            _note("einvoice.taken", waiting, now=now)


def look_up(*, point: AccessPoint, now: datetime, most: int = 200) -> Counter[str]:
    """Ask about the e-invoices that are due for it; the rest has its turn at the next sweep."""
    tally: Counter[str] = Counter()
    with acting(Purpose.BILLING, actor=JOB):
        under_way = EInvoice.objects.filter(state=EInvoice.State.TAKEN, ask_at__lte=now)
        due = list(under_way.order_by("ask_at", "pk")[:most])
    for einvoice in due:
        try:
            fate = point.fate(einvoice.reference)
        except AccessPointRefused:  # it knows the document no more
            fate = Fate("under_way")
        except AccessPointError:
            logger.warning("e-invoices could not be looked up", invoice_id=einvoice.invoice_id)
            tally["failed"] += 1
            break  # the next one would wait for the same access point
        with acting(Purpose.BILLING, actor=JOB):
            _settle(einvoice, fate, now=now)
        tally[fate.state] += 1
    return tally


def _settle(einvoice: EInvoice, fate: Fate, *, now: datetime) -> None:
    on_the_way = EInvoice.objects.filter(pk=einvoice.pk, state__in=_ON_THE_WAY)
    if fate.state == "failed":
        if on_the_way.update(state=EInvoice.State.FAILED, reason=fate.reason, settled_at=now, ask_at=None):
            _note("einvoice.failed", einvoice, now=now)
    elif fate.state == "delivered":
        on_the_way.update(state=EInvoice.State.DELIVERED, settled_at=now, ask_at=None)
    else:
        age = now - (einvoice.taken_at or now)
        on_the_way.update(ask_at=None if age > LAST_LOOK else now + max(FIRST_LOOK, age / 2))


def _key_of(einvoice: EInvoice) -> str:
    """The key by which the access point knows an e-invoice; not the same in two installations of one operator."""
    installation = blind_index(str(einvoice.pk), context="billing_einvoice:key").hex()[:16]
    return f"{einvoice.pk}-{installation}"


def _note(action: str, einvoice: EInvoice, *, now: datetime) -> None:
    journal.record(action, at=now, table="billing_einvoice", object_id=einvoice.pk, customer_id=einvoice.customer_id,
                   changed=["state"])  # fmt: skip
