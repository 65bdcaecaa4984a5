"""
What the payment provider says of our money, and what of it does not agree with the books or with the bank.

A movement is what the provider said last: it is written over when it says something else, and `gone_at` when it says it no more.
No account number and no name is here: a movement has the provider's own reference, a difference that of what it is about.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer, Person
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
from hospes.payments.bank.models import BankLine
from hospes.payments.models import Payment

#: Art. 52 AWR: what shows that the books are right is a part of them.
BOOKS = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)


class ReconciledDay(models.Model):
    """A day that was compared, or of which that could not be finished yet; `waits_for` says why (a code of `words.WAITS`)."""

    day = models.DateField(_("day"), primary_key=True)
    begun_at = models.DateTimeField(_("begun at"))
    asked_until = models.DateTimeField(null=True)  # until when the provider had told everything
    finished_at = models.DateTimeField(_("finished at"), null=True)
    waits_for = models.CharField(_("waits for"), max_length=20, blank=True)
    is_without_provider = models.BooleanField(
        default=False
    )  # its books are not read: only books and bank were compared

    class Meta:
        verbose_name = _("day that was reconciled")
        constraints = [
            models.CheckConstraint(
                name="finished_day_waits_for_nothing", condition=Q(finished_at=None) | Q(waits_for="")
            ),
            models.CheckConstraint(
                name="finished_day_was_asked_about", condition=Q(finished_at=None) | Q(asked_until__isnull=False)
            ),
        ]  # fmt: skip

    datamap = impersonal(
        "day",
        "begun_at",
        "asked_until",
        "finished_at",
        "waits_for",
        "is_without_provider",
        creates={Purpose.BILLING},
        writes={Purpose.BILLING},
    )


class Settlement(models.Model):
    """
    What the provider paid out: `cents` arrives at the bank, `number` stands on its statement, `parts_cents` is what its lines
    come to, and the fees are what it kept. `line` is the line of a bank statement that brought it.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("on its way")
        PAID_OUT = "paidout", _("transferred")
        FAILED = "failed", _("failed")

    reference = models.CharField(_("reference at the provider"), max_length=40, unique=True)
    number = models.CharField(_("number on the bank statement"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    cents = models.BigIntegerField(_("amount"))
    parts_cents = models.BigIntegerField(_("its lines together"))
    parts = models.PositiveIntegerField(_("lines"))
    fee_cents = models.BigIntegerField(_("costs without VAT"))
    fee_vat_cents = models.BigIntegerField(_("VAT on the costs"))
    made_at = models.DateTimeField(_("made at"))
    settled_on = models.DateField(_("transferred on"), null=True)
    seen_at = models.DateTimeField(_("last seen at"))
    # Without a constraint: bank statements go when their time has come, and this does not hold them.
    line = models.OneToOneField(
        BankLine, models.DO_NOTHING, null=True, related_name="settlement", db_constraint=False,
        verbose_name=_("line of a bank statement"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("payout of the provider")
        constraints = [
            models.CheckConstraint(
                name="settlement_is_transferred_on_a_day",
                condition=~Q(state="paidout") | Q(settled_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["settled_on", "id"], condition=Q(line=None), name="settlements_not_arrived"),
            models.Index(fields=["made_at"], name="settlements_by_moment"),
        ]

    datamap = impersonal(
        "id", "reference", "number", "state", "cents", "parts_cents", "parts", "fee_cents", "fee_vat_cents", "made_at",
        "settled_on", "seen_at", "line", creates={Purpose.BILLING}, writes={Purpose.BILLING},
    )  # fmt: skip

    @property
    def adds_up(self) -> bool:
        """Whether its lines without the costs are what it says that it comes to."""
        return self.parts_cents - self.fee_cents - self.fee_vat_cents == self.cents


class SettlementCost(models.Model):
    """What the provider kept of a payout for a month (its first day); what is booked stays as it was said first."""

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="costs")
    month = models.DateField()
    net_cents = models.BigIntegerField()
    vat_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "month"], name="one_cost_per_payout_and_month")
        ]

    datamap = impersonal("id", "settlement", "month", "net_cents", "vat_cents", creates={Purpose.BILLING})


class Movement(MappedModel):
    """
    Money of ours that moved at the provider; `about` is its reference of the payment, refund or chargeback that it is of.

    `settlement` is the payout that it was a part of, `customer` whose it is, both as far as that is known.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("payment")
        REFUND = "refund", _("money paid back")
        CHARGEBACK = "chargeback", _("chargeback")
        PAYOUT = "payout", _("payout to the bank")
        OTHER = "other", _("something else")

    reference = models.CharField(_("reference at the provider"), max_length=60, unique=True)
    kind = models.CharField(_("what it is"), max_length=10, choices=Kind.choices)
    about = models.CharField(_("what it is of"), max_length=255)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    cents = models.BigIntegerField(_("amount"))
    at = models.DateTimeField(_("at"))
    settlement = models.ForeignKey(Settlement, models.PROTECT, null=True, related_name="movements")
    first_seen_at = models.DateTimeField(_("first seen at"))
    seen_at = models.DateTimeField(_("last seen at"))
    gone_at = models.DateTimeField(_("not there any more since"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("money that moved at the provider")
        indexes = [
            models.Index(fields=["about"], name="movements_by_what_they_are_of"),
            models.Index(fields=["at", "id"], name="movements_by_moment"),
            models.Index(
                fields=["at"],
                condition=Q(settlement=None, gone_at=None),
                name="movements_not_paid_out",
            ),
        ]

    datamap = row(
        plain("id", writes=())
        | plain("settlement", "seen_at", "gone_at", "kind", "about")
        | plain("reference", "first_seen_at", writes=())
        | personal(Category.PAYMENT, "customer")
        | personal(Category.PAYMENT, "cents", "at", source=Source.PROVIDER),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING}, keep=BOOKS,
        source=Source.PROVIDER,
    )  # fmt: skip


class Difference(MappedModel):
    """
    Something that does not agree; of one thing there is one that is open. `ours` and `theirs` are cents as each side has them.

    It closes by itself once it agrees, or a colleague says why it is right as it is. What a colleague closed comes back only with
    other amounts. What it is, and what closed it, never changes (`guards`).
    """

    class Side(models.TextChoices):
        PROVIDER = "provider", _("books and payment provider")
        PAYOUT = "payout", _("payment provider and bank")
        BANK = "bank", _("books and bank")

    class Kind(models.TextChoices):
        NOT_BOOKED = "not_booked", _("at the payment provider, not in the books")
        NOT_THERE = "not_there", _("in the books, not at the payment provider")
        TWICE = "twice", _("twice at the payment provider")
        AMOUNT = "amount", _("another amount at the payment provider")
        STATE = "state", _("another state at the payment provider")
        UNPAID = "unpaid", _("not paid out by the payment provider")
        SUM = "sum", _("the lines of a payout do not add up to it")
        NOT_ARRIVED = "not_arrived", _("a payout that did not arrive")
        OTHER_ARRIVED = "other_arrived", _("a payout that arrived with another amount")
        PAYOUT_FAILED = "payout_failed", _("a payout that failed")
        UNKNOWN_PAYOUT = "unknown_payout", _("money from the provider that is no payout")
        LINE_NOT_BOOKED = "line_not_booked", _("a line of the bank is not in the books as it is")
        NO_LINE = "no_line", _("booked on the bank account, and on no statement")
        BALANCE = "balance", _("the balance of the bank account")
        SUSPENSE = "suspense", _("money at the bank that nobody divided")
        BY_HAND = "by_hand", _("transferred by hand, and on no statement")
        NO_STATEMENT = "no_statement", _("no bank statement for some time")

    class Closed(models.TextChoices):
        ITSELF = "itself", _("by itself: it agrees now")
        PERSON = "person", _("by a colleague")

    side = models.CharField(_("between what"), max_length=8, choices=Side.choices)
    kind = models.CharField(_("what it is"), max_length=16, choices=Kind.choices)
    about = models.CharField(_("what it is about"), max_length=255)
    day = models.DateField(_("day"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    ours = models.BigIntegerField(_("with us"), null=True)
    theirs = models.BigIntegerField(_("with the other"), null=True)
    detail = models.CharField(_("detail"), max_length=60, blank=True)
    first_seen_at = models.DateTimeField(_("first seen at"))
    seen_at = models.DateTimeField(_("last seen at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed = models.CharField(_("how it closed"), max_length=6, choices=Closed.choices, blank=True)
    closed_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("closed by")
    )
    reason = models.CharField(_("why it is right as it is"), max_length=200, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("difference")
        constraints = [
            models.UniqueConstraint(
                fields=["side", "about"], condition=Q(closed_at=None), name="one_open_difference_per_thing"
            ),
            models.CheckConstraint(
                name="closed_difference_says_how",
                condition=Q(closed_at=None, closed="", closed_by=None, reason="")
                | Q(closed_at__isnull=False, closed="itself", closed_by=None, reason="")
                | Q(closed_at__isnull=False, closed="person", closed_by__isnull=False) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="difference_is_a_difference",
                condition=Q(kind__in=["state", "no_statement"]) | Q(ours=None) | Q(theirs=None) | ~Q(ours=F("theirs")),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["first_seen_at", "id"], condition=Q(closed_at=None), name="differences_open"),
            models.Index(fields=["day"], name="differences_by_day"),
            models.Index(
                fields=["side", "about"], condition=Q(closed="person"), name="differences_explained"
            ),
        ]  # fmt: skip

    datamap = row(
        plain("id", "side", writes=()) | plain("kind", "about", "detail", "seen_at")
        | plain("first_seen_at", writes=())
        | personal(Category.PAYMENT, "customer", "ours", "theirs", "day", "closed_at", "closed", "reason")
        | personal(Category.PAYMENT, "closed_by", names_others=True),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip

    @property
    def amount(self) -> int:
        """How much it is, in cents: what one side has more than the other."""
        return (self.theirs or 0) - (self.ours or 0)


class Stray(MappedModel):
    """
    A payment at the provider that is not in our books: found by its list or by a notice, kept until a colleague says what it is.

    No more is kept than what it is and how much: who paid, the provider knows. `payment`: as what it was booked on the balance of
    a customer. `repayment`: the provider's reference of the money that goes back, of the attempt that counts. Above `limit_cents`
    (the operator's amount when it was asked) another colleague than `asked_by` has to decide that it goes back (`guards`).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("nobody said yet what it is")
        ASKED = "asked", _("to be paid back: waits for a second colleague")
        CUSTOMERS = "customers", _("on the balance of a customer")
        RETURNING = "returning", _("being paid back")
        RETURNED = "returned", _("paid back")
        NOT_OURS = "not_ours", _("not ours")

    reference = models.CharField(_("reference at the provider"), max_length=255, unique=True)
    cents = models.PositiveBigIntegerField(_("amount"))
    method = models.CharField(_("paid with"), max_length=20, blank=True)
    paid_at = models.DateTimeField(_("paid at"))
    found_at = models.DateTimeField(_("found at"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("customer")
    )
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="+")
    attempt = models.PositiveSmallIntegerField(default=0)
    repayment = models.CharField(max_length=255, blank=True)
    limit_cents = models.PositiveBigIntegerField(null=True)
    asked_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by")
    )
    decided_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("payment that is not in the books")
        constraints = [
            models.CheckConstraint(
                name="stray_on_a_balance_is_a_payment",
                condition=Q(state="customers", payment__isnull=False, customer__isnull=False)
                | ~Q(state="customers") & Q(payment=None, customer=None),
            ),
            models.CheckConstraint(
                name="stray_is_decided_by_somebody",
                condition=Q(state__in=["waiting", "asked"], decided_by=None, decided_at=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="stray_goes_back_by_two_above_the_limit",
                condition=~Q(state__in=["asked", "returning", "returned"])
                | Q(asked_by__isnull=False, limit_cents__isnull=False)
                & (Q(state="asked") | Q(cents__lte=F("limit_cents")) | ~Q(asked_by=F("decided_by"))),
            ),
            models.CheckConstraint(
                name="stray_went_back_with_a_reference", condition=~Q(state="returned") | ~Q(repayment="")
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="returning"), name="strays_being_paid_back"),
            models.Index(fields=["repayment"], condition=~Q(repayment=""), name="strays_by_repayment"),
        ]

    datamap = row(
        plain("id", "reference", "found_at", writes=()) | plain("attempt", "repayment", "limit_cents", "payment")
        | personal(Category.PAYMENT, "cents", "method", "paid_at", source=Source.PROVIDER, writes=())
        | personal(Category.PAYMENT, "customer", "state", "decided_at")
        | personal(Category.PAYMENT, "asked_by", "decided_by", names_others=True),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip

    @property
    def idempotency_key(self) -> str:
        """By which one attempt to pay it back is one refund at the provider."""
        return f"stray-{self.pk}-{self.attempt}"

    @property
    def has_waited(self) -> bool:
        """Whether it was tried to pay it back, and that did not work."""
        return self.attempt > 0 and self.state == Stray.State.WAITING
