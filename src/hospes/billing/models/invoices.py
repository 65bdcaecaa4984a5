"""Invoices and credit notes, their lines, and their VAT by rate."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models.numbering import DocumentKind, Seller, Series
from hospes.billing.words import method_words, vat_words
from hospes.customers.models import Customer
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
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models import Service

BOOKS = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)

#: Invoices on which something is still to be paid: what was credited needs no paying.
OPEN = Q(kind="invoice", paid_cents__lt=F("total_cents") - F("credited_cents"))

#: Credit notes of which something is to be paid back that is not set off.
TO_BE_PAID_BACK = Q(kind="credit_note", paid_cents__lt=F("total_cents") - F("set_off_cents"))


class VatCategory(models.TextChoices):
    """Why this VAT, by the codes of UNCL 5305 that EN 16931 uses (BT-118, BT-151)."""

    STANDARD = "S", _("VAT at a rate")
    ZERO = "Z", _("zero rate")
    EXEMPT = "E", _("exempt from VAT")
    REVERSE_CHARGE = "AE", _("VAT reverse charged")
    GOODS_IN_THE_EU = "K", _("supply of goods inside the EU")
    EXPORT = "G", _("export outside the EU")
    OUTSIDE = "O", _("outside the scope of VAT")


def _rate_goes_with_category() -> Q:
    return Q(vat_category="S", vat_basis_points__gt=0) | Q(
        vat_category__in=["Z", "E", "AE", "K", "G", "O"], vat_basis_points=0
    )


class Invoice(MappedModel):
    """
    An issued invoice or credit note: what it says never changes. `origin` is what it is of: that makes one, ever.

    A credit note always belongs to an invoice (`credits`), and its amounts are what is given back. Of what it gives back,
    `set_off_cents` was still open on the invoice and needs no paying back. `credited_cents` of an invoice is the sum of its
    credit notes, kept by a trigger. `sequence` is the place in the series and book year, without gaps.
    """

    Kind = DocumentKind

    kind = models.CharField(_("kind of document"), max_length=12, choices=Kind.choices, default=Kind.INVOICE)
    number = models.CharField(_("invoice number"), max_length=20, unique=True)
    series = models.ForeignKey(Series, models.PROTECT, related_name="+")
    book_year = models.PositiveSmallIntegerField(_("book year"))
    sequence = models.PositiveIntegerField()
    credits = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="credit_notes", verbose_name=_("credits invoice")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="invoices", verbose_name=_("customer")
    )
    origin = models.CharField(max_length=60, unique=True)
    quote_number = models.CharField(_("quote number"), max_length=20, blank=True)
    reference = models.CharField(_("your reference"), max_length=80, blank=True)
    purchase_order = models.CharField(_("purchase order number"), max_length=80, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    issued_on = models.DateField(_("invoice date"))
    term_days = models.PositiveSmallIntegerField(_("payment term in days"), default=0)
    due_on = models.DateField(_("due on"))
    language = models.CharField(_("language"), max_length=2)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+")
    buyer_name = models.CharField(_("name"), max_length=160)
    buyer_contact = models.CharField(_("for the attention of"), max_length=160, blank=True)
    buyer_street = models.CharField(_("address"), max_length=160)
    buyer_postcode = models.CharField(_("postcode"), max_length=12)
    buyer_town = models.CharField(_("town"), max_length=80)
    buyer_country = models.CharField(_("country"), max_length=2)
    buyer_kvk_number = models.CharField(_("KvK number"), max_length=8, blank=True)
    buyer_vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    buyer_email = models.CharField(_("e-mail address for invoices"), max_length=254, blank=True)
    net_cents = models.PositiveBigIntegerField(_("without VAT"))
    vat_cents = models.PositiveBigIntegerField(_("VAT"))
    total_cents = models.PositiveBigIntegerField(_("total"))
    set_off_cents = models.PositiveBigIntegerField(_("set off"), default=0)
    credited_cents = models.PositiveBigIntegerField(_("credited"), default=0)
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
            models.UniqueConstraint(
                fields=["series", "book_year", "sequence"], name="one_document_per_place_in_a_series"
            ),
            models.CheckConstraint(
                name="credit_note_belongs_to_an_invoice",
                condition=Q(kind="invoice", credits=None, set_off_cents=0, reason="")
                | Q(kind="credit_note", credits__isnull=False, credited_cents=0) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="never_more_credited_than_invoiced", condition=Q(credited_cents__lte=F("total_cents"))
            ),
            models.CheckConstraint(
                name="never_more_set_off_than_credited", condition=Q(set_off_cents__lte=F("total_cents"))
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-issued_on", "-id"], name="invoices_of_customer"),
            models.Index(fields=["due_on", "id"], condition=OPEN, name="open_invoices_by_due_day"),
            models.Index(
                fields=["issued_on", "id"], condition=Q(documented_at=None), name="invoices_without_file"
            ),
            models.Index(fields=["id"], condition=TO_BE_PAID_BACK, name="credit_notes_to_be_paid_back"),
        ]

    datamap = row(
        plain("id", "origin", "language", "kind", "series", "book_year", "sequence", "seller")
        | personal(
            Category.CONTRACT, "number", "customer", "credits", "quote_number", "issued_on", "term_days", "due_on", "net_cents",
            "vat_cents", "total_cents", "set_off_cents", "credited_cents",
        )
        | personal(Category.CONTRACT, "reason", reads={Purpose.BILLING, Purpose.MESSAGES})
        | personal(Category.CONTRACT, "reference", "purchase_order", source=Source.PERSON, reads={Purpose.BILLING})
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
        | personal(Category.COMPANY, "buyer_kvk_number", "buyer_vat_number", source=Source.PERSON, reads={Purpose.BILLING})
        | personal(Category.CONTACT, "buyer_email", source=Source.PERSON, reads={Purpose.BILLING}),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING},
        keep=BOOKS,
    )  # fmt: skip

    @property
    def is_credit_note(self) -> bool:
        return self.kind == DocumentKind.CREDIT_NOTE

    @property
    def open_cents(self) -> int:
        """What is still to be paid; on a credit note: still to be paid back, after what was set off against its invoice."""
        if self.is_credit_note:
            return self.total_cents - self.set_off_cents - self.paid_cents
        return max(self.total_cents - self.credited_cents - self.paid_cents, 0)

    @property
    def signed_cents(self) -> int:
        """The total as it changes what the customer owes: a credit note takes off."""
        return -self.total_cents if self.is_credit_note else self.total_cents

    @property
    def creditable_cents(self) -> int:
        """How much of an invoice can still be credited, with VAT."""
        return 0 if self.is_credit_note else self.total_cents - self.credited_cents


class InvoiceLine(MappedModel):
    """
    A line of an invoice or credit note; `vat_basis_points` is the rate that applied (2100 is 21 %) in `vat_country`.

    What takes off (a discount, what is left of a term) has a negative quantity, never a negative price (EN 16931, BR-27).
    A line of a credit note gives back `net_cents` of the line `credits_line`; `credited_cents` of that one is the sum.
    """

    class Kind(models.TextChoices):
        TERM = "term", _("term of a service")
        SETUP = "setup", _("setting up")
        WORK = "work", _("work")
        CHANGE = "change", _("change of a service")
        DISCOUNT = "discount", _("discount")
        OTHER = "other", _("other")

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines", verbose_name=_("invoice"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, related_name="+", verbose_name=_("service")
    )
    kind = models.CharField(_("what it is of"), max_length=8, choices=Kind.choices, default=Kind.OTHER)
    position = models.PositiveSmallIntegerField(_("position"))
    description = models.CharField(_("description"), max_length=200)
    details = models.CharField(_("details"), max_length=253, blank=True)
    quantity = models.IntegerField(_("number"))
    unit_cents = models.PositiveBigIntegerField(_("price each"))
    net_cents = models.BigIntegerField(_("amount without VAT"))
    vat_category = models.CharField(
        _("kind of VAT"), max_length=2, choices=VatCategory.choices, default=VatCategory.STANDARD
    )
    vat_country = models.CharField(_("country of the VAT"), max_length=2, default="NL")
    vat_basis_points = models.PositiveIntegerField(_("VAT rate"))
    vat_reason = models.CharField(_("why this VAT"), max_length=30, blank=True)
    revenue_account = models.CharField(max_length=20, blank=True)  # RGS code; empty: that of the kind of line
    #: What was sold, where the service was made after the invoice: the origin of that service.
    sold_as = models.CharField(max_length=60, blank=True, db_default="")
    period_from = models.DateField(_("from"), null=True)
    period_until = models.DateField(_("until"), null=True)
    credits_line = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="credit_lines", verbose_name=_("credits line")
    )
    credited_cents = models.BigIntegerField(_("credited"), default=0)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("line of an invoice")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="one_line_per_position"),
            models.CheckConstraint(
                name="line_adds_up", condition=Q(net_cents=F("unit_cents") * F("quantity"))
            ),
            models.CheckConstraint(name="line_rate_goes_with_category", condition=_rate_goes_with_category()),
            models.CheckConstraint(
                name="a_period_has_both_ends",
                condition=Q(period_from=None, period_until=None)
                | Q(period_from__isnull=False, period_until__isnull=False, period_until__gte=F("period_from")),
            ),
            models.CheckConstraint(
                name="never_more_credited_than_the_line",
                condition=Q(net_cents__gte=0, credited_cents__gte=0, credited_cents__lte=F("net_cents"))
                | Q(net_cents__lt=0, credited_cents__lte=0, credited_cents__gte=F("net_cents")),
            ),
            # A term of a service is invoiced once: that makes renewing harmless to repeat. Given back as a whole, it can
            # be invoiced again.
            models.UniqueConstraint(
                fields=["service", "period_from"],
                condition=Q(kind="term", credits_line=None) & (Q(net_cents=0) | ~Q(credited_cents=F("net_cents"))),
                name="one_line_per_service_and_term",
            ),
        ]  # fmt: skip
        indexes = [
            # What the threshold of the one-stop shop is held against is counted often, and is never much.
            models.Index(
                fields=["invoice"], condition=Q(vat_reason__in=["consumer_home_rate", "consumer_oss"]),
                name="lines_to_consumers_elsewhere",
            ),
            models.Index(fields=["sold_as"], condition=~Q(sold_as=""), name="lines_by_what_was_sold"),
        ]  # fmt: skip

    datamap = row(
        plain("id", "invoice", "position", "credits_line", "revenue_account", "sold_as")
        | personal(
            Category.CONTRACT, "customer", "service", "kind", "description", "details", "quantity", "unit_cents", "net_cents",
            "vat_category", "vat_country", "vat_basis_points", "vat_reason", "period_from", "period_until", "credited_cents",
        ),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip

    @property
    def creditable_cents(self) -> int:
        """How much of the line can still be credited, without VAT."""
        return self.net_cents - self.credited_cents

    @property
    def vat_words(self) -> str:
        """What VAT this is, for somebody who reads it."""
        return vat_words(self.vat_category, self.vat_country, self.vat_basis_points)


class InvoiceTax(MappedModel):
    """The VAT of an invoice or credit note for one category, country and rate: reports and e-invoices take it from here."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="taxes", verbose_name=_("invoice"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    vat_category = models.CharField(_("kind of VAT"), max_length=2, choices=VatCategory.choices)
    vat_country = models.CharField(_("country of the VAT"), max_length=2)
    vat_basis_points = models.PositiveIntegerField(_("VAT rate"))
    net_cents = models.BigIntegerField(_("amount without VAT"))
    vat_cents = models.BigIntegerField(_("VAT"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("VAT of an invoice by rate")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "vat_category", "vat_country", "vat_basis_points"], name="one_row_per_rate"
            ),
            models.CheckConstraint(name="tax_rate_goes_with_category", condition=_rate_goes_with_category()),
        ]

    datamap = row(
        plain("id", "invoice")
        | personal(
            Category.CONTRACT, "customer", "vat_category", "vat_country", "vat_basis_points", "net_cents", "vat_cents",
        ),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip

    @property
    def words(self) -> str:
        """What VAT this is, for somebody who reads it."""
        return vat_words(self.vat_category, self.vat_country, self.vat_basis_points)
