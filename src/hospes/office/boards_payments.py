"""The boards of the work list about payments at the provider: what was taken back."""

from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hospes.faces.words import euro
from hospes.kernel.purposes import Purpose
from hospes.office.piles import Board, Item, Rows
from hospes.payments.approvals.models import Decision
from hospes.payments.balances.models import Payout
from hospes.payments.bank.words import return_words
from hospes.payments.chargebacks.models import Chargeback, ChargebackPart
from hospes.payments.models import Payment
from hospes.payments.reconciling.models import Difference
from hospes.payments.reconciling.words import about_words
from hospes.sales.models import Order


def _taken_back(now: datetime) -> Any:
    """What stands, and of which something is still open: on an invoice, or to be collected by hand."""
    of_open = ChargebackPart.objects.filter(
        chargeback_id=OuterRef("pk"),
        invoice__paid_cents__lt=F("invoice__total_cents") - F("invoice__credited_cents"),
    )
    return Chargeback.objects.filter(Q(rest_cents__gt=0, settled_on=None) | Exists(of_open), reversed_at=None)


def _taken_back_item(row: Chargeback) -> Item:
    page = reverse("office:chargeback", args=[row.pk])
    return Item(
        row.pk, row.charged_at.isoformat(), row.reference, row.charged_at, row.cents,
        detail=return_words(row.reason), page=page,
    )  # fmt: skip


def _pay_outs(now: datetime) -> Any:
    return Payout.objects.filter(state=Payout.State.FAILED)


def _pay_out_item(row: Payout) -> Item:
    page = reverse("office:payout", args=[row.pk])
    return Item(
        row.pk, row.due_on.isoformat(), gettext("a balance"), row.due_on, row.cents, page=page, is_due=True
    )


def _to_decide(now: datetime) -> Any:
    return Decision.objects.filter(state=Decision.State.ASKED)


def _to_decide_item(row: Decision) -> Item:
    page = reverse("office:decision", args=[row.pk])
    return Item(
        row.pk,
        row.asked_at.isoformat(),
        row.get_kind_display(),
        row.asked_at,
        row.cents,
        detail=row.reason,
        page=page,
    )


def _differences(now: datetime) -> Any:
    return Difference.objects.filter(closed_at=None)


def _difference_item(row: Difference) -> Item:
    page = reverse("office:difference", args=[row.pk])
    return Item(
        row.pk, row.first_seen_at.isoformat(), row.get_kind_display(), row.day, row.amount or None,
        detail=about_words(row.about), page=page,
    )  # fmt: skip


def _in_part(now: datetime) -> Any:
    """What came in for orders that still wait for their payment."""
    of_waiting = Order.objects.filter(pk=OuterRef("order_id"), state=Order.State.AWAITING_PAYMENT)
    return Payment.objects.with_related("order").filter(
        Exists(of_waiting), state=Payment.State.SURPLUS, surplus_cents__gt=0, surplus_cents__lt=F("cents")
    )


def _in_part_item(row: Payment) -> Item:
    paid_at = row.paid_at or row.created_at
    return Item(
        row.pk, paid_at.isoformat(), row.order.number if row.order else "", paid_at, row.surplus,
        detail=gettext("%(sum)s was asked") % {"sum": euro(row.cents)},
    )  # fmt: skip


PAYMENT_BOARDS: Final = (
    Board(
        "deels-betaald", Purpose.BILLING, False, _("Orders of which too little came in"),
        _("The payment provider had less than was asked, so the order is not paid; what came in is the balance of the customer,"
          " who was told. Call when it stays like that. Once the order is paid or cancelled it is off this list."),
        Rows(_in_part, _in_part_item, order="paid_at"),
    ),
    Board(
        "aansluiting", Purpose.BILLING, True, _("What does not agree between books, payment provider and bank"),
        _("Found when a day was compared. On its page you see both amounts and what to do. Once it agrees it is off this list by"
          " itself; if it is right as it is, say why."),
        Rows(_differences, _difference_item, order="first_seen_at"),
    ),
    Board(
        "tweede-paar-ogen", Purpose.BILLING, False, _("Decisions that wait for a second colleague"),
        _("A colleague wants to pay back or write off more than one may decide alone. Look at it, and approve or refuse"
          " it; who asked cannot."),
        Rows(_to_decide, _to_decide_item, order="asked_at"),
    ),
    Board(
        "terug-te-betalen", Purpose.BILLING, False, _("Balances to be paid back by hand"),
        _("A customer asked to have back what they paid too much, and the payment provider cannot do it. Transfer it from the"
          " bank on the day shown at the latest, and write down when you did."),
        Rows(_pay_outs, _pay_out_item, order="due_on"),
    ),
    Board(
        "teruggeboekt", Purpose.BILLING, True, _("Payments that were taken back"),
        _("The customer's bank took the money back. The customer was told, with a link to pay again. Call when you do not know"
          " why: perhaps something is wrong with the invoice."),
        Rows(_taken_back, _taken_back_item, order="charged_at"),
    ),
)  # fmt: skip
