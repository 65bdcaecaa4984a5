"""What a product costs for a term, from a day on."""

from django.db import models
from django.db.models import F, Q

from hospes.catalogue.models.base import in_catalogue
from hospes.catalogue.models.products import Product

#: The terms that are sold, in months; one-off work has none.
TERMS = (1, 3, 6, 12, 24, 36)
NO_TERM = 0


class Priced(models.Model):
    """
    A price without VAT, in cents, from a day on; a later one replaces it for new orders, and never what was agreed.

    A price is never changed: one that should not come into force is withdrawn. `offered` false: from that day on it cannot be
    had for this term any more.
    """

    months = models.PositiveSmallIntegerField()
    cents = models.PositiveBigIntegerField()
    setup_cents = models.PositiveBigIntegerField(default=0)
    offered = models.BooleanField(default=True)
    valid_from = models.DateField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Price(Priced):
    """The price of a product for a term; an introductory one counts for the first `intro_terms` terms, then the normal one."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="prices")
    intro_cents = models.PositiveBigIntegerField(null=True)
    intro_terms = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "months", "valid_from"], condition=Q(withdrawn_at=None),
                name="one_price_per_term_and_day",
            ),
            models.CheckConstraint(
                condition=Q(months__in=[NO_TERM, *TERMS]), name="price_is_for_a_term_we_sell"
            ),
            models.CheckConstraint(
                name="introductory_price_says_for_how_long",
                condition=Q(intro_cents=None, intro_terms=0) | Q(intro_cents__isnull=False, intro_terms__gte=1),
            ),
            models.CheckConstraint(
                name="introductory_price_is_the_lower_one",
                condition=Q(intro_cents=None) | Q(intro_cents__lt=F("cents")),
            ),
            models.CheckConstraint(
                name="introduction_needs_a_term", condition=~Q(months=NO_TERM) | Q(intro_terms=0)
            ),
        ]  # fmt: skip

    datamap = in_catalogue(
        "id", "product", "months", "cents", "setup_cents", "intro_cents", "intro_terms", "offered", "valid_from",
        changeable=("withdrawn_at",),
    )  # fmt: skip
