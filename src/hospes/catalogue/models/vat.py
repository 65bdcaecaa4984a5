"""Which kind of VAT rate a product has, from a day on."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models.base import in_catalogue
from hospes.catalogue.models.products import Product


class VatCode(models.TextChoices):
    """The kinds of rates by their names in the VAT directive (2006/112/EC, art. 96, 98 and 98(2))."""

    STANDARD = "standard", _("standard rate")
    REDUCED = "reduced", _("reduced rate")
    ZERO = "zero", _("zero rate")


class ProductVat(models.Model):
    """
    The kind of VAT rate of a product from a day on; before the first, and without any, it is the standard rate.

    It holds for its options and for setting it up as well: those share in the VAT of what they belong to. An addition is a
    product with a code of its own. A row never changes: one that should not come into force is withdrawn.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="vat_codes")
    code = models.CharField(max_length=12, choices=VatCode.choices)
    valid_from = models.DateField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "valid_from"], condition=Q(withdrawn_at=None), name="one_vat_code_per_product_and_day"
            ),
            models.CheckConstraint(
                name="product_has_a_known_vat_code", condition=Q(code__in=["reduced", "standard", "zero"])
            ),
        ]  # fmt: skip

    datamap = in_catalogue("id", "product", "code", "valid_from", changeable=("withdrawn_at",))
