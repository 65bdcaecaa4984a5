"""Amounts that could not be put on an invoice or a credit note: for the office, until somebody dealt with them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models.invoices import BOOKS
from hospes.billing.words import stuck_words
from hospes.customers.models import Customer
from hospes.kernel.datamap import Category, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models import Charge


class StuckCharge(MappedModel):
    """
    What is left of a charge (cents without VAT, with its sign) that no document could be made of, and why.

    `over_at`: when it was settled after all, or a colleague dealt with it in another way, of which `note` says how.
    """

    class Reason(models.TextChoices):
        NO_LINE = "no_line", _("no invoice of ours covers this period")
        TOO_LITTLE = "too_little", _("less is left of the invoices of this period")
        VAT_UNKNOWN = "vat_unknown", _("it cannot be told which VAT applies")
        NO_RATE = "no_rate", _("no VAT rate is known for the country on that day")
        REFUSED = "refused", _("it could not be put on a document")

    charge = models.OneToOneField(Charge, models.PROTECT, related_name="stuck", verbose_name=_("amount"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    cents = models.BigIntegerField(_("what is left, without VAT"))
    reason = models.CharField(_("why"), max_length=12, choices=Reason.choices)
    since = models.DateTimeField(_("since"))
    over_at = models.DateTimeField(_("dealt with at"), null=True)
    note = models.CharField(_("how"), max_length=200, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("amount that could not be settled")
        constraints = [
            models.CheckConstraint(
                name="stuck_charge_says_how", condition=Q(note="") | Q(over_at__isnull=False)
            ),
            models.CheckConstraint(
                name="stuck_charge_is_of_something", condition=~Q(cents=0) | Q(over_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["since", "id"], condition=Q(over_at=None), name="charges_that_are_stuck")
        ]

    @property
    def minus_cents(self) -> int:
        """What is to be given back, as it is said."""
        return -self.cents

    datamap = row(
        plain("id", "charge")
        | personal(Category.CONTRACT, "customer", "since", writes=())
        | personal(Category.CONTRACT, "cents", "over_at", writes={Purpose.BILLING})
        | personal(Category.CONTRACT, "reason", words=stuck_words, writes={Purpose.BILLING})
        | personal(Category.CORRESPONDENCE, "note", writes={Purpose.BILLING}),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING}, writes={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip
