"""
Bank statements: what the bank says came and went, and what each line, or a part of it, turned out to be.

What the bank said never changes here. Whose money a line is stands in its allocations: they are added, and undone, never changed;
the database keeps them within the line (migration 0002).
"""

from typing import Final

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
from hospes.payments.balances.models import Payout
from hospes.payments.bank.rules import Kind as Kinds
from hospes.payments.chargebacks.models import Chargeback
from hospes.payments.debits.models import Batch, Debit
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


#: What an allocation can be about; which of it a kind has is held by a constraint.
_ABOUT: Final = ("invoice", "order", "refund", "payout", "batch", "debit", "chargeback", "other_line")


def _about(kind: str, *some: str) -> Q:
    """An allocation of this kind is about exactly one of these, or about nothing where there are none."""
    found = Q()
    for one in some or ("",):
        said = {f"{name}__isnull": name != one for name in _ABOUT}
        found |= Q(kind=kind, **said)
    return found


class BankAllocation(MappedModel):
    """
    What a line, or a part of it, is: money for an invoice, a customer's balance, and so on; `cents` has the sign of the line.

    `undone_at`: it was wrong, and was booked back. `score` and `why` say on what ground it was booked by itself or proposed
    (`rules.Why`); `note` is what a colleague wrote. Money paid back by hand is of a `refund` or of a `payout` of a balance, what
    was collected of a `batch` or of one `debit`, what was claimed of a `debit` or a `chargeback`; of a reversal `other_line` is
    the other side.
    """

    class Kind(models.TextChoices):
        INVOICE = Kinds.INVOICE.value, _("for an invoice")
        ORDER = Kinds.ORDER.value, _("for an order")
        BALANCE = Kinds.BALANCE.value, _("balance of a customer")
        REFUND = Kinds.REFUND.value, _("money paid back")
        BOUNCE = Kinds.BOUNCE.value, _("money paid back that did not arrive")
        COLLECTED = Kinds.COLLECTED.value, _("collected by direct debit")
        RETURNED = Kinds.RETURNED.value, _("direct debit given back")
        CLAIM = Kinds.CLAIM.value, _("what a customer had got back twice")
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
    payout = models.ForeignKey(
        Payout, models.PROTECT, null=True, related_name="+", verbose_name=_("balance paid back")
    )
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="+")
    debit = models.ForeignKey(
        Debit, models.PROTECT, null=True, related_name="+", verbose_name=_("direct debit")
    )
    chargeback = models.ForeignKey(
        Chargeback, models.PROTECT, null=True, related_name="+", verbose_name=_("chargeback")
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
                condition=_about("invoice", "invoice") | _about("order", "order") | _about("balance") & Q(cents__gt=0)
                | _about("refund", "refund", "payout") | _about("bounce", "refund", "payout")
                | _about("collected", "batch", "debit") & Q(cents__gt=0) | _about("returned", "debit") & Q(cents__lt=0)
                | _about("claim", "debit", "chargeback") & Q(cents__gt=0) | _about("reversal", "other_line")
                | _about("payout") | _about("own") | _about("other"),
            ),
            models.CheckConstraint(
                name="bank_allocation_says_of_whom",
                condition=Q(kind="reversal")
                | Q(customer=None) & (Q(kind__in=["payout", "own", "other"]) | Q(batch__isnull=False))
                | Q(customer__isnull=False, batch=None) & ~Q(kind__in=["payout", "own", "other"]),
            ),
            models.CheckConstraint(
                name="other_bank_money_says_what_it_is", condition=~Q(kind="other") | ~Q(note="")
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["line"], condition=Q(undone_at=None), name="bank_allocations_in_force")
        ]

    datamap = row(
        plain("id", "line", "batch", "other_line", "is_automatic", "score", "why", writes=())
        | plain("undone_at")
        | personal(
            Category.PAYMENT, "customer", "kind", "cents", "invoice", "order", "refund", "payout", "debit", "chargeback", "note",
            "booked_at", writes=(),
        ),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip
