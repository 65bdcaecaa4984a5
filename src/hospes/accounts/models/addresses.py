"""What is kept about a person's change of e-mail address, until it cannot be undone any more."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Person
from hospes.kernel.datamap import SAFETY, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient


class AddressChange(MappedModel):
    """
    A person's wish for another e-mail address: used once it is confirmed at the new one, and undone from the old one.

    The links name this row and are signed by whoever writes the mail. `closed_at`: withdrawn, or overtaken by another wish.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    old_email = models.EmailField(_("e-mail address before"), max_length=254)
    new_email = models.EmailField(_("e-mail address that was asked for"), max_length=254)
    asked_at = models.DateTimeField(_("asked for at"))
    expires_at = models.DateTimeField(_("can be used until"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    undo_until = models.DateTimeField(_("can be undone until"), null=True)
    undone_at = models.DateTimeField(_("undone at"), null=True)
    closed_at = models.DateTimeField(_("used or withdrawn at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("change of e-mail address")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(closed_at=None), name="one_open_change_of_address_per_person"
            ),
            models.CheckConstraint(
                name="change_of_address_is_short_lived",
                condition=Q(expires_at__gt=F("asked_at"), expires_at__lte=F("asked_at") + timedelta(days=1)),
            ),
            models.CheckConstraint(
                name="address_that_is_used_was_confirmed_in_time",
                condition=Q(confirmed_at=None, undo_until=None, undone_at=None)
                | Q(
                    closed_at__isnull=False, undo_until__isnull=False, confirmed_at__lt=F("expires_at"),
                    undo_until__lte=F("confirmed_at") + timedelta(days=7),
                ),
            ),
            models.CheckConstraint(
                name="address_changes_into_another", condition=~Q(new_email=Lower("old_email"))
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["person", "asked_at"], name="changes_of_address")]

    datamap = row(
        plain("id", writes=()) | plain("confirmed_at", "undo_until", "undone_at", "closed_at")
        | plain("expires_at", writes=())
        | personal(Category.LOGIN, "person", "asked_at", writes=())
        | personal(Category.CONTACT, "old_email", "new_email", to=[Recipient.MAIL_SERVER], writes=()),
        key="person_id", reads={Purpose.ACCESS, Purpose.MESSAGES}, twins=(), source=Source.PERSON,
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=30, since="expires_at"),
    )  # fmt: skip
