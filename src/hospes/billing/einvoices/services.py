"""Planning e-invoices, sending them, asking what became of them, and mailing what did not arrive."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.utils.translation import gettext_lazy as _

from hospes.billing.documents import Customization, InvoiceDocument, invoice_xml
from hospes.billing.documents.ubl import address_of
from hospes.billing.drafts import document_of
from hospes.billing.einvoices.addresses import IN_A_ROW, found_unknown
from hospes.billing.einvoices.queries import address_in_use
from hospes.billing.models import Invoice
from hospes.billing.models.einvoices import EInvoice
from hospes.billing.providers.peppol import AccessPoint, AccessPointError, AccessPointRefused, Fate
from hospes.billing.services import mail
from hospes.kernel import journal
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.secrets import blind_index

logger = structlog.get_logger(__name__)

journal.register({
    "einvoice.taken": _("E-invoice handed over"),
    "einvoice.failed": _("E-invoice could not be delivered"),
})  # fmt: skip

#: The first time that is asked what became of an e-invoice; then after half of its age each time, until the last.
FIRST_LOOK, LAST_LOOK = timedelta(seconds=20), timedelta(days=7)
#: After no answer it is asked again within this time, however old it is.
NO_ANSWER = timedelta(hours=1)
#: So long an e-invoice may be on its way to a customer who wants no mail besides, before it is mailed after all.
MAIL_AFTER = timedelta(days=1)
_ON_THE_WAY: Final = (EInvoice.State.WAITING, EInvoice.State.TAKEN)


def plan(invoice: Invoice, *, now: datetime) -> EInvoice | None:
    """The e-invoice of an invoice, made when its customer wants them; its address stays what it is then."""
    if there := EInvoice.objects.filter(invoice_id=invoice.pk).first():
        return there
    address = address_in_use(invoice.customer_id)
    if address is None or invoice.documented_at is not None:  # a file that is there follows other rules
        return None
    made, _made_now = EInvoice.objects.get_or_create(
        invoice_id=invoice.pk,
        defaults={
            "customer_id": invoice.customer_id, "participant": address.participant, "planned_at": now,
            "mail_at": None if address.with_mail else now + MAIL_AFTER,
        },
    )  # fmt: skip
    return made


def wants_mail(planned: EInvoice | None) -> bool:
    """Whether the mail with the file goes at once, or only if the e-invoice does not arrive."""
    return planned is None or planned.mail_at is None


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
    """
    Ask about the e-invoices that are due for it; the rest has its turn at the next sweep.

    One that is never answered is asked for again later, as the others are, so that it keeps none of them from their turn.
    """
    tally: Counter[str] = Counter()
    with acting(Purpose.BILLING, actor=JOB):
        under_way = EInvoice.objects.filter(state=EInvoice.State.TAKEN, ask_at__lte=now)
        due = list(under_way.order_by("ask_at", "pk")[:most])
    silent = 0
    for einvoice in due:
        try:
            fate = point.fate(einvoice.reference)
        except AccessPointRefused:  # it knows the document no more
            fate = Fate("under_way")
        except AccessPointError:
            logger.warning("e-invoices could not be looked up", invoice_id=einvoice.invoice_id)
            tally["failed"] += 1
            with acting(Purpose.BILLING, actor=JOB):
                still = EInvoice.objects.filter(pk=einvoice.pk, state=EInvoice.State.TAKEN)
                still.update(ask_at=now + min(_pause(einvoice, now), NO_ANSWER))
            silent += 1
            if silent == IN_A_ROW:
                break  # the next one would wait for the same access point
            continue
        silent = 0
        with acting(Purpose.BILLING, actor=JOB):
            _settle(einvoice, fate, now=now)
        tally[fate.state] += 1
    return tally


def mail_late(*, now: datetime, most: int = 200) -> int:
    """Mail the invoices that did not arrive as an e-invoice in time, to customers who want no mail besides; how many."""
    with acting(Purpose.BILLING, actor=JOB):
        late = EInvoice.objects.filter(mail_at__lte=now, invoice__documented_at__isnull=False)
        due = list(late.order_by("mail_at", "pk")[:most])
    for einvoice in due:
        with acting(Purpose.BILLING, actor=JOB):
            _mail_after_all(einvoice, now=now)
    return len(due)


def _mail_after_all(einvoice: EInvoice, *, now: datetime) -> None:
    """Mail an invoice whose mail was left out; any other was mailed when its file was made."""
    if EInvoice.objects.filter(pk=einvoice.pk, mail_at__isnull=False).update(mail_at=None):
        mail(Invoice.objects.get(pk=einvoice.invoice_id), now=now)


def _settle(einvoice: EInvoice, fate: Fate, *, now: datetime) -> None:
    on_the_way = EInvoice.objects.filter(pk=einvoice.pk, state__in=_ON_THE_WAY)
    if fate.state == "failed":
        if on_the_way.update(state=EInvoice.State.FAILED, reason=fate.reason, settled_at=now, ask_at=None):
            _note("einvoice.failed", einvoice, now=now)
            _mail_after_all(einvoice, now=now)
            if fate.reason == "unknown_participant":
                found_unknown(customer_id=einvoice.customer_id, participant=einvoice.participant, now=now)
    elif fate.state == "delivered":
        on_the_way.update(state=EInvoice.State.DELIVERED, settled_at=now, ask_at=None, mail_at=None)
    else:
        is_over = now - (einvoice.taken_at or now) > LAST_LOOK
        on_the_way.update(ask_at=None if is_over else now + _pause(einvoice, now))


def _pause(einvoice: EInvoice, now: datetime) -> timedelta:
    """How long until it is asked again what became of an e-invoice."""
    return max(FIRST_LOOK, (now - (einvoice.taken_at or now)) / 2)


def _key_of(einvoice: EInvoice) -> str:
    """The key by which the access point knows an e-invoice; not the same in two installations of one operator."""
    installation = blind_index(str(einvoice.pk), context="billing_einvoice:key").hex()[:16]
    return f"{einvoice.pk}-{installation}"


def _note(action: str, einvoice: EInvoice, *, now: datetime) -> None:
    journal.record(action, at=now, table="billing_einvoice", object_id=einvoice.pk, customer_id=einvoice.customer_id,
                   changed=["state"])  # fmt: skip
