"""From where accounts are used: open sessions, devices and places that are known, codes for new ones, and limits to places."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import (
    SAFETY,
    THE_SERVICE,
    Category,
    Event,
    Keep,
    Source,
    Then,
    personal,
    plain,
    row,
    secret,
)
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose


class OpenSession(MappedModel):
    """
    Somebody's being logged in, in one browser; one that is not in this table, or over, counts for nothing.

    `key` is a hash of what the session itself holds, `device` that of the browser's cookie for this person. A session is over at
    `expires_at`, which is brought forward when it is ended; `ended` then says why.
    """

    class Ended(models.TextChoices):
        LOGOUT = "logout", _("logged out")
        BY_PERSON = "by_person", _("ended by the person")
        BY_HOLDER = "by_holder", _("ended by somebody who manages the access")
        PASSWORD = "password", _("new password")  # no password
        MOVED = "moved", _("used from another country")
        ELSEWHERE = "elsewhere", _("used from a network that is not allowed")
        IDLE = "idle", _("not used for too long")
        REPORTED = "reported", _("reported as somebody else's")

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    face = models.CharField(
        _("where"), max_length=10, choices=[("portal", _("portal")), ("office", _("office"))]
    )
    key = models.CharField(max_length=64, unique=True)
    device = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(_("since"))
    seen_at = models.DateTimeField(_("last used at, about"))
    expires_at = models.DateTimeField(_("ends at"))
    ended = models.CharField(_("why it ended"), max_length=10, choices=Ended.choices, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    browser = models.CharField(_("browser"), max_length=60, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("session")
        indexes = [
            models.Index(fields=["person", "-seen_at"], name="sessions_of_a_person"),
            models.Index(fields=["expires_at"], name="sessions_by_end"),
        ]

    datamap = row(
        plain("id") | plain("expires_at", "ended", writes={Purpose.ACCESS, Purpose.SECURITY.own})
        | personal(Category.LOGIN, "started_at", "seen_at", "face")
        | personal(Category.LOGIN, "person", names_others=True)
        | personal(Category.NETWORK, "ip", "browser")
        | secret(Category.LOGIN, "key", reads={Purpose.ACCESS})
        | secret(Category.LOGIN, "device", reads={Purpose.ACCESS}),
        key="person_id", reads={Purpose.ACCESS, Purpose.SECURITY, Purpose.MESSAGES}, source=Source.OBSERVED,
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS}, managed=True,
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=30, since="expires_at"),
    )  # fmt: skip


class Familiar(MappedModel):
    """A device or a place from which a person logged in before: from there it needs no more than it ever does."""

    class Kind(models.TextChoices):
        DEVICE = "device", _("device")
        PLACE = "place", _("network")

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    kind = models.CharField(_("device or network"), max_length=10, choices=Kind.choices)
    key = models.CharField(_("which"), max_length=80)
    first_at = models.DateTimeField(_("first used at"))
    last_at = models.DateTimeField(_("last used at"))
    expires_at = models.DateTimeField(_("known until"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("device or network that is known")
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "key"], name="familiar_once_to_a_person"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="familiar_by_end")]

    datamap = row(
        plain("id", "expires_at")
        | personal(Category.LOGIN, "person", "kind", "first_at", "last_at")
        | personal(Category.NETWORK, "key"),
        key="person_id", reads={Purpose.ACCESS}, source=Source.OBSERVED,
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS}, deletes={Purpose.ACCESS},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=1, since="expires_at"),
    )  # fmt: skip


class LoginCode(MappedModel):
    """
    A code that was mailed to somebody who logs in from a device or place that is not known yet.

    The code itself is nowhere: who knows the installation's key computes it from this row. `key` is a hash of what the session
    holds in which it was asked for; in any other it is worth nothing.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    key = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField(_("asked for at"))
    expires_at = models.DateTimeField(_("can be used until"))
    tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    closed_at = models.DateTimeField(_("used or withdrawn at"), null=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    browser = models.CharField(_("browser"), max_length=60, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("code for a new device or place")
        constraints = [
            models.CheckConstraint(
                name="code_expires_after_it_was_asked_for", condition=Q(expires_at__gt=F("asked_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-asked_at"], name="codes_of_a_person"),
            models.Index(fields=["expires_at"], name="codes_by_end"),
        ]

    datamap = row(
        plain("id", "expires_at", "closed_at", "tries")
        | personal(Category.LOGIN, "person", "asked_at")
        | personal(Category.NETWORK, "ip", "browser")
        | secret(Category.LOGIN, "key", reads={Purpose.ACCESS, Purpose.MESSAGES}),
        key="person_id", reads={Purpose.ACCESS, Purpose.MESSAGES}, source=Source.OBSERVED,
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=30, since="expires_at"),
    )  # fmt: skip


class NetworkField(models.CharField):  # type: ignore[type-arg]  # it takes no arguments when it runs
    """A network as text ("192.0.2.0/24"), of PostgreSQL's type for it, which takes nothing else."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "cidr"


class AccessLimit(MappedModel):
    """A network or country from which one may act for a customer. With none, from everywhere; with some, from these only."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    network = NetworkField(_("network"), max_length=43, null=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    added_at = models.DateTimeField(_("since"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("network or country to which access is limited")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "network", "country"],
                name="limit_once_to_a_customer",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="limit_is_a_network_or_a_country", condition=Q(network=None) ^ Q(country="")
            ),
        ]

    datamap = row(
        plain("id") | personal(Category.CHOICES, "customer", "network", "country", "added_at"),
        key="customer_id", reads={Purpose.ACCESS, Purpose.SECURITY, Purpose.MESSAGES}, source=Source.PERSON,
        creates={Purpose.ACCESS}, deletes={Purpose.ACCESS},
        keep=Keep(Event.CONTRACT_END, THE_SERVICE, Then.DELETE),
    )  # fmt: skip


class LimitLift(MappedModel):
    """A holder's wish to lift all limits, since they shut themself out: the link in the mail names this row, and works once."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    asked_at = models.DateTimeField(_("asked for at"))
    expires_at = models.DateTimeField(_("can be used until"))
    closed_at = models.DateTimeField(_("used or withdrawn at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("link to lift the limits to places")
        constraints = [
            models.CheckConstraint(
                name="lift_expires_after_it_was_asked_for", condition=Q(expires_at__gt=F("asked_at"))
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="lifts_by_end")]

    datamap = row(
        plain("id", "expires_at", "closed_at")
        | personal(Category.LOGIN, "customer", "asked_at")
        | personal(Category.LOGIN, "person", names_others=True),
        key=("customer_id", "person_id"), reads={Purpose.ACCESS, Purpose.MESSAGES}, source=Source.PERSON,
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=30, since="expires_at"),
    )  # fmt: skip
