"""Sessions, staff and their roles; and the tables of allauth, put on the map."""

from typing import ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Person
from hospes.kernel.datamap import (
    SAFETY,
    THE_CONTRACT,
    Category,
    Event,
    Keep,
    Source,
    Then,
    declare,
    impersonal,
    personal,
    plain,
    row,
    secret,
    technical,
)
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient


class SessionManager(BaseSessionManager["Session"]):
    """Django's own."""


class Session(AbstractBaseSession):
    """A session; `session_key` is a hash, so that who reads the table cannot take over a session."""

    objects: ClassVar[SessionManager] = SessionManager()

    datamap = technical(
        "session_key", "session_data", "expire_date",
        logins={"portal", "office", "door"}, purposes={g for p in Purpose for g in (p, p.own)},
    )  # fmt: skip

    class Meta(AbstractBaseSession.Meta):  # type: ignore[name-defined,misc]  # not in the stubs
        abstract = False


class StaffMember(MappedModel):
    """A person who works for the operator, and in which roles."""

    class Role(models.TextChoices):
        BILLING_CLERK = "billing_clerk", _("billing clerk")
        SUPPORT_AGENT = "support_agent", _("support agent")
        PRIVACY_OFFICER = "privacy_officer", _("privacy officer")
        ADMINISTRATOR = "administrator", _("administrator")

    person = models.OneToOneField(
        Person, models.PROTECT, primary_key=True, related_name="staff", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("work for the operator")

    datamap = row(
        plain() | personal(Category.LOGIN, "person", "role", "since", "until"),
        key="person_id", reads={Purpose.ACCESS, Purpose.SECURITY}, creates={Purpose.SECURITY}, writes={Purpose.SECURITY},
        keep=Keep(Event.CONTRACT_END, SAFETY, Then.DELETE, years=2),
    )  # fmt: skip


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
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=30),
    )  # fmt: skip


declare("account.EmailAddress", row(
    plain("id", "verified", "primary", "user") | personal(Category.CONTACT, "email", to=[Recipient.MAIL_SERVER]),
    key={"user_id": "person"}, reads={Purpose.ACCESS, Purpose.MESSAGES}, source=Source.PERSON,
    creates={Purpose.ACCESS}, writes={Purpose.ACCESS}, deletes={Purpose.ACCESS},
    keep=Keep(Event.ACCOUNT_END, THE_CONTRACT, Then.DELETE),
))  # fmt: skip
# Confirmations are signed links; this table of allauth stays empty, since no role may write it.
declare("account.EmailConfirmation", impersonal("id", "email_address", "key", "created", "sent"))
declare("mfa.Authenticator", row(
    plain("id", "user", "type") | secret(Category.LOGIN, "data", reads={Purpose.ACCESS})
    | personal(Category.LOGIN, "created_at", "last_used_at"),
    key={"user_id": "person"}, reads={Purpose.ACCESS}, source=Source.PERSON,
    creates={Purpose.ACCESS}, writes={Purpose.ACCESS}, deletes={Purpose.ACCESS},
    keep=Keep(Event.ACCOUNT_END, SAFETY, Then.DELETE),
))  # fmt: skip
