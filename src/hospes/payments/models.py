"""Payments at the provider, the notices that came about them, and the account that was paid from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.billing.words import method_words
from hospes.customers.models import Customer
from hospes.kernel.datamap import (
    TAX_LAW,
    Category,
    Event,
    Keep,
    Source,
    Then,
    personal,
    plain,
    row,
    technical,
)
from hospes.kernel.derived import declare_function
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient
from hospes.sales.models import Order

#: States of which it is not yet known how they end, and those of a payment that is, or may yet be, the order's only one.
UNDECIDED = ("open", "pending")
LIVE = (*UNDECIDED, "paid")
#: States of a payment of which the money is here.
CAME_IN = ("paid", "surplus")


class Payment(MappedModel):
    """
    A payment of an order, or of an open invoice, at the provider. Of one only one can be alive, so it is not paid twice.

    Should it be all the same (the provider's word is the truth), the second one is booked as surplus: money is never lost.
    Of an invoice `surplus_cents` is what came in more than was still open by then; of one that is all surplus, what came in where
    that is not what was asked.

    `state` is what the provider said of it. `replaced_at` is ours: the customer wants another one instead, or paid with
    another one; from then on it is not the live one, but is looked up until it is over like any other. `refusal` is why the
    provider did not take it at all.

    `idempotency_key` goes with the request that makes it at the provider; a request that broke off is repeated with it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PENDING = "pending", _("being handled")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed")
        CANCELED = "canceled", _("cancelled")
        EXPIRED = "expired", _("expired")
        SURPLUS = "surplus", _("paid while the order was paid already: to be paid back")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="payments", verbose_name=_("customer")
    )
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, related_name="payments", verbose_name=_("order")
    )
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="payments", verbose_name=_("invoice")
    )
    reference = models.CharField(
        _("reference at the provider"), max_length=255, null=True, unique=True
    )  # null until known
    idempotency_key = models.CharField(max_length=60, unique=True)
    cents = models.PositiveBigIntegerField(_("amount"))
    surplus_cents = models.PositiveBigIntegerField(_("more than was open"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    method = models.CharField(_("paid with"), max_length=20, blank=True)
    checkout_url = models.URLField(max_length=2000, blank=True)
    created_at = models.DateTimeField(_("begun at"))
    paid_at = models.DateTimeField(_("paid at"), null=True)
    replaced_at = models.DateTimeField(_("let go of at"), null=True)
    refusal = models.CharField(_("why it was refused"), max_length=200, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("payment")
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=LIVE, replaced_at=None),
                name="one_live_payment_per_order",
            ),
            # What was paid of an invoice may have been a part of it: then the next one is for the rest.
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(state__in=UNDECIDED, replaced_at=None),
                name="one_live_payment_per_invoice",
            ),
            models.CheckConstraint(
                name="payment_is_of_an_order_or_of_invoices",  # of several: see `together`
                condition=Q(order=None) | Q(invoice=None),
            ),
            models.CheckConstraint(
                name="surplus_is_of_what_came_in", condition=Q(surplus_cents=0) | Q(state__in=CAME_IN)
            ),
            models.CheckConstraint(
                name="paid_payment_is_the_live_one", condition=~Q(state="paid") | Q(replaced_at=None)
            ),
            models.CheckConstraint(
                name="refused_payment_is_over", condition=Q(refusal="") | Q(state="failed")
            ),
            models.CheckConstraint(
                name="paid_payment_says_when", condition=~Q(state="paid") | Q(paid_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state="surplus") | Q(surplus_cents__gt=0),
                name="payments_to_be_paid_back",
            )
        ]

    datamap = row(
        plain("id", "order", "invoice", "idempotency_key")
        | plain("checkout_url", "reference", "replaced_at", writes={Purpose.BILLING, Purpose.BILLING.own})
        | personal(Category.PAYMENT, "customer", "cents", "created_at", to=[Recipient.PAYMENT_PROVIDER], writes=())
        | personal(Category.PAYMENT, "state", "paid_at", "surplus_cents")
        | personal(Category.PAYMENT, "refusal", source=Source.PROVIDER)
        | personal(Category.PAYMENT, "method", source=Source.PROVIDER, words=method_words),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING, Purpose.BILLING.own},
        writes={Purpose.BILLING}, keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip

    @property
    def surplus(self) -> int:
        """How much of what came in was more than was owed, in cents: all of it, where it paid nothing."""
        return self.surplus_cents or (self.cents if self.state == Payment.State.SURPLUS else 0)

    @property
    def is_part(self) -> bool:
        """Whether less came in than was asked for the order, so that it is not paid by that."""
        return self.state == Payment.State.SURPLUS and 0 < self.surplus_cents < self.cents


# A customer's own session says of no payment how it ended, but for this: one that was not made at the provider is over.
declare_function("payments_give_up(bigint,text)", {Purpose.BILLING.own})
# Nor what becomes of an order, but for this: one of their own that waits for its payment is cancelled.
declare_function("payments_cancel_order(bigint,timestamp with time zone)", {Purpose.BILLING.own})


class PaidFrom(MappedModel):
    """The account that a payment came from; the database takes it only once the payment succeeded (P13)."""

    payment = models.OneToOneField(
        Payment, models.PROTECT, related_name="paid_from", verbose_name=_("payment")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    holder = models.CharField(_("account holder"), max_length=160)
    account = models.CharField(_("account number"), max_length=254)
    stored_at = models.DateTimeField(_("stored at"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("account that you paid from")

    datamap = row(
        plain("id", "payment", "stored_at") | personal(Category.PAYMENT, "customer", "holder", "account", source=Source.PROVIDER),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


class TransferTo(MappedModel):
    """
    Where a payment is to be transferred to, as the provider said when that way was chosen: its own account, and a reference.

    `until` is the last day on which the provider waits for it.
    """

    payment = models.OneToOneField(
        Payment, models.PROTECT, related_name="transfer", verbose_name=_("payment")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    name = models.CharField(_("in the name of"), max_length=140)
    account = models.CharField(_("account of the payment provider"), max_length=34)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    reference = models.CharField(_("what to mention"), max_length=40)
    until = models.DateField(_("until"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("where to transfer a payment to")

    datamap = row(
        plain("id", "payment", "name", "account", "bic")
        | personal(Category.PAYMENT, "customer", "reference", "until", source=Source.PROVIDER),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


class Refund(MappedModel):
    """
    Money of a credit note that goes back to who paid; one for each payment that it comes from, and one for what came another way.

    `waits`: a colleague caused it, and another one has to agree first (`approvals`). `failed`: the provider will not or could not
    do it, or no payment of it is known; then a colleague pays it back by hand (`paid_on`), at the latest on `due_on`.
    `idempotency_key` makes it one refund at the provider, ever.
    While it waits for a colleague `cents` gets less by what a bank took back of it (`taken_back`: a row of its own).
    """

    class State(models.TextChoices):
        WAITS = "waits", _("waits for a second colleague")
        REQUESTED = "requested", _("to be sent")
        SENT = "sent", _("under way")
        DONE = "done", _("paid back")
        FAILED = "failed", _("to be paid back by hand")

    class Reason(models.TextChoices):
        NO_PAYMENT = "no_payment", _("it was not paid through the payment provider")
        REFUSED = "refused", _("the payment provider does not pay it back")
        BOUNCED = "bounced", _("the money did not arrive")
        TAKEN_BACK = "taken_back", _("the customer’s bank took it back already")
        DECLINED = "declined", _("a colleague did not agree that it goes back by itself")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="refunds", verbose_name=_("customer"))
    credit_note = models.ForeignKey(
        Invoice, models.PROTECT, related_name="refunds", verbose_name=_("credit note")
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, related_name="refunds", verbose_name=_("payment")
    )
    cents = models.PositiveBigIntegerField(_("amount"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.REQUESTED)
    reason = models.CharField(_("why by hand"), max_length=10, choices=Reason.choices, blank=True)
    reference = models.CharField(_("reference at the provider"), max_length=40, blank=True)
    idempotency_key = models.CharField(max_length=60, unique=True)
    due_on = models.DateField(_("to be paid by"))
    requested_at = models.DateTimeField(_("begun at"))
    sent_at = models.DateTimeField(_("under way since"), null=True)
    done_at = models.DateTimeField(_("paid back at"), null=True)
    paid_on = models.DateField(_("paid by hand on"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("money paid back")
        constraints = [
            # What a bank took back of it is a row of its own for each chargeback.
            models.UniqueConstraint(
                fields=["credit_note", "payment"],
                condition=~Q(("reason", "taken_back")),
                nulls_distinct=False,
                name="one_refund_per_credit_note_and_payment",
            ),
            models.CheckConstraint(name="money_paid_back_is_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="failed_refund_says_why", condition=~Q(state="failed") | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="done_refund_says_when", condition=~Q(state="done") | Q(done_at__isnull=False)
            ),
            models.CheckConstraint(
                name="sent_refund_has_a_reference",
                condition=~Q(state__in=["sent", "done"]) | ~Q(reference="") | Q(paid_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state__in=["requested", "sent"]), name="refunds_under_way"
            ),
            models.Index(fields=["due_on", "id"], condition=Q(state="failed"), name="refunds_by_hand"),
        ]

    datamap = row(
        plain("id", "payment", "idempotency_key", writes=())
        | plain("reference")
        | personal(Category.PAYMENT, "customer", "credit_note", "due_on", "requested_at", writes=())
        | personal(Category.PAYMENT, "cents", to=[Recipient.PAYMENT_PROVIDER])
        | personal(Category.PAYMENT, "state", "reason", "sent_at", "done_at", "paid_on"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING}, writes={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


class Notice(models.Model):
    """A hint from the provider that something about a payment changed. Stored once, then the truth is fetched."""

    reference = models.CharField(max_length=255)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference"], condition=Q(applied_at=None), name="one_notice_waiting_per_payment"
            )
        ]

    # Written before anybody knows whose payment it is.
    datamap = technical(
        "id",
        "reference",
        "received_at",
        "applied_at",
        logins={"portal", "worker"},
        purposes={Purpose.BILLING},
    )
