"""
Mandates, what is collected with them, the files for the bank, and what its reason codes mean.

Triggers hold what no constraint can (`guards`): no mandate before a successful order (P13), what was signed stays as it was, and
a collection moves as MOVES has it.
"""

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.billing.ledger.models import is_dutch
from hospes.billing.models import Invoice
from hospes.customers.models import Customer, Person
from hospes.kernel.datamap import (
    TAX_LAW,
    Category,
    Event,
    Keep,
    Source,
    Then,
    impersonal,
    personal,
    plain,
    row,
    technical,
)
from hospes.kernel.derived import declare_function
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient

#: Art. 52 AWR. The proof of a mandate is needed for thirteen months after the last collection at least, which this covers.
BOOKS: Final = Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7)

#: States of a collection that may yet take money.
LIVE: Final = ("announced", "batched", "submitted")
#: How a collection goes on from each state; held by a trigger too.
MOVES: Final[dict[str, frozenset[str]]] = {
    "announced": frozenset({"batched", "withdrawn"}),
    "batched": frozenset({"announced", "submitted"}),
    "submitted": frozenset({"announced", "collected", "rejected"}),
    "collected": frozenset({"returned"}),
    "withdrawn": frozenset(),
    "rejected": frozenset(),
    "returned": frozenset(),
}

#: Why a mandate ended.
ENDS: Final[dict[str, Promise]] = {
    "withdrawn": _("you withdrew it"),
    "office": _("our staff ended it"),
    "bank": _("the bank does not take it any more"),
    "lapsed": _("nothing was collected with it for 36 months"),
}


def end_words(why: str) -> str:
    """Why a mandate ended, in the active language."""
    return str(ENDS.get(why, why))


def reason_words(code: str) -> str:
    """What a bank's reason code means, in the active language; the bare code where nobody knows."""
    found = ReasonCode.objects.filter(code=code).first()
    return f"{found.name} ({code})" if found else code


class Mandate(MappedModel):
    """
    A mandate as it was signed, with its proof: which text, its hash (with the account number in it), who, when and from where.

    `account` is the number as pages show it; the number itself stands in `MandateAccount`. `last_used_on` is the day of the last
    collection: 36 months after it the mandate lapses.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("in force")
        ENDED = "ended", _("ended")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="mandates", verbose_name=_("customer")
    )
    reference = models.CharField(_("mandate reference"), max_length=35, unique=True)
    creditor_id = models.CharField(_("creditor identifier"), max_length=35)
    creditor_name = models.CharField(_("creditor"), max_length=160)
    creditor_address = models.CharField(max_length=300)
    holder = models.CharField(_("account holder"), max_length=70)
    account = models.CharField(_("account number, masked"), max_length=40)
    signed_by = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("signed by"))
    signed_at = models.DateTimeField(_("signed at"))
    signed_on = models.DateField(_("signed on"))
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    language = models.CharField(_("language"), max_length=2)
    text_version = models.CharField(_("version of the text"), max_length=20)
    text_sha256 = models.CharField(_("hash of the text"), max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    last_used_on = models.DateField(_("last used on"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_why = models.CharField(_("why the mandate ended"), max_length=10, blank=True)
    ended_code = models.CharField(_("reason of the bank"), max_length=4, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("mandate for direct debit")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state="active"), name="one_active_mandate_per_customer"
            ),
            models.CheckConstraint(
                name="ended_mandate_says_when_and_why",
                condition=Q(state="active", ended_at=None, ended_why="", ended_code="")
                | Q(state="ended", ended_at__isnull=False, ended_why__in=[*ENDS]),
            ),
            models.CheckConstraint(
                name="mandate_reference_fits_a_file", condition=Q(reference__regex=r"^[A-Z0-9-]{3,35}$")
            ),
        ]

    datamap = row(
        plain("id", "language", "text_sha256", "creditor_address", writes=())
        | personal(Category.PAYMENT, "customer", "creditor_id", "creditor_name", "signed_at", "text_version", writes=())
        | personal(Category.PAYMENT, "reference", "signed_on", writes=(), to=[Recipient.BANK])
        | personal(Category.PAYMENT, "signed_by", writes=(), names_others=True)
        | personal(Category.PAYMENT, "holder", writes=(), source=Source.PERSON, to=[Recipient.BANK])
        | personal(Category.PAYMENT, "account", writes=(), source=Source.PERSON)
        | personal(Category.NETWORK, "ip", writes=(), source=Source.OBSERVED, reads={Purpose.BILLING})
        | personal(Category.PAYMENT, "state", "ended_at")
        | personal(Category.PAYMENT, "ended_why", words=end_words)
        | personal(Category.PAYMENT, "ended_code", words=reason_words, source=Source.PROVIDER, writes={Purpose.BILLING})
        | personal(Category.PAYMENT, "last_used_on", writes={Purpose.BILLING}),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, twins={Purpose.BILLING},
        creates={Purpose.BILLING.own}, writes={Purpose.BILLING, Purpose.BILLING.own}, keep=BOOKS,
    )  # fmt: skip

    @property
    def why_words(self) -> str:
        """Why it ended, for somebody who reads it; "" while it is in force."""
        return reason_words(self.ended_code) if self.ended_code else end_words(self.ended_why)


class MandateAccount(MappedModel):
    """
    The account number of a mandate, by itself: who makes the file for the bank reads it, and no page can.

    A customer's own session writes it and cannot read it back.
    """

    mandate = models.OneToOneField(
        Mandate, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("mandate")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    iban = models.CharField(_("account number"), max_length=34)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("account number of a mandate")
        constraints = [
            models.CheckConstraint(
                name="mandate_account_is_an_iban", condition=Q(iban__regex=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")
            )
        ]  # fmt: skip

    datamap = row(
        plain("mandate") | personal(Category.PAYMENT, "customer")
        | personal(Category.PAYMENT, "iban", source=Source.PERSON, to=[Recipient.BANK]),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING.own}, keep=BOOKS,
    )  # fmt: skip


class Batch(models.Model):
    """
    A file with collections for the bank, kept byte for byte as it was made (its ids are in it), sealed since it names people.

    `reference` is the message id in it. `reasons` are codes for which the bank refused it as a whole.
    """

    class State(models.TextChoices):
        MADE = "made", _("to be handed to the bank")
        SUBMITTED = "submitted", _("handed to the bank")
        CANCELLED = "cancelled", _("taken back, not for the bank")
        REFUSED = "refused", _("refused by the bank")

    reference = models.CharField(max_length=35, unique=True)
    collect_on = models.DateField()
    count = models.PositiveIntegerField()
    total_cents = models.PositiveBigIntegerField()
    sealed_file = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MADE)
    made_at = models.DateTimeField()
    downloaded_at = models.DateTimeField(null=True)
    submitted_on = models.DateField(null=True)
    accepted_at = models.DateTimeField(null=True)
    reasons = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="batch_has_something_in_it", condition=Q(count__gt=0, total_cents__gt=0)),
            models.CheckConstraint(
                name="batch_is_submitted_before_it_collects",
                condition=Q(submitted_on=None) | Q(submitted_on__lt=F("collect_on")),
            ),
            models.CheckConstraint(
                name="submitted_batch_says_when",
                condition=~Q(state="submitted") | Q(submitted_on__isnull=False),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["made_at", "id"], condition=Q(state="made"), name="batches_to_submit")
        ]

    # Who is in it stands in the collections. The bytes are sealed: they cannot be read without the key, which no database has.
    datamap = technical(
        "id", "reference", "collect_on", "count", "total_cents", "sealed_file", "sha256", "state", "made_at", "downloaded_at",
        "submitted_on", "accepted_at", "reasons", logins=(), purposes={Purpose.BILLING},
    )  # fmt: skip


class Debit(MappedModel):
    """
    A collection of what is open on an invoice. Of an invoice only one can be under way (LIVE).

    `surplus_cents` is what came in more than was still open: the customer's balance; `claim_cents` what the bank gave back to a
    customer who had got it back already, to be claimed (`claimed_on`).
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        BATCHED = "batched", _("being handed to the bank")
        SUBMITTED = "submitted", _("at the bank")
        COLLECTED = "collected", _("collected")
        WITHDRAWN = "withdrawn", _("called off")
        REJECTED = "rejected", _("refused by the bank")
        RETURNED = "returned", _("given back by the bank")

    class Why(models.TextChoices):
        """Why a collection that was announced is not made."""

        PAID = "paid", _("it was paid or credited meanwhile")
        MANDATE = "mandate", _("the mandate ended")
        OFFICE = "office", _("our staff called it off")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="debits", verbose_name=_("customer"))
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="debits", verbose_name=_("mandate"))
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="debits", verbose_name=_("invoice"))
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="debits")
    end_to_end_id = models.CharField(_("reference at the bank"), max_length=35, unique=True)
    cents = models.PositiveBigIntegerField(_("amount"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ANNOUNCED)
    sequence = models.CharField(max_length=4, blank=True)
    collect_on = models.DateField(_("collected on"))
    announced_at = models.DateTimeField(_("announced at"))
    collected_at = models.DateTimeField(_("booked at"), null=True)
    why = models.CharField(_("why not"), max_length=8, choices=Why.choices, blank=True)
    code = models.CharField(_("reason of the bank"), max_length=4, blank=True)
    ended_on = models.DateField(_("sent back on"), null=True)
    surplus_cents = models.PositiveBigIntegerField(_("more than was open"), default=0)
    claim_cents = models.PositiveBigIntegerField(_("got back twice"), default=0)
    claimed_on = models.DateField(_("that was put right on"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("direct debit")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(state__in=LIVE), name="one_live_debit_per_invoice"
            ),
            models.CheckConstraint(name="debit_is_of_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="debit_is_in_a_file_once_it_is_under_way",
                condition=Q(state__in=["announced", "withdrawn"], batch=None)
                | Q(state__in=["batched", "submitted", "collected", "rejected", "returned"], batch__isnull=False),
            ),
            models.CheckConstraint(name="called_off_debit_says_why", condition=Q(state="withdrawn") ^ Q(why="")),
            models.CheckConstraint(
                name="debit_that_was_sent_back_says_why",
                condition=Q(state__in=["rejected", "returned"], ended_on__isnull=False) & ~Q(code="")
                | ~Q(state__in=["rejected", "returned"]) & Q(code="", ended_on=None),
            ),
            models.CheckConstraint(
                name="debit_says_when_it_was_booked",
                condition=Q(state__in=["collected", "returned"], collected_at__isnull=False)
                | ~Q(state__in=["collected", "returned"]) & Q(collected_at=None, surplus_cents=0),
            ),
            models.CheckConstraint(
                name="debit_gives_back_what_it_took",
                condition=Q(surplus_cents__lte=F("cents"), claim_cents__lte=F("cents"))
                & (Q(claim_cents=0) | Q(state="returned")),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["collect_on", "id"], condition=Q(state__in=LIVE), name="debits_under_way"),
            models.Index(fields=["customer", "-id"], name="debits_of_customer"),
            models.Index(
                fields=["id"],
                condition=Q(claim_cents__gt=0, claimed_on=None),
                name="debits_to_be_put_right",
            ),
        ]  # fmt: skip

    datamap = row(
        plain("id", writes=()) | plain("batch", "sequence")
        | personal(Category.PAYMENT, "customer", "mandate", "invoice", "announced_at", writes=())
        | personal(Category.PAYMENT, "end_to_end_id", writes=(), to=[Recipient.BANK])
        | personal(Category.PAYMENT, "cents", "collect_on", to=[Recipient.BANK])
        | personal(Category.PAYMENT, "state", "collected_at", "why", "surplus_cents", "claim_cents", "claimed_on")
        | personal(Category.PAYMENT, "ended_on", source=Source.PROVIDER)
        | personal(Category.PAYMENT, "code", source=Source.PROVIDER, words=reason_words),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, twins={Purpose.BILLING}, creates={Purpose.BILLING},
        writes={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip


class ReasonCode(models.Model):
    """
    What a bank's reason code means (ISO 20022, external status reason codes), and what is done: `then`.

    retry: it is announced once more. end_mandate: nothing is collected with this mandate any more. stop: the customer pays this
    invoice in another way.
    """

    class Then(models.TextChoices):
        RETRY = "retry", _("it is tried once more")
        END_MANDATE = "end_mandate", _("the mandate ends")
        STOP = "stop", _("the customer pays in another way")

    code = models.CharField(max_length=4, primary_key=True)
    then = models.CharField(max_length=12, choices=Then.choices)
    name_nl = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="what_is_done_is_known", condition=Q(then__in=["retry", "end_mandate", "stop"])
            )
        ]

    datamap = impersonal("code", "then", "name_nl", "name_en")

    @property
    def name(self) -> str:
        """What it means, in the active language."""
        return self.name_nl if is_dutch() else self.name_en


for _function in (
    "debits_mandate_is_signed_well()",
    "debits_account_goes_with_its_mandate()",
    "debits_moves_on()",
):
    declare_function(_function, ())
