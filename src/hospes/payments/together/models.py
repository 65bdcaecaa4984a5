"""Which invoices a payment is of, where it is of several."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel.datamap import TAX_LAW, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.payments.models import Payment


class PaymentShare(MappedModel):
    """
    What of a payment is for one of its invoices: `cents` as it was open when the payment began, `paid_cents` as it was booked.

    A payment of several invoices has nothing in its own `invoice`; its shares add up to it (held by a trigger at the end of the
    transaction).
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="shares", verbose_name=_("payment"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="payment_shares", verbose_name=_("invoice")
    )
    cents = models.PositiveBigIntegerField(_("amount"))
    paid_cents = models.PositiveBigIntegerField(_("paid"), default=0)

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_paymentshare"
        verbose_name = _("part of a payment of several invoices")
        constraints = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="one_share_per_payment_and_invoice"),
            models.CheckConstraint(
                name="share_is_paid_no_more_than_it_is", condition=Q(cents__gt=0, paid_cents__lte=F("cents"))
            ),
        ]

    datamap = row(
        plain("id", "payment", "invoice", writes=()) | personal(Category.PAYMENT, "customer", "cents", writes=())
        | personal(Category.PAYMENT, "paid_cents"),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING.own}, writes={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip
