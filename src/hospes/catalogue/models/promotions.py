"""Promotion codes, for which products, and who used them."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models.base import Named, in_catalogue
from hospes.catalogue.models.prices import NO_TERM, TERMS
from hospes.catalogue.models.products import Product
from hospes.customers.models import Customer
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose

#: The constraints by which the database says why a code cannot be used (any more); `guards` raises the last two.
USED_UP = "promotion_is_not_used_more_often_than_it_may"
USED_BY_CUSTOMER = "promotion_is_not_used_more_often_by_one_customer"
NOT_NOW = "promotion_counts_at_this_moment_and_for_this_customer"


class Promotion(Named):
    """
    A code that lowers the price of what it counts for: by a percentage (in hundredths of a percent), or by an amount a line.

    It lowers the first term only, or every term (`forever`); never a set-up fee. Empty `months` is every term, no
    `PromotionProduct` is every product, an empty `customer_kind` is everybody. `uses` is kept by the database.
    """

    class CustomerKind(models.TextChoices):
        ANYBODY = "", _("everybody")
        PRIVATE = "private", _("private persons")
        BUSINESS = "business", _("companies")

    code = models.CharField(max_length=30, unique=True)
    basis_points = models.PositiveIntegerField(null=True)
    cents = models.PositiveBigIntegerField(null=True)
    forever = models.BooleanField(default=False)
    customer_kind = models.CharField(max_length=10, choices=CustomerKind.choices, blank=True)
    months = ArrayField(models.PositiveSmallIntegerField(), default=list)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    most_uses = models.PositiveIntegerField(null=True)
    most_per_customer = models.PositiveIntegerField(null=True)
    uses = models.PositiveIntegerField(default=0)
    stopped = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="promotion_code_can_be_typed", condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9-]{2,29}$")
            ),
            models.CheckConstraint(
                name="promotion_is_a_percentage_or_an_amount",
                condition=Q(
                    basis_points__isnull=False, basis_points__gte=1, basis_points__lte=10_000, cents=None
                )
                | Q(basis_points=None, cents__isnull=False, cents__gte=1),
            ),
            models.CheckConstraint(
                name="promotion_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="promotion_is_for_terms_we_sell", condition=Q(months__contained_by=[NO_TERM, *TERMS])
            ),
            models.CheckConstraint(
                name="promotion_is_for_a_kind_of_customer",
                condition=Q(customer_kind__in=["", "business", "private"]),
            ),
            models.CheckConstraint(name=USED_UP, condition=Q(most_uses=None) | Q(uses__lte=F("most_uses"))),
        ]

    datamap = in_catalogue(
        "id", "code", "basis_points", "cents", "forever", "uses",
        changeable=("name_nl", "name_en", "customer_kind", "months", "valid_from", "valid_until", "most_uses",
                    "most_per_customer", "stopped"),
    )  # fmt: skip

    @property
    def percent(self) -> Decimal:
        """What it takes off in percent."""
        return Decimal(self.basis_points or 0) / 100


class PromotionProduct(models.Model):
    """A product that a promotion counts for."""

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="for_products")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["promotion", "product"], name="promotion_names_a_product_once")
        ]

    datamap = in_catalogue("id", "promotion", "product")


class PromotionUse(MappedModel):
    """
    A use of a code by a customer; `origin` names what it was used for: that uses it once, ever.

    The database counts the uses, and refuses one too many, also of two at the same moment. One that is given back counts no more.
    """

    promotion = models.ForeignKey(
        Promotion, models.PROTECT, related_name="+", verbose_name=_("promotion code")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    origin = models.CharField(max_length=60, unique=True)
    used_on = models.DateField(_("used on"))
    given_back_on = models.DateField(_("given back on"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("use of a promotion code")
        indexes = [models.Index(fields=["promotion", "customer"], name="uses_of_promotion_by_customer")]
        constraints = [
            models.CheckConstraint(
                name="promotion_is_given_back_after_its_use",
                condition=Q(given_back_on=None) | Q(given_back_on__gte=F("used_on")),
            )
        ]

    datamap = row(
        plain("id", "origin") | personal(Category.CONTRACT, "promotion", "customer", "used_on", writes=())
        | personal(Category.CONTRACT, "given_back_on"),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.BILLING}, twins={Purpose.CONTRACT},
        creates={Purpose.CONTRACT, Purpose.CONTRACT.own}, writes={Purpose.CONTRACT, Purpose.BILLING, Purpose.CONTRACT.own},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7),
    )  # fmt: skip
