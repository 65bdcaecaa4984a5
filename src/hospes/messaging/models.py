"""Every message that leaves: what kind, about which thing, to whom, and what became of it. Never its text."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import SAFETY, THE_CONTRACT, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient
from hospes.messaging.kinds import words

#: Who has messages sent. They see of them no more than that one is there already.
_SENDERS = {Purpose.ACCESS, Purpose.CONTRACT, Purpose.BILLING, Purpose.SECURITY}
_READERS = {Purpose.MESSAGES, Purpose.SUPPORT}


class Message(MappedModel):
    """A message to a person; it is written when it is sent, from the things that it is about."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    kind = models.CharField(_("kind of message"), max_length=60)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("to"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", verbose_name=_("for customer")
    )
    about_id = models.BigIntegerField(_("about"), null=True)
    address = models.EmailField(_("sent to"), max_length=254, blank=True)
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(_("made at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("message to you")
        constraints = [
            models.CheckConstraint(
                name="sent_message_says_when", condition=~Q(state="sent") | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="message_is_to_somebody", condition=Q(person__isnull=False) | Q(customer__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], condition=Q(state="waiting"), name="messages_waiting"),
            models.Index(fields=["created_at", "id"], condition=Q(state="failed"), name="messages_failed"),
        ]

    datamap = row(
        plain("id", "key", reads=_READERS | _SENDERS)
        | plain("about_id", writes=())
        | plain("state")
        | personal(Category.CORRESPONDENCE, "kind", writes=(), words=words)
        | personal(Category.CORRESPONDENCE, "created_at", "person", "customer", writes=())
        | personal(Category.CORRESPONDENCE, "sent_at")
        | personal(Category.CONTACT, "address", to=[Recipient.MAIL_SERVER]),
        key=("customer_id", "person_id"), reads=_READERS, twins={Purpose.ACCESS, Purpose.CONTRACT, Purpose.SUPPORT},
        creates=_SENDERS | {Purpose.ACCESS.own, Purpose.CONTRACT.own},
        writes={Purpose.MESSAGES},
        keep=Keep(Event.RECORDED, THE_CONTRACT, Then.DELETE, years=2, since="created_at"),
    )  # fmt: skip

    @property
    def about(self) -> int:
        """The id of the thing that the message is about; ValueError for a kind that is about none."""
        if self.about_id is None:
            raise ValueError(f"a message of the kind {self.kind} is about nothing")
        return self.about_id


class TextMessage(MappedModel):
    """A text message (SMS) to a person's phone; like a mail it is written when it is sent, and its text is kept nowhere."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TAKEN = "taken", _("handed to the gateway")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")

    kind = models.CharField(_("kind of message"), max_length=60)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("to"))
    about_id = models.BigIntegerField(_("about"), null=True)
    number = models.CharField(_("sent to"), max_length=16, blank=True, default="")
    key = models.CharField(max_length=120, unique=True)
    reference = models.CharField(_("reference at the gateway"), max_length=80, blank=True, default="")
    parts = models.PositiveSmallIntegerField(_("parts"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(_("made at"))
    taken_at = models.DateTimeField(_("handed over at"), null=True)
    settled_at = models.DateTimeField(_("delivered or failed at"), null=True)
    ask_at = models.DateTimeField(_("asked for again at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("text message to you")
        constraints = [
            models.CheckConstraint(
                name="text_goes_to_a_phone_number",
                condition=Q(number="") | Q(number__regex=r"^\+[1-9][0-9]{6,14}$"),
            ),
            models.CheckConstraint(
                name="text_that_was_handed_over_says_when_and_where_to",
                condition=~Q(state__in=("taken", "delivered")) | (Q(taken_at__isnull=False) & ~Q(number="")),
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], condition=Q(state="failed"), name="texts_failed"),
            models.Index(fields=["ask_at", "id"], condition=Q(state="taken"), name="texts_under_way"),
        ]

    datamap = row(
        plain("id", "key", reads=_READERS | _SENDERS)
        | plain("about_id", writes=())
        | plain("state", "parts", "reference", "ask_at")
        | personal(Category.CORRESPONDENCE, "kind", writes=(), words=words)
        | personal(Category.CORRESPONDENCE, "created_at", "person", writes=())
        | personal(Category.CORRESPONDENCE, "taken_at", "settled_at")
        | personal(Category.CONTACT, "number", to=[Recipient.SMS_GATEWAY]),
        key="person_id", reads=_READERS, twins={Purpose.ACCESS, Purpose.SUPPORT},
        creates={Purpose.ACCESS, Purpose.ACCESS.own, Purpose.SECURITY}, writes={Purpose.MESSAGES},
        keep=Keep(Event.RECORDED, SAFETY, Then.DELETE, months=6, since="created_at"),
    )  # fmt: skip

    @property
    def about(self) -> int:
        """The id of the thing that the text is about; ValueError for a kind that is about none."""
        if self.about_id is None:
            raise ValueError(f"a text message of the kind {self.kind} is about nothing")
        return self.about_id
