"""Payments at the provider, the notices that came about them, and the account that was paid from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

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
    A payment of an order at the provider. Of one order only one can be alive, so it is not paid twice.

    Should it be all the same (the provider's word is the truth), the second one is booked as surplus: money is never lost.

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
    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    reference = models.CharField(
        _("reference at the provider"), max_length=40, null=True, unique=True
    )  # null until known
    idempotency_key = models.CharField(max_length=60, unique=True)
    cents = models.PositiveBigIntegerField(_("amount"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    method = models.CharField(_("paid with"), max_length=20, blank=True)
    checkout_url = models.URLField(max_length=500, blank=True)
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
        indexes = [models.Index(fields=["id"], condition=Q(state="surplus"), name="payments_to_be_paid_back")]

    datamap = row(
        plain("id", "order", "idempotency_key")
        | plain("checkout_url", "reference", "replaced_at", writes={Purpose.BILLING, Purpose.BILLING.own})
        | personal(Category.PAYMENT, "customer", "cents", "created_at", to=[Recipient.PAYMENT_PROVIDER], writes=())
        | personal(Category.PAYMENT, "state", "paid_at")
        | personal(Category.PAYMENT, "refusal", source=Source.PROVIDER)
        | personal(Category.PAYMENT, "method", source=Source.PROVIDER, words=method_words),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING.own}, writes={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


# A customer's own session says of no payment how it ended, but for this: one that was not made at the provider is over.
declare_function("payments_give_up(bigint,text)", {Purpose.BILLING.own})


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


class Notice(models.Model):
    """A hint from the provider that something about a payment changed. Stored once, then the truth is fetched."""

    reference = models.CharField(max_length=40)
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
