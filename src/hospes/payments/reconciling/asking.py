"""
Writing down what the provider says that it keeps. It is asked outside of transactions; each page is written in one.

Whatever breaks off, the next time asks again from where everything was known: what is there is written over by the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import Count, F, Min, Q

from hospes.kernel import acting as scenes
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import booking
from hospes.payments.models import UNDECIDED, Payment
from hospes.payments.providers import OVER, Charge
from hospes.payments.providers.books import Moved, PaidOut, Part, ProviderBooks
from hospes.payments.reconciling import strays
from hospes.payments.reconciling.models import (
    Difference,
    Movement,
    ReconciledDay,
    Settlement,
    SettlementCost,
)

#: What came in late, or out of order: so far before the last time everything is asked once more.
AGAIN: Final = timedelta(days=3)
#: Payouts take longer to be made, transferred or mended.
PAYOUTS_AGAIN: Final = timedelta(days=10)
_HOME: Final = ZoneInfo("Europe/Amsterdam")
_STATE: Final = Payment.State


def from_when(day: date, first: date) -> datetime:
    """
    From which moment the provider is asked, to compare a day: from where everything was known, or where something is open.

    Never before the `first` day that is looked at. Acts for billing.
    """
    known = (
        ReconciledDay.objects.filter(finished_at__isnull=False)
        .order_by("-day")
        .values_list("asked_until", flat=True)
    )
    since = min(known.first() or _begins(day), _begins(day)) - AGAIN
    open_since = Difference.objects.filter(side=Difference.Side.PROVIDER, closed_at=None)
    if oldest := open_since.aggregate(day=Min("day"))["day"]:
        since = min(since, _begins(oldest - timedelta(days=1)))
    return max(since, _begins(first - timedelta(days=1)))


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=_HOME)


# --- what moved -----------------------------------------------------------------------------------------------------------


def movements(books: ProviderBooks, *, since: datetime, now: datetime, actor: Actor) -> int:
    """Take in what moved; what is there no more is marked so. Returns how many. Raises ProviderUnavailable."""
    told: set[str] = set()
    for page in books.movements(since=since):
        told |= {each.reference for each in page}
        with acting(Purpose.BILLING, actor=actor):
            _run(_ALONE)
            _write(page, now)
    with acting(Purpose.BILLING, actor=actor):
        _run(_ALONE)
        there = Movement.objects.filter(at__gte=since, gone_at=None).values_list("pk", "reference")
        gone = [pk for pk, reference in there.iterator(chunk_size=2000) if reference not in told]
        Movement.objects.filter(pk__in=gone).update(gone_at=now)
        _run(_OF_WHOM, since=since)
    return len(told)


#: Two who ask at once write one after another, so that none waits for the other in a ring.
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext('hospes reconciling'), 1)"


def alone() -> None:
    """Whoever else takes in or books what the provider says waits until the end of this transaction."""
    _run(_ALONE)


_WRITE: Final = """
INSERT INTO reconciling_movement AS m (reference, kind, about, cents, at, first_seen_at, seen_at)
SELECT DISTINCT ON (reference) reference, kind, about, cents, at, %(now)s, %(now)s
  FROM unnest(%(references)s::text[], %(kinds)s::text[], %(abouts)s::text[], %(cents)s::bigint[], %(ats)s::timestamptz[])
       AS said (reference, kind, about, cents, at)
    ON CONFLICT (reference) DO UPDATE SET kind = EXCLUDED.kind, about = EXCLUDED.about, cents = EXCLUDED.cents, at = EXCLUDED.at,
       seen_at = EXCLUDED.seen_at, gone_at = NULL
"""

#: Whose it is, by what we have of it under the same reference.
_OF_WHOM: Final = """
UPDATE reconciling_movement m SET customer_id = known.customer_id
  FROM (SELECT w.id, coalesce(p.customer_id, f.customer_id, o.customer_id, c.customer_id) AS customer_id
          FROM reconciling_movement w
          LEFT JOIN payments_payment p ON w.kind = 'payment' AND p.reference = w.about
          LEFT JOIN payments_refund f ON w.kind = 'refund' AND f.reference = w.about AND f.reference <> ''
          LEFT JOIN payments_payout o ON w.kind = 'refund' AND o.reference = w.about AND o.reference <> ''
          LEFT JOIN payments_chargeback c ON w.kind = 'chargeback' AND c.reference = w.about
         WHERE w.customer_id IS NULL AND w.at >= %(since)s) known
 WHERE m.id = known.id AND known.customer_id IS NOT NULL
"""


def _write(page: Sequence[Moved], now: datetime) -> None:
    _run(
        _WRITE, now=now, references=[each.reference for each in page], kinds=[each.kind for each in page],
        abouts=[each.about for each in page], cents=[each.cents for each in page], ats=[each.at for each in page],
    )  # fmt: skip


def _run(sql: str, **values: Any) -> None:
    scene = scenes.current()
    if scene is None:
        raise RuntimeError("what the provider says is written inside acting()")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute(sql, values)


# --- what was paid out ----------------------------------------------------------------------------------------------------


def settlements(books: ProviderBooks, *, since: datetime, now: datetime, actor: Actor) -> int:
    """Take in what was paid out, with its lines and costs; returns how many payouts. Raises ProviderUnavailable."""
    with acting(Purpose.BILLING, actor=actor):
        since = min(since - PAYOUTS_AGAIN, _unsettled() or since)
    done = 0
    for page in books.paid_out(since=since):
        with acting(Purpose.BILLING, actor=actor):
            known = _known([each.reference for each in page])
        for each in page:
            if _is_known(known.get(each.reference), each):
                continue
            parts = books.parts(each.reference)
            with acting(Purpose.BILLING, actor=actor):
                _run(_ALONE)
                _keep(each, parts, now)
            done += 1
    return done


def _known(references: Sequence[str]) -> dict[str, Any]:
    """Payouts that are here, each with how many of the movements that are in it."""
    linked = Count("movements", filter=Q(movements__gone_at=None))
    found = Settlement.objects.filter(reference__in=references).annotate(linked=linked)
    return {each.reference: each for each in found}


def _unsettled() -> datetime | None:
    """Since when something is on its way, or does not add up."""
    odd = ~Q(cents=F("parts_cents") - F("fee_cents") - F("fee_vat_cents"))
    oldest: datetime | None = Settlement.objects.filter(odd | Q(state=Settlement.State.PENDING)).aggregate(
        at=Min("made_at")
    )["at"]
    return oldest


def _is_known(held: Any, said: PaidOut) -> bool:
    """
    Whether all of it is here as it is said: what is transferred and adds up does not change any more.

    A movement may come to light after the payout that it is in.
    """
    return (
        held is not None
        and held.adds_up
        and held.linked >= held.parts
        and (held.state, held.cents, held.number, held.settled_on)
        == (said.state, said.cents, said.number, said.settled_on)
    )


def _keep(said: PaidOut, parts: Sequence[Part], now: datetime) -> None:
    values = {
        "number": said.number, "state": said.state, "cents": said.cents, "parts": len(parts),
        "parts_cents": sum(each.cents for each in parts), "fee_cents": sum(each.net_cents for each in said.costs),
        "fee_vat_cents": sum(each.vat_cents for each in said.costs), "settled_on": said.settled_on, "seen_at": now,
    }  # fmt: skip
    held, is_new = Settlement.objects.get_or_create(
        reference=said.reference, defaults={**values, "made_at": said.made_at}
    )
    if not is_new:
        Settlement.objects.filter(pk=held.pk).update(**values)
    if (
        said.state == Settlement.State.PAID_OUT
        and not SettlementCost.objects.filter(settlement_id=held.pk).exists()
    ):
        SettlementCost.objects.bulk_create(
            SettlementCost(settlement_id=held.pk, month=each.month, net_cents=each.net_cents, vat_cents=each.vat_cents)
            for each in said.costs
        )  # fmt: skip
    _run(
        _IN_IT, settlement=held.pk, kinds=[each.kind for each in parts], abouts=[each.about for each in parts],
        signs=[1 if each.cents > 0 else -1 for each in parts],
    )  # fmt: skip


_IN_IT: Final = """
UPDATE reconciling_movement m SET settlement_id = %(settlement)s
  FROM (SELECT DISTINCT * FROM unnest(%(kinds)s::text[], %(abouts)s::text[], %(signs)s::int[]) AS said (kind, about, sign)) part
 WHERE m.about = part.about AND m.kind = part.kind AND sign(m.cents) = part.sign AND m.settlement_id IS NULL
"""


# --- how payments stand ---------------------------------------------------------------------------------------------------


def states(
    books: ProviderBooks, *, since: datetime, now: datetime, actor: Actor
) -> tuple[list[Difference], int]:
    """
    Of which payments the provider says otherwise how they ended, unsaved; and how many it has that our books had not.

    What is being paid at this moment is no matter of states. What was paid and our books do not have is booked, or kept on the
    list for a colleague. Raises ProviderUnavailable.
    """
    found, new = list[Difference](), 0
    for page in books.charges(since=since):
        with acting(Purpose.BILLING, actor=actor):
            ours = _ours(page)
            found += _unlike(page, ours)
        for charge in page:
            if charge.reference not in ours and charge.state == _STATE.PAID:
                with acting(Purpose.BILLING, actor=actor):
                    new += take_in(charge, now=now) not in ("same", "unknown")
    return found, new


def take_in(charge: Charge, *, now: datetime) -> str:
    """Book what the provider says of a payment; what our books do not have is kept for a colleague."""
    done = booking.book(charge, now=now)
    return strays.keep(charge, now=now) if done == "unknown" else done


def _ours(page: Sequence[Charge]) -> dict[str | None, Payment]:
    found = Payment.objects.filter(reference__in=[charge.reference for charge in page])
    return {each.reference: each for each in found}


def _unlike(page: Sequence[Charge], ours: Mapping[str | None, Payment]) -> Iterator[Difference]:
    for charge in page:
        held = ours.get(charge.reference)
        if held is not None and is_unlike(held.state, charge.state):
            yield Difference(
                side=Difference.Side.PROVIDER, kind=Difference.Kind.STATE, about=charge.reference,
                day=clock.day_of(held.created_at), customer_id=held.customer_id, detail=f"{held.state}|{charge.state}",
            )  # fmt: skip


def is_unlike(ours: str, theirs: str) -> bool:
    """Whether the two states of a payment do not go together."""
    came = _STATE.PAID if ours == _STATE.SURPLUS else ours
    return came != theirs and not (ours in UNDECIDED and theirs not in OVER)
