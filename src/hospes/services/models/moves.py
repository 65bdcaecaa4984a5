"""Handing a service over to another customer: what its holder asked, and what the other was offered: a row for each side."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models.history import By
from hospes.services.models.service import Service
from hospes.services.words import refusal_words

_KEEP = Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7)


class When(models.TextChoices):
    """From when it is the other's."""

    NOW = "now", _("at once")
    TERM_END = "term_end", _("at the end of the term")


class Move(MappedModel):
    """
    What a holder asked: give this service to the customer with this number, whose holder has this e-mail address.

    Whether there is such a customer is found out by a job, and not told: no answer looks like no decision. `withdrawn_at` is all
    that a customer's own session can change of it. `addition_ids`: the services that belong to it and go along, as the other was
    offered them. `moved_on`: the first day on which it was the other's.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        ACCEPTED = "accepted", _("accepted")
        DONE = "done", _("moved")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("taken back")
        EXPIRED = "expired", _("expired")
        REFUSED = "refused", _("refused")

    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    addition_ids = ArrayField(models.BigIntegerField(), default=list)
    label = models.CharField(_("for"), max_length=253)
    to_number = models.BigIntegerField(_("to customer number"))
    to_email = models.EmailField(_("e-mail address of the other"), max_length=254)
    when = models.CharField(_("when"), max_length=10, choices=When.choices)
    by = models.CharField(_("by"), max_length=10, choices=By.choices)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by")
    )
    note = models.CharField(_("explanation"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    asked_from = models.GenericIPAddressField(_("asked from"), null=True)
    key = models.CharField(max_length=60, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    withdrawn_at = models.DateTimeField(_("taken back at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    moved_on = models.DateField(_("moved on"), null=True)
    refusal = models.CharField(_("why it was refused"), max_length=30, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("handing over a service")
        constraints = [
            models.UniqueConstraint(
                fields=["service"], condition=Q(state__in=["asked", "accepted"], withdrawn_at=None),
                name="one_move_of_a_service_at_a_time",
            ),
            models.CheckConstraint(name="done_move_says_from_when", condition=~Q(state="done") | Q(moved_on__isnull=False)),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["asked", "accepted"]), name="moves_under_way")
        ]

    datamap = row(
        plain("id", "service", "key", writes=())
        | plain("addition_ids")
        | personal(Category.CONTRACT, "customer", "label", "when", "by", "asked_at", writes=())
        | personal(Category.CONTACT, "to_number", "to_email", writes=(), source=Source.PERSON, reads={Purpose.CONTRACT})
        | personal(Category.CONTRACT, "person", names_others=True, writes=(), reads={Purpose.CONTRACT})
        | personal(Category.CORRESPONDENCE, "note", writes=(), reads={Purpose.CONTRACT})
        | personal(Category.NETWORK, "asked_from", writes=(), source=Source.OBSERVED, reads={Purpose.CONTRACT})
        | personal(Category.CONTRACT, "withdrawn_at", writes={Purpose.CONTRACT, Purpose.CONTRACT.own})
        | personal(Category.CONTRACT, "state", "closed_at", "moved_on")
        | personal(Category.CONTRACT, "refusal", words=refusal_words),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.MESSAGES}, twins={Purpose.CONTRACT}, source=Source.PERSON,
        creates={Purpose.CONTRACT, Purpose.CONTRACT.own}, writes={Purpose.CONTRACT}, keep=_KEEP,
    )  # fmt: skip


class MoveOffer(MappedModel):
    """
    What the other was offered: what it is, what it costs from its next renewal on, and from whom. Accepted or declined by them.

    A customer's own session writes the decision, once; a job moves the service. They agree to the operator's texts, as they
    do who order.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")

    move = models.OneToOneField(Move, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    from_name = models.CharField(_("from"), max_length=160)
    label = models.CharField(_("for"), max_length=253)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveIntegerField(_("number"))
    months = models.PositiveSmallIntegerField(_("term in months"))
    price_cents = models.PositiveBigIntegerField(_("price per term"))
    additions = models.CharField(_("with"), max_length=300, blank=True, default="")
    additions_cents = models.PositiveBigIntegerField(_("price of what belongs to it, per term"), default=0)
    renews_on = models.DateField(_("renews on"))
    when = models.CharField(_("when"), max_length=10, choices=When.choices)
    made_at = models.DateTimeField(_("made at"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decided_from = models.GenericIPAddressField(_("decided from"), null=True)
    terms_version = models.CharField(_("version of the terms"), max_length=20, blank=True)
    terms_sha256 = models.CharField(_("hash of the terms"), max_length=64, blank=True)
    processing_version = models.CharField(_("version of the processor agreement"), max_length=20, blank=True)
    processing_sha256 = models.CharField(_("hash of the processor agreement"), max_length=64, blank=True)
    #: When it could no longer be decided upon, or was carried out.
    closed_at = models.DateTimeField(_("closed at"), null=True)
    moved_on = models.DateField(_("moved on"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("service that is offered to you")
        constraints = [
            models.CheckConstraint(
                name="decided_offer_says_who_and_when",
                condition=Q(state="open") | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["customer", "-made_at"], name="offers_of_customer")]

    @property
    def is_open(self) -> bool:
        """Whether it can still be decided upon."""
        return self.state == self.State.OPEN and self.closed_at is None

    @property
    def term_cents(self) -> int:
        """What a term of it costs with what belongs to it, without VAT."""
        return self.price_cents * self.quantity + self.additions_cents

    datamap = row(
        plain("id", "move", "product", writes=())
        | personal(Category.CONTRACT, "customer", "label", "quantity", "months", "price_cents", "additions", "additions_cents",
                   "renews_on", "when", "made_at", writes=())
        | personal(Category.IDENTITY, "from_name", writes=(), names_others=True, reads={Purpose.CONTRACT, Purpose.MESSAGES})
        | personal(Category.CONTRACT, "closed_at", "moved_on", writes={Purpose.CONTRACT})
        | personal(Category.CONTRACT, "state", "decided_at", "terms_version", "processing_version")
        | plain("terms_sha256", "processing_sha256")
        | personal(Category.CONTRACT, "decided_by", names_others=True)
        | personal(Category.NETWORK, "decided_from", source=Source.OBSERVED, reads={Purpose.CONTRACT}),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.MESSAGES}, twins={Purpose.CONTRACT},
        creates={Purpose.CONTRACT}, writes={Purpose.CONTRACT, Purpose.CONTRACT.own}, keep=_KEEP,
    )  # fmt: skip
