"""How mandates, collections and files stand."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Count, Q, Sum

from hospes.billing.collection import Collection
from hospes.billing.models import Invoice
from hospes.payments.collecting.queries import is_collected as is_collected_at_the_provider
from hospes.payments.collecting.queries import mandate_of
from hospes.payments.debits import batches, rules
from hospes.payments.debits.models import LIVE, Batch, Debit, Mandate, MandateAccount, ReasonCode

_State = Debit.State

#: To be put right by hand: what went back twice.
TO_BE_PUT_RIGHT = Q(claim_cents__gt=0, claimed_on=None)


def mandates(customer_id: int) -> list[Mandate]:
    """The mandates of a customer, the last first."""
    return list(Mandate.objects.filter(customer_id=customer_id).order_by("-pk"))


def active(customer_id: int) -> Mandate | None:
    """The mandate of a customer that is in force."""
    return Mandate.objects.filter(customer_id=customer_id, state=Mandate.State.ACTIVE).first()


def lapses_on(mandate: Mandate) -> date:
    """When a mandate lapses as things stand."""
    return rules.lapses_on(signed_on=mandate.signed_on, last_used_on=mandate.last_used_on)


def debits(customer_id: int, *, limit: int) -> list[Debit]:
    """The collections of a customer, the last first, each with its invoice."""
    return list(Debit.objects.with_related("invoice").filter(customer_id=customer_id).order_by("-pk")[:limit])


def live_of(invoice_id: int) -> Debit | None:
    """The collection of an invoice that is under way."""
    return Debit.objects.filter(invoice_id=invoice_id, state__in=LIVE).first()


def is_at_the_bank(debit: Debit | None) -> bool:
    """Whether a collection can no longer be called off by paying in another way."""
    return debit is not None and debit.state in (_State.BATCHED, _State.SUBMITTED)


def pays_by_itself(customer_id: int) -> bool:
    """Whether invoices of a customer are collected already, in this way or by leave at the provider: nothing more is asked."""
    return active(customer_id) is not None or mandate_of(customer_id) is not None


def is_collected(invoice_id: int) -> bool:
    """
    Whether an invoice is this way's to collect, so that nobody else does: its customer has a mandate, or it was tried already.

    What was tried and given back the customer pays; only where the mandate ended before anything was asked, it is free again.
    """
    mine = Debit.objects.filter(invoice_id=invoice_id)
    if mine.exclude(state=_State.WITHDRAWN, why__in=[Debit.Why.MANDATE, Debit.Why.PAID]).exists():
        return True
    customer_id = Invoice.objects.values_list("customer_id", flat=True).get(pk=invoice_id)
    return settings.HOSPES_DIRECT_DEBIT.is_offered and active(customer_id) is not None


def expected_on(invoice: Invoice, *, today: date) -> date | None:
    """When an open invoice is going to be collected that was not announced yet; None where it is not."""
    if not invoice.open_cents or invoice.is_credit_note or active(invoice.customer_id) is None:
        return None
    if Debit.objects.filter(invoice_id=invoice.pk).exists() or is_collected_at_the_provider(invoice.pk):
        return None
    days = settings.HOSPES_DIRECT_DEBIT.notice_days
    announced = max(invoice.due_on - timedelta(days=days), today)
    return rules.collection_day(due_on=invoice.due_on, announced_on=announced, notice_days=days)


def collection_of(invoice: Invoice, today: date) -> Collection | None:
    """How an open invoice is going to be collected, for who asks the customer to pay it."""
    debit, mandate = live_of(invoice.pk), active(invoice.customer_id)
    on = debit.collect_on if debit else expected_on(invoice, today=today)
    if on is None or mandate is None or not invoice.open_cents:
        return None
    return Collection(on, mandate.account, mandate.reference, mandate.creditor_id)


@dataclass(frozen=True)
class Account:
    """An account number in full, and whose it is."""

    account: str
    holder: str


def account_of(invoice_id: int) -> Account | None:
    """The account that an invoice was collected from last, for who pays it back by hand; not within a customer's rows."""
    taken = Debit.objects.filter(invoice_id=invoice_id, state=_State.COLLECTED).order_by("-pk").first()
    if taken is None:
        return None
    return Account(
        MandateAccount.objects.values_list("iban", flat=True).get(pk=taken.mandate_id), taken.mandate.holder
    )


def reasons() -> list[ReasonCode]:
    """What banks say, by code."""
    return list(ReasonCode.objects.order_by("code"))


@dataclass(frozen=True)
class Coming:
    """What is announced for a day of collection."""

    on: date
    count: int
    cents: int


def coming() -> list[Coming]:
    """What was announced and is in no file yet, by day of collection."""
    rows = (
        Debit.objects.filter(state=_State.ANNOUNCED)
        .values("collect_on")
        .annotate(n=Count("pk"), sum=Sum("cents"))
    )
    return [Coming(row["collect_on"], row["n"], row["sum"]) for row in rows.order_by("collect_on")]


def last_batches(limit: int) -> list[Batch]:
    """The files, the last first, without their bytes."""
    return list(Batch.objects.defer("sealed_file").order_by("-pk")[:limit])


def waiting() -> int:
    """How many files wait to be handed to the bank."""
    return Batch.objects.filter(state=Batch.State.MADE).count()


def in_batch(batch: Batch) -> list[Debit]:
    """What is in a file, each with its invoice."""
    return list(Debit.objects.with_related("invoice").filter(batch_id=batch.pk).order_by("pk"))


def over_in(batch: Batch) -> list[Debit]:
    """What should not be collected any more of a file that was not handed in yet."""
    return batches.over_in(batch) if batch.state == Batch.State.MADE else []


def submit_until(batch: Batch) -> date:
    """The last day on which the bank takes a file."""
    return rules.last_day_to_submit(batch.collect_on)
