"""Invitations: somebody with access to a customer asks somebody else to share it."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer, Membership, Person
from hospes.kernel.datamap import SAFETY, Category, Event, Keep, Source, Then, personal, plain, row, secret
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Own, Purpose
from hospes.kernel.recipients import Recipient

_BOTH: set[Purpose | Own] = {Purpose.ACCESS, Purpose.ACCESS.own}


class Invitation(MappedModel):
    """
    An invitation to share the access to a customer, bound to an address; it works once, and not for long.

    Its link is made from `seed` by who writes the mail, with a key that the database does not have. What is held of it is a
    hash, so that who reads the table can use no invitation.
    """

    class Outcome(models.TextChoices):
        OPEN = "", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("taken back")
        EXPIRED = "expired", _("expired")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    email = models.EmailField(_("sent to"), max_length=254)
    role = models.CharField(_("role"), max_length=20, choices=Membership.Role.choices)
    until = models.DateTimeField(_("access until"), null=True)
    language = models.CharField(_("language"), max_length=2)
    invited_by = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("invited by"))
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("accepted by")
    )
    seed = models.UUIDField(_("number that the link is made from"), unique=True)
    token_hash = models.CharField(_("hash of the link"), max_length=64, unique=True)
    made_at = models.DateTimeField(_("made at"))
    sent_at = models.DateTimeField(_("sent at"))
    sends = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField(_("can be used until"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True, default="")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("invitation to share access")
        constraints = [
            models.UniqueConstraint(
                F("customer"),
                Lower("email"),
                condition=Q(closed_at=None),
                name="one_open_invitation_per_address",
            ),
            models.CheckConstraint(
                name="invitation_expires_after_it_was_sent", condition=Q(expires_at__gt=F("sent_at"))
            ),
            models.CheckConstraint(
                name="closed_invitation_says_how",
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="accepted_invitation_says_by_whom",
                condition=~Q(outcome="accepted") | Q(person__isnull=False),
            ),
        ]

    datamap = row(
        plain("id", writes=()) | plain("closed_at", "outcome", "sent_at", "sends", "expires_at")
        | personal(Category.CONTACT, "email", to=[Recipient.MAIL_SERVER], writes=())
        | personal(Category.LOGIN, "customer", "role", "until", "made_at", writes=())
        | personal(Category.CHOICES, "language", writes=())
        | personal(Category.LOGIN, "invited_by", names_others=True, writes=())
        | personal(Category.LOGIN, "person", names_others=True)
        | secret(Category.LOGIN, "seed", reads={Purpose.MESSAGES}, writes=_BOTH)
        | secret(Category.LOGIN, "token_hash", reads={Purpose.ACCESS}, writes=_BOTH),
        key=("customer_id", "person_id"), reads={Purpose.ACCESS, Purpose.MESSAGES}, twins={Purpose.ACCESS},
        source=Source.PERSON, creates={Purpose.ACCESS.own}, writes=_BOTH,
        keep=Keep(Event.EXPIRY, SAFETY, Then.DELETE, months=3),
    )  # fmt: skip
