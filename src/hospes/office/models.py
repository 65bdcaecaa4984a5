"""What the office remembers: which forms were carried out, who was on a work list today, who has which work in hand."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Person
from hospes.kernel.datamap import (
    ACCOUNTABILITY,
    Category,
    Event,
    Keep,
    Source,
    Then,
    personal,
    plain,
    row,
    technical,
)
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose

#: The purposes that have boards.
_AT_WORK = {Purpose.CONTRACT, Purpose.OPERATION, Purpose.BILLING, Purpose.SUPPORT, Purpose.SECURITY}


class Submission(models.Model):
    """
    A form that was carried out; its key is a hash of what was asked and of a number that the form got when it was shown. Or a
    customer that was shown on a work list; then of who saw whom, what for and on which day (`shown`).
    """

    key = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()

    datamap = technical(
        "key", "at", logins=(),
        purposes={Purpose.CONTRACT.own, Purpose.OPERATION.own, Purpose.BILLING.own, Purpose.CONTRACT, Purpose.BILLING,
                  Purpose.SUPPORT, Purpose.OPERATION},
    )  # fmt: skip


class Taken(MappedModel):
    """A piece of work that a colleague took in hand: on which board, its number there, from when until when."""

    board = models.CharField(_("kind of work"), max_length=60)
    item_id = models.BigIntegerField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("colleague"))
    taken_at = models.DateTimeField(_("taken at"))
    released_at = models.DateTimeField(_("let go of at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("work that you took in hand")
        constraints = [
            models.UniqueConstraint(
                fields=["board", "item_id"],
                condition=Q(released_at=None),
                name="one_colleague_per_piece_of_work",
            ),
            models.CheckConstraint(
                name="work_is_let_go_of_after_it_was_taken",
                condition=Q(released_at=None) | Q(released_at__gte=F("taken_at")),
            ),
        ]
        indexes = [models.Index(fields=["person"], condition=Q(released_at=None), name="work_in_hand")]

    datamap = row(
        plain("id", "item_id") | personal(Category.LOGIN, "board", "person", "taken_at", "released_at"),
        key="person_id", reads=_AT_WORK, twins=(), source=Source.OBSERVED, creates=_AT_WORK, writes=_AT_WORK,
        keep=Keep(Event.RECORDED, ACCOUNTABILITY, Then.DELETE, months=3),
    )  # fmt: skip
