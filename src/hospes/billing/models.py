"""Invoices as they were issued, with what they said about both parties then; and the files made of them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.einvoices.models import EInvoice as EInvoice
from hospes.billing.einvoices.models import EInvoiceAddress as EInvoiceAddress
from hospes.billing.words import method_words
from hospes.customers.models import Customer
from hospes.kernel.datamap import (
    TAX_LAW,
    Category,
    Event,
    Keep,
    Source,
    Then,
    impersonal,
    personal,
    plain,
    row,
)
from hospes.kernel.managers import MappedModel
from hospes.kernel.outside import FileStore, declare_files
from hospes.kernel.purposes import Purpose

_BOOKS = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)


class VatRate(models.Model):
    """A VAT rate of a country, from a day on, in hundredths of a percent (2100 is 21 %)."""

    class Code(models.TextChoices):
        """The kinds of rates by their names in the VAT directive (2006/112/EC, art. 96 and 98)."""

        STANDARD = "standard", _("standard rate")
        REDUCED = "reduced", _("reduced rate")

    country = models.CharField(max_length=2)
    code = models.CharField(max_length=12, choices=Code.choices)
    basis_points = models.PositiveIntegerField()
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "code", "valid_from"], name="one_rate_per_day"),
            # A rate under a name that nobody asks for would not be found, and another one be charged.
            models.CheckConstraint(
                condition=Q(code__in=["standard", "reduced"]), name="vat_rate_has_a_known_code"
            ),
        ]

    datamap = impersonal("id", "country", "code", "basis_points", "valid_from")


class Invoice(MappedModel):
    """An issued invoice: what it says never changes. `origin` is what it invoices: that makes one invoice, ever."""

    number = models.CharField(_("invoice number"), max_length=20, unique=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="invoices", verbose_name=_("customer")
    )
    origin = models.CharField(max_length=60, unique=True)
    quote_number = models.CharField(_("quote number"), max_length=20)
    issued_on = models.DateField(_("invoice date"))
    due_on = models.DateField(_("due on"))
    language = models.CharField(_("language"), max_length=2)
    buyer_name = models.CharField(_("name"), max_length=160)
    buyer_contact = models.CharField(_("for the attention of"), max_length=160, blank=True)
    buyer_street = models.CharField(_("address"), max_length=160)
    buyer_postcode = models.CharField(_("postcode"), max_length=12)
    buyer_town = models.CharField(_("town"), max_length=80)
    buyer_country = models.CharField(_("country"), max_length=2)
    buyer_kvk_number = models.CharField(_("KvK number"), max_length=8, blank=True)
    buyer_vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    net_cents = models.PositiveBigIntegerField(_("without VAT"))
    vat_cents = models.PositiveBigIntegerField(_("VAT"))
    total_cents = models.PositiveBigIntegerField(_("total"))
    paid_cents = models.PositiveBigIntegerField(_("paid"), default=0)
    paid_at = models.DateTimeField(_("paid on"), null=True)
    paid_with = models.CharField(_("paid with"), max_length=20, blank=True)
    documented_at = models.DateTimeField(null=True)  # when its file was made

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("invoice")
        constraints = [
            models.CheckConstraint(name="due_not_before_issue", condition=Q(due_on__gte=F("issued_on"))),
            models.CheckConstraint(name="never_overpaid", condition=Q(paid_cents__lte=F("total_cents"))),
            models.CheckConstraint(
                name="totals_add_up", condition=Q(total_cents=F("net_cents") + F("vat_cents"))
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-issued_on", "-id"], name="invoices_of_customer"),
            models.Index(
                fields=["due_on", "id"],
                condition=Q(paid_cents__lt=F("total_cents")),
                name="open_invoices_by_due_day",
            ),
            models.Index(
                fields=["issued_on", "id"], condition=Q(documented_at=None), name="invoices_without_file"
            ),
        ]

    datamap = row(
        plain("id", "origin", "language")
        | personal(
            Category.CONTRACT, "number", "customer", "quote_number", "issued_on", "due_on", "net_cents", "vat_cents",
            "total_cents",
        )
        | plain("documented_at", writes={Purpose.BILLING})
        # What was issued stays as it is; only what was paid on it changes.
        | personal(Category.CONTRACT, "paid_cents", "paid_at", writes={Purpose.BILLING})
        | personal(Category.CONTRACT, "paid_with", writes={Purpose.BILLING}, words=method_words)
        # The mail says in whose name it was issued, which may be another one than the customer has by now.
        | personal(Category.IDENTITY, "buyer_name", source=Source.PERSON)
        | personal(Category.IDENTITY, "buyer_contact", source=Source.PERSON, reads={Purpose.BILLING})
        | personal(
            Category.ADDRESS, "buyer_street", "buyer_postcode", "buyer_town", "buyer_country",
            source=Source.PERSON, reads={Purpose.BILLING},
        )
        | personal(Category.COMPANY, "buyer_kvk_number", "buyer_vat_number", source=Source.PERSON, reads={Purpose.BILLING}),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING},
        keep=_BOOKS,
    )  # fmt: skip

    @property
    def open_cents(self) -> int:
        return self.total_cents - self.paid_cents


class InvoiceLine(MappedModel):
    """A line of an invoice; `vat_basis_points` is the rate that applied (2100 is 21 %)."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines", verbose_name=_("invoice"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    position = models.PositiveSmallIntegerField(_("position"))
    description = models.CharField(_("description"), max_length=200)
    details = models.CharField(_("details"), max_length=253, blank=True)
    quantity = models.PositiveIntegerField(_("number"))
    unit_cents = models.PositiveBigIntegerField(_("price each"))
    net_cents = models.PositiveBigIntegerField(_("amount without VAT"))
    vat_basis_points = models.PositiveIntegerField(_("VAT rate"))
    period_from = models.DateField(_("from"))
    period_until = models.DateField(_("until"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("line of an invoice")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="one_line_per_position"),
            models.CheckConstraint(
                name="line_adds_up", condition=Q(net_cents=F("unit_cents") * F("quantity"))
            ),
        ]

    datamap = row(
        plain("id", "invoice", "position")
        | personal(
            Category.CONTRACT, "customer", "description", "details", "quantity", "unit_cents", "net_cents", "vat_basis_points",
            "period_from", "period_until",
        ),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING}, keep=_BOOKS,
    )  # fmt: skip


class Document(MappedModel):
    """A file made of an invoice: where it lies, and the hash of its bytes."""

    invoice = models.OneToOneField(
        Invoice, models.PROTECT, related_name="document", verbose_name=_("invoice")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    path = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("hash of the file"), max_length=64)
    made_at = models.DateTimeField(_("made at"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("file of an invoice")

    datamap = row(
        plain("id", "invoice", "sha256", "made_at") | personal(Category.CONTRACT, "customer", "path"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING}, keep=_BOOKS,
    )  # fmt: skip


declare_files(
    FileStore(
        "invoices",
        Category.CONTRACT,
        frozenset({Purpose.BILLING, Purpose.MESSAGES}),
        "billing_document",
        "path",
    )
)
