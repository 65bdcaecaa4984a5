"""Raises of what running contracts cost: planned for many, told to each, in force at a renewal."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.customers.models import Customer
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Then, impersonal, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models.service import Service


class RaiseRule(models.Model):
    """How many days before it counts a raise has to be told to a kind of customer, from a day on."""

    kind = models.CharField(max_length=10)
    notice_days = models.PositiveSmallIntegerField()
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "valid_from"], name="one_raise_rule_per_kind_and_day"),
        ]

    datamap = impersonal("id", "kind", "notice_days", "valid_from")


class Raise(models.Model):
    """
    A raise that staff planned: of a product for a term, by a percentage or to a price (cents without VAT), from a day on.

    It is for the services that run, or for those that began before a day. It is told to customers on `announce_on`; until then
    it can be taken back.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    months = models.PositiveSmallIntegerField()
    basis_points = models.PositiveIntegerField(null=True)
    price_cents = models.PositiveBigIntegerField(null=True)
    from_on = models.DateField()
    started_before = models.DateField(null=True)
    announce_on = models.DateField()
    planned_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=60, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="raise_is_a_percentage_or_a_price",
                condition=Q(basis_points__gte=1, price_cents=None)
                | Q(basis_points=None, price_cents__isnull=False),
            ),
            models.CheckConstraint(name="raise_is_told_before", condition=Q(announce_on__lt=F("from_on"))),
            models.CheckConstraint(
                name="raise_is_told_or_taken_back", condition=Q(announced_at=None) | Q(withdrawn_at=None)
            ),
        ]

    @property
    def percent_words(self) -> str:
        """The percentage as the active language writes it: "5%" or "2,5%"."""
        return f"{formats.number_format(Decimal(self.basis_points or 0) / 100)}%"

    datamap = impersonal(
        "id", "product", "months", "basis_points", "price_cents", "from_on", "started_before", "announce_on", "planned_at",
        "announced_at", "withdrawn_at", "key", creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
    )  # fmt: skip


class RaiseNotice(MappedModel):
    """The mail by which a customer was told of raises: all of theirs in one. `delivered_at`: when the mail server had it."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    made_at = models.DateTimeField(_("made at"))
    delivered_at = models.DateTimeField(_("sent at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("announcement of a raise")
        indexes = [models.Index(fields=["id"], condition=Q(delivered_at=None), name="raises_being_told")]

    datamap = row(
        plain("id") | personal(Category.CONTRACT, "customer", "made_at", writes=())
        | personal(Category.CONTRACT, "delivered_at"),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.MESSAGES}, twins={Purpose.CONTRACT},
        creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7),
    )  # fmt: skip


class RaisedService(MappedModel):
    """
    What a raise does to a service: its price (for one, for a term, without VAT) as it was and becomes.

    `takes_effect_on`: the renewal from which it counts, once it was told in time; None while it was not, or while something
    that the customer planned goes first. `was_put_off`: that began instead of it at a renewal; once, and no second time.
    Where the options are changed before it begins, both prices change by what those cost.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        ANNOUNCED = "announced", _("announced")
        IN_FORCE = "in_force", _("in force")
        DROPPED = "dropped", _("does not come")

    plan = models.ForeignKey(Raise, models.PROTECT, related_name="services", verbose_name=_("raise"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="raises", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    notice = models.ForeignKey(
        RaiseNotice, models.PROTECT, null=True, related_name="raised", verbose_name=_("announcement")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLANNED)
    old_cents = models.PositiveBigIntegerField(_("price per term"))
    new_cents = models.PositiveBigIntegerField(_("new price per term"))
    takes_effect_on = models.DateField(_("counts from"), null=True)
    was_put_off = models.BooleanField(_("put off once"), default=False)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("raise of the price")
        constraints = [
            models.UniqueConstraint(fields=["plan", "service"], name="one_row_of_a_raise_per_service"),
            models.UniqueConstraint(
                fields=["service"],
                condition=Q(state__in=["planned", "announced"]),
                name="one_raise_of_a_service_at_a_time",
            ),
            models.CheckConstraint(
                name="raise_is_more_than_it_was", condition=Q(new_cents__gt=F("old_cents"))
            ),
            models.CheckConstraint(
                name="raise_counts_once_it_was_told",
                condition=Q(takes_effect_on=None, state__in=["planned", "announced", "dropped"])
                | Q(notice__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "id"], condition=Q(state="planned"), name="raises_to_be_told"),
            models.Index(
                fields=["id"], condition=Q(state="announced", takes_effect_on=None), name="raises_without_a_day"
            ),
        ]  # fmt: skip

    datamap = row(
        plain("id", "plan", "service")
        | plain("notice")
        | personal(Category.CONTRACT, "customer", writes=())
        | personal(Category.CONTRACT, "old_cents", "new_cents", "state", "takes_effect_on", "was_put_off"),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.MESSAGES}, twins={Purpose.CONTRACT},
        creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7, goes_with="service"),
    )  # fmt: skip
