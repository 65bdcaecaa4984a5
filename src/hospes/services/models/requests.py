"""What customers and staff asked to be done with a service: written down when it was asked, carried out right after."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Product
from hospes.customers.models import Customer, Person
from hospes.kernel.arrays import without_nulls
from hospes.kernel.datamap import THE_CONTRACT, Category, Event, Keep, Source, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.services.models.history import By
from hospes.services.models.service import Service
from hospes.services.words import refusal_words


class Request(MappedModel):
    """
    A change, a cancellation, or taking one of them back: what was asked, by whom, when, and what they were shown.

    A customer's own session can write what they ask, and not what comes of it: that is done by a job, which reckons everything
    anew for the day on which it was asked, and refuses when it is not what was shown. `key` makes a form one request.
    `cents`: shown as what is to be paid at once, or given back (below zero), without VAT. `on`: shown as the day from which it
    counts. `choice_ids` and `choice_counts`: the options that it is to have, and how many of each; NULL in what is no change, and
    in changes that were asked for before these were kept, where those that it has come along.
    """

    class Kind(models.TextChoices):
        CHANGE = "change", _("another package or number, or other options")
        CANCEL = "cancel", _("cancellation")
        UNDO = "undo", _("taking back a cancellation")
        UNPLAN = "unplan", _("taking back a planned change")

    class When(models.TextChoices):
        NOW = "now", _("at once")
        SOONEST = "soonest", _("as soon as possible")
        TERM_END = "term_end", _("at the end of the term")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    service = models.ForeignKey(Service, models.PROTECT, related_name="requests", verbose_name=_("service"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    when = models.CharField(_("when"), max_length=10, choices=When.choices)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="+", verbose_name=_("product")
    )
    quantity = models.PositiveIntegerField(_("number"), null=True)
    months = models.PositiveSmallIntegerField(_("term in months"), null=True)
    choice_ids = ArrayField(models.BigIntegerField(), null=True)
    choice_counts = ArrayField(models.PositiveSmallIntegerField(), null=True)
    price_cents = models.PositiveBigIntegerField(_("price per term"), null=True)
    cents = models.BigIntegerField(_("amount that was shown"), default=0)
    on = models.DateField(_("counts from"))
    by = models.CharField(_("by"), max_length=10, choices=By.choices)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by")
    )
    note = models.CharField(_("explanation"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    key = models.CharField(max_length=60, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    done_at = models.DateTimeField(_("carried out at"), null=True)
    refusal = models.CharField(_("why it was refused"), max_length=30, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("request about a service")
        constraints = [
            models.CheckConstraint(
                name="request_says_when_it_was_done", condition=Q(state="waiting") | Q(done_at__isnull=False)
            ),
            models.CheckConstraint(
                name="change_says_what_it_becomes",
                condition=~Q(kind="change")
                | Q(product__isnull=False, quantity__gte=1, months__gte=1, price_cents__isnull=False),
            ),
            models.CheckConstraint(
                name="request_says_how_many_of_each_option",
                condition=Q(choice_ids=None, choice_counts=None)
                | Q(
                    choice_ids__isnull=False,
                    choice_counts__isnull=False,
                    choice_ids__len=F("choice_counts__len"),
                ),
            ),
            models.CheckConstraint(
                name="request_has_so_many_of_each", condition=without_nulls("choice_counts")
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="waiting"), name="requests_to_be_done"),
        ]

    datamap = row(
        plain("id", "key", "product", "choice_ids", "choice_counts", writes=())
        | plain("service", writes=())
        | personal(Category.CONTRACT, "customer", "kind", "when", "quantity", "months", "price_cents", "cents", "on", "by",
                   "asked_at", writes=())
        | personal(Category.CONTRACT, "person", names_others=True, writes=(), reads={Purpose.CONTRACT})
        | personal(Category.CORRESPONDENCE, "note", writes=(), reads={Purpose.CONTRACT})
        | personal(Category.CONTRACT, "state", "done_at")
        | personal(Category.CONTRACT, "refusal", words=refusal_words),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.MESSAGES}, twins={Purpose.CONTRACT}, source=Source.PERSON,
        creates={Purpose.CONTRACT, Purpose.CONTRACT.own}, writes={Purpose.CONTRACT},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7, goes_with="service"),
    )  # fmt: skip
