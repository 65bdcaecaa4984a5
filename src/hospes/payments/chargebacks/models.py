"""Money that the bank of who paid took back, and what that opens again."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel.datamap import TAX_LAW, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.payments.models import Payment

_KEEP = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)


class Chargeback(MappedModel):
    """
    What was taken back of a payment; once for each of the provider's references.

    Of `cents`, `from_balance_cents` came from what the customer had with us, what the parts say opened invoices again, and
    `rest_cents` can do neither: it was paid back before (to be collected by a colleague, who says so with `settled_on`).
    """

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="chargebacks", verbose_name=_("customer")
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="chargebacks", verbose_name=_("payment")
    )
    reference = models.CharField(_("reference at the provider"), max_length=40, unique=True)
    cents = models.PositiveBigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=20, blank=True)
    charged_at = models.DateTimeField(_("charged back at"))
    booked_at = models.DateTimeField(_("booked at"))
    from_balance_cents = models.PositiveBigIntegerField(_("of the balance"), default=0)
    rest_cents = models.PositiveBigIntegerField(_("still to be collected"), default=0)
    reversed_at = models.DateTimeField(_("given back after all at"), null=True)
    settled_on = models.DateField(_("collected on"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_chargeback"
        verbose_name = _("chargeback")
        constraints = [
            models.CheckConstraint(name="chargeback_is_of_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="chargeback_is_not_more_than_its_parts",
                condition=Q(cents__gte=F("from_balance_cents") + F("rest_cents")),
            ),
            models.CheckConstraint(
                name="settled_chargeback_had_a_rest", condition=Q(settled_on=None) | Q(rest_cents__gt=0)
            ),
        ]
        indexes = [
            models.Index(fields=["charged_at", "id"], condition=Q(reversed_at=None), name="chargebacks_that_stand")
        ]  # fmt: skip

    datamap = row(
        plain("id", "payment", "reference", "booked_at", writes=())
        | personal(Category.PAYMENT, "customer", "cents", "charged_at", "reason", writes=(), source=Source.PROVIDER)
        | personal(Category.PAYMENT, "from_balance_cents", "rest_cents")
        | personal(Category.PAYMENT, "reversed_at", source=Source.PROVIDER)
        | personal(Category.PAYMENT, "settled_on"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING}, writes={Purpose.BILLING},
        keep=_KEEP,
    )  # fmt: skip


class ChargebackPart(MappedModel):
    """What a chargeback takes off what was paid of an invoice, and by how much that opened it again."""

    chargeback = models.ForeignKey(
        Chargeback, models.PROTECT, related_name="parts", verbose_name=_("chargeback")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="chargeback_parts", verbose_name=_("invoice")
    )
    cents = models.PositiveBigIntegerField(_("amount"))
    opened_cents = models.PositiveBigIntegerField(_("open again"))

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_chargebackpart"
        verbose_name = _("part of a chargeback")
        constraints = [
            models.UniqueConstraint(fields=["chargeback", "invoice"], name="one_part_per_chargeback_and_invoice"),
            models.CheckConstraint(
                name="chargeback_part_opens_no_more_than_it_is", condition=Q(cents__gt=0, opened_cents__lte=F("cents"))
            ),
        ]  # fmt: skip

    datamap = row(
        plain("id", "chargeback", "invoice") | personal(Category.PAYMENT, "customer", "cents", "opened_cents"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING}, keep=_KEEP,
    )  # fmt: skip
