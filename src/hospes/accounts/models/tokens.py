"""Personal tokens: what a program of somebody's shows instead of a password."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Least
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Person
from hospes.kernel.datamap import SAFETY, Category, Event, Keep, Source, Then, personal, plain, row, secret
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose


class Scope(models.TextChoices):
    """What a program can be let do, of what its person may; each is named apart, and nothing is meant by it but that."""

    READ_SERVICES = "services:read", _("see services and domain names")
    READ_INVOICES = "invoices:read", _("see invoices and payments")
    READ_ORDERS = "orders:read", _("see orders and quotes")
    PLACE_ORDERS = "orders:write", _("place orders")
    READ_HISTORY = "history:read", _("see from where the account was used")


class ApiToken(MappedModel):
    """
    A token by which a program acts for a person, within its scopes, from its networks, until it ends.

    `digest` finds it and cannot be turned back; `hint` is how it begins, by which its person knows it again. No networks:
    from everywhere.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=60)
    hint = models.CharField(_("how it begins"), max_length=20)
    digest = models.BinaryField(_("token (hash)"), unique=True)
    scopes = ArrayField(
        models.CharField(max_length=20, choices=Scope.choices), verbose_name=_("what it may do")
    )
    networks = ArrayField(
        models.CharField(max_length=43), verbose_name=_("from which networks"), default=list
    )
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("works until"))
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    last_used_ip = models.GenericIPAddressField(_("last used from"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    over_at = models.DateTimeField(_("works no longer from"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("token for a program")
        constraints = [
            models.CheckConstraint(
                name="token_lasts_a_year_at_most",
                condition=Q(expires_at__gt=F("made_at"), expires_at__lte=F("made_at") + timedelta(days=366)),
            ),
            models.CheckConstraint(
                name="token_has_scopes_that_exist",
                condition=Q(scopes__contained_by=sorted(Scope.values)) & ~Q(scopes=[]),
            ),
            models.CheckConstraint(
                name="token_ends_after_it_was_made",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("made_at")),
            ),
            models.CheckConstraint(
                name="token_is_over_when_it_ended_or_expired",
                condition=Q(ended_at=None, over_at=F("expires_at"))
                | Q(ended_at__isnull=False, over_at=Least("ended_at", "expires_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-made_at"], name="tokens_of_a_person"),
            models.Index(fields=["over_at"], name="tokens_by_end"),
        ]

    datamap = row(
        plain("id", "over_at")
        | personal(Category.LOGIN, "person", "name", "hint", "scopes", "networks", "made_at", "expires_at", writes=())
        | personal(Category.LOGIN, "last_used_at", "last_used_ip", "ended_at")
        | secret(Category.LOGIN, "digest", reads={Purpose.ACCESS}, writes=()),
        key="person_id", source=Source.PERSON, reads={Purpose.ACCESS, Purpose.SECURITY, Purpose.MESSAGES}, twins=(),
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS},
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, days=30, since="over_at"),
    )  # fmt: skip

    @property
    def scope_words(self) -> list[str]:
        """What it lets a program do, in the active language."""
        return [str(scope.label) for scope in Scope if scope.value in self.scopes]
