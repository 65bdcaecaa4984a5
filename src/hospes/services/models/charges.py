"""What is to be charged or given back for a service, besides its renewals."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.customers.models import Customer
from hospes.kernel.datamap import TAX_LAW, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models.service import Service


class Charge(MappedModel):
    """
    An amount that billing puts on an invoice (above zero) or gives back by a credit note (below), without VAT, once.

    `origin` says what it is for, and makes it one charge, ever. The period is that of the part of a term that it is about,
    with its last day. `settled_at`: when billing did so.
    """

    class Kind(models.TextChoices):
        NEW = "new", _("the rest of the term, as it is after a change")
        UNUSED = "unused", _("the unused part of what was paid before a change")
        ENDED = "ended", _("the unused part of what was paid, at the end of the contract")
        WITHDRAWN = "withdrawn", _("what is given back after a withdrawal")
        DROPPED = "dropped", _("what was invoiced for what was not delivered")

    service = models.ForeignKey(Service, models.PROTECT, related_name="charges", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    kind = models.CharField(_("what for"), max_length=10, choices=Kind.choices)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveIntegerField(_("number"))
    cents = models.BigIntegerField(_("amount without VAT"))
    period_from = models.DateField(_("from"))
    period_until = models.DateField(_("until"))
    description = models.CharField(_("description"), max_length=200)
    origin = models.CharField(max_length=60, unique=True)
    created_at = models.DateTimeField(_("made at"))
    settled_at = models.DateTimeField(_("on an invoice since"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("amount to be charged or given back")
        constraints = [
            models.CheckConstraint(name="charge_is_of_something", condition=~Q(cents=0)),
            models.CheckConstraint(
                name="charge_ends_after_it_began", condition=Q(period_until__gte=F("period_from"))
            ),
            models.CheckConstraint(
                name="only_what_is_new_is_charged",
                condition=Q(kind="new", cents__gt=0) | ~Q(kind="new") & Q(cents__lt=0),
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "id"], condition=Q(settled_at=None), name="charges_to_be_invoiced"
            )
        ]

    datamap = row(
        plain("id", "service", "origin", "product")
        | personal(Category.CONTRACT, "customer", "kind", "quantity", "cents", "period_from", "period_until", "description",
                   "created_at", writes=())
        | personal(Category.CONTRACT, "settled_at", writes={Purpose.BILLING}),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES},
        twins={Purpose.CONTRACT, Purpose.BILLING}, creates={Purpose.CONTRACT},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip
