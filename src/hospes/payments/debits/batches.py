"""
Files for the bank: made in one transaction together with what is in them, handed in by a clerk, taken back where nobody handed
them in. Acts for billing.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from hospes.billing.models import Invoice
from hospes.kernel import clock, journal
from hospes.kernel.secrets import seal, unseal
from hospes.payments.debits import announcing, files, mandates, rules
from hospes.payments.debits.mandates import is_as_signed
from hospes.payments.debits.models import Batch, Debit, Mandate, MandateAccount

journal.register({
    "debit.file_made": gettext_lazy("Put into a file for the bank, to be collected"),
    "debit.file_downloaded": gettext_lazy("File with direct debits downloaded"),
    "debit.submitted": gettext_lazy("Direct debit handed to the bank"),
    "debit.taken_back": gettext_lazy("Direct debit taken out of a file for the bank again"),
})  # fmt: skip

_State = Debit.State


class BatchRefused(Exception):
    """This cannot be done with the file (any more); the message is fit to show to a colleague."""


@transaction.atomic
def make(*, now: datetime) -> Batch | None:
    """
    Put all that was announced for the next possible day of collection into one file; None when that is nothing.

    What is paid meanwhile is called off first, and so is what no file can collect before its mandate lapses. A collection whose
    day has passed gets the next possible one, and the customer word of it. Two at once wait for each other; whoever breaks off
    leaves everything as it was.
    """
    announcing.one_at_a_time()
    day = rules.earliest_collection(
        today=clock.day_of(now), submit_days=settings.HOSPES_DIRECT_DEBIT.submit_days
    )
    mandates.lapse_before(day, now=now)
    announcing.call_off_what_is_over(now=now)
    announced = Debit.objects.select_for_update().filter(state=_State.ANNOUNCED, collect_on__lte=day)
    debits = _as_signed(_not_being_paid(list(announced.order_by("pk"))))
    if not debits:
        return None
    for debit in debits:
        if debit.collect_on < day:
            debit.collect_on = day
            Debit.objects.filter(pk=debit.pk).update(collect_on=day)
            announcing.tell("debits.moved", debit, now)
    return _filed(debits, day, now)


def _not_being_paid(debits: Sequence[Debit]) -> list[Debit]:
    """Those that nobody is paying at the payment provider just now: what that comes to is known before the next file."""
    return [debit for debit in debits if not announcing.is_pending(debit.invoice_id)]


def _as_signed(debits: Sequence[Debit]) -> list[Debit]:
    """Those whose mandate and account number are the ones that were signed; others stay where a colleague sees them."""
    ids = {debit.mandate_id for debit in debits}
    signed, accounts = Mandate.objects.in_bulk(ids), MandateAccount.objects.in_bulk(ids)
    right = {pk for pk in ids if pk in accounts and is_as_signed(signed[pk], accounts[pk].iban)}
    return [debit for debit in debits if debit.mandate_id in right]


def _filed(debits: Sequence[Debit], day: date, now: datetime) -> Batch:
    number = Batch.objects.filter(collect_on=day).count() + 1
    reference = f"DD{day:%Y%m%d}-{number}"
    sequences = _sequences(debits)
    content = _written(debits, sequences, reference, day, now)
    batch = Batch.objects.create(
        reference=reference, collect_on=day, count=len(debits), total_cents=sum(each.cents for each in debits),
        sealed_file=seal(content, context=_context(reference)), sha256=hashlib.sha256(content).hexdigest(), made_at=now,
    )  # fmt: skip
    for sequence, group in groupby(
        sorted(debits, key=lambda each: sequences[each.pk]), key=lambda each: sequences[each.pk]
    ):
        held = Debit.objects.filter(pk__in=[each.pk for each in group])
        held.update(state=_State.BATCHED, batch_id=batch.pk, sequence=sequence)
    _noted("debit.file_made", debits, now)
    return batch


def _sequences(debits: Sequence[Debit]) -> dict[int, str]:
    """FRST or RCUR for each; a mandate was used once something was collected with it."""
    found: dict[int, str] = {}
    used = set(
        Mandate.objects.filter(pk__in=[d.mandate_id for d in debits], last_used_on__isnull=False).values_list(
            "pk", flat=True
        )
    )
    under_way = Debit.objects.filter(
        state__in=[_State.BATCHED, _State.SUBMITTED], mandate_id__in=[d.mandate_id for d in debits]
    )
    used |= set(under_way.values_list("mandate_id", flat=True))
    for mandate_id, group in groupby(
        sorted(debits, key=lambda each: (each.mandate_id, each.pk)), key=lambda each: each.mandate_id
    ):
        mine = list(group)
        kinds = rules.sequence_types(was_used=mandate_id in used, count=len(mine))
        found |= {debit.pk: kind for debit, kind in zip(mine, kinds, strict=True)}
    return found


def _written(
    debits: Sequence[Debit], sequences: dict[int, str], reference: str, day: date, now: datetime
) -> bytes:
    operator = settings.HOSPES_OPERATOR
    ids = {debit.mandate_id for debit in debits}
    signed, accounts = Mandate.objects.in_bulk(ids), MandateAccount.objects.in_bulk(ids)
    numbers = dict(Invoice.objects.filter(pk__in=[d.invoice_id for d in debits]).values_list("pk", "number"))
    creditor = files.Creditor(operator.name, operator.iban, settings.HOSPES_DIRECT_DEBIT.creditor_id)
    collections = [
        files.Collection(
            debit.end_to_end_id, debit.cents, sequences[debit.pk], signed[debit.mandate_id].holder,
            accounts[debit.mandate_id].iban, signed[debit.mandate_id].reference, signed[debit.mandate_id].signed_on,
            f"{operator.name} {numbers[debit.invoice_id]}",
        ) for debit in debits
    ]  # fmt: skip
    return files.pain_008(
        creditor=creditor, reference=reference, collect_on=day, collections=collections, made_at=now
    )


def _context(reference: str) -> str:
    return f"debits_batch:sealed_file:{reference}"


def content(batch: Batch) -> bytes:
    """The file as it was made, byte for byte; raises BatchRefused when it is not."""
    found = unseal(batch.sealed_file, context=_context(batch.reference))
    if hashlib.sha256(found).hexdigest() != batch.sha256:
        raise BatchRefused("the file is not the one that was made")
    return found


# --- what a clerk does with it --------------------------------------------------------------------------------------------


def lock(batch_id: int) -> Batch:
    """A file that nobody else changes until the end of the transaction, nor what is in it."""
    announcing.one_at_a_time()
    return Batch.objects.select_for_update().get(pk=batch_id)


def over_in(batch: Batch) -> list[Debit]:
    """What should not be collected any more of a file that was not handed in: paid or credited, or without its mandate."""
    found = Debit.objects.filter(batch_id=batch.pk, state=_State.BATCHED).order_by("pk")
    active = set(
        Mandate.objects.filter(debits__batch_id=batch.pk, state=Mandate.State.ACTIVE).values_list(
            "pk", flat=True
        )
    )
    left = {each.pk: each.open_cents for each in Invoice.objects.filter(debits__batch_id=batch.pk)}
    return [each for each in found if each.mandate_id not in active or left[each.invoice_id] < each.cents]


@transaction.atomic
def download(*, batch_id: int, now: datetime) -> bytes:
    """
    The file, for the colleague who hands it in: the same bytes each time.

    Nobody had it yet and something in it is over by now: it is taken back, and BatchRefused says so.
    """
    batch = lock(batch_id)
    if batch.state == Batch.State.CANCELLED:
        raise BatchRefused(gettext("This file was taken back: do not hand it to the bank."))
    if batch.downloaded_at is None:
        Batch.objects.filter(pk=batch.pk).update(downloaded_at=now)
    _noted("debit.file_downloaded", list(Debit.objects.filter(batch_id=batch.pk).order_by("pk")), now, [])
    return content(batch)


def take_back_if_over(*, batch_id: int, now: datetime) -> bool:
    """Take a file back of which something is over, and that nobody has downloaded; True when that was so."""
    with transaction.atomic():
        batch = lock(batch_id)
        if batch.state != Batch.State.MADE or batch.downloaded_at is not None or not over_in(batch):
            return False
        _take_back(batch, Batch.State.CANCELLED, now)
        announcing.call_off_what_is_over(now=now)
        return True


@transaction.atomic
def submitted(*, batch_id: int, on: date, now: datetime) -> None:
    """Say that a file was handed to the bank on a day; again changes nothing. Raises BatchRefused where that cannot be."""
    batch = lock(batch_id)
    if batch.state == Batch.State.SUBMITTED:
        return
    if batch.state != Batch.State.MADE:
        raise BatchRefused(gettext("This file was taken back, or the bank refused it."))
    if not clock.day_of(batch.made_at) <= on <= clock.day_of(now):
        raise BatchRefused(gettext("That day is before the file was made, or has yet to come."))
    if on > rules.last_day_to_submit(batch.collect_on):
        raise BatchRefused(
            gettext("That is too late for its day of collection: take it back, and a new file is made.")
        )
    at_the_bank(batch, on, now)


def at_the_bank(batch: Batch, on: date, now: datetime) -> None:
    """Note that a file is at the bank since a day, and with it what is in it."""
    on = min(on, rules.last_day_to_submit(batch.collect_on))
    Batch.objects.filter(pk=batch.pk, state=Batch.State.MADE).update(
        state=Batch.State.SUBMITTED, submitted_on=on
    )
    held = Debit.objects.filter(batch_id=batch.pk, state=_State.BATCHED)
    debits = list(held.order_by("pk"))
    held.update(state=_State.SUBMITTED)
    _noted("debit.submitted", debits, now)


@transaction.atomic
def cancel(*, batch_id: int, now: datetime) -> None:
    """Take back a file that was not handed to the bank: what is in it goes into the next one. Raises BatchRefused."""
    batch = lock(batch_id)
    if batch.state != Batch.State.MADE:
        raise BatchRefused(gettext("Only a file that was not handed to the bank can be taken back."))
    _take_back(batch, Batch.State.CANCELLED, now)
    announcing.call_off_what_is_over(now=now)


@transaction.atomic
def refused(*, batch_id: int, reasons: str, now: datetime) -> None:
    """Note that the bank refused a file as a whole: what is in it goes into the next one. The caller read it in a report."""
    batch = lock(batch_id)
    if batch.state in (Batch.State.MADE, Batch.State.SUBMITTED):
        Batch.objects.filter(pk=batch.pk).update(reasons=reasons[:60])
        _take_back(batch, Batch.State.REFUSED, now)
        announcing.call_off_what_is_over(now=now)


def _take_back(batch: Batch, became: str, now: datetime) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=became)
    held = Debit.objects.filter(batch_id=batch.pk, state__in=[_State.BATCHED, _State.SUBMITTED])
    debits = list(held.order_by("pk"))
    held.update(state=_State.ANNOUNCED, batch_id=None, sequence="")
    _noted("debit.taken_back", debits, now)


def _noted(
    action: str, debits: Sequence[Debit], now: datetime, changed: Sequence[str] = ("state", "batch")
) -> None:
    about = [journal.About(each.pk, each.customer_id) for each in debits]
    if about:
        journal.record_each(action, about, at=now, table="debits_debit", changed=changed)
