"""
Leave to collect later invoices by themselves, as the provider keeps it, and what is collected by it.

No account number is here: the provider has it, and after the first payment `PaidFrom`. Triggers hold what no constraint can
(`guards`): no leave without a payment that was made (P13), and nothing is collected once it ended.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.billing.words import method_words
from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import TAX_LAW, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.payments.models import Payment

_KEEP = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)

#: States of a collection that may yet take money.
LIVE = ("announced", "begun")


class Payer(MappedModel):
    """What the provider calls a customer; it is told no name and no address."""

    customer = models.OneToOneField(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    reference = models.CharField(_("reference at the provider"), max_length=40, unique=True)
    made_at = models.DateTimeField(_("made at"))

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_payer"
        verbose_name = _("customer at the payment provider")

    datamap = row(
        plain("id", "made_at") | personal(Category.PAYMENT, "customer", "reference", source=Source.PROVIDER),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING.own}, keep=_KEEP,
    )  # fmt: skip


class CollectWish(MappedModel):
    """Who paid asked with this payment that later invoices are collected by themselves; `words` is the text that they ticked."""

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="wish", verbose_name=_("payment"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    words = models.CharField(_("what was ticked"), max_length=300)
    asked_at = models.DateTimeField(_("asked at"))

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_collectwish"
        verbose_name = _("wish to have invoices collected")

    datamap = row(
        plain("id", "payment")
        | personal(Category.CHOICES, "customer", "words", "asked_at", source=Source.PERSON)
        | personal(Category.CHOICES, "person", names_others=True, source=Source.PERSON),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING.own}, keep=_KEEP,
    )  # fmt: skip


class ProviderMandate(MappedModel):
    """Leave to collect, given with a first payment; until somebody ends it."""

    class State(models.TextChoices):
        ACTIVE = "active", _("in force")
        ENDED = "ended", _("ended")

    class Why(models.TextChoices):
        CUSTOMER = "customer", _("ended by the customer")
        REPLACED = "replaced", _("another one was given")
        PROVIDER = "provider", _("ended at the bank or the payment provider")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="+", verbose_name=_("first payment"))
    reference = models.CharField(_("reference at the provider"), max_length=40, unique=True)
    method = models.CharField(_("way of paying"), max_length=20)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    given_at = models.DateTimeField(_("given at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_why = models.CharField(_("why it stopped"), max_length=10, choices=Why.choices, blank=True)
    revoked_at = models.DateTimeField(null=True)  # when the provider heard of it

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_providermandate"
        verbose_name = _("leave to collect invoices")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state="active"), name="one_leave_to_collect_per_customer"
            ),
            models.CheckConstraint(
                name="ended_leave_says_when_and_why",
                condition=Q(state="active", ended_at=None, ended_why="")
                | Q(state="ended", ended_at__isnull=False) & ~Q(ended_why=""),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state="ended", revoked_at=None), name="leaves_to_be_revoked"
            )
        ]

    datamap = row(
        plain("id", "payment", writes=()) | plain("revoked_at", writes={Purpose.BILLING})
        | personal(Category.PAYMENT, "customer", "given_at", writes=())
        | personal(Category.PAYMENT, "reference", writes=(), source=Source.PROVIDER)
        | personal(Category.PAYMENT, "method", writes=(), source=Source.PROVIDER, words=method_words)
        | personal(Category.PAYMENT, "state", "ended_at", "ended_why"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING},
        writes={Purpose.BILLING, Purpose.BILLING.own}, keep=_KEEP,
    )  # fmt: skip


class Collection(MappedModel):
    """
    An invoice that is collected by itself: announced to the customer, then asked of the provider, then paid or not.

    Never more than was announced (`cents`), nor before `collect_on`. One that failed is not tried again.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        BEGUN = "begun", _("being collected")
        PAID = "paid", _("collected")
        FAILED = "failed", _("could not be collected")
        WITHDRAWN = "withdrawn", _("not collected after all")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="collections", verbose_name=_("invoice")
    )
    mandate = models.ForeignKey(ProviderMandate, models.PROTECT, related_name="collections")
    payment = models.OneToOneField(
        Payment, models.PROTECT, null=True, related_name="collection", verbose_name=_("payment")
    )
    cents = models.PositiveBigIntegerField(_("amount"))
    collect_on = models.DateField(_("collected on"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ANNOUNCED)
    announced_at = models.DateTimeField(_("announced at"))
    begun_at = models.DateTimeField(_("begun at"), null=True)
    over_at = models.DateTimeField(_("ended at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_collection"
        verbose_name = _("invoice that is collected")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(state__in=LIVE), name="one_live_collection_per_invoice"
            ),
            models.CheckConstraint(name="collection_is_of_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="begun_collection_has_its_payment",
                condition=Q(state__in=["announced", "withdrawn"], payment=None)
                | Q(state__in=["begun", "paid", "failed"], payment__isnull=False, begun_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["collect_on", "id"], condition=Q(state__in=LIVE), name="collections_to_come")
        ]

    datamap = row(
        plain("id", "mandate", writes=()) | plain("payment", writes={Purpose.BILLING})
        | personal(Category.PAYMENT, "customer", "invoice", writes=())
        | personal(Category.PAYMENT, "cents", "collect_on", "announced_at", "begun_at", writes={Purpose.BILLING})
        | personal(Category.PAYMENT, "state", "over_at"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING},
        writes={Purpose.BILLING, Purpose.BILLING.own}, keep=_KEEP,
    )  # fmt: skip
