"""
Bank statements: what the bank says came and went, and what each line, or a part of it, turned out to be.

What the bank said never changes here. Whose money a line is stands in its allocations: they are added, and undone, never changed;
the database keeps them within the line (migration 0002).
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
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
from hospes.kernel.purposes import Purpose
from hospes.payments.bank.rules import Kind as Kinds
from hospes.payments.models import Refund
from hospes.sales.models import Order

#: Art. 52 AWR: bank statements are a part of the books, also what on them is of no customer.
BOOKS = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)


class BankStatement(models.Model):
    """
    A statement of an account of the operator; `digest` is over all that it says, so that it is there once, however often it is
    brought and in whichever file.
    """

    account = models.CharField(_("account"), max_length=34)
    number = models.CharField(_("number"), max_length=35, blank=True)
    opened_on = models.DateField(_("from"))
    opening_cents = models.BigIntegerField(_("opening balance"))
    closed_on = models.DateField(_("until"))
    closing_cents = models.BigIntegerField(_("closing balance"))
    digest = models.CharField(max_length=64, unique=True)
    imported_at = models.DateTimeField(_("taken in at"))

    class Meta:
        verbose_name = _("bank statement")
        constraints = [
            models.CheckConstraint(
                name="bank_statement_ends_after_it_began", condition=Q(closed_on__gte=F("opened_on"))
            ),
        ]
        indexes = [models.Index(fields=["account", "-closed_on", "-id"], name="bank_statements_of_account")]

    datamap = impersonal(
        "id", "account", "number", "opened_on", "opening_cents", "closed_on", "closing_cents", "digest", "imported_at",
        creates={Purpose.BILLING},
    )  # fmt: skip


class BankLine(MappedModel):
    """
    A movement on a statement; `cents` above zero came in. `left_cents` is what of it nobody has said yet what it is; a trigger
    keeps it. `matched_at`: when the rules looked at it; what was undone since is not booked by itself again.

    `customer` is whose it is, where all of it is of one customer; of what is of several, or of none, the allocations say it.
    """

    statement = models.ForeignKey(
        BankStatement, models.PROTECT, related_name="lines", verbose_name=_("bank statement")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    position = models.PositiveIntegerField(_("position"))
    booked_on = models.DateField(_("booked on"))
    valued_on = models.DateField(_("value date"), null=True)
    cents = models.BigIntegerField(_("amount"))
    left_cents = models.BigIntegerField(_("not divided yet"))
    name = models.CharField(_("name at the other end"), max_length=140, blank=True)
    other_account = models.CharField(_("account at the other end"), max_length=34, blank=True)
    remittance = models.CharField(_("remittance"), max_length=500, blank=True)
    structured = models.CharField(_("structured reference"), max_length=70, blank=True)
    end_to_end = models.CharField(_("reference of the payer"), max_length=70, blank=True)
    mandate = models.CharField(_("mandate"), max_length=35, blank=True)
    bank_reference = models.CharField(max_length=70, blank=True)
    batch = models.CharField(max_length=70, blank=True)
    code = models.CharField(max_length=20, blank=True)
    return_reason = models.CharField(_("why it came back"), max_length=35, blank=True)
    is_reversal = models.BooleanField(_("undone by the bank"), default=False)
    matched_at = models.DateTimeField(null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("line of a bank statement")
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="one_bank_line_per_position"),
            models.CheckConstraint(name="bank_line_is_something", condition=~Q(cents=0)),
            models.CheckConstraint(
                name="bank_line_is_not_divided_beyond_itself",
                condition=Q(cents__gt=0, left_cents__gte=0, left_cents__lte=F("cents"))
                | Q(cents__lt=0, left_cents__lte=0, left_cents__gte=F("cents")),
            ),
        ]
        indexes = [
            models.Index(fields=["booked_on", "id"], condition=~Q(left_cents=0), name="bank_lines_waiting"),
            models.Index(fields=["id"], condition=Q(matched_at=None), name="bank_lines_not_looked_at"),
            models.Index(
                fields=["other_account"],
                condition=~Q(other_account="") & Q(customer__isnull=False),
                name="bank_lines_by_account",
            ),
            models.Index(fields=["bank_reference"], condition=~Q(bank_reference=""), name="bank_lines_by_reference"),
        ]  # fmt: skip

    datamap = row(
        plain("id", "statement", "position", "bank_reference", "batch", "code", "is_reversal", "left_cents", writes=())
        | plain("matched_at")
        | personal(Category.PAYMENT, "customer")
        | personal(
            Category.PAYMENT, "booked_on", "valued_on", "cents", "name", "other_account", "remittance", "structured",
            "end_to_end", "mandate", "return_reason", writes=(), source=Source.PROVIDER,
        ),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING}, keep=BOOKS,
        source=Source.PROVIDER,
    )  # fmt: skip


class BankAllocation(MappedModel):
    """
    What a line, or a part of it, is: money for an invoice, credit of a customer, and so on; `cents` has the sign of the line.

    `undone_at`: it was wrong, and was booked back. `score` and `why` say on what ground it was booked by itself or proposed
    (`rules.Why`); `note` is what a colleague wrote. Of a refund, `refund`; of a reversal `other_line` is the other side.
    """

    class Kind(models.TextChoices):
        INVOICE = Kinds.INVOICE.value, _("for an invoice")
        ORDER = Kinds.ORDER.value, _("for an order")
        CREDIT = Kinds.CREDIT.value, _("credit of a customer")
        REFUND = Kinds.REFUND.value, _("money paid back")
        BOUNCE = Kinds.BOUNCE.value, _("money paid back that did not arrive")
        REVERSAL = Kinds.REVERSAL.value, _("undoes another line")
        PAYOUT = Kinds.PAYOUT.value, _("from the payment provider")
        OWN = Kinds.OWN.value, _("between own accounts")
        OTHER = Kinds.OTHER.value, _("not of a customer")

    line = models.ForeignKey(
        BankLine, models.PROTECT, related_name="allocations", verbose_name=_("line of a bank statement")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    kind = models.CharField(_("what it is"), max_length=10, choices=Kind.choices)
    cents = models.BigIntegerField(_("amount"))
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="+", verbose_name=_("invoice")
    )
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="+", verbose_name=_("order"))
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, related_name="+", verbose_name=_("money paid back")
    )
    other_line = models.ForeignKey(BankLine, models.PROTECT, null=True, related_name="+")
    is_automatic = models.BooleanField(_("booked by itself"))
    score = models.PositiveSmallIntegerField(_("score"), default=0)
    why = models.CharField(_("grounds"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    booked_at = models.DateTimeField(_("booked at"))
    undone_at = models.DateTimeField(_("undone at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("what a line of a bank statement is")
        constraints = [
            models.CheckConstraint(name="bank_allocation_is_something", condition=~Q(cents=0)),
            models.CheckConstraint(
                name="bank_allocation_says_of_what",
                condition=Q(
                    kind="invoice",
                    invoice__isnull=False,
                    customer__isnull=False,
                    order=None,
                    refund=None,
                    other_line=None,
                )
                | Q(
                    kind="order",
                    order__isnull=False,
                    customer__isnull=False,
                    invoice=None,
                    refund=None,
                    other_line=None,
                )
                | Q(
                    kind="credit",
                    customer__isnull=False,
                    invoice=None,
                    order=None,
                    refund=None,
                    other_line=None,
                )
                | Q(
                    kind__in=["refund", "bounce"],
                    refund__isnull=False,
                    customer__isnull=False,
                    invoice=None,
                    order=None,
                    other_line=None,
                )
                | Q(kind="reversal", other_line__isnull=False, invoice=None, order=None, refund=None)
                | Q(
                    kind__in=["payout", "own", "other"],
                    customer=None,
                    invoice=None,
                    order=None,
                    refund=None,
                    other_line=None,
                ),
            ),
            models.CheckConstraint(
                name="other_bank_money_says_what_it_is", condition=~Q(kind="other") | ~Q(note="")
            ),
        ]
        indexes = [
            models.Index(fields=["line"], condition=Q(undone_at=None), name="bank_allocations_in_force")
        ]

    datamap = row(
        plain("id", "line", "other_line", "is_automatic", "score", "why", writes=())
        | plain("undone_at")
        | personal(Category.PAYMENT, "customer", "kind", "cents", "invoice", "order", "refund", "note", "booked_at", writes=()),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip


class CustomerCredit(MappedModel):
    """
    What a customer has to good: came in and was for no invoice. It pays the next invoice by itself. Never below zero.

    `cents` is the sum of its moves; a trigger keeps it, and nobody writes it.
    """

    customer = models.OneToOneField(
        Customer, models.PROTECT, related_name="+", verbose_name=_("customer"), primary_key=True
    )
    cents = models.PositiveBigIntegerField(_("credit"), default=0)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("credit of a customer")
        constraints = [models.CheckConstraint(name="credit_is_never_below_zero", condition=Q(cents__gte=0))]
        indexes = [models.Index(fields=["customer"], condition=Q(cents__gt=0), name="customers_with_credit")]

    datamap = row(
        personal(Category.PAYMENT, "customer", "cents"),
        key="customer_id", reads={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip


class CreditMove(MappedModel):
    """A change of a customer's credit: from or to the bank (`allocation`), or an invoice that it paid (`invoice`)."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    cents = models.BigIntegerField(_("change"))
    allocation = models.ForeignKey(
        BankAllocation, models.PROTECT, null=True, related_name="+", verbose_name=_("from the bank")
    )
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="+", verbose_name=_("invoice")
    )
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone_by")
    at = models.DateTimeField(_("at"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("change of a credit")
        constraints = [
            models.CheckConstraint(name="credit_changes_by_something", condition=~Q(cents=0)),
            models.CheckConstraint(
                name="credit_changes_for_one_reason",
                condition=Q(allocation__isnull=False, invoice=None)
                | Q(allocation=None, invoice__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["customer", "id"], name="credit_moves_of_customer")]

    datamap = row(
        plain("id", "allocation", "undoes") | personal(Category.PAYMENT, "customer", "cents", "invoice", "at"),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip
