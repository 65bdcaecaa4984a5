"""That a colleague looks at a customer's pages as the customer sees them: who, why, and from when to when."""

from datetime import timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.accounts.viewing.pages import words
from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import ACCOUNTABILITY, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose

#: How long it lasts at most.
LASTS: Final = timedelta(minutes=30)


class Viewing(MappedModel):
    """
    One such look: of `staff`, in the session `opened_id` of theirs, at what `person` sees of the customer.

    It is over at `ends_at`, or at `ended_at`, which the database sets itself when the session ends (`viewing_guards`).
    `opened_id` is no foreign key: the entries of sessions are deleted sooner than this.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("as whom"))
    staff = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("by whom"))
    opened_id = models.BigIntegerField()
    purpose = models.CharField(_("purpose"), max_length=20)
    reason = models.CharField(_("reason"), max_length=200)
    pages = ArrayField(models.CharField(max_length=20), verbose_name=_("pages seen"), default=list)
    started_at = models.DateTimeField(_("since"))
    ends_at = models.DateTimeField(_("ends at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("look of our staff at the pages as the customer sees them")
        constraints = [
            models.CheckConstraint(
                name="viewing_is_short",
                condition=Q(ends_at__gt=F("started_at"), ends_at__lte=F("started_at") + LASTS),
            ),
            models.CheckConstraint(
                name="viewing_ends_in_time",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at"), ended_at__lte=F("ends_at")),
            ),
            models.CheckConstraint(name="viewing_has_a_reason", condition=~Q(reason="")),
        ]
        indexes = [
            models.Index(fields=["opened_id"], name="viewings_in_a_session"),
            models.Index(fields=["started_at"], name="viewings_by_start"),
        ]

    datamap = row(
        plain("id", "opened_id", writes=())
        | personal(Category.LOGIN, "customer", "started_at", "ends_at", "purpose", writes=())
        | personal(Category.CORRESPONDENCE, "reason", writes=())
        | personal(Category.LOGIN, "ended_at")
        | personal(Category.LOGIN, "pages", words=words)
        | personal(Category.LOGIN, "person", "staff", names_others=True, writes=()),
        key=("customer_id", "person_id"), twins={Purpose.SECURITY},
        reads={Purpose.ACCESS, Purpose.SECURITY, Purpose.SUPPORT, Purpose.CONTRACT},
        creates={Purpose.SUPPORT, Purpose.CONTRACT}, writes={Purpose.SUPPORT, Purpose.CONTRACT},
        keep=Keep(Event.RECORDED, ACCOUNTABILITY, Then.DELETE, years=1, since="started_at"),
    )  # fmt: skip
