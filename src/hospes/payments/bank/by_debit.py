"""What a statement says of direct debits by the operator's own bank. Acts for billing."""

import re
from datetime import datetime

from django.utils.translation import gettext as _

from hospes.payments.bank import debited
from hospes.payments.bank.models import BankLine
from hospes.payments.bank.rules import Kind
from hospes.payments.bank.saying import Part, Refused
from hospes.payments.debits import batches
from hospes.payments.debits import services as debits
from hospes.payments.debits.models import Batch, Debit


def collected(line: BankLine, part: Part, now: datetime) -> None:
    """A file, a part of it, or one collection came in. Its invoices are paid by the day of collection, not by this."""
    debit = Debit.objects.filter(pk=part.debit_id or 0).first()
    batch_id = part.batch_id or (debit.batch_id if debit else None)
    batch = batches.lock(batch_id) if batch_id else None
    if batch is None or batch.state not in (Batch.State.MADE, Batch.State.SUBMITTED):
        raise Refused(_("This direct debit is not at the bank."))
    if part.cents > debited.left_of(batch) or (debit is not None and part.cents != debit.cents):
        raise Refused(_("So much is not collected with this file, or it stands on a statement already."))
    if batch.state == Batch.State.MADE:  # who has its money has the file
        batches.at_the_bank(batch, line.booked_on, now)


def returned(line: BankLine, part: Part, now: datetime) -> None:
    """The bank gave a collection back: the invoice is open again."""
    debit = Debit.objects.get(pk=part.debit_id or 0)
    if -part.cents != debit.cents or debited.is_on_a_statement(debit, Kind.RETURNED):
        raise Refused(_("That is not the amount that was collected, or it stands on a statement already."))
    code = line.return_reason if re.fullmatch("[A-Z0-9]{4}", line.return_reason) else ""
    said = debits.returned(end_to_end_id=debit.end_to_end_id, code=code, on=line.booked_on, now=now)
    if said == "unknown" or Debit.objects.filter(pk=debit.pk, state=Debit.State.REJECTED).exists():
        raise Refused(_("This direct debit is not at the bank."))
