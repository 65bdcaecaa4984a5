"""Status reports of the bank (pain.002), taken in whole or not at all. Acts for billing; the same one again changes nothing."""

from collections import Counter
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from hospes.kernel import clock, journal
from hospes.payments.debits import batches, booking, files
from hospes.payments.debits.files import FileRefused, Report, Said
from hospes.payments.debits.models import Batch, Debit

journal.register({"debit.report_read": gettext_lazy("Report of the bank about direct debits read")})


class ReportRefused(Exception):
    """The report was not taken in, and nothing changed; the message is fit to show to a colleague."""


@transaction.atomic
def take_in(*, content: bytes, now: datetime) -> tuple[Batch, Counter[str]]:
    """
    Take in what the bank says of a file: accepted, refused as a whole, or collections refused with their reason.

    Returns the file and counts what happened: refused, rejected, returned, same. Raises ReportRefused for what is no report, is
    of none of our files, or speaks of what is not in it.
    """
    try:
        report = files.pain_002(content)
    except files.Unnamed:
        raise ReportRefused(
            gettext(
                "This report speaks of a collection without saying which one. Ask the bank for a report with the end-to-end id"
                " (OrgnlEndToEndId) of each; nothing was changed here."
            )
        ) from None
    except FileRefused:
        raise ReportRefused(
            gettext("This is no status report (pain.002) of a bank, or it is damaged.")
        ) from None
    found = Batch.objects.filter(reference=report.message_id).values_list("pk", flat=True).first()
    if found is None:
        raise ReportRefused(gettext("This report is about a file that we did not make."))
    batch = batches.lock(found)
    said, tally = _spoken_of(batch, report), Counter[str]()
    if batch.state == Batch.State.CANCELLED:
        raise ReportRefused(
            gettext(
                "This report is about a file that was taken back here. Was it handed to the bank all the same?"
            )
        )
    if report.whole is not None and report.whole.is_rejected:
        _may_be_refused(batch, report.whole.code)
        tally["refused"] += batch.state != Batch.State.REFUSED
        _give_back(batch, report.whole.code, tally, now)
        batches.refused(batch_id=batch.pk, reasons=report.whole.code, now=now)
    else:
        _apply(batch, said, tally, now)
    journal.record("debit.report_read", at=now, table="debits_batch", object_id=batch.pk)
    return Batch.objects.get(pk=batch.pk), tally


#: The bank has it already (ISO 20022: duplication, duplicate message).
_TWICE: Final = frozenset({"AM05", "DU01", "DUPL"})


def _may_be_refused(batch: Batch, code: str) -> None:
    """A file that the bank has is not refused because it came once more: what is in it is not to be collected twice."""
    if batch.state == Batch.State.REFUSED:
        return
    if code in _TWICE:
        raise ReportRefused(
            gettext(
                "The bank has this file already, and refuses it only the second time. Nothing was changed here."
            )
        )
    if batch.accepted_at is not None:
        raise ReportRefused(
            gettext(
                "The bank took this file before, and refuses it now. Ask the bank which of the two counts;"
                " nothing was changed here."
            )
        )


def _give_back(batch: Batch, code: str, tally: Counter[str], now: datetime) -> None:
    """What was booked as collected of a file that the bank refuses never came."""
    held = Debit.objects.filter(batch_id=batch.pk, state=Debit.State.COLLECTED).order_by("pk")
    for key in list(held.values_list("end_to_end_id", flat=True)):
        tally[booking.rejected(end_to_end_id=key, code=code, on=clock.day_of(now), now=now)] += 1


def _spoken_of(batch: Batch, report: Report) -> dict[str, Said]:
    """What is said of single collections, also by the block that they are in."""
    try:
        blocks = files.blocks(batches.content(batch))
    except batches.BatchRefused as refusal:
        raise ReportRefused(str(refusal)) from None
    known = {each for ids in blocks.values() for each in ids}
    if not set(report.of_blocks) <= set(blocks) or not set(report.of_collections) <= known:
        raise ReportRefused(gettext("This report speaks of collections that are not in our file."))
    by_block = {
        each: said for block, said in report.of_blocks.items() if said.is_rejected for each in blocks[block]
    }
    return by_block | report.of_collections


def _apply(batch: Batch, said: dict[str, Said], tally: Counter[str], now: datetime) -> None:
    today = clock.day_of(now)
    if batch.state == Batch.State.MADE:
        batches.at_the_bank(batch, today, now)
    if batch.accepted_at is None and batch.state != Batch.State.REFUSED:
        Batch.objects.filter(pk=batch.pk).update(accepted_at=now)
    mine = set(Debit.objects.filter(batch_id=batch.pk).values_list("end_to_end_id", flat=True))
    for end_to_end_id in sorted(each for each, words in said.items() if words.is_rejected):
        code = said[end_to_end_id].code
        if end_to_end_id not in mine:  # it went into another file since, of which this says nothing
            tally["same"] += 1
            continue
        tally[booking.rejected(end_to_end_id=end_to_end_id, code=code, on=today, now=now)] += 1
