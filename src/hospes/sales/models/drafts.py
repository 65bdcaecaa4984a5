"""Quotes that staff are still writing. The customer does not see them; what was sent is a `Quote`, and never changes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product, VatCode
from hospes.customers.models import Customer, Person
from hospes.kernel.arrays import without_nulls
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.sales.models import Quote

_KEEP = Keep(Event.RECORDED, THE_CONTRACT, Then.DELETE, months=6, since="changed_at")


class QuoteDraft(MappedModel):
    """
    A quote in the making. `replaces`: the version that was sent before, under whose number it goes out.

    `changed_at` tells two colleagues apart who work on it at the same time: who saves what he did not see is refused.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    replaces = models.ForeignKey(
        Quote, models.PROTECT, null=True, related_name="+", verbose_name=_("takes the place of")
    )
    author = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("made by"))
    intro = models.TextField(_("introduction"), max_length=2000, blank=True)
    reference = models.CharField(_("your reference"), max_length=60, blank=True)
    purchase_order = models.CharField(_("your purchase order"), max_length=60, blank=True)
    valid_until = models.DateField(_("valid until"))
    on_account = models.BooleanField(_("invoiced once accepted"), default=False)
    term_days = models.PositiveSmallIntegerField(_("to be paid within days"), default=0)
    made_at = models.DateTimeField(_("made at"))
    changed_at = models.DateTimeField(_("last changed"))
    key = models.CharField(max_length=60, unique=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("quote that is being written")
        constraints = [
            models.UniqueConstraint(fields=["replaces"], name="one_draft_of_the_next_version"),
        ]
        indexes = [models.Index(fields=["customer", "-changed_at"], name="drafts_of_customer")]

    datamap = row(
        plain("id", "key", "replaces")
        | personal(Category.CONTRACT, "customer", "made_at", writes=())
        | personal(Category.CONTRACT, "author", names_others=True, writes=())
        | personal(Category.CONTRACT, "reference", "purchase_order", "valid_until", "on_account", "term_days", "changed_at")
        | personal(Category.CORRESPONDENCE, "intro"),
        key="customer_id", reads={Purpose.CONTRACT}, twins=(), creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
        deletes={Purpose.CONTRACT}, keep=_KEEP,
    )  # fmt: skip


class QuoteDraftLine(MappedModel):
    """
    A line in the making: a product for a term at the price of the day on which it is sent, or a text with an amount.

    `cents` and `vat_code`: of a line without a product, without VAT. An addition is a line of its own, for the name of what it
    belongs to.
    """

    draft = models.ForeignKey(
        QuoteDraft, models.CASCADE, related_name="lines", verbose_name=_("quote that is being written")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="+", verbose_name=_("product")
    )
    months = models.PositiveSmallIntegerField(_("term in months"), default=0)
    quantity = models.PositiveSmallIntegerField(_("number"), default=1)
    choice_ids = ArrayField(models.BigIntegerField(), default=list)
    choice_counts = ArrayField(models.PositiveSmallIntegerField(), default=list)
    label = models.CharField(_("for"), max_length=253, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    cents = models.PositiveBigIntegerField(_("amount without VAT"), default=0)
    discount_basis_points = models.PositiveSmallIntegerField(_("discount"), default=0)
    discount_once = models.BooleanField(_("discount on the first term only"), default=False)
    vat_code = models.CharField(
        _("kind of VAT rate"), max_length=12, choices=VatCode.choices, default=VatCode.STANDARD
    )

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("line of a quote that is being written")
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "position"], name="one_draft_line_per_position", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                name="draft_line_is_of_something",
                condition=Q(product__isnull=False) | ~Q(description="") & Q(months=0),
            ),
            models.CheckConstraint(
                name="draft_line_has_so_many_of_each",
                condition=without_nulls("choice_counts") & Q(choice_ids__len=F("choice_counts__len")),
            ),
            models.CheckConstraint(
                name="draft_discount_is_at_most_all_of_it",
                condition=Q(discount_basis_points__lte=10_000, quantity__gte=1),
            ),
            models.CheckConstraint(
                name="draft_line_has_a_known_vat_code", condition=Q(vat_code__in=["reduced", "standard", "zero"])
            ),
        ]  # fmt: skip

    datamap = row(
        plain("id", "draft", "product", "position", "choice_ids", "choice_counts")
        | personal(Category.CONTRACT, "customer", "months", "quantity", "label", "description", "cents", "discount_basis_points",
                   "discount_once", "vat_code"),
        key="customer_id", reads={Purpose.CONTRACT}, twins=(), creates={Purpose.CONTRACT}, deletes={Purpose.CONTRACT},
        keep=Keep(Event.RECORDED, THE_CONTRACT, Then.DELETE, months=6, goes_with="draft"),
    )  # fmt: skip
