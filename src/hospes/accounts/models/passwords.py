"""What is kept about passwords, besides the password itself (`customers.Person`)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Person
from hospes.kernel.datamap import SAFETY, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose


class PasswordReset(MappedModel):
    """
    A person's wish for a new password: the link in the mail names this row, and works once, until it expires.

    The link is signed by whoever writes the mail, who can read no password; so it hangs on this row and not on the old one.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    asked_at = models.DateTimeField(_("asked for at"))
    expires_at = models.DateTimeField(_("can be used until"))
    closed_at = models.DateTimeField(_("used or withdrawn at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("password reset")
        constraints = [
            models.CheckConstraint(
                name="reset_expires_after_it_was_asked_for", condition=Q(expires_at__gt=F("asked_at"))
            ),
        ]
        indexes = [models.Index(fields=["person"], condition=Q(closed_at=None), name="open_password_resets")]

    datamap = row(
        plain("id", "expires_at", "closed_at") | personal(Category.LOGIN, "person", "asked_at"),
        key="person_id", reads={Purpose.ACCESS, Purpose.MESSAGES}, source=Source.PERSON,
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=30, since="expires_at"),
    )  # fmt: skip
