"""How a customer wants to be invoiced."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose


class InvoiceSettings(MappedModel):
    """
    How a customer wants to be invoiced; without a row all on one invoice, by the operator's own term.

    `term_days`: within how many days an invoice is to be paid, None for the operator's own term; only staff may say so (a trigger
    holds the portal's login to it). `reference` and `purchase_order` stand on every invoice from then on, as they are then.
    """

    class Collect(models.TextChoices):
        CUSTOMER = "customer", _("everything together on one invoice")
        SERVICE = "service", _("an invoice for each service")

    customer = models.OneToOneField(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    collect = models.CharField(
        _("how invoices are made up"), max_length=8, choices=Collect.choices, default=Collect.CUSTOMER
    )
    term_days = models.PositiveSmallIntegerField(_("payment term in days"), null=True)
    reference = models.CharField(_("your reference"), max_length=80, blank=True, default="")
    purchase_order = models.CharField(_("purchase order number"), max_length=80, blank=True, default="")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("how invoices are wanted")
        constraints = [
            models.CheckConstraint(
                name="invoices_are_made_up_in_a_known_way", condition=Q(collect__in=["customer", "service"])
            ),
            models.CheckConstraint(
                name="payment_term_is_not_endless", condition=Q(term_days=None) | Q(term_days__lte=120)
            ),
        ]

    datamap = row(
        plain("id", writes=())
        | personal(Category.CONTRACT, "customer", writes=())
        | personal(Category.CONTRACT, "term_days", writes={Purpose.BILLING}, source=Source.OPERATOR)
        | personal(Category.CONTRACT, "collect", "reference", "purchase_order"),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING, Purpose.BILLING.own},
        writes={Purpose.BILLING, Purpose.BILLING.own}, source=Source.PERSON,
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=1),
    )  # fmt: skip
