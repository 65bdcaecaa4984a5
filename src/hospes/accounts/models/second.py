"""The second step of logging in: confirmed phone numbers and the codes sent to them, passkeys, recovery codes, the way back."""

from datetime import timedelta
from typing import Any, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import SAFETY, Category, Event, Keep, Source, Then, personal, plain, row, secret
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient

_MINE: Final[dict[str, Any]] = {
    "key": "person_id",
    "source": Source.PERSON,
    "creates": {Purpose.ACCESS},
    "deletes": {Purpose.ACCESS},
    "twins": (),
}


class Phone(MappedModel):
    """A phone number that a person showed to be theirs; it gets the codes of the second step where they want that (P07)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    number = models.CharField(_("phone number"), max_length=16)
    confirmed_at = models.DateTimeField(_("confirmed at"))
    step_since = models.DateTimeField(_("gets codes since"), null=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    ended_at = models.DateTimeField(_("no longer used since"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("confirmed phone number")
        constraints = [
            models.CheckConstraint(
                name="phone_number_is_in_e164", condition=Q(number__regex=r"^\+[1-9][0-9]{6,14}$")
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at=None), name="one_phone_in_use_per_person"
            ),
        ]

    datamap = row(
        plain("id", "person")
        | personal(Category.CONTACT, "number", reads={Purpose.ACCESS, Purpose.MESSAGES}, to=[Recipient.SMS_GATEWAY])
        | personal(Category.LOGIN, "confirmed_at", "step_since", "last_used_at", "ended_at"),
        **_MINE, reads={Purpose.ACCESS, Purpose.MESSAGES, Purpose.SECURITY}, writes={Purpose.ACCESS},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=30, since="ended_at"),
    )  # fmt: skip


class PhoneCode(MappedModel):
    """
    A code that goes to a phone: works once, for five minutes, in the session that asked for it.

    `sealed` is the code for the worker that writes the text, and goes when the text has left; `digest` is made of the code and
    of what only that session holds (`binding` is a hash of the latter). A code that is over holds neither.
    """

    class Use(models.TextChoices):
        CONFIRM = "confirm", _("to confirm the number")
        STEP = "step", _("as the second step")

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    number = models.CharField(_("phone number"), max_length=16)
    use = models.CharField(_("what for"), max_length=10, choices=Use.choices)
    binding = models.CharField(_("which session asked (hash)"), max_length=64)
    digest = models.BinaryField(_("code (hash)"), null=True)
    sealed = models.BinaryField(_("code (sealed)"), null=True)
    asked_at = models.DateTimeField(_("asked for at"))
    expires_at = models.DateTimeField(_("works until"))
    closed_at = models.DateTimeField(_("used or withdrawn at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("code sent to your phone")
        constraints = [
            models.CheckConstraint(
                name="phone_code_goes_to_a_number", condition=Q(number__regex=r"^\+[1-9][0-9]{6,14}$")
            ),
            models.CheckConstraint(
                name="phone_code_is_short_lived",
                condition=Q(
                    expires_at__gt=F("asked_at"), expires_at__lte=F("asked_at") + timedelta(minutes=5)
                ),
            ),
            models.CheckConstraint(
                name="phone_code_that_is_over_holds_nothing",
                condition=Q(closed_at=None) | Q(digest__isnull=True, sealed__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["binding"], condition=Q(closed_at=None), name="one_phone_code_per_session"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="phone_codes_by_expiry")]

    datamap = row(
        plain("id", "person", "use", "expires_at", "closed_at")
        | personal(Category.CONTACT, "number", to=[Recipient.SMS_GATEWAY]) | personal(Category.LOGIN, "asked_at")
        | secret(Category.LOGIN, "binding", "digest", reads={Purpose.ACCESS})
        | secret(Category.LOGIN, "sealed", reads={Purpose.MESSAGES}, writes={Purpose.ACCESS, Purpose.MESSAGES}),
        **_MINE, reads={Purpose.ACCESS, Purpose.MESSAGES}, writes={Purpose.ACCESS},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=1, since="expires_at"),
    )  # fmt: skip


class Passkey(MappedModel):
    """
    A passkey: what a device of the person signs with, of which we hold the public half.

    It belongs to one face, by the name under which browsers know that (`rp_id`). `handle` finds it by what the device says it
    is called, which cannot be read from it; `sealed` is the public key.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=60)
    rp_id = models.CharField(_("for the site"), max_length=253)
    handle = models.BinaryField(_("name that the device uses (hash)"))
    sealed = models.BinaryField(_("public key (sealed)"))
    sign_count = models.BigIntegerField(default=0)
    added_at = models.DateTimeField(_("added at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("passkey")
        constraints = [
            models.UniqueConstraint(fields=["rp_id", "handle"], name="passkey_is_one_persons"),
            models.CheckConstraint(name="passkey_has_a_name", condition=~Q(name="")),
        ]

    datamap = row(
        plain("id", "person", "rp_id", "sign_count")
        | personal(Category.CHOICES, "name", reads={Purpose.ACCESS}) | personal(Category.LOGIN, "added_at", "last_used_at")
        | secret(Category.LOGIN, "handle", "sealed", reads={Purpose.ACCESS}),
        **_MINE, reads={Purpose.ACCESS, Purpose.SECURITY}, writes={Purpose.ACCESS},
        keep=Keep(Event.ACCOUNT_END, SAFETY, Then.DELETE),
    )  # fmt: skip


class RecoveryCode(MappedModel):
    """A code for whoever lost their phone, of which only a keyed hash is held; works once."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    digest = models.BinaryField(_("code (hash)"))
    made_at = models.DateTimeField(_("made at"))
    used_at = models.DateTimeField(_("used at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("recovery code")
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="each_recovery_code_once")]

    datamap = row(
        plain("id", "person") | personal(Category.LOGIN, "made_at", "used_at")
        | secret(Category.LOGIN, "digest", reads={Purpose.ACCESS}),
        **_MINE, reads={Purpose.ACCESS, Purpose.SECURITY, Purpose.MESSAGES}, writes={Purpose.ACCESS},
        keep=Keep(Event.ACCOUNT_END, SAFETY, Then.DELETE),
    )  # fmt: skip


class Release(MappedModel):
    """
    The way back for somebody who lost the second step: it is taken off after a waiting time in which anybody who gets our
    messages about it can stop it. Asked for by the person (with their password), or by a named colleague with reasons.
    """

    class Outcome(models.TextChoices):
        STOPPED = "stopped", _("stopped")
        USED = "used", _("the second step was taken off")
        LAPSED = "lapsed", _("not used in time")
        OVERTAKEN = "overtaken", _("overtaken by another request")

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    asked_at = models.DateTimeField(_("asked for at"))
    due_at = models.DateTimeField(_("can be used from"))
    ends_at = models.DateTimeField(_("can be used until"))
    by_staff = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("by our colleague")
    )
    reason = models.TextField(_("reason"), blank=True, default="")
    ready_told_at = models.DateTimeField(_("told that it can be used at"), null=True)
    closed_at = models.DateTimeField(_("over since"), null=True)
    outcome = models.CharField(
        _("how it ended"), max_length=10, choices=Outcome.choices, blank=True, default=""
    )

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("request to take off the second step")
        constraints = [
            models.CheckConstraint(
                name="release_waits_for_an_hour_at_least",
                condition=Q(due_at__gte=F("asked_at") + timedelta(hours=1), ends_at__gt=F("due_at")),
            ),
            models.CheckConstraint(
                name="release_by_staff_has_a_reason_and_is_not_their_own",
                condition=Q(by_staff=None, reason="")
                | (Q(by_staff__isnull=False) & ~Q(reason="") & ~Q(by_staff=F("person"))),
            ),
            models.CheckConstraint(
                name="release_that_is_over_says_how",
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(closed_at=None), name="one_release_at_a_time_per_person"
            ),
        ]
        indexes = [models.Index(fields=["asked_at", "id"], condition=Q(closed_at=None), name="releases_under_way")]  # fmt: skip

    datamap = row(
        # Nobody changes how long it waits, or who had it done and why.
        plain("id", "person", "due_at", "ends_at", writes=()) | plain("ready_told_at", "outcome")
        | personal(Category.LOGIN, "asked_at", writes=()) | personal(Category.LOGIN, "closed_at")
        | personal(Category.LOGIN, "by_staff", names_others=True, writes=())
        | personal(Category.CORRESPONDENCE, "reason", reads={Purpose.SECURITY}, source=Source.OPERATOR, writes=()),
        key="person_id", source=Source.PERSON, reads={Purpose.ACCESS, Purpose.SECURITY, Purpose.MESSAGES}, twins=(),
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS, Purpose.SECURITY},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, years=1, since="closed_at"),
    )  # fmt: skip

    @property
    def customer_id(self) -> int | None:
        """None: it is about a person, whoever their customers are (the office's work list asks)."""
        return None


class StepDemand(MappedModel):
    """A customer that wants a second step of everybody with access; only its holder says so."""

    customer = models.OneToOneField(
        Customer, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("customer")
    )
    since = models.DateTimeField(_("since"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("second step for everybody with access")

    datamap = row(
        plain("customer") | personal(Category.CHOICES, "since") | personal(Category.LOGIN, "by", names_others=True),
        key="customer_id", source=Source.PERSON, reads={Purpose.ACCESS, Purpose.SECURITY}, twins={Purpose.SECURITY},
        creates={Purpose.SECURITY.own}, deletes={Purpose.SECURITY.own},
        keep=Keep(Event.CONTRACT_END, SAFETY, Then.DELETE),
    )  # fmt: skip
