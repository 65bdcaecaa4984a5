"""Work that a person does for a customer: what nobody makes by itself, and work by the hour."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models.service import Service


class Task(MappedModel):
    """
    Something that was sold and that a colleague does: `origin` is the thing that was sold, it makes one task, ever.

    With a `service` it is the setting up of that service, which is active once it is done; one-off work has none, and is never
    renewed. `not_before`: a consumer did not ask that it begins before they can no longer withdraw. `note`: what the customer is
    told about it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to be done")
        DONE = "done", _("done")
        DROPPED = "dropped", _("not needed any more")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    service = models.OneToOneField(
        Service, models.PROTECT, null=True, related_name="task", verbose_name=_("service")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    origin = models.CharField(max_length=60, unique=True)
    label = models.CharField(_("for"), max_length=253, blank=True)
    quantity = models.PositiveIntegerField(_("number"), default=1)
    details = models.CharField(_("with"), max_length=300, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField(_("asked at"))
    not_before = models.DateField(_("not before"), null=True)
    done_at = models.DateTimeField(_("done at"), null=True)
    done_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("done by")
    )
    note = models.CharField(_("explanation"), max_length=500, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("work for a customer")
        constraints = [
            models.CheckConstraint(
                name="work_says_when_it_was_done",
                condition=Q(state="open", done_at=None) | ~Q(state="open") & Q(done_at__isnull=False),
            ),
            models.CheckConstraint(name="work_is_of_something", condition=Q(quantity__gte=1)),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["made_at", "id"], condition=Q(state="open"), name="work_to_be_done"),
            models.Index(fields=["customer", "-made_at"], name="work_of_customer"),
        ]

    datamap = row(
        plain("id", "service", "product", "origin")
        | personal(Category.CONTRACT, "customer", "quantity", "details", "state", "made_at", "not_before", "done_at")
        | personal(Category.CONTRACT, "label", source=Source.PERSON)
        | personal(Category.CONTRACT, "done_by", names_others=True, reads={Purpose.CONTRACT})
        | personal(Category.CORRESPONDENCE, "note", reads={Purpose.CONTRACT, Purpose.SUPPORT, Purpose.MESSAGES}),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.SUPPORT, Purpose.MESSAGES},
        creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7),
    )  # fmt: skip

    @property
    def is_work(self) -> bool:
        """Whether it is work by itself, and not the setting up of a service."""
        return self.service_id is None
