"""The billing run: when it went and what came of it, and whom it could not invoice."""

from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Then, impersonal, personal, plain, row
from hospes.kernel.derived import declare_function
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models import Service

# A run gives invoices their ids, where everybody else gets them with the row.
declare_function("billing_invoice_ids(integer)", {Purpose.BILLING})

#: Why a customer could not be invoiced.
PROBLEMS: dict[str, Promise] = {
    "tax_unknown": _("it cannot be told which VAT applies"),
    "no_rate": _("no VAT rate is known for the country on that day"),
    "no_address": _("name or address is missing"),
    "no_content": _("it is not known of what the service consists after its term"),
    "restricted": _("the use of the data for the contract is restricted"),
    "refused": _("the database did not accept it"),
}


def problem_words(reason: str) -> str:
    """Why a customer could not be invoiced, in the active language."""
    return str(PROBLEMS.get(reason, reason))


class Run(models.Model):
    """
    One run: everything that renews up to its lead time, seen from `for_date`. The counts grow with each batch.

    Without `finished_at` it goes on, or was broken off: what it did stands, and the next run does the rest.
    """

    for_date = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    due = models.PositiveIntegerField(default=0)
    services = models.PositiveIntegerField(default=0)
    invoices = models.PositiveIntegerField(default=0)
    net_cents = models.PositiveBigIntegerField(default=0)
    total_cents = models.PositiveBigIntegerField(default=0)
    problems = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("billing run")
        constraints = [
            models.CheckConstraint(
                name="run_ends_after_it_began",
                condition=Q(finished_at=None) | Q(finished_at__gte=F("started_at")),
            )
        ]

    datamap = impersonal(
        "id", "for_date", "started_at", "finished_at", "due", "services", "invoices", "net_cents", "total_cents", "problems",
        creates={Purpose.BILLING}, writes={Purpose.BILLING},
    )  # fmt: skip

    @property
    def is_finished(self) -> bool:
        """Whether it came to its end."""
        return self.finished_at is not None


class RunProblem(MappedModel):
    """
    A customer, or one of its services, that a run could not invoice, and why; solved when a later run has nothing to say of it.

    `detail`: the constraint or the class of the error, where it was not foreseen; never a value.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, related_name="+", verbose_name=_("service")
    )
    reason = models.CharField(_("why it could not be invoiced"), max_length=20)
    detail = models.CharField(max_length=80, blank=True, default="")
    run = models.ForeignKey(Run, models.PROTECT, related_name="seen")
    first_seen_at = models.DateTimeField(_("since"))
    solved_at = models.DateTimeField(_("solved at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("renewal that could not be invoiced")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "service", "reason"], condition=Q(solved_at=None), nulls_distinct=False,
                name="one_open_problem_of_a_kind",
            ),
            models.CheckConstraint(
                name="run_problem_says_why", condition=Q(reason__in=sorted(PROBLEMS))
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["first_seen_at", "id"], condition=Q(solved_at=None), name="problems_of_runs")
        ]

    datamap = row(
        plain("id", "service", writes=()) | plain("detail", "run")
        | personal(Category.CONTRACT, "customer", "first_seen_at", writes=())
        | personal(Category.CONTRACT, "reason", writes=(), words=problem_words)
        | personal(Category.CONTRACT, "solved_at"),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING},
        keep=Keep(Event.RECORDED, THE_CONTRACT, Then.DELETE, years=1, since="solved_at"),
    )  # fmt: skip

    @property
    def reason_words(self) -> str:
        """Why it could not be invoiced, in the active language."""
        return problem_words(self.reason)
