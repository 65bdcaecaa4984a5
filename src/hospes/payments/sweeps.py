"""Finding what no notice told."""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

from hospes.billing.ledger.models import LedgerEntry
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import booking, jobs, refunds
from hospes.payments.balances import jobs as balances
from hospes.payments.balances.models import Payout
from hospes.payments.models import CAME_IN, UNDECIDED, Notice, Payment, Refund
from hospes.sales import withdrawals

#: A notice usually comes within seconds; after this we ask by ourselves, and after the second we stop asking often.
PATIENCE = timedelta(minutes=2)
LONGEST = timedelta(days=100)  # a bank transfer may take that long


def check_open(*, now: datetime, page_size: int = 500) -> Counter[str]:
    """Have every payment looked up that is open for longer than a notice takes, and every notice that was left lying."""
    tally: Counter[str] = Counter()
    last_pk = 0
    while True:
        with acting(Purpose.BILLING, actor=JOB):
            live = Payment.objects.filter(
                state__in=UNDECIDED,
                created_at__lte=now - PATIENCE,
                created_at__gt=now - LONGEST,
                pk__gt=last_pk,
            )
            pks = list(live.order_by("pk").values_list("pk", flat=True)[:page_size])
            for pk in pks:
                jobs.check.enqueue_once(f"payment:{pk}", payment_id=pk)
        tally["payments"] += len(pks)
        if len(pks) < page_size:
            break
        last_pk = pks[-1]
    with acting(Purpose.BILLING, actor=JOB):
        for pk in Notice.objects.filter(applied_at=None, received_at__lte=now - PATIENCE).values_list(
            "pk", flat=True
        ):
            jobs.apply_notice.enqueue_once(f"notice:{pk}", notice_id=pk)
            tally["notices"] += 1
    return tally


def book_missing(*, now: datetime, actor: Actor = JOB, page_size: int = 5000) -> int:
    """Book money that came in and is not in the ledger, a page in a transaction; returns of how many payments."""
    booked = LedgerEntry.objects.filter(origin=Concat(Value("payment:"), Cast(OuterRef("pk"), CharField())))
    done, last_pk = 0, 0
    while True:
        with acting(Purpose.BILLING, actor=actor):
            missing = Payment.objects.filter(~Exists(booked), state__in=CAME_IN, pk__gt=last_pk).order_by(
                "pk"
            )
            pks = list(missing.values_list("pk", flat=True)[:page_size])
            done += booking.in_the_ledger(pks, now=now)
        if len(pks) < page_size:
            return done
        last_pk = pks[-1]


#: So long after it was sent a refund is looked up by itself every time; after that its notice, or a look by hand, tells.
REFUND_TAKES = timedelta(days=30)
#: So long after it was asked a refund that could not be sent yet is tried by the job itself.
REFUND_TRIES = timedelta(minutes=10)


def see_to_refunds(*, now: datetime, look_up: bool = True, page_size: int = 500) -> Counter[str]:
    """
    Divide what credit notes give back over payments, a credit note a transaction; `look_up`: have what is under way looked up,
    and mind what was promised after withdrawals.
    """
    tally: Counter[str] = Counter()
    last = 0
    while True:
        with acting(Purpose.BILLING, actor=JOB):
            page = refunds.not_planned(after=last, limit=page_size)
        for last in page:
            with acting(Purpose.BILLING, actor=JOB):
                tally["planned"] += len(refunds.plan(credit_note_id=last, now=now))
        if len(page) < page_size:
            break
    if not look_up:
        return tally
    with acting(Purpose.BILLING, actor=JOB):
        sent = Refund.objects.filter(state=Refund.State.SENT, sent_at__gt=now - REFUND_TAKES)
        asked = Refund.objects.filter(state=Refund.State.REQUESTED, requested_at__lte=now - REFUND_TRIES)
        for refund_id in [*sent.values_list("pk", flat=True), *asked.values_list("pk", flat=True)]:
            jobs.send_refund.enqueue_once(f"refund:{refund_id}", refund_id=refund_id)
            tally["looked_up"] += 1
        withdrawals.keep_promises(now=now)
    return tally


#: So long after it was paid back it is asked every day whether it arrived. A transfer that cannot be booked comes back within
#: three banking days (rulebook of the SEPA credit transfer); around Easter and Christmas five days in a row can be none, and the
#: provider hears of it before it tells. What comes to light later is found when the day is compared (`reconciling`).
MAY_BOUNCE = timedelta(days=14)


def ask_again(*, now: datetime, page_size: int = 500) -> Counter[str]:
    """Have looked up what was paid back these days, of credit notes and of balances: it may not have arrived."""
    tally: Counter[str] = Counter()
    last = 0
    while True:
        with acting(Purpose.BILLING, actor=JOB):
            done = Refund.objects.filter(
                state=Refund.State.DONE, paid_on=None, done_at__gt=now - MAY_BOUNCE, pk__gt=last
            )
            page = list(done.order_by("pk").values_list("pk", flat=True)[:page_size])
            for last in page:
                jobs.send_refund.enqueue_once(f"refund:{last}", refund_id=last)
        tally["refunds"] += len(page)
        if len(page) < page_size:
            break
    with acting(Purpose.BILLING, actor=JOB):
        done_payouts = Payout.objects.filter(state=Payout.State.DONE, done_at__gt=now - MAY_BOUNCE)
        tally["payouts"] += balances.look_up(done_payouts)
    return tally
