"""
Mandates: signed by the customer within their own rows, ended by whom it concerns.

A customer's own session signs and withdraws; all else acts for billing.
"""

import re
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer
from hospes.kernel import clock, journal
from hospes.messaging import services as messaging
from hospes.messaging.models import Message
from hospes.payments.debits import files, rules, words
from hospes.payments.debits.models import Debit, Mandate, MandateAccount
from hospes.sales.models import Order

journal.register({
    "mandate.signed": _("Mandate for direct debit signed"), "mandate.ended": _("Mandate for direct debit ended"),
})  # fmt: skip


#: What happened longer ago than this was told, or is not worth telling any more.
TOLD_WITHIN: Final = timedelta(days=60)


class MandateRefused(Exception):
    """The mandate cannot be signed; `field` is what is wrong, the message fit to show to the customer."""

    def __init__(self, said: object, field: str = "") -> None:
        super().__init__(str(said))
        self.field = field


def is_offered() -> bool:
    """Whether the operator collects by direct debit."""
    return bool(settings.HOSPES_DIRECT_DEBIT.is_offered)


def may_sign(customer_id: int) -> bool:
    """Whether a customer may give an account number: once an order was paid (P13), which the database holds as well."""
    return Order.objects.filter(customer_id=customer_id, paid_at__isnull=False).exists() or _has_paid(
        customer_id
    )


def _has_paid(customer_id: int) -> bool:
    from hospes.billing.models import Invoice

    paid = Invoice.objects.filter(customer_id=customer_id, paid_cents__gt=0)
    return paid.exclude(paid_with="written_off").exists()  # of that nothing came in


def active(customer_id: int) -> Mandate | None:
    """The mandate of a customer that is in force."""
    return Mandate.objects.filter(customer_id=customer_id, state=Mandate.State.ACTIVE).first()


@transaction.atomic
def sign(
    *, customer_id: int, person_id: int, holder: str, iban: str, language: str, ip: str | None, now: datetime
) -> Mandate:
    """
    Have a customer sign a mandate, within their own rows: it is kept with its proof, and confirmed by mail.

    Raises MandateRefused: before a successful order, with one in force, or for an account number that is none.
    """
    if not is_offered() or not may_sign(customer_id):
        raise MandateRefused(_("Direct debit is possible once you have paid an order."))
    try:
        number = rules.account_number(iban)
    except ValueError:
        raise MandateRefused(
            _("This is no account number (IBAN) that we can collect from."), "iban"
        ) from None
    if not re.search("[A-Za-z]", files.readable(holder)):
        raise MandateRefused(_("Give the name of the account holder as your bank knows it."), "holder")
    mandate = _drafted(customer_id, " ".join(holder.split())[:70], number, language, now)
    mandate.signed_by_id, mandate.ip = person_id, ip
    try:
        with transaction.atomic():
            mandate.save(force_insert=True)
            MandateAccount.objects.create(mandate_id=mandate.pk, customer_id=customer_id, iban=number)
    except IntegrityError as error:
        if "one_active_mandate" not in str(error) and "reference" not in str(error):
            raise
        raise MandateRefused(
            _("There is a mandate already. Withdraw that one first, to give another account.")
        ) from None
    _noted("mandate.signed", mandate, now, ["holder", "account"])
    return mandate


def _drafted(customer_id: int, holder: str, iban: str, language: str, now: datetime) -> Mandate:
    operator = settings.HOSPES_OPERATOR
    number = Customer.objects.values_list("number", flat=True).get(pk=customer_id)
    count = Mandate.objects.filter(customer_id=customer_id).count()
    mandate = Mandate(
        customer_id=customer_id, reference=f"M{number}-{count + 1}", creditor_id=settings.HOSPES_DIRECT_DEBIT.creditor_id,
        creditor_name=operator.name, creditor_address=", ".join([*operator.address_lines, operator.country]), holder=holder,
        account=rules.masked(iban), signed_at=now, signed_on=clock.day_of(now), language=language, text_version=words.VERSION,
    )  # fmt: skip
    mandate.text_sha256 = words.digest(text_of(mandate, iban))
    return mandate


def text_of(mandate: Mandate, iban: str) -> str:
    """What the customer signed, with the account number as it is given."""
    return words.mandate_text(mandate.text_version, mandate.language, {
        "creditor": mandate.creditor_name, "address": mandate.creditor_address, "creditor_id": mandate.creditor_id,
        "reference": mandate.reference, "holder": mandate.holder, "iban": iban, "signed_on": mandate.signed_on.isoformat(),
    })  # fmt: skip


def is_as_signed(mandate: Mandate, iban: str) -> bool:
    """Whether the mandate and its account number are those that were signed, by the hash of the text."""
    return words.digest(text_of(mandate, iban)) == mandate.text_sha256


# --- its end --------------------------------------------------------------------------------------------------------------


def withdraw(*, customer_id: int, now: datetime) -> Mandate | None:
    """Have a customer withdraw their mandate, within their own rows: nothing is collected any more. None when there is none."""
    mandate = active(customer_id)
    return mandate if mandate is not None and end(mandate_id=mandate.pk, why="withdrawn", now=now) else None


@transaction.atomic
def end(*, mandate_id: int, why: str, now: datetime, code: str = "") -> bool:
    """End a mandate; False when it was ended already. `why` is one of ENDS, `code` the bank's reason."""
    held = Mandate.objects.filter(pk=mandate_id, state=Mandate.State.ACTIVE)
    values = {"state": Mandate.State.ENDED, "ended_at": now, "ended_why": why}
    if not held.update(**values, **({"ended_code": code} if code else {})):
        return False
    mandate = Mandate.objects.get(pk=mandate_id)
    _noted("mandate.ended", mandate, now, ["state", "ended_why"])
    return True


def lapse(*, today: date, now: datetime) -> int:
    """
    End the mandates with which nothing was collected for 36 months; returns how many.

    One by which the bank is collecting just now is used by that, so it stays until it is known what comes of it.
    """
    return _lapse(Mandate.objects.filter(signed_on__lte=today), today, now)


def lapse_before(day: date, *, now: datetime) -> int:
    """End the mandates of what was announced for this day or before it that are over on this day: no file is in time for them."""
    waiting = Debit.objects.filter(state=Debit.State.ANNOUNCED, collect_on__lte=day)
    return _lapse(Mandate.objects.filter(pk__in=waiting.values("mandate_id")), day, now)


def _lapse(some: QuerySet[Mandate], day: date, now: datetime) -> int:
    at_the_bank = Debit.objects.filter(
        mandate_id=OuterRef("pk"), state__in=[Debit.State.BATCHED, Debit.State.SUBMITTED]
    )
    ended = 0
    for mandate in some.filter(~Exists(at_the_bank), state=Mandate.State.ACTIVE).order_by("pk").iterator():
        last = rules.lapses_on(signed_on=mandate.signed_on, last_used_on=mandate.last_used_on)
        ended += last <= day and end(mandate_id=mandate.pk, why="lapsed", now=now)
    return ended


def _noted(action: str, mandate: Mandate, now: datetime, changed: list[str]) -> None:
    journal.record(action, at=now, table="debits_mandate", object_id=mandate.pk, customer_id=mandate.customer_id,
                   changed=changed)  # fmt: skip


def tell(*, now: datetime) -> None:
    """
    Have the customers mailed whose mandate was signed or ended, once for each.

    Not where it happens: a customer's own session writes no messages for billing.
    """
    since = now - TOLD_WITHIN
    for kind, mandates in (
        ("debits.mandate_signed", Mandate.objects.filter(signed_at__gt=since)),
        ("debits.mandate_ended", Mandate.objects.filter(ended_at__gt=since)),
    ):
        told = Message.objects.filter(key=Concat(Value(f"{kind}:"), Cast(OuterRef("pk"), CharField())))
        untold = mandates.filter(~Exists(told)).order_by("pk")
        about = [(f"{kind}:{each.pk}", each.customer_id, each.pk) for each in untold]
        messaging.enqueue_each(kind, about, now=now)
