"""What a customer is entitled to: services with a state, a term and a price; one life cycle for every kind (P22)."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.customers.models import Customer
from hospes.kernel.datamap import (
    TAX_LAW,
    THE_CONTRACT,
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
from hospes.services.words import reason_words

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


class Service(MappedModel):
    """
    What a customer ordered and is entitled to. `origin` is the thing that was sold: it makes one service, ever.

    `provider` is who makes and runs it ("" where nobody does): a name (`label`) can be there only once.
    """

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="services", verbose_name=_("customer")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    label = models.CharField(_("for"), max_length=253)
    provider = models.CharField(max_length=30, blank=True)
    origin = models.CharField(max_length=60, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PENDING)
    months = models.PositiveSmallIntegerField(_("term in months"))
    price_cents = models.PositiveBigIntegerField(_("price per term"))
    started_on = models.DateField(_("from"))
    renews_on = models.DateField(_("renews on"))
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
                name="ended_service_says_when", condition=~Q(state="terminated") | Q(ended_on__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["label"], opclasses=["varchar_pattern_ops"], name="services_by_label"),
            models.Index(fields=["id"], condition=Q(state="pending"), name="services_being_set_up"),
            models.Index(fields=["id"], condition=Q(state="refused"), name="services_not_set_up"),
        ]

    datamap = row(
        plain("id", "origin", "product", "provider")
        | personal(Category.CONTRACT, "customer", "state", "months", "started_on", "renews_on", "ended_on")
        | personal(Category.CONTRACT, "price_cents", reads=_READERS)
        | personal(Category.CONTRACT, "label", source=Source.PERSON, to=[Recipient.HOSTING_PANEL]),
        key="customer_id", reads=_READERS | {Purpose.OPERATION},
        creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, TAX_LAW, Then.DELETE, years=7, since="ended_on"),
    )  # fmt: skip


# Whether a name is free is asked before somebody pays, by sessions that see their own customer's rows and no others. The
# answer is yes or no, and says not whose it is. That a name is hosted here anybody can see in the DNS.
declare_function(
    "services_name_is_held(text,text)",
    {Purpose.CART.own, Purpose.CONTRACT, Purpose.CONTRACT.own, Purpose.BILLING, Purpose.BILLING.own},
)


def _state_words(state: str) -> str:
    return str(dict(State.choices).get(state, state))


class ServiceChange(MappedModel):
    """A move of a service from one state to another: when and why. Only ever added to."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="changes", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    was = models.CharField(_("was"), max_length=12, blank=True)
    became = models.CharField(_("became"), max_length=12)
    reason = models.CharField(_("reason"), max_length=60)
    at = models.DateTimeField(_("when"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("change of a service")

    datamap = row(
        plain("id", "service") | personal(Category.CONTRACT, "customer", "at")
        | personal(Category.CONTRACT, "was", "became", words=_state_words)
        | personal(Category.CONTRACT, "reason", words=reason_words),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.SUPPORT, Purpose.OPERATION}, creates={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7, goes_with="service"),
    )  # fmt: skip
