"""
Which lines of a statement are of direct debits, and which may be what a customer had got back twice. Acts for billing.

Direct debits go by reference: a bank books a file, a block of it, or its collections one by one, as was agreed with it.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from django.db.models import Sum

from hospes.customers.models import Customer
from hospes.payments.bank import rules
from hospes.payments.bank.models import BankAllocation, BankLine
from hospes.payments.bank.rules import Kind, Moved, Proposal, Seen
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.debits import batches, files
from hospes.payments.debits.models import Batch, Debit

_State = Debit.State
#: States in which a collection's money may be on a statement.
_MOVED: Final = (_State.BATCHED, _State.SUBMITTED, _State.COLLECTED, _State.RETURNED)
#: A file of ours, and a block in it (`debits.files`).
_FILE: Final = re.compile(r"(?<![A-Z0-9])(DD20\d{6}-\d{1,4})(-\d{1,4})?(?![0-9])")
#: So many open claims are looked at.
_SOME: Final = 200


def proposals(lines: Sequence[tuple[BankLine, Seen]]) -> dict[int, list[Proposal]]:
    """What lines are that name a collection or a file of ours, by the id of the line; other lines are not in it."""
    ids = {seen.end_to_end for _line, seen in lines} - {""}
    debits = {debit.end_to_end_id: debit for debit in Debit.objects.filter(end_to_end_id__in=ids)}
    there = _on_a_statement({debit.pk for debit in debits.values()})
    found = {
        line.pk: _of_one(seen, debits[seen.end_to_end], there) for line, seen in lines if seen.end_to_end in debits
    }  # fmt: skip
    named = {
        line.pk: (seen, match)
        for line, seen in lines
        if seen.cents > 0 and line.pk not in found and (match := _FILE.search(f"{line.batch} {seen.text}"))
    }
    known = Batch.objects.in_bulk({match[1] for _seen, match in named.values()}, field_name="reference")
    for pk, (seen, match) in named.items():
        if match[1] in known:
            found[pk] = _of_file(seen, known[match[1]], match[0])
    return found


def _of_one(seen: Seen, debit: Debit, there: set[tuple[int, str]]) -> list[Proposal]:
    """A collection that came in by itself, or went back; nothing where that stands on a statement already."""
    kind = Kind.COLLECTED if seen.cents > 0 else Kind.RETURNED
    if debit.state not in _MOVED or (debit.pk, kind) in there:
        return []
    return rules.debited(seen, kind, [_moved(debit, debit.cents if seen.cents > 0 else -debit.cents)])


def _moved(debit: Debit, cents: int) -> Moved:
    return Moved(debit.pk, debit.customer_id, cents, references=frozenset({debit.end_to_end_id}), of="debit")


def _on_a_statement(debit_ids: Collection[int]) -> set[tuple[int, str]]:
    held = BankAllocation.objects.filter(debit_id__in=debit_ids, undone_at=None)
    return {(int(pk or 0), kind) for pk, kind in held.values_list("debit_id", "kind")}


def is_on_a_statement(debit: Debit, kind: Kind) -> bool:
    """Whether a collection stands on a statement as this."""
    return (debit.pk, kind) in _on_a_statement([debit.pk])


def _of_file(seen: Seen, batch: Batch, reference: str) -> list[Proposal]:
    """The whole file, or the block of it that is named; never more than is left of the file."""
    if batch.state not in (Batch.State.MADE, Batch.State.SUBMITTED) or seen.cents > left_of(batch):
        return []
    meant = Debit.objects.filter(batch_id=batch.pk, state__in=_MOVED)
    if reference != batch.reference:
        ids = files.blocks(batches.content(batch)).get(reference, [])
        meant = meant.filter(end_to_end_id__in=ids)
    cents = int(meant.aggregate(sum=Sum("cents"))["sum"] or 0)
    other = Moved(batch.pk, None, cents, references=frozenset({reference}), of="batch")
    return rules.debited(replace(seen, end_to_end=reference), Kind.COLLECTED, [other])


def left_of(batch: Batch) -> int:
    """How much of what a file collects did not stand on a statement yet, in cents."""
    whole = Debit.objects.filter(batch_id=batch.pk, state__in=_MOVED).aggregate(sum=Sum("cents"))["sum"] or 0
    held = BankAllocation.objects.filter(kind=Kind.COLLECTED, undone_at=None)
    seen = (held.filter(batch_id=batch.pk) | held.filter(debit__batch_id=batch.pk)).aggregate(
        sum=Sum("cents")
    )
    return int(whole) - int(seen["sum"] or 0)


# --- what was got back twice ----------------------------------------------------------------------------------------------


def claims(
    lines: Sequence[tuple[BankLine, Seen]], known: Mapping[str, set[int]]
) -> dict[int, list[Proposal]]:  # fmt: skip
    """Lines of the amount that a customer had got back twice; nothing of that stands on a statement twice."""
    if not lines:
        return {}
    amounts = {seen.cents for _line, seen in lines}
    others = [*_chargebacks(amounts), *_debits(amounts)]
    names = dict(
        Customer.objects.filter(pk__in={each.customer_id for each in others}).values_list("pk", "name")
    )
    others = [
        replace(
            each, name=names.get(each.customer_id or 0, ""),
            accounts=frozenset(account for account, some in known.items() if each.customer_id in some),
        )
        for each in others
    ]  # fmt: skip
    return {line.pk: rules.matching(seen, Kind.CLAIM, others) for line, seen in lines}


def on_a_statement(of: str, ids: Sequence[int]) -> set[int]:
    """Which of these claims (of "debit" or "chargeback") stand on a statement."""
    held = BankAllocation.objects.filter(kind=Kind.CLAIM, undone_at=None, **{f"{of}_id__in": list(ids)})
    return {int(pk or 0) for pk in Counter(held.values_list(f"{of}_id", flat=True))}


def _chargebacks(amounts: set[int]) -> list[Moved]:
    rows = list(
        Chargeback.objects.with_related("payment")
        .filter(rest_cents__in=amounts, reversed_at=None)
        .order_by("pk")[:_SOME]
    )
    seen = on_a_statement("chargeback", [row.pk for row in rows])
    return [
        Moved(
            row.pk, row.customer_id, row.rest_cents, frozenset({rules.compact(row.payment.reference or "-")}) - {""},
            of="chargeback",
        )
        for row in rows if row.pk not in seen
    ]  # fmt: skip


def _debits(amounts: set[int]) -> list[Moved]:
    rows = list(Debit.objects.with_related("invoice").filter(claim_cents__in=amounts).order_by("pk")[:_SOME])
    seen = on_a_statement("debit", [row.pk for row in rows])
    return [
        Moved(
            row.pk, row.customer_id, row.claim_cents,
            frozenset({rules.compact(row.end_to_end_id), rules.compact(row.invoice.number)}), of="debit",
        )
        for row in rows if row.pk not in seen
    ]  # fmt: skip
