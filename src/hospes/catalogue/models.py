"""What is for sale, and for what price from which day."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hospes.kernel.datamap import impersonal


class Product(models.Model):
    """Something that can be ordered; texts are data, in both languages."""

    class Kind(models.TextChoices):
        HOSTING = "hosting", _("hosting")

    slug = models.SlugField(unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name_nl = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    summary_nl = models.TextField()
    summary_en = models.TextField()
    disk_mb = models.PositiveIntegerField(default=0)
    mailboxes = models.PositiveIntegerField(default=0)
    panel_package = models.CharField(max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)
    for_sale = models.BooleanField(default=True)

    datamap = impersonal(
        "id", "slug", "kind", "name_nl", "name_en", "summary_nl", "summary_en", "disk_mb", "mailboxes", "panel_package",
        "position", "for_sale",
    )  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_nl

    @property
    def summary(self) -> str:
        return self.summary_en if get_language() == "en" else self.summary_nl


class Price(models.Model):
    """The price of a product for a term, without VAT, in cents, from a day on; a later one replaces it for new orders."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="prices")
    months = models.PositiveSmallIntegerField()
    cents = models.PositiveBigIntegerField()
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "months", "valid_from"], name="one_price_per_term_and_day"
            ),
            models.CheckConstraint(
                condition=Q(months__in=[1, 3, 6, 12, 24, 36]), name="price_is_for_a_term_we_sell"
            ),
        ]

    datamap = impersonal("id", "product", "months", "cents", "valid_from")
