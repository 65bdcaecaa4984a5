"""Groups, and the products in them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models.base import Named, in_catalogue

#: Addresses in the shop that no product can have.
RESERVED = ("winkelwagen", "bestellen", "weergave")


class Group(Named):
    """A part of the shop, such as hosting or domain names."""

    slug = models.SlugField(unique=True)
    summary_nl = models.TextField(blank=True)
    summary_en = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    datamap = in_catalogue(
        "id", "slug", changeable=("name_nl", "name_en", "summary_nl", "summary_en", "position")
    )

    @property
    def summary(self) -> str:
        return self.in_language("summary")


class Product(Named):
    """
    Something that can be ordered. What was sold once stays in here for ever, and is "no longer for sale".

    A domain product is an extension (".nl"), asked for at `lookup_url` (RDAP; empty: where the settings say), with letters beyond
    a to z where `takes_idn`; an add-on belongs to the product that it can be had with; one-off work has no term
    and is counted in its `unit` (an hour), at most `most` of it on a line.
    """

    class Kind(models.TextChoices):
        HOSTING = "hosting", _("hosting")
        DOMAIN = "domain", _("domain name")
        MONITORING = "monitoring", _("monitoring")
        WORK = "work", _("one-off work")
        ADDON = "addon", _("addition")

    slug = models.SlugField(unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    group = models.ForeignKey(Group, models.PROTECT, related_name="products")
    summary_nl = models.TextField()
    summary_en = models.TextField()
    disk_mb = models.PositiveIntegerField(default=0)
    mailboxes = models.PositiveIntegerField(default=0)
    panel_package = models.CharField(max_length=40, blank=True)
    extension = models.CharField(max_length=20, blank=True)
    lookup_url = models.CharField(max_length=200, blank=True)
    takes_idn = models.BooleanField(default=False)
    belongs_to = models.ForeignKey("self", models.PROTECT, null=True, related_name="addons")
    unit_nl = models.CharField(max_length=30, blank=True)
    unit_en = models.CharField(max_length=30, blank=True)
    most = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveIntegerField(default=0)
    for_sale = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="product_is_of_a_kind_that_exists",
                condition=Q(kind__in=["addon", "domain", "hosting", "monitoring", "work"]),
            ),
            models.CheckConstraint(
                name="domain_product_has_an_extension",
                condition=Q(kind="domain", extension__regex=r"^(\.[a-z0-9-]+)+$")
                | (~Q(kind="domain") & Q(extension="")),
            ),
            models.CheckConstraint(
                name="lookup_is_for_a_domain_over_http",
                condition=Q(lookup_url="") | Q(kind="domain", lookup_url__regex=r"^https?://"),
            ),
            models.UniqueConstraint(
                fields=["extension"], condition=~Q(extension=""), name="one_product_per_extension"
            ),
            models.CheckConstraint(
                name="addition_belongs_to_a_product",
                condition=Q(kind="addon", belongs_to__isnull=False)
                | (~Q(kind="addon") & Q(belongs_to__isnull=True)),
            ),
            models.CheckConstraint(
                name="work_is_counted_in_a_unit", condition=~Q(kind="work") | ~(Q(unit_nl="") | Q(unit_en=""))
            ),
            models.CheckConstraint(name="at_least_one_can_be_had", condition=Q(most__gte=1)),
            models.CheckConstraint(
                name="product_has_an_address_of_its_own", condition=~Q(slug__in=sorted(RESERVED))
            ),
        ]

    datamap = in_catalogue(
        "id", "slug", "kind", "extension", "belongs_to",
        changeable=("group", "name_nl", "name_en", "summary_nl", "summary_en", "disk_mb", "mailboxes", "panel_package", "unit_nl",
                    "unit_en", "most", "position", "for_sale", "lookup_url", "takes_idn"),
    )  # fmt: skip

    @property
    def summary(self) -> str:
        return self.in_language("summary")

    @property
    def unit(self) -> str:
        """What one of it is called: an hour."""
        return self.in_language("unit")

    @property
    def has_term(self) -> bool:
        """Whether it goes on until it is cancelled."""
        return self.kind != Product.Kind.WORK
