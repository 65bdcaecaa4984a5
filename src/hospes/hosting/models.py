"""Hosting accounts at a provider, each for one service."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer
from hospes.kernel.datamap import (
    THE_CONTRACT,
    Category,
    Event,
    Keep,
    Source,
    Then,
    personal,
    plain,
    row,
    secret,
)
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient
from hospes.services.models import Service


class HostingAccount(MappedModel):
    """
    An account on a hosting server; the user name is chosen before it is made there, so a repeated attempt is the same.

    `refusal` is what the panel said when it would not make it, for the colleague who looks into that.
    """

    service = models.OneToOneField(Service, models.PROTECT, related_name="hosting", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    username = models.CharField(_("user name"), max_length=10, unique=True)
    domain = models.CharField(_("domain name"), max_length=253)
    password = models.BinaryField(_("password"))
    made_at = models.DateTimeField(_("made at"), null=True)
    refusal = models.CharField(_("why it was refused"), max_length=300, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("hosting account")
        constraints = [
            models.CheckConstraint(
                name="username_fits_the_panel", condition=Q(username__regex=r"^[a-z][a-z0-9]{0,9}$")
            )
        ]

    datamap = row(
        plain("id", "service", "made_at")
        | personal(Category.CONTRACT, "customer")
        | personal(Category.LOGIN, "username", "domain", to=[Recipient.HOSTING_PANEL])
        | personal(Category.LOGIN, "refusal", source=Source.OBSERVED)
        | secret(Category.LOGIN, "password", reads={Purpose.CONTRACT, Purpose.CONTRACT.own}),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.OPERATION, Purpose.SUPPORT, Purpose.MESSAGES},
        creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, months=1),
    )  # fmt: skip
