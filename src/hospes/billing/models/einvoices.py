"""Where a customer gets e-invoices, and what became of each one."""

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient

_PARTICIPANT = r"^[0-9]{4}:[0-9A-Za-z][0-9A-Za-z._:-]{0,49}$"

#: Why an e-invoice was not delivered, by the reasons of hospes.billing.providers.peppol.
REASONS: dict[str, str | Promise] = {
    "unknown_participant": _("nobody gets e-invoices at this address any more"),
    "bad_document": _("the access point could not read it"),
    "wrong_parties": _("the address is not that of the buyer"),
    "receiver_refused": _("the receiver does not want it"),
    "refused": _("the access point refused it"),
}


def reason_words(reason: str) -> str:
    """Why an e-invoice was not delivered, in the active language."""
    return str(REASONS.get(reason, reason))


class EInvoiceAddress(MappedModel):
    """
    Where on the Peppol network a customer wants invoices: scheme and number, as 0106:12345678.

    `state` is what the access point said of it, `asked_at` when it was last looked up; e-invoices are only made for an address
    that can receive them. `with_mail`: whether the mail with the PDF is wanted besides.
    """

    class State(models.TextChoices):
        UNCHECKED = "unchecked", _("not looked up yet")
        REACHABLE = "reachable", _("can receive e-invoices")
        UNKNOWN = "unknown", _("nobody receives e-invoices there")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    participant = models.CharField(_("address for e-invoices"), max_length=55)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNCHECKED)
    with_mail = models.BooleanField(_("by mail as well"), default=True)
    since = models.DateTimeField(_("since"))
    asked_at = models.DateTimeField(_("looked up at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("address for e-invoices")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(ended_at=None), name="one_address_for_e_invoices"
            ),
            models.CheckConstraint(
                name="address_for_e_invoices_has_a_scheme", condition=Q(participant__regex=_PARTICIPANT)
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "id"], condition=Q(ended_at=None) & ~Q(state="reachable"),
                name="addresses_to_be_looked_at",
            ),
        ]  # fmt: skip

    datamap = row(
        plain("id", writes=()) | plain("ended_at", "state", "asked_at")
        | personal(Category.CONTRACT, "customer", "since", writes=())
        | personal(Category.CHOICES, "with_mail")
        | personal(Category.COMPANY, "participant", to=[Recipient.PEPPOL_ACCESS_POINT], writes=()),
        key="customer_id", reads={Purpose.BILLING}, source=Source.PERSON,
        creates={Purpose.BILLING, Purpose.BILLING.own}, writes={Purpose.BILLING, Purpose.BILLING.own},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=1),
    )  # fmt: skip


class EInvoice(MappedModel):
    """
    An invoice or credit note as an e-invoice: where it goes to, and what became of it. Its bytes are made when it is sent.

    `mail_at`: until when it may take to arrive where the customer wants no mail besides; after that, or when it failed, the mail
    goes all the same. None where the mail went, or need not go any more.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TAKEN = "taken", _("handed to the access point")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")

    invoice = models.OneToOneField(
        "billing.Invoice", models.PROTECT, related_name="einvoice", verbose_name=_("invoice")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    participant = models.CharField(_("sent to"), max_length=55)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    reference = models.CharField(_("reference at the access point"), max_length=80, blank=True, default="")
    reason = models.CharField(_("why it failed"), max_length=30, blank=True, default="")
    planned_at = models.DateTimeField(_("made at"))
    taken_at = models.DateTimeField(_("handed to the access point at"), null=True)
    settled_at = models.DateTimeField(_("delivered or failed at"), null=True)
    ask_at = models.DateTimeField(_("asked for again at"), null=True)
    mail_at = models.DateTimeField(_("sent by mail after all at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("e-invoice")
        constraints = [
            models.CheckConstraint(
                name="e_invoice_that_was_taken_has_a_reference",
                condition=~Q(state__in=("taken", "delivered"))
                | (Q(taken_at__isnull=False) & ~Q(reference="")),
            ),
            models.CheckConstraint(
                name="e_invoice_that_failed_says_why", condition=Q(state="failed") ^ Q(reason="")
            ),
        ]
        indexes = [
            models.Index(fields=["ask_at", "id"], condition=Q(state="taken"), name="e_invoices_under_way"),
            models.Index(fields=["planned_at", "id"], condition=Q(state="failed"), name="e_invoices_failed"),
            models.Index(
                fields=["mail_at", "id"],
                condition=Q(mail_at__isnull=False),
                name="e_invoices_instead_of_mail",
            ),
            models.Index(
                fields=["planned_at", "id"], condition=Q(state="waiting"), name="e_invoices_waiting"
            ),
        ]

    datamap = row(
        plain("id", "invoice", writes=()) | plain("state", "reference", "ask_at", "mail_at")
        | personal(Category.CONTRACT, "customer", "planned_at", writes=())
        | personal(Category.CONTRACT, "taken_at", "settled_at")
        | personal(Category.CONTRACT, "reason", words=reason_words)
        | personal(Category.COMPANY, "participant", to=[Recipient.PEPPOL_ACCESS_POINT], writes=()),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip
