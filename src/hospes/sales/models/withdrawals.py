"""What consumers said who withdrew from an order, and the money that they get back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import TAX_LAW, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient


class Withdrawal(MappedModel):
    """
    A statement of withdrawal as it came in (art. 11a Directive 2011/83/EU), written down before anybody looks whose it is.

    `form_id` is that of the form, so that it comes in once; who is not logged in writes their own row by it, and reads no other.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        CHECK = "check", _("received, and to be checked by a colleague")
        DONE = "done", _("carried out")
        LATE = "late", _("after the period of fourteen days")
        BUSINESS = "business", _("not possible for an order by a company")
        UNKNOWN = "unknown", _("no such order with this address")

    form_id = models.UUIDField(unique=True)
    name = models.CharField(_("name"), max_length=160)
    contract = models.CharField(_("order number or domain name"), max_length=253)
    email = models.EmailField(_("e-mail address"), max_length=254)
    received_at = models.DateTimeField(_("received at"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    order = models.ForeignKey(
        "sales.Order", models.PROTECT, null=True, related_name="+", verbose_name=_("order")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVED)
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("statement of withdrawal")
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(state="done"), name="one_withdrawal_from_an_order"
            ),
            models.CheckConstraint(
                name="withdrawal_is_from_an_order",
                condition=~Q(state__in=["done", "check", "late", "business"]) | Q(order__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=["received", "check", "unknown"]),
                name="withdrawals_to_look_at",
            )
        ]

    datamap = row(
        plain("id", "form_id", writes=())
        | personal(Category.IDENTITY, "name", writes=())
        | personal(Category.CONTACT, "email", writes=(), to=[Recipient.MAIL_SERVER])
        | personal(Category.CONTRACT, "contract", "received_at", writes=())
        | personal(Category.CONTRACT, "person", names_others=True, writes=())
        | personal(Category.CONTRACT, "customer", "order", "state", "decided_at"),
        key={"customer_id": "customer", "form_id": "cart"}, reads={Purpose.CONTRACT, Purpose.MESSAGES}, twins={Purpose.CONTRACT},
        source=Source.PERSON, creates={Purpose.CONTRACT.own}, writes={Purpose.CONTRACT},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


class Refund(MappedModel):
    """Money (with VAT) that a consumer gets back after a withdrawal, by the same means, at the latest on `due_on`."""

    withdrawal = models.OneToOneField(
        Withdrawal, models.PROTECT, related_name="refund", verbose_name=_("statement of withdrawal")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    order = models.ForeignKey("sales.Order", models.PROTECT, related_name="+", verbose_name=_("order"))
    cents = models.PositiveBigIntegerField(_("amount"))
    due_on = models.DateField(_("to be paid by"))
    created_at = models.DateTimeField(_("made at"))
    settled_at = models.DateTimeField(_("paid back at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("money to be paid back")
        constraints = [models.CheckConstraint(name="refund_is_of_something", condition=Q(cents__gt=0))]
        indexes = [
            models.Index(fields=["due_on", "id"], condition=Q(settled_at=None), name="refunds_to_be_paid")
        ]

    datamap = row(
        plain("id", "withdrawal", "order")
        | personal(Category.PAYMENT, "customer", "cents", "due_on", "created_at", writes=())
        | personal(Category.PAYMENT, "settled_at", writes={Purpose.BILLING}),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES}, twins={Purpose.CONTRACT, Purpose.BILLING},
        creates={Purpose.CONTRACT},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip
