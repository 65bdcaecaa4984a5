"""How a service came to be as it is, and of what it consisted when."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.customers.models import Customer, Person
from hospes.kernel.arrays import without_nulls
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models.service import Service, State
from hospes.services.words import reason_words


class By(models.TextChoices):
    """Who wanted a change."""

    CUSTOMER = "customer", _("you, or somebody with access")
    STAFF = "staff", _("our staff")
    SYSTEM = "system", _("our system")


def _state_words(state: str) -> str:
    return str(dict(State.choices).get(state, state))


class ServiceChange(MappedModel):
    """
    What happened to a service: from which state to which, when, why, and who wanted it. Only ever added to.

    Where its state stayed what it was, something else changed: `reason` says what. `note`: what staff wrote down about it.
    """

    service = models.ForeignKey(Service, models.PROTECT, related_name="changes", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    was = models.CharField(_("was"), max_length=12, blank=True)
    became = models.CharField(_("became"), max_length=12)
    reason = models.CharField(_("reason"), max_length=60)
    at = models.DateTimeField(_("when"))
    by = models.CharField(_("by"), max_length=10, choices=By.choices, default=By.SYSTEM)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by")
    )
    note = models.CharField(_("explanation"), max_length=200, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("change of a service")

    datamap = row(
        plain("id", "service") | personal(Category.CONTRACT, "customer", "at", "by")
        | personal(Category.CONTRACT, "person", names_others=True, reads={Purpose.CONTRACT})
        | personal(Category.CORRESPONDENCE, "note", reads={Purpose.CONTRACT, Purpose.SUPPORT})
        | personal(Category.CONTRACT, "was", "became", words=_state_words)
        | personal(Category.CONTRACT, "reason", words=reason_words),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.SUPPORT, Purpose.OPERATION}, creates={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7, goes_with="service"),
    )  # fmt: skip


class Content(MappedModel):
    """
    Of what a service consists from a day until a day (the first one without): product, options, number, term and price.
    `details`: the options in words, in the language of the customer, as they were called then. `options_cents`: by how much
    options that were changed since the contract was made change what one costs, in the terms of an introduction as well.
    `part_ids`, `part_counts`, `part_cents` and `part_days`: how many of which option came to the price since which day, at what
    each; empty where nobody wrote it down (options.parts_of).

    What is planned for the end of a term is a row from that day on that is not settled yet: it came into force at `settled_at`,
    or was taken back then, and was in force on no day (`until_on` is `from_on`).
    """

    service = models.ForeignKey(Service, models.PROTECT, related_name="contents", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveIntegerField(_("number"))
    months = models.PositiveSmallIntegerField(_("term in months"))
    choice_ids = ArrayField(models.BigIntegerField(), default=list)
    choice_counts = ArrayField(models.PositiveSmallIntegerField(), default=list)
    details = models.CharField(_("with"), max_length=300, blank=True, default="")
    price_cents = models.PositiveBigIntegerField(_("price per term"))
    options_cents = models.BigIntegerField(_("options that were changed"), default=0)
    part_ids = ArrayField(models.BigIntegerField(), default=list)
    part_counts = ArrayField(models.PositiveSmallIntegerField(), default=list)
    part_cents = ArrayField(
        models.PositiveBigIntegerField(), default=list, verbose_name=_("of which for options")
    )
    part_days = ArrayField(models.DateField(), default=list)
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"), null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    #: The raise by which it costs what it does from then on.
    raised = models.ForeignKey(
        "services.RaisedService",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("raise of the price"),
    )

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("content of a service")
        constraints = [
            models.CheckConstraint(
                name="content_has_so_many_of_each", condition=without_nulls("choice_counts")
            ),
            models.CheckConstraint(
                name="content_says_what_each_part_costs",
                condition=Q(
                    part_ids__len=F("part_counts__len"),
                    part_cents__len=F("part_counts__len"),
                    part_days__len=F("part_counts__len"),
                ),
            ),
            models.CheckConstraint(
                name="content_ends_after_it_began", condition=Q(until_on=None) | Q(until_on__gte=F("from_on"))
            ),
            models.CheckConstraint(
                name="content_is_of_something", condition=Q(quantity__gte=1, months__gte=1)
            ),
            ExclusionConstraint(
                name="one_content_of_a_service_at_a_time",
                expressions=[
                    (Func("service", "service", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func("from_on", "until_on", function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
            models.UniqueConstraint(
                fields=["service"], condition=Q(settled_at=None), name="one_planned_content_of_a_service"
            ),
        ]
        indexes = [
            models.Index(fields=["from_on", "id"], condition=Q(settled_at=None), name="contents_that_begin"),
            models.Index(fields=["customer", "from_on"], name="contents_of_customer"),
        ]

    @property
    def term_cents(self) -> int:
        """What a term of it costs, without VAT."""
        return self.price_cents * self.quantity

    datamap = row(
        plain("id", "service", "product", "raised", "choice_ids", "choice_counts", "part_ids", "part_counts", "part_days")
        | personal(Category.CONTRACT, "customer", "quantity", "details", "months", "from_on", "until_on", "settled_at")
        # Who is told that a term is about to be renewed is told what it will be, and what it costs.
        | personal(Category.CONTRACT, "price_cents", "options_cents", "part_cents",
                   reads={Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES}),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES}, twins={Purpose.CONTRACT},
        creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7, goes_with="service"),
    )  # fmt: skip
