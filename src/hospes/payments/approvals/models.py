"""What a colleague wants to pay back by hand or write off; above an amount only once another colleague approves."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import TAX_LAW, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.payments.balances.models import Payout
from hospes.payments.models import Refund


class Decision(MappedModel):
    """
    Money that goes back by hand (`on` is the day) or, of a credit note that a colleague made, through the payment provider; or an
    invoice of which something is written off (for a `reason`).

    `limit_cents` is the operator's amount when it was asked: up to it one colleague is enough. The database takes nobody's
    approval of what they asked themself, and no decision in somebody else's name (`guards`).
    """

    class Kind(models.TextChoices):
        REFUND = "refund", _("paying back a credit note by hand")
        PAYOUT = "payout", _("paying back a balance by hand")
        WRITE_OFF = "write_off", _("writing off an invoice")
        GIVE_BACK = "give_back", _("paying back a credit note through the payment provider")

    class State(models.TextChoices):
        ASKED = "asked", _("waits for a second colleague")
        DONE = "done", _("approved and carried out")
        REFUSED = "refused", _("refused")
        OVER = "over", _("no longer needed")

    kind = models.CharField(_("what it is"), max_length=10, choices=Kind.choices)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="+", verbose_name=_("invoice")
    )
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="+")
    payout = models.ForeignKey(Payout, models.PROTECT, null=True, related_name="+")
    cents = models.PositiveBigIntegerField(_("amount"))
    limit_cents = models.PositiveBigIntegerField(_("from which amount two decide"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    on = models.DateField(_("transferred on"), null=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    decided_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        db_table = "payments_decision"
        verbose_name = _("decision about money")
        constraints = [
            models.CheckConstraint(name="decision_is_of_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="two_people_decide", condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by"))
            ),
            models.CheckConstraint(
                name="above_the_limit_another_one_approves",
                condition=~Q(state="done") | Q(cents__lte=F("limit_cents")) | Q(decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="decision_says_what_it_is_of",
                condition=Q(kind="write_off", invoice__isnull=False, refund=None, payout=None, on=None) & ~Q(reason="")
                | Q(kind="refund", invoice=None, refund__isnull=False, payout=None, on__isnull=False)
                | Q(kind="give_back", invoice=None, refund__isnull=False, payout=None, on=None)
                | Q(kind="payout", invoice=None, refund=None, payout__isnull=False, on__isnull=False),
            ),
            models.CheckConstraint(
                name="decision_says_when", condition=Q(state="asked", decided_at=None) | Q(decided_at__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["kind", "invoice", "refund", "payout"], condition=Q(state="asked"), nulls_distinct=False,
                name="one_question_at_a_time",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["asked_at", "id"], condition=Q(state="asked"), name="decisions_that_wait")
        ]

    datamap = row(
        plain("id", "kind", "invoice", "refund", "payout", "limit_cents", writes=())
        | personal(Category.PAYMENT, "customer", "cents", "reason", "on", "asked_at", writes=())
        | personal(Category.PAYMENT, "asked_by", writes=(), names_others=True)
        | personal(Category.PAYMENT, "state", "decided_at") | personal(Category.PAYMENT, "decided_by", names_others=True),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip
