"""
Payments at the provider that are not in our books: kept once, and decided upon by a colleague. Acts for billing.

The provider is asked between transactions. What goes back is booked when the provider took it on, in and out at once; should it
not arrive, both are taken back, and it waits for a colleague again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, connections, transaction
from django.utils.translation import gettext, gettext_lazy

from hospes.billing.ledger import services as ledger
from hospes.customers.models import Customer
from hospes.kernel import acting, clock, journal
from hospes.payments import booking
from hospes.payments.models import Payment
from hospes.payments.providers import Charge, Repayment
from hospes.payments.reconciling import services
from hospes.payments.reconciling.models import Difference, Stray
from hospes.payments.rules import document_of

journal.register({
    "stray.found": gettext_lazy("Payment found at the payment provider that is not in the books"),
    "stray.booked": gettext_lazy("Said whose a payment is that was not in the books"),
    "stray.asked": gettext_lazy("A second colleague asked about paying back a payment that is not in the books"),
    "stray.returning": gettext_lazy("Payment that is not in the books is being paid back"),
    "stray.returned": gettext_lazy("Payment that is not in the books was paid back"),
    "stray.kept": gettext_lazy("Payment that is not in the books could not be paid back"),
    "stray.not_ours": gettext_lazy("Said that a payment that is not in the books is not ours"),
})  # fmt: skip

_State, _Use = Stray.State, ledger.Use
_TABLE: Final = "reconciling_stray"
_OPEN: Final = (_State.WAITING, _State.ASKED)
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext('hospes stray'), hashtext(%s))"


class NotDecided(Exception):
    """It cannot be decided like this; the message is fit to show to a colleague."""


# --- finding --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def keep(charge: Charge, *, now: datetime) -> str:
    """
    Keep a payment that is not in our books: surplus (it has a key of ours), kept, same or unknown (it was not paid). Once.

    With a key of ours it was charged twice: all of it is that customer's, by itself.
    """
    if charge.state != Payment.State.PAID or charge.cents <= 0:
        return "unknown"
    _alone(charge.reference)
    known = Payment.objects.filter(reference=charge.reference)
    if known.exists() or Stray.objects.filter(reference=charge.reference).exists():
        return "same"
    ours = Payment.objects.filter(idempotency_key=charge.order_key).first() if charge.order_key else None
    if ours is not None:
        booking.book_as_surplus(charge, customer_id=ours.customer_id, now=now)
        return "surplus"
    made = Stray.objects.create(
        reference=charge.reference, cents=charge.cents, method=charge.method[:20], paid_at=charge.paid_at or now, found_at=now
    )  # fmt: skip
    _noted("stray.found", made, now)
    _on_the_list(made, now)
    return "kept"


def _alone(reference: str) -> None:
    """Whoever else finds or decides about the same one waits until the end of this transaction."""
    scene = acting.current()
    with connections[scene.alias if scene else "default"].cursor() as cursor:
        cursor.execute(_ALONE, [reference])


def _on_the_list(stray: Stray, now: datetime) -> None:
    """What compares days finds it as well, later: then this is that one."""
    try:
        with transaction.atomic():
            Difference.objects.create(
                side=Difference.Side.PROVIDER, kind=Difference.Kind.NOT_BOOKED, about=stray.reference,
                day=clock.day_of(stray.paid_at), theirs=stray.cents, first_seen_at=now, seen_at=now,
            )  # fmt: skip
    except IntegrityError:  # it is there
        return


def of_difference(held: Difference) -> Stray | None:
    """The payment that a difference is about, where it is one that is not in our books."""
    return Stray.objects.filter(reference=held.about).first()


# --- deciding -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def is_customers(*, difference_id: int, number: str, by: int, now: datetime) -> Stray:
    """Say that it is of a customer (by their number): it becomes their balance, once. Raises NotDecided."""
    held = _to_decide(difference_id)
    customer = Customer.objects.filter(number=int(number)).first() if number.isdecimal() else None
    if customer is None:
        raise NotDecided(gettext("There is no customer with this number."))
    charge = Charge(
        held.reference, Payment.State.PAID, held.cents, held.method, None, held.paid_at, None, None, ""
    )
    try:
        with transaction.atomic():
            payment = booking.book_as_surplus(charge, customer_id=customer.pk, now=now)
    except IntegrityError:
        raise NotDecided(gettext("This was decided already.")) from None
    Stray.objects.filter(pk=held.pk).update(
        state=_State.CUSTOMERS, customer_id=customer.pk, payment_id=payment.pk, asked_by_id=None, limit_cents=None,
        decided_by_id=by, decided_at=now,
    )  # fmt: skip
    _noted("stray.booked", held, now, customer.pk)
    reason = gettext("It is on the balance of customer %(number)s.") % {"number": number}
    services.explain(difference_id=difference_id, reason=reason, by=by, now=now)
    from hospes.payments.jobs import check

    check.enqueue_once(
        f"payment:{payment.pk}", payment_id=payment.pk
    )  # perhaps a bank took it back meanwhile
    return Stray.objects.get(pk=held.pk)


@transaction.atomic
def give_back(*, difference_id: int, by: int, now: datetime) -> Stray:
    """
    Have it paid back to who paid it: at once, or above the operator's amount once a second colleague says so too.

    Raises NotDecided, also for who asked it.
    """
    held = _to_decide(difference_id)
    if held.state == _State.WAITING:
        limit = settings.HOSPES_OPERATOR.four_eyes_above_cents
        held.asked_by_id, held.limit_cents, held.attempt = by, limit, held.attempt + 1
        Stray.objects.filter(pk=held.pk).update(
            state=_State.ASKED, asked_by_id=by, limit_cents=limit, attempt=held.attempt
        )
    elif held.asked_by_id == by:
        raise NotDecided(gettext("You asked this yourself: another colleague has to decide."))
    if held.asked_by_id == by and held.cents > (held.limit_cents or 0):
        _noted("stray.asked", held, now)
        return Stray.objects.get(pk=held.pk)
    Stray.objects.filter(pk=held.pk).update(state=_State.RETURNING, decided_by_id=by, decided_at=now)
    _noted("stray.returning", held, now)
    reason = gettext("It goes back to who paid it.")
    services.explain(difference_id=difference_id, reason=reason, by=by, now=now)
    from hospes.payments.reconciling.jobs import pay_back

    pay_back.enqueue_once(f"stray:{held.pk}", stray_id=held.pk)
    return Stray.objects.get(pk=held.pk)


@transaction.atomic
def not_ours(*, difference_id: int, reason: str, by: int, now: datetime) -> None:
    """Close a difference for a reason; a payment that it is about is not ours by that. Raises NotExplained."""
    about = Difference.objects.filter(pk=difference_id).values_list("about", flat=True).first()
    _alone(about or "")
    services.explain(difference_id=difference_id, reason=reason, by=by, now=now)
    held = Stray.objects.select_for_update().filter(reference=about or "", state__in=_OPEN).first()
    if held is None:
        return
    Stray.objects.filter(pk=held.pk).update(
        state=_State.NOT_OURS, asked_by_id=None, limit_cents=None, decided_by_id=by, decided_at=now
    )
    _noted("stray.not_ours", held, now)


def _to_decide(difference_id: int) -> Stray:
    about = Difference.objects.filter(pk=difference_id, closed_at=None).values_list("about", flat=True)
    reference = about.first()
    if reference is None:
        raise NotDecided(gettext("This was decided already."))
    _alone(reference)
    held = Stray.objects.select_for_update().filter(reference=reference, state__in=_OPEN).first()
    if held is None:
        raise NotDecided(gettext("This was decided already."))
    return held


# --- paying back ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sending:
    """What the provider has to know of money that goes back (`refunds.Sent`)."""

    reference: str
    idempotency_key: str
    state: str
    cents: int


def sending(stray_id: int) -> Sending | None:
    """What is to be sent, or looked up; None where it does not go back."""
    held = Stray.objects.get(pk=stray_id)
    if held.state not in (_State.RETURNING, _State.RETURNED):
        return None
    return Sending(
        held.reference, held.idempotency_key, "sent" if held.repayment else "requested", held.cents
    )


@transaction.atomic
def apply(*, stray_id: int, key: str, said: Repayment | None, now: datetime) -> str:
    """
    Bring our books to what the provider says of the money that goes back (None: it refuses): sent, returned, kept or same.

    `key` is of the attempt that it was asked about. In any order; again changes nothing.
    """
    held = Stray.objects.select_for_update().get(pk=stray_id)
    if held.idempotency_key != key or held.state not in (_State.RETURNING, _State.RETURNED):
        return "same"
    if said is None or said.state == "failed":
        if said is None and held.repayment:
            return "same"
        return _kept(held, now)
    done = "same"
    if not held.repayment:
        Stray.objects.filter(pk=held.pk).update(repayment=said.reference)
        _post(held, now)
        done = "sent"
    if said.state == "done" and held.state != _State.RETURNED:
        Stray.objects.filter(pk=held.pk).update(state=_State.RETURNED)
        _noted("stray.returned", held, now)
        done = "returned"
    return done


def _kept(held: Stray, now: datetime) -> str:
    if held.repayment:
        _post(held, now, back=True)
    Stray.objects.filter(pk=held.pk).update(
        state=_State.WAITING,
        asked_by_id=None,
        limit_cents=None,
        decided_by_id=None,
        decided_at=None,
        repayment="",
    )
    _noted("stray.kept", held, now)
    _on_the_list(held, now)
    return "kept"


def _post(held: Stray, now: datetime, *, back: bool = False) -> None:
    """In and out at once, so that nothing stays under way; `back`: neither was."""
    sign, end = (-1, ":back") if back else (1, "")
    name, on = f"stray:{held.pk}:{held.attempt}", clock.day_of(now)
    document = document_of(held.reference, held.idempotency_key)
    come = [(_Use.CLEARING, sign * held.cents), (_Use.SUSPENSE, -sign * held.cents)]
    go = [(use, -cents) for use, cents in come]
    ledger.post([
        ledger.Posting(ledger.Journal.BANK, f"{name}:in{end}", on, come, None, document),
        ledger.Posting(ledger.Journal.BANK, f"{name}:out{end}", on, go, None, document),
    ], now=now)  # fmt: skip


def on_their_way(*, limit: int = 500) -> list[int]:
    """What is being paid back, the first first."""
    return list(
        Stray.objects.filter(state=_State.RETURNING).order_by("pk").values_list("pk", flat=True)[:limit]
    )


def to_look_up(reference: str) -> int | None:
    """What went back, or is about to, of a payment that something was heard of."""
    gone = Stray.objects.filter(reference=reference, state__in=[_State.RETURNING, _State.RETURNED])
    return gone.values_list("pk", flat=True).first()


def _noted(action: str, stray: Stray, now: datetime, customer_id: int | None = None) -> None:
    journal.record(
        action, at=now, table=_TABLE, object_id=stray.pk, customer_id=customer_id, changed=["state"]
    )
