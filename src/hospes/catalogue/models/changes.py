"""Who changed what in the catalogue."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models.products import Product
from hospes.catalogue.models.promotions import Promotion
from hospes.customers.models import Person
from hospes.kernel.datamap import ACCOUNTABILITY, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose


class CatalogueChange(MappedModel):
    """
    A change in what is for sale and for how much, and in rules that count from a day on: what it was and what it became, and who
    made it. Only ever added to.

    `field` is the name of a column, or empty where something was made or withdrawn as a whole.
    """

    class What(models.TextChoices):
        GROUP = "group", _("group")
        PRODUCT = "product", _("product")
        PRICE = "price", _("price")
        OPTION = "option", _("option")
        CHOICE = "choice", _("choice")
        CHOICE_PRICE = "choice_price", _("price of a choice")
        PROMOTION = "promotion", _("promotion code")
        NOTICE = "notice", _("what a registry gets")
        PRODUCT_VAT = "product_vat", _("VAT of a product")
        VAT_RATE = "vat_rate", _("VAT rate")
        OSS_THRESHOLD = "oss_threshold", _("threshold of the one-stop shop")
        BOOK_YEARS = "book_years", _("book year")

    class How(models.TextChoices):
        MADE = "made", _("made")
        CHANGED = "changed", _("changed")
        WITHDRAWN = "withdrawn", _("withdrawn before it began")

    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    what = models.CharField(_("what"), max_length=15, choices=What.choices)
    how = models.CharField(_("how"), max_length=10, choices=How.choices)
    thing_id = models.BigIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    promotion = models.ForeignKey(Promotion, models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("name"), max_length=200)
    field = models.CharField(_("which part"), max_length=20, blank=True)
    was = models.TextField(_("what it was"), blank=True)
    became = models.TextField(_("what it became"), blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("change in the catalogue")
        indexes = [
            models.Index(fields=["-at", "-id"], name="catalogue_changes_by_time"),
            models.Index(fields=["product", "-id"], name="catalogue_changes_by_product"),
        ]

    datamap = row(
        plain("id", "thing_id", "product", "promotion", "field")
        | personal(Category.LOGIN, "at", "what", "how", "name", "was", "became")
        | personal(Category.LOGIN, "by", names_others=True),
        key={"by_id": "person"}, reads={Purpose.CONTRACT}, twins=(), creates={Purpose.CONTRACT},
        keep=Keep(Event.RECORDED, ACCOUNTABILITY, Then.DELETE, years=7, since="at"),
    )  # fmt: skip
