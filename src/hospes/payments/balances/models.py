"""What a customer has with us: the sum of its entries, which are only added to; never below zero."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import TAX_LAW, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient
from hospes.payments.models import Payment

_KEEP = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)


class Balance(MappedModel):
    """How much a customer has with us now; written by the trigger of the entries alone, so that it is always their sum."""

    customer = models.OneToOneField(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    cents = models.BigIntegerField(_("balance"), default=0)

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_balance"
        verbose_name = _("balance")
        constraints = [
            models.CheckConstraint(name="balance_is_never_below_zero", condition=Q(cents__gte=0)),
        ]
        indexes = [
            models.Index(fields=["customer"], condition=Q(cents__gt=0), name="customers_with_a_balance")
        ]

    datamap = row(
        plain("id") | personal(Category.PAYMENT, "customer", "cents"),
        key="customer_id", reads={Purpose.BILLING}, keep=_KEEP,
    )  # fmt: skip


class BalanceEntry(MappedModel):
    """What came to a balance (above zero) or went from it; `origin` is what it is of: booked once, ever."""

    class Kind(models.TextChoices):
        SURPLUS = "surplus", _("paid more than was open")
        SET_OFF = "set_off", _("set off with an invoice")
        PAID_BACK = "paid_back", _("paid back")
        UNDONE = "undone", _("set off with an invoice, undone")
        KEPT = "kept", _("not paid back after all")
        CREDITED = "credited", _("given back with a credit note")
        CHARGED_BACK = "charged_back", _("taken back by the bank")
        RETURNED = "returned", _("given back by the bank after all")
        CORRECTED = "corrected", _("taken off: it was for something else")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    kind = models.CharField(_("what it is"), max_length=12, choices=Kind.choices)
    cents = models.BigIntegerField(_("amount"))
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, related_name="+", verbose_name=_("payment")
    )
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="+", verbose_name=_("invoice")
    )
    origin = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField(_("at"))

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_balanceentry"
        verbose_name = _("change of the balance")
        constraints = [
            models.CheckConstraint(name="balance_changes_by_something", condition=~Q(cents=0)),
            models.CheckConstraint(
                name="balance_change_has_its_sign",
                condition=Q(kind__in=["surplus", "undone", "kept", "credited", "returned"], cents__gt=0)
                | Q(kind__in=["set_off", "paid_back", "charged_back", "corrected"], cents__lt=0),
            ),
        ]
        indexes = [models.Index(F("customer"), F("id").desc(), name="changes_of_a_balance")]

    datamap = row(
        plain("id", "payment", "invoice", "origin") | personal(Category.PAYMENT, "customer", "kind", "cents", "at"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING}, keep=_KEEP,
    )  # fmt: skip


#: States of money of a balance that is on its way out.
ON_ITS_WAY = ("requested", "sent", "failed")


class PayoutWish(MappedModel):
    """A customer asked to have the balance paid back, or a colleague for them; what is there at that moment goes, once."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    seen_to_at = models.DateTimeField(null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_payoutwish"
        verbose_name = _("wish to have the balance paid back")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(seen_to_at=None), name="one_payout_wish_at_a_time"
            ),
        ]

    datamap = row(
        plain("id", writes=()) | plain("seen_to_at")
        | personal(Category.CHOICES, "customer", "asked_at", source=Source.PERSON, writes=())
        | personal(Category.CHOICES, "person", names_others=True, source=Source.PERSON, writes=()),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING, Purpose.BILLING.own}, writes={Purpose.BILLING},
        keep=_KEEP,
    )  # fmt: skip


class Payout(MappedModel):
    """
    Money of a balance that goes back: through the payment that it came with, or (`failed`, or of none) by hand.

    It left the balance when it was planned; in the ledger it leaves when it was paid.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("to be sent")
        SENT = "sent", _("under way")
        DONE = "done", _("paid back")
        FAILED = "failed", _("to be paid back by hand")
        WITHDRAWN = "withdrawn", _("not paid back after all")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    wish = models.ForeignKey(PayoutWish, models.PROTECT, related_name="payouts")
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, related_name="payouts", verbose_name=_("payment")
    )
    cents = models.PositiveBigIntegerField(_("amount"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.REQUESTED)
    reference = models.CharField(_("reference at the provider"), max_length=40, blank=True)
    idempotency_key = models.CharField(max_length=60, unique=True)
    due_on = models.DateField(_("to be paid by"))
    requested_at = models.DateTimeField(_("begun at"))
    done_at = models.DateTimeField(_("paid back at"), null=True)
    paid_on = models.DateField(_("paid by hand on"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_payout"
        verbose_name = _("balance paid back")
        constraints = [
            models.UniqueConstraint(
                fields=["wish", "payment"], nulls_distinct=False, name="one_payout_per_wish_and_payment"
            ),
            models.CheckConstraint(name="payout_is_of_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="done_payout_says_when", condition=~Q(state="done") | Q(done_at__isnull=False)
            ),
            models.CheckConstraint(
                name="payout_of_no_payment_is_by_hand",
                condition=Q(payment__isnull=False)
                | Q(state__in=["failed", "withdrawn"])
                | Q(paid_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"], condition=Q(state__in=ON_ITS_WAY), name="payouts_on_their_way"
            )
        ]

    datamap = row(
        plain("id", "wish", "payment", "idempotency_key", writes=()) | plain("reference")
        | personal(Category.PAYMENT, "customer", "due_on", "requested_at", writes=())
        | personal(Category.PAYMENT, "cents", writes=(), to=[Recipient.PAYMENT_PROVIDER])
        | personal(Category.PAYMENT, "state", "done_at", "paid_on"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING}, writes={Purpose.BILLING},
        keep=_KEEP,
    )  # fmt: skip
