"""Options of a product that change its price: a list to choose one of, or a number of something extra."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models.base import Named, in_catalogue
from hospes.catalogue.models.prices import NO_TERM, TERMS, Priced
from hospes.catalogue.models.products import Product


class Option(Named):
    """Something to choose with a product. Of a list, the first choice is what one has who chooses nothing."""

    class Kind(models.TextChoices):
        CHOICE = "choice", _("one of a list")
        QUANTITY = "quantity", _("a number")

    product = models.ForeignKey(Product, models.PROTECT, related_name="options")
    slug = models.SlugField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    #: How many can be had of a number; a list has one choice.
    most = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveIntegerField(default=0)
    for_sale = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "slug"], name="one_option_per_name"),
            models.CheckConstraint(
                name="option_is_a_list_or_a_number",
                condition=Q(kind="choice", most=1) | Q(kind="quantity", most__gte=1),
            ),
        ]

    datamap = in_catalogue(
        "id", "product", "slug", "kind", changeable=("name_nl", "name_en", "most", "position", "for_sale")
    )


class Choice(Named):
    """
    One of the list of an option; an option that is a number has just one, which is what is counted (10 GB extra).

    `disk_mb` and `mailboxes`: what it adds to the limits of the package. They stay what they are, since services have it so.
    """

    option = models.ForeignKey(Option, models.PROTECT, related_name="choices")
    position = models.PositiveIntegerField(default=0)
    for_sale = models.BooleanField(default=True)
    disk_mb = models.PositiveIntegerField(default=0)
    mailboxes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["option", "position"], name="one_choice_per_place_in_the_list"),
        ]

    datamap = in_catalogue(
        "id", "option", "position", "disk_mb", "mailboxes", changeable=("name_nl", "name_en", "for_sale")
    )


class ChoicePrice(Priced):
    """What a choice adds to the price of a term, each; without a price it cannot be had for that term."""

    choice = models.ForeignKey(Choice, models.PROTECT, related_name="prices")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["choice", "months", "valid_from"], condition=Q(withdrawn_at=None),
                name="one_price_per_choice_term_and_day",
            ),
            models.CheckConstraint(
                condition=Q(months__in=[NO_TERM, *TERMS]), name="choice_price_is_for_a_term_we_sell"
            ),
        ]  # fmt: skip

    datamap = in_catalogue(
        "id", "choice", "months", "cents", "setup_cents", "offered", "valid_from",
        changeable=("withdrawn_at",),
    )  # fmt: skip
