"""
Announcing what is going to be collected, and calling it off again. Acts for billing; harmless to repeat, and two at once wait.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connections
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from hospes.billing import payments as billing
from hospes.billing.models import OPEN, Invoice
from hospes.kernel import acting, clock, journal
from hospes.messaging import services as messaging
from hospes.payments.collecting.models import LIVE as AT_THE_PROVIDER
from hospes.payments.collecting.models import Collection
from hospes.payments.collecting.queries import is_collected
from hospes.payments.debits import rules
from hospes.payments.debits.models import LIVE, Debit, Mandate, ReasonCode
from hospes.payments.models import Payment
from hospes.payments.together import services as together

journal.register({
    "debit.announced": _("Direct debit announced"), "debit.lessened": _("Less collected by direct debit than was announced"),
    "debit.called_off": _("Direct debit called off"),
})  # fmt: skip

_State, _Why = Debit.State, Debit.Why

#: So many invoices are looked at in one transaction.
PAGE: Final = 200


class NotAnnounced(Exception):
    """It cannot be called off any more; the message is fit to show to a colleague."""


def one_at_a_time() -> None:
    """Whoever announces, makes a file or calls off waits for the others, until the end of the transaction."""
    scene = acting.current()
    if scene is None:
        raise RuntimeError("direct debits are handled inside acting()")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('hospes direct debit'))")


# --- what is to be collected ----------------------------------------------------------------------------------------------


def due(*, today: date, after: int = 0, limit: int = PAGE) -> list[int]:
    """Open invoices of customers with a mandate of which nothing is under way, and that it is time to announce, by id."""
    until = today + timedelta(days=settings.HOSPES_DIRECT_DEBIT.notice_days)
    mandates = Mandate.objects.filter(customer_id=OuterRef("customer_id"), state=Mandate.State.ACTIVE)
    live = Debit.objects.filter(invoice_id=OuterRef("pk"), state__in=LIVE)
    elsewhere = Collection.objects.filter(invoice_id=OuterRef("pk"), state__in=AT_THE_PROVIDER)
    found = Invoice.objects.filter(
        OPEN, Exists(mandates), ~Exists(live), ~Exists(elsewhere), due_on__lte=until, pk__gt=after
    )  # fmt: skip
    return list(found.order_by("pk").values_list("pk", flat=True)[:limit])


def announce(*, invoice_id: int, now: datetime) -> Debit | None:
    """
    Announce that the whole of what is open on an invoice is collected, with a mail; None where it is not to be (any more).

    The caller holds `one_at_a_time`.
    """
    today, rule = clock.day_of(now), settings.HOSPES_DIRECT_DEBIT
    invoice = billing.lock(invoice_id)
    mandate = Mandate.objects.filter(customer_id=invoice.customer_id, state=Mandate.State.ACTIVE).first()
    earlier = list(Debit.objects.filter(invoice_id=invoice.pk).order_by("pk"))
    if (
        mandate is None
        or not invoice.open_cents
        or invoice.is_credit_note
        or not _may_announce(earlier, mandate)
        or is_collected(invoice.pk)
        or is_pending(invoice.pk)
    ):
        return None
    if not rules.is_to_be_announced(due_on=invoice.due_on, today=today, notice_days=rule.notice_days):
        return None
    day = rules.collection_day(due_on=invoice.due_on, announced_on=today, notice_days=rule.notice_days)
    if day >= rules.lapses_on(signed_on=mandate.signed_on, last_used_on=mandate.last_used_on):
        return None
    debit = Debit.objects.create(
        customer_id=invoice.customer_id, mandate_id=mandate.pk, invoice_id=invoice.pk, cents=invoice.open_cents, collect_on=day,
        end_to_end_id=f"{invoice.number}-{len(earlier) + 1}", announced_at=now,
    )  # fmt: skip
    noted("debit.announced", debit, now, ["state", "collect_on"])
    tell("debits.announced", debit, now)
    return debit


def is_pending(invoice_id: int) -> bool:
    """Whether a payment of an invoice, by itself or with others, was made and it is not known yet how it ends."""
    return any(each.state == Payment.State.PENDING for each in together.live([invoice_id]))


def _may_announce(earlier: list[Debit], mandate: Mandate) -> bool:
    """Nothing of it is under way, nobody called it off by hand, and the bank did not send it back for good."""
    mine = [each for each in earlier if each.mandate_id == mandate.pk]
    if any(each.state in LIVE for each in earlier) or any(each.why == _Why.OFFICE for each in mine):
        return False
    then = dict(ReasonCode.objects.values_list("code", "then"))
    return rules.may_try([str(then.get(each.code, "stop")) for each in mine if each.code])


# --- calling off ----------------------------------------------------------------------------------------------------------


def call_off_what_is_over(*, now: datetime) -> Counter[str]:
    """
    Call off what was announced and is paid or credited meanwhile, or whose mandate ended; less is collected where less is open.

    The caller holds `one_at_a_time`.
    """
    tally: Counter[str] = Counter()
    announced = Debit.objects.filter(state=_State.ANNOUNCED)
    over = announced.filter(~Q(mandate__state=Mandate.State.ACTIVE) | ~Exists(_still_open()))
    for debit in list(over.order_by("pk")):
        tally["called_off" if _see_to(debit, now) else "lessened"] += 1
    return tally


def _still_open() -> QuerySet[Invoice]:
    """The invoice of a collection, where as much is open on it as is to be collected."""
    whole = F("total_cents") - F("credited_cents") - F("paid_cents")
    return Invoice.objects.annotate(left=whole).filter(pk=OuterRef("invoice_id"), left__gte=OuterRef("cents"))


def _see_to(debit: Debit, now: datetime) -> bool:
    """Call a collection off, or lessen it to what is open; True when it was called off."""
    open_cents = billing.lock(debit.invoice_id).open_cents
    is_active = Mandate.objects.filter(pk=debit.mandate_id, state=Mandate.State.ACTIVE).exists()
    if is_active and open_cents:
        _lessen(debit, open_cents, now)
        return False
    called_off(debit, _Why.PAID if is_active else _Why.MANDATE, now)
    return True


def _lessen(debit: Debit, cents: int, now: datetime) -> None:
    """Collect less than was announced, and tell it: who pays knows each amount beforehand."""
    held = Debit.objects.filter(pk=debit.pk, state=_State.ANNOUNCED, cents__gt=cents)
    if held.update(cents=cents):
        noted("debit.lessened", debit, now, ["cents"])
        tell("debits.lessened", debit, now, again=f":{cents}")


def called_off(debit: Debit, why: str, now: datetime) -> bool:
    """Note that an announced collection is not made; False when it is past that."""
    held = Debit.objects.filter(pk=debit.pk, state=_State.ANNOUNCED)
    if not held.update(state=_State.WITHDRAWN, why=why):
        return False
    noted("debit.called_off", debit, now, ["state"])
    tell("debits.called_off", debit, now)
    return True


def call_off(*, debit_id: int, now: datetime) -> None:
    """Have a colleague call an announced collection off, for good: when the customer disputes it, say. Raises NotAnnounced."""
    one_at_a_time()
    if not called_off(Debit.objects.get(pk=debit_id), _Why.OFFICE, now):
        raise NotAnnounced(str(_("This is in a file for the bank already, or over.")))


def noted(action: str, debit: Debit, now: datetime, changed: list[str]) -> None:
    """Write down what became of a collection."""
    journal.record(action, at=now, table="debits_debit", object_id=debit.pk, customer_id=debit.customer_id,
                   changed=changed)  # fmt: skip


def tell(kind: str, debit: Debit, now: datetime, *, again: str = "") -> None:
    """Mail the customer, once for each day of collection; `again` is what makes it another one on the same day."""
    key = f"{kind}:{debit.pk}:{debit.collect_on}{again}"
    messaging.enqueue(kind, key=key, customer_id=debit.customer_id, about_id=debit.pk, now=now)
