"""Which VAT a customer gets, and on what grounds: member states, checks at VIES, evidence of the place, and what follows."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from hospes.billing.models.invoices import VatCategory
from hospes.billing.tax.words import why_words
from hospes.customers.models import Customer
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
)
from hospes.kernel.derived import declare_function
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient

#: The one-stop shop wants what placed the customer to be kept longer than the books (VAT directive, art. 369k).
OSS_LAW = _("the VAT directive: ten years for sales in the one-stop shop (art. 369k)")
_OSS_BOOKS = Keep(Event.BOOK_YEAR_END, OSS_LAW, Then.DELETE, years=10)
_READERS = {Purpose.BILLING, Purpose.CONTRACT}


# Sums over everybody's sales; nobody sees whose. The rules of it may be asked by whoever makes a quote or an invoice.
declare_function(
    "billing_oss_turnover(integer)",
    {Purpose.BILLING, Purpose.BILLING.own, Purpose.CONTRACT, Purpose.CONTRACT.own},
)
declare_function("billing_oss_begins(date)", {Purpose.BILLING})
# Triggers call it, for whoever changed a ground; nobody else may. What begins or ends by the day alone, billing has settled.
declare_function("billing_settle_tax(bigint)", ())
declare_function("billing_settle_tax_on(bigint,date)", {Purpose.BILLING})


class MemberState(models.Model):
    """A member state of the EU, how its VAT numbers begin, and since when (and until when) it is one."""

    code = models.CharField(max_length=2, unique=True)
    vat_prefix = models.CharField(max_length=2, unique=True)
    member_from = models.DateField()
    member_until = models.DateField(null=True)

    datamap = impersonal("id", "code", "vat_prefix", "member_from", "member_until")


class TaxSettings(models.Model):
    """
    How VAT is dealt with; one row. `oss_since`: from this day on, consumers in other member states get the VAT of theirs.

    A VAT number that VIES said is right stays so for `vies_good_days` when VIES does not answer later; it is asked again
    after `vies_again_days`.
    """

    home = models.CharField(max_length=2)
    oss_since = models.DateField(null=True)
    vies_good_days = models.PositiveSmallIntegerField(default=90)
    vies_again_days = models.PositiveSmallIntegerField(default=30)

    class Meta:
        constraints = [models.CheckConstraint(name="one_row_of_tax_settings", condition=Q(pk=1))]

    datamap = impersonal("id", "home", "oss_since", "vies_good_days", "vies_again_days")


class OssThreshold(models.Model):
    """Below so many cents a year of sales to consumers in other member states, home VAT may be charged (art. 59c)."""

    valid_from = models.DateField(unique=True)
    cents = models.PositiveBigIntegerField()

    datamap = impersonal("id", "valid_from", "cents", creates={Purpose.CONTRACT}, deletes={Purpose.CONTRACT})


class ViesCheck(MappedModel):
    """A VAT number that was put to VIES: the answer, when, and the consultation number that proves it. No name, no address."""

    class Result(models.TextChoices):
        VALID = "valid", _("right")
        INVALID = "invalid", _("not right")
        UNANSWERED = "unanswered", _("no answer")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    number = models.CharField(_("VAT number"), max_length=20)
    result = models.CharField(_("answer"), max_length=10, choices=Result.choices)
    reason = models.CharField(_("why there was no answer"), max_length=60, blank=True)
    consultation = models.CharField(_("consultation number"), max_length=40, blank=True)
    checked_at = models.DateTimeField(_("checked at"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("check of a VAT number")
        constraints = [
            models.CheckConstraint(
                name="only_an_answer_proves_something",
                condition=~Q(result="unanswered") | Q(consultation=""),
            )
        ]
        indexes = [models.Index(fields=["customer", "-checked_at"], name="vies_checks_of_customer")]

    datamap = row(
        plain("id")
        | personal(Category.COMPANY, "number", to=[Recipient.VIES], source=Source.PERSON)
        | personal(Category.CONTRACT, "customer", "result", "reason", "consultation", "checked_at", source=Source.PROVIDER),
        key="customer_id", reads={Purpose.BILLING}, creates={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


class LocationEvidence(MappedModel):
    """
    A piece of evidence of where somebody is (Impl. Reg. 282/2011, art. 24f): the country only, never the address.

    Of a decision by staff `address_country` is the country of the address that it was about: it counts for no other one.
    """

    class Kind(models.TextChoices):
        IP = "ip", _("the network that was ordered from")
        BANK = "bank", _("the bank account that was paid from")
        CARD = "card", _("the card that was paid with")
        PHONE = "phone", _("the phone number")
        STAFF = "staff", _("decided by a member of staff")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    kind = models.CharField(_("what shows it"), max_length=6, choices=Kind.choices)
    country = models.CharField(_("country"), max_length=2)
    address_country = models.CharField(
        _("country of the address then"), max_length=2, blank=True, db_default=""
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    seen_at = models.DateTimeField(_("recorded at"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("evidence of the country for VAT")
        indexes = [models.Index(fields=["customer", "kind", "-seen_at"], name="evidence_of_customer")]

    datamap = row(
        plain("id")
        | personal(
            Category.ADDRESS, "customer", "kind", "country", "address_country", "note", "seen_at", source=Source.OBSERVED
        ),
        key="customer_id", reads=_READERS, twins={Purpose.CONTRACT}, creates={Purpose.BILLING, Purpose.CONTRACT.own},
        keep=_OSS_BOOKS,
    )  # fmt: skip


class TaxExemption(MappedModel):
    """A customer that is exempt from VAT, decided by staff on the ground of a certificate, from a day until a day."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    ground = models.CharField(_("ground"), max_length=200)
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("exemption from VAT")
        constraints = [
            models.CheckConstraint(name="exemption_says_its_ground", condition=~Q(ground="")),
            models.CheckConstraint(
                name="exemption_ends_after_it_began",
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
            ),
            ExclusionConstraint(
                name="one_exemption_on_a_day",
                expressions=[
                    (
                        Func("customer", "customer", Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func("valid_from", "valid_until", Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    # Billing deletes only what has not begun: the database holds that (migration exemptions_that_can_be_withdrawn).
    datamap = row(
        plain("id") | personal(Category.CONTRACT, "customer", "ground", "valid_from", writes=())
        | personal(Category.CONTRACT, "valid_until"),
        key="customer_id", reads={Purpose.BILLING}, twins=(), creates={Purpose.BILLING}, writes={Purpose.BILLING},
        deletes={Purpose.BILLING},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


class TaxStatus(MappedModel):
    """
    Which VAT a customer gets, since when, and why; what was is kept. Written by the database whenever its grounds change.

    `category` is empty where it cannot be told: then nothing can be invoiced until a person has decided. `place` is the country
    where the customer is, `rate_country` whose VAT is charged.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    category = models.CharField(_("kind of VAT"), max_length=2, choices=VatCategory.choices, blank=True)
    rate_country = models.CharField(_("country of the VAT"), max_length=2, blank=True)
    place = models.CharField(_("country"), max_length=2)
    why = models.CharField(_("why"), max_length=30)
    vies_check = models.ForeignKey(
        ViesCheck, models.PROTECT, null=True, related_name="+", verbose_name=_("check of the VAT number")
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("VAT that applies")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(until=None), name="one_tax_status_at_a_time"
            ),
            models.CheckConstraint(
                name="tax_status_ends_after_it_began", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-since"], name="tax_statuses_of_customer"),
            models.Index(fields=["since", "id"], condition=Q(until=None, category=""), name="tax_not_known"),
            models.Index(
                fields=["customer"], condition=Q(until=None, why="vies_pending"), name="vat_numbers_to_check"
            ),
            models.Index(
                fields=["customer"], condition=Q(until=None, why="reverse_charge"), name="vat_numbers_in_use"
            ),
        ]

    datamap = row(
        plain("id", "vies_check")
        | personal(Category.CONTRACT, "customer", "category", "rate_country", "place", "since", "until")
        | personal(Category.CONTRACT, "why", words=why_words),
        # Consumers are told prices with VAT, in mails too.
        key="customer_id", reads=_READERS | {Purpose.MESSAGES}, twins=_READERS,
        # What an invoice says of its VAT it keeps itself; this goes once its customer has gone.
        keep=Keep(Event.CONTRACT_END, TAX_LAW, Then.DELETE, years=7, goes_with="customer"),
    )  # fmt: skip

    @property
    def is_known(self) -> bool:
        """Whether an invoice can be made."""
        return bool(self.category)

    @property
    def why_words(self) -> str:
        """Why this VAT, in the active language."""
        return why_words(self.why)
