"""Wanting e-invoices, and whether the address can receive them. All of this acts for billing."""

from collections import Counter
from datetime import datetime
from typing import Final

import structlog
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from hospes.billing.models.einvoices import EInvoiceAddress
from hospes.billing.providers.peppol import AccessPoint, AccessPointRefused, AccessPointUnavailable
from hospes.kernel import journal
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose

logger = structlog.get_logger(__name__)

journal.register({
    "einvoice.wanted": _("E-invoices asked for"),
    "einvoice.unwanted": _("E-invoices no longer wanted"),
    "einvoice.unknown": _("Nobody receives e-invoices at the address"),
})  # fmt: skip

State = EInvoiceAddress.State

#: After so many in a row of which the access point said nothing it is taken to be down, and the rest has its turn later.
IN_A_ROW: Final = 3


def state_of(participant: str, *, point: AccessPoint, patient: bool = False) -> State:
    """
    What the access point says of an address; UNCHECKED when it says nothing at the moment. Not inside a transaction.

    `patient`: nobody waits for it, so that it may take its time.
    """
    try:
        return State.REACHABLE if point.reaches(participant, patient=patient) else State.UNKNOWN
    except AccessPointRefused:  # it will not send there
        return State.UNKNOWN
    except AccessPointUnavailable:
        return State.UNCHECKED


def want(
    *, customer_id: int, participant: str, state: State, with_mail: bool = True, now: datetime
) -> EInvoiceAddress:
    """
    Have invoices from now on also sent to this address on the network, in place of an earlier one.

    `state` is what `state_of` said of it: as long as it is not REACHABLE, invoices go by mail, also where no mail is wanted
    besides. The same again changes nothing.
    """
    EInvoiceAddress.objects.filter(customer_id=customer_id, ended_at=None).exclude(
        participant=participant
    ).update(ended_at=now)
    made, is_new = EInvoiceAddress.objects.get_or_create(
        customer_id=customer_id,
        ended_at=None,
        defaults={"participant": participant, "state": state, "with_mail": with_mail, "since": now},
    )
    if is_new:
        _record("einvoice.wanted", made, now)
        return made
    known = state if state != State.UNCHECKED else made.state  # what was known of it stays known
    if (made.state, made.with_mail) != (known, with_mail):
        made.state, made.with_mail = known, with_mail
        EInvoiceAddress.objects.filter(pk=made.pk).update(state=known, with_mail=with_mail)
        _record("einvoice.wanted", made, now, changed=["state", "with_mail"])
    return made


def want_no_more(*, customer_id: int, now: datetime) -> None:
    """Send no more invoices to the customer's address on the network; acts as `want` does."""
    for address in EInvoiceAddress.objects.filter(customer_id=customer_id, ended_at=None):
        EInvoiceAddress.objects.filter(pk=address.pk).update(ended_at=now)
        _record("einvoice.unwanted", address, now)


def found_unknown(*, customer_id: int, participant: str, now: datetime) -> None:
    """Note that nobody receives e-invoices at the address that a customer gave: from now on invoices go by mail."""
    wanted = EInvoiceAddress.objects.filter(customer_id=customer_id, participant=participant, ended_at=None)
    for address in wanted.exclude(state=State.UNKNOWN):
        EInvoiceAddress.objects.filter(pk=address.pk).update(state=State.UNKNOWN)
        _record("einvoice.unknown", address, now, changed=["state"])


def check(*, point: AccessPoint, now: datetime, most: int = 100) -> Counter[str]:
    """
    Look up the addresses of which the access point said nothing yet; counts what it says of how many.

    Those that were never asked for come first, then the one that was asked for longest ago: one that is never answered keeps
    nobody from their turn.
    """
    tally: Counter[str] = Counter()
    with acting(Purpose.BILLING, actor=JOB):
        waiting = EInvoiceAddress.objects.filter(state=State.UNCHECKED, ended_at=None)
        due = list(waiting.order_by(F("asked_at").asc(nulls_first=True), "pk")[:most])
    silent = 0
    for address in due:
        state = state_of(
            address.participant, point=point, patient=True
        )  # may take long: not inside a transaction
        tally[state.value] += 1
        with acting(Purpose.BILLING, actor=JOB):
            if state == State.UNKNOWN:
                found_unknown(customer_id=address.customer_id, participant=address.participant, now=now)
            else:
                still = EInvoiceAddress.objects.filter(pk=address.pk, state=State.UNCHECKED)
                still.update(state=state, asked_at=now)
        silent = silent + 1 if state == State.UNCHECKED else 0
        if silent == IN_A_ROW:
            break
    if tally[State.UNCHECKED.value]:
        logger.warning("addresses for e-invoices could not be looked up")
    return +tally


def _record(
    action: str, address: EInvoiceAddress, now: datetime, *, changed: list[str] | None = None
) -> None:
    journal.record(action, at=now, table="billing_einvoiceaddress", object_id=address.pk,
                   customer_id=address.customer_id, changed=changed or [])  # fmt: skip
