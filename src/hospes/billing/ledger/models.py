"""
The ledger: double entry, only ever added to. Everybody's rights end there, the owner of the tables included (migration 0002).

All lines of an entry come in one statement, as positions 1 to n; the database refuses lines that do not balance, and an entry in
a month that was closed.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import InvoiceLine
from hospes.customers.models import Customer
from hospes.kernel.datamap import (
    TAX_LAW,
    Category,
    Event,
    Keep,
    Then,
    impersonal,
    personal,
    plain,
    row,
)
from hospes.kernel.derived import declare_function
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose

#: Art. 52 AWR: the whole of the books, seven years from the end of the book year.
BOOKS = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)


def is_dutch() -> bool:
    """Whether the active language is Dutch: accounts have their names as data."""
    return (get_language() or "nl").startswith("nl")


declare_function("hospes_next_numbers(text,integer)", {Purpose.BILLING})


class LedgerAccount(models.Model):
    """
    An account of the ledger, from a day on. `rgs_code` is its place in the Dutch reference chart (RGS).

    `use` is what the bookings know it by, so that an operator may have numbers of their own.
    """

    class Kind(models.TextChoices):
        """As in the audit file (accTp)."""

        BALANCE = "B", _("balance sheet")
        RESULT = "P", _("profit and loss")

    class Use(models.TextChoices):
        """What bookings need an account for."""

        RESULT = "result", _("result of earlier years")
        BANK = "bank", _("bank account")
        CLEARING = "clearing", _("on its way from the payment provider")
        SUSPENSE = "suspense", _("money at the bank of which it is not known yet what it is")
        DEBITS = "debits", _("direct debits on their way")
        DEBTORS = "debtors", _("debtors")
        DEFERRED = "deferred", _("revenue invoiced in advance")
        SURPLUS = "surplus", _("balances of customers")
        QUESTIONS = "questions", _("for the bookkeeper to look into")
        WRITTEN_OFF = "written_off", _("invoices written off")
        PAYMENT_COSTS = "payment_costs", _("costs of payments")
        VAT_STANDARD = "vat_standard", _("VAT at the standard rate")
        VAT_REDUCED = "vat_reduced", _("VAT at the reduced rate")
        VAT_OTHER = "vat_other", _("VAT at another rate")
        VAT_OSS = "vat_oss", _("VAT of other EU countries")
        VAT_INPUT = "vat_input", _("VAT paid to suppliers")
        VAT_PAID = "vat_paid", _("VAT paid to the tax office")
        REVENUE_STANDARD = "revenue_standard", _("revenue at the standard rate")
        REVENUE_REDUCED = "revenue_reduced", _("revenue at the reduced rate")
        REVENUE_OTHER = "revenue_other", _("revenue at another rate")
        REVENUE_ZERO = "revenue_zero", _("revenue without VAT")
        REVENUE_EU = "revenue_eu", _("revenue from companies in other EU countries")
        REVENUE_OUTSIDE = "revenue_outside", _("revenue from outside the EU")
        REVENUE_OSS = "revenue_oss", _("revenue from consumers in other EU countries")

    code = models.CharField(max_length=10, unique=True)
    rgs_code = models.CharField(max_length=20)
    name_nl = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    kind = models.CharField(max_length=1, choices=Kind.choices)
    use = models.CharField(max_length=20, choices=Use.choices, blank=True)
    valid_from = models.DateField()

    class Meta:
        db_table = "billing_ledgeraccount"
        constraints = [
            models.UniqueConstraint(
                fields=["use"], condition=~Q(use=""), name="one_ledger_account_for_each_use"
            ),
            models.CheckConstraint(condition=Q(kind__in=["B", "P"]), name="ledger_account_kind_is_known"),
        ]

    datamap = impersonal("id", "code", "rgs_code", "name_nl", "name_en", "kind", "use", "valid_from")

    @property
    def name(self) -> str:
        """Its name in the active language."""
        return self.name_nl if is_dutch() else self.name_en


class LedgerEntry(MappedModel):
    """
    An entry in a journal, numbered without gaps within journal and book year. `origin` is what it is of: it is booked once, ever.

    `document` is the number of what it was booked from, as on the invoice or at the payment provider.
    """

    class Journal(models.TextChoices):
        """The journals, by their kind in the audit file (jrnTp)."""

        SALES = "S", _("sales")
        BANK = "B", _("bank")
        MEMORIAL = "M", _("memorial")

    journal = models.CharField(_("journal"), max_length=1, choices=Journal.choices)
    book_year = models.PositiveSmallIntegerField(_("book year"))
    number = models.PositiveIntegerField(_("number in the journal"))
    booked_on = models.DateField(_("booked on"))
    origin = models.CharField(max_length=60, unique=True)
    document = models.CharField(_("document"), max_length=60, blank=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    made_at = models.DateTimeField(_("made at"))

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "billing_ledgerentry"
        verbose_name = _("entry in the ledger")
        constraints = [
            models.UniqueConstraint(
                fields=["journal", "book_year", "number"], name="one_ledger_entry_per_number"
            ),
            models.CheckConstraint(condition=Q(journal__in=["S", "B", "M"]), name="ledger_journal_is_known"),
        ]
        indexes = [models.Index(fields=["booked_on"], name="ledger_entries_by_day")]

    datamap = row(
        plain("id", "journal", "book_year", "number", "origin", "made_at")
        | personal(Category.CONTRACT, "customer", "booked_on", "document"),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip


class LedgerLine(MappedModel):
    """
    An amount on an account, on one of its two sides; all lines of an entry balance.

    A line of turnover says in which group of VAT it is: the category (UNCL 5305), the country and the rate; `vat_cents` is the VAT
    on it (as credit). The figures of the VAT returns are sums of these.
    """

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="lines", verbose_name=_("entry"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    account = models.ForeignKey(
        LedgerAccount, models.PROTECT, related_name="+", verbose_name=_("ledger account")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    debit_cents = models.PositiveBigIntegerField(_("debit"), default=0)
    credit_cents = models.PositiveBigIntegerField(_("credit"), default=0)
    vat_category = models.CharField(_("kind of VAT"), max_length=2, blank=True)
    vat_country = models.CharField(_("country of the VAT"), max_length=2, blank=True)
    vat_basis_points = models.PositiveIntegerField(_("VAT rate"), null=True)
    vat_cents = models.BigIntegerField(_("VAT"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "billing_ledgerline"
        verbose_name = _("line in the ledger")
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="one_ledger_line_per_position"),
            models.CheckConstraint(
                condition=Q(debit_cents=0) | Q(credit_cents=0), name="ledger_line_is_on_one_side"
            ),
            models.CheckConstraint(
                condition=Q(vat_cents=None, vat_basis_points=None, vat_category="", vat_country="")
                | Q(vat_cents__isnull=False, vat_basis_points__isnull=False) & ~Q(vat_category="") & ~Q(vat_country=""),
                name="ledger_line_says_all_of_its_vat",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["account", "customer"], name="ledger_lines_of_account")]

    datamap = row(
        plain("id", "entry", "account", "position", "vat_category", "vat_country", "vat_basis_points")
        | personal(Category.CONTRACT, "customer", "debit_cents", "credit_cents", "vat_cents"),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip


class LedgerRelease(MappedModel):
    """What of a line that was invoiced in advance became revenue in a month; `month` is its first day. Once for each."""

    line = models.ForeignKey(
        InvoiceLine, models.PROTECT, related_name="+", verbose_name=_("line of an invoice")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    month = models.DateField(_("month"))
    cents = models.BigIntegerField(_("amount"))
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+", verbose_name=_("entry"))

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "billing_ledgerrelease"
        verbose_name = _("revenue of a month")
        constraints = [
            models.UniqueConstraint(fields=["line", "month"], name="one_release_per_line_and_month")
        ]

    datamap = row(
        plain("id", "line", "entry") | personal(Category.CONTRACT, "customer", "month", "cents"),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip


class LedgerClosing(models.Model):
    """A month that was closed, by its first day, and with it all before: nothing is booked there any more."""

    month = models.DateField(unique=True)
    closed_at = models.DateTimeField()

    class Meta:
        db_table = "billing_ledgerclosing"
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="a_closing_is_of_a_whole_month"),
        ]

    datamap = impersonal("id", "month", "closed_at", creates={Purpose.BILLING})
