"""What the registry of an extension gets of who holds a name, and what of that anybody can see (P42)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models.base import in_catalogue, in_language
from hospes.catalogue.models.products import Product


class RegistryNotice(models.Model):
    """
    What is said about the registry of an extension before somebody orders a name there, from a day on. It never changes: what has
    to be said otherwise is a new version.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="notices", verbose_name=_("product"))
    version = models.CharField(_("version"), max_length=20)
    valid_from = models.DateField(_("from"))
    registry = models.CharField(_("registry"), max_length=120)
    gets_nl = models.TextField()
    gets_en = models.TextField()
    public_private_nl = models.TextField()
    public_private_en = models.TextField()
    public_business_nl = models.TextField()
    public_business_en = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="one_text_per_version_of_a_registry"),
            models.UniqueConstraint(
                fields=["product", "valid_from"], name="one_text_of_a_registry_begins_on_a_day"
            ),
        ]

    datamap = in_catalogue(
        "id", "product", "version", "valid_from", "registry", "gets_nl", "gets_en", "public_private_nl", "public_private_en",
        "public_business_nl", "public_business_en",
    )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.registry} {self.version}"

    @property
    def gets(self) -> str:
        """What the registry gets of the holder."""
        return in_language(self, "gets")

    @property
    def public_private(self) -> str:
        """What anybody can see of a private person."""
        return in_language(self, "public_private")

    @property
    def public_business(self) -> str:
        """What anybody can see of a company."""
        return in_language(self, "public_business")
