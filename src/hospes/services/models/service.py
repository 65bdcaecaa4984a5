"""What a customer is entitled to: services with a state, a term and a price; one life cycle for every kind (P22)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast, Lower
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.customers.models import Customer
from hospes.kernel.arrays import without_nulls
from hospes.kernel.datamap import (
    TAX_LAW,
    Category,
    Event,
    Keep,
    Source,
    Then,
    personal,
    plain,
    row,
)
from hospes.kernel.derived import declare_function
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient
from hospes.services.rules import Term

_READERS = {Purpose.CONTRACT, Purpose.BILLING, Purpose.SUPPORT, Purpose.MESSAGES}


class State(models.TextChoices):
    PENDING = "pending", _("being set up")
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    CANCELLED = "cancelled", _("cancelled")
    TERMINATED = "terminated", _("ended")
    REFUSED = "refused", _("could not be set up")


#: The states in which a service has its name at its provider: one that was cancelled runs until it ends.
HELD = (State.PENDING, State.ACTIVE, State.SUSPENDED, State.CANCELLED)
#: The constraint that gives a name to one service at a time, whoever's they are.
ONE_HOLDER = "one_service_per_name_at_a_provider"


def _months(column: str) -> Func:
    """A number of months as PostgreSQL adds them to a day: the last of a month that is too short, as `rules.renewal` does."""
    return Func(
        F(column), function="make_interval", template="%(function)s(months => %(expressions)s)",
        output_field=models.DurationField(),
    )  # fmt: skip


class Service(MappedModel):
    """
    What a customer ordered and is entitled to. `origin` is the thing that was sold: it makes one service, ever.

    `provider` is who makes and runs it ("" where nobody does): a name (`label`) can be there only once.
    `belongs_to`: the service that an addition was ordered with; it ends with it. `choice_ids` and `choice_counts`: the options
    that were chosen, and how many of each.
    `price_cents`: for one with its options, for a term, as it was agreed; a later price in the catalogue never changes it.
    `intro_cents`: the same for the term that runs, or was invoiced last, where an introductory price lasts; `intro_before_cents`
    for the one before that, since the next term is invoiced before it begins.
    `renews_on`: `run_months` after `anchor_on`. It is the first day that is not paid for yet, also where the next term was
    invoiced before it began.
    `bound_until`: the end of the last term that the customer chose; from then on it was renewed silently. A consumer is not held
    to all of it where it is longer than a year: `rules.ways_to_end` says so.
    `ends_on`: from which day it is cancelled, the first one without it. `ended_on`: when it did end.
    """

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="services", verbose_name=_("customer")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    label = models.CharField(_("for"), max_length=253)
    belongs_to = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="additions", verbose_name=_("belongs to")
    )
    choice_ids = ArrayField(models.BigIntegerField(), default=list)
    choice_counts = ArrayField(models.PositiveSmallIntegerField(), default=list)
    provider = models.CharField(max_length=30, blank=True)
    origin = models.CharField(max_length=60, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PENDING)
    quantity = models.PositiveIntegerField(_("number"), default=1)
    months = models.PositiveSmallIntegerField(_("term in months"))
    price_cents = models.PositiveBigIntegerField(_("price per term"))
    intro_cents = models.PositiveBigIntegerField(_("price in the term that runs"), null=True)
    intro_before_cents = models.PositiveBigIntegerField(_("price in the term before"), null=True)
    started_on = models.DateField(_("from"))
    anchor_on = models.DateField(_("terms counted from"))
    run_months = models.PositiveIntegerField(_("months up to the end of this term"))
    renews_on = models.DateField(_("renews on"))
    bound_until = models.DateField(_("term that was agreed upon, until"))
    ends_on = models.DateField(_("ends on"), null=True)
    ended_on = models.DateField(_("ended on"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("service")
        constraints = [
            models.UniqueConstraint(
                Lower("label"), "provider", condition=Q(state__in=HELD) & ~Q(provider=""), name=ONE_HOLDER
            ),
            models.CheckConstraint(
                name="service_renews_after_its_start", condition=Q(renews_on__gt=F("started_on"))
            ),
            models.CheckConstraint(
                name="service_renews_on_its_anchor_day",
                condition=Q(
                    renews_on=Cast(F("anchor_on") + _months("run_months"), models.DateField()),
                ),
            ),
            models.CheckConstraint(
                name="service_has_a_number_of_things",
                condition=Q(quantity__gte=1) & Q(run_months__gte=F("months")),
            ),
            models.CheckConstraint(
                name="service_says_how_many_of_each_option",
                condition=Q(choice_ids__len=F("choice_counts__len")),
            ),
            models.CheckConstraint(
                name="service_has_so_many_of_each", condition=without_nulls("choice_counts")
            ),
            models.CheckConstraint(
                name="cancelled_service_says_when", condition=~Q(state="cancelled") | Q(ends_on__isnull=False)
            ),
            models.CheckConstraint(
                name="ended_service_says_when", condition=~Q(state="terminated") | Q(ended_on__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["label"], opclasses=["varchar_pattern_ops"], name="services_by_label"),
            models.Index(fields=["id"], condition=Q(state="pending"), name="services_being_set_up"),
            models.Index(fields=["id"], condition=Q(state="refused"), name="services_not_set_up"),
            models.Index(
                fields=["ends_on", "id"],
                condition=Q(ends_on__isnull=False, ended_on=None),
                name="services_that_end",
            ),
        ]

    datamap = row(
        plain("id", "origin", "product", "provider", "belongs_to", "choice_ids", "choice_counts")
        | personal(Category.CONTRACT, "customer", "state", "quantity", "months", "started_on", "renews_on", "bound_until",
                   "ends_on", "ended_on")
        | personal(Category.CONTRACT, "anchor_on", "run_months",
                   reads={Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES})
        | personal(Category.CONTRACT, "price_cents", "intro_cents", "intro_before_cents", reads=_READERS)
        | personal(Category.CONTRACT, "label", source=Source.PERSON, to=[Recipient.HOSTING_PANEL]),
        key="customer_id", reads=_READERS | {Purpose.OPERATION},
        creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, TAX_LAW, Then.DELETE, years=7, since="ended_on"),
    )  # fmt: skip

    @property
    def term(self) -> Term:
        """The term that runs, or the last one that was paid for. For purposes that read its anchor."""
        return Term(self.anchor_on, self.run_months, self.months)

    @property
    def term_cents(self) -> int:
        """What a term costs, without VAT."""
        return self.price_cents * self.quantity


# Whether a name is free is asked before somebody pays, by sessions that see their own customer's rows and no others. The
# answer is yes or no, and says not whose it is. That a name is hosted here anybody can see in the DNS.
declare_function(
    "services_name_is_held(text,text)",
    {Purpose.CART.own, Purpose.CONTRACT, Purpose.CONTRACT.own, Purpose.BILLING, Purpose.BILLING.own},
)
