"""What somebody who orders a domain name was told about the registry."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import RegistryNotice
from hospes.customers.models import Customer
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.sales.models import Order


class RegistryKnown(MappedModel):
    """
    That the person who ordered had read what the registry of an extension gets, in which version and language, and when (P42).

    The database refuses an order of a domain name without it (`guards`).
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="registries_known", verbose_name=_("order"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    notice = models.ForeignKey(RegistryNotice, models.PROTECT, related_name="+", verbose_name=_("text"))
    language = models.CharField(_("language"), max_length=2)
    known_at = models.DateTimeField(_("when"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("what was told about a registry")
        constraints = [models.UniqueConstraint(fields=["order", "notice"], name="told_once_per_order")]

    datamap = row(
        plain("id", "order") | personal(Category.CONTRACT, "customer", "notice", "language", "known_at"),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.BILLING}, creates={Purpose.CONTRACT, Purpose.CONTRACT.own},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7),
    )  # fmt: skip
