"""Persons, customers (a person in a capacity: private, or as a company), and who may act for which customer."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from hospes.kernel import clock
from hospes.kernel.datamap import (
    TAX_LAW,
    THE_CONTRACT,
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
from hospes.kernel.managers import MappedManager, MappedModel, MappedQuerySet
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient

ADDRESSING = {Purpose.ACCESS, Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES, Purpose.SUPPORT}

#: Who knows which customers there are: by number, kind and name.
_KNOWING = ADDRESSING | {Purpose.SECURITY, Purpose.OPERATION}


class PersonManager(BaseUserManager["Person"], MappedManager["Person"]):
    """Finds people by address without regard to case."""

    def get_queryset(self) -> MappedQuerySet["Person"]:
        return MappedManager.get_queryset(self)

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Make a person who can log in; addresses are kept in lower case."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A human being: the data subject. May have a login; may act for several customers."""

    email = models.EmailField(_("e-mail address"), max_length=254)
    given_name = models.CharField(_("given name"), max_length=80, blank=True)
    family_name = models.CharField(_("family name"), max_length=80, blank=True)
    phone = models.CharField(_("phone number"), max_length=20, blank=True)
    phone_confirmed_at = models.DateTimeField(_("phone number confirmed at"), null=True)
    language = models.CharField(
        _("language"), max_length=2, default="nl", choices=[("nl", _("Dutch")), ("en", _("English"))]
    )
    is_active = models.BooleanField(_("may log in"), default=True)
    created_at = models.DateTimeField(_("since"), default=clock.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("person")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_person_per_email_address"),
            models.CheckConstraint(
                name="phone_that_is_confirmed_is_there", condition=Q(phone_confirmed_at=None) | ~Q(phone="")
            ),
        ]
        indexes = [
            models.Index(fields=["phone"], name="person_by_phone"),
            models.Index(fields=["email"], opclasses=["varchar_pattern_ops"], name="person_by_address"),
        ]

    datamap = row(
        plain("id", "is_active", "created_at")
        | personal(Category.CONTACT, "email", to=[Recipient.MAIL_SERVER],
                   reads=ADDRESSING | {Purpose.SECURITY, Purpose.NEWSLETTER})
        | personal(Category.IDENTITY, "given_name", "family_name", reads=ADDRESSING | {Purpose.SECURITY, Purpose.NEWSLETTER})
        | personal(Category.CONTACT, "phone", "phone_confirmed_at", reads={Purpose.ACCESS, Purpose.SUPPORT, Purpose.MONITORING})
        | personal(Category.CHOICES, "language", reads=ADDRESSING | {Purpose.NEWSLETTER})
        | secret(Category.LOGIN, "password", reads={Purpose.ACCESS})
        | personal(Category.LOGIN, "last_login", reads={Purpose.ACCESS, Purpose.SECURITY}),
        key={"id": "person"}, reads=ADDRESSING | {Purpose.SECURITY, Purpose.NEWSLETTER, Purpose.MONITORING}, source=Source.PERSON,
        twins={Purpose.CONTRACT, Purpose.SUPPORT},
        creates={Purpose.ACCESS}, writes={Purpose.ACCESS},
        keep=Keep(Event.ACCOUNT_END, THE_CONTRACT, Then.BLANK, months=1),
    )  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How the person is addressed: never by a number (P01)."""
        return f"{self.given_name} {self.family_name}".strip() or self.email

    @property
    def reached_at(self) -> str:
        """The number at which the person is called: "" as long as nobody showed that it is theirs."""
        return self.phone if self.phone_confirmed_at is not None else ""


class Customer(MappedModel):
    """A contracting party with a number of its own; a person is one as themself, and one more for each company (P03)."""

    class Kind(models.TextChoices):
        PRIVATE = "private", _("private")
        BUSINESS = "business", _("business")

    number = models.BigIntegerField(_("customer number"), unique=True)
    kind = models.CharField(_("private or business"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name or trade name"), max_length=160)
    street = models.CharField(_("address"), max_length=160)
    postcode = models.CharField(_("postcode"), max_length=12)
    town = models.CharField(_("town"), max_length=80)
    country = models.CharField(_("country"), max_length=2, default="NL")
    kvk_number = models.CharField(
        _("KvK number"),
        max_length=8,
        blank=True,
        validators=[RegexValidator(r"^\d{8}$", _("A KvK number has 8 digits."))],
    )
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    invoice_email = models.EmailField(_("e-mail address for invoices"), max_length=254)
    created_at = models.DateTimeField(_("customer since"))
    ended_on = models.DateField(_("ended on"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("customer")
        constraints = [
            models.CheckConstraint(
                name="private_customer_has_no_company_numbers",
                condition=Q(kind="business") | Q(kvk_number="", vat_number=""),
            ),
            models.CheckConstraint(
                name="dutch_business_has_a_kvk_number",
                condition=Q(kind="private") | ~Q(country="NL") | Q(kvk_number__regex=r"^\d{8}$"),
            ),
            models.CheckConstraint(name="customer_is_known_by_name", condition=~Q(name="")),
        ]
        indexes = [
            models.Index(Lower("name"), name="customer_by_name"),
            models.Index(
                OpClass(Lower("invoice_email"), name="text_pattern_ops"), name="customer_by_invoice_address"
            ),
        ]

    datamap = row(
        plain("ended_on", "country")
        # A customer stays who it is (P03, P10): a company is another customer.
        | plain("id", "created_at", writes=())
        | personal(Category.CONTRACT, "number", "kind", reads=_KNOWING, source=Source.OPERATOR, writes=())
        | personal(Category.IDENTITY, "name")
        | personal(Category.ADDRESS, "street", "postcode", "town",
                   reads={Purpose.ACCESS, Purpose.CONTRACT, Purpose.BILLING, Purpose.SUPPORT})
        | personal(Category.COMPANY, "kvk_number", reads={Purpose.ACCESS, Purpose.CONTRACT, Purpose.BILLING})
        | personal(Category.COMPANY, "vat_number", reads={Purpose.ACCESS, Purpose.CONTRACT, Purpose.BILLING},
                   to=[Recipient.VIES])
        | personal(Category.CONTACT, "invoice_email", to=[Recipient.MAIL_SERVER],
                   writes={Purpose.ACCESS},  # once its mailbox confirmed it
                   reads={Purpose.ACCESS, Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES}),
        key={"id": "customer"}, reads=_KNOWING, source=Source.PERSON,
        twins={Purpose.CONTRACT, Purpose.OPERATION, Purpose.BILLING, Purpose.SUPPORT, Purpose.SECURITY},
        creates={Purpose.ACCESS}, writes={Purpose.CONTRACT, Purpose.CONTRACT.own},
        keep=Keep(Event.CONTRACT_END, TAX_LAW, Then.DELETE, years=7, since="ended_on"),
    )  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Membership(MappedModel):
    """
    What a person may do for a customer, from when until when, and who gave and ended it.

    Another role or another end is another row: what was is never written over. `given_by` and `ended_by` are None where nobody
    of the customer did it: who opened it gave it to themself.
    """

    class Role(models.TextChoices):
        HOLDER = "holder", _("holder")
        ADMINISTRATION = "administration", _("administration")
        TECHNICAL = "technical", _("technical")
        BILLING = "billing", _("billing")
        READ_ONLY = "read_only", _("read only")

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships", verbose_name=_("person"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="memberships", verbose_name=_("customer")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)
    given_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("given by")
    )
    ended_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("ended by")
    )

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("access to a customer account")
        constraints = [
            models.CheckConstraint(
                name="membership_ends_after_it_began", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
            # Of ids as ranges of one: those have an index of PostgreSQL's own, plain numbers want an extension.
            ExclusionConstraint(
                name="one_membership_at_a_time_per_person_and_customer",
                expressions=[
                    (Func("person", "person", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (
                        Func("customer", "customer", Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func("since", "until", function="tstzrange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    datamap = row(
        plain("id", writes=())
        | personal(Category.LOGIN, "customer", "role", "since", writes=())
        | personal(Category.LOGIN, "person", "given_by", names_others=True, writes=())
        | personal(Category.LOGIN, "until") | personal(Category.LOGIN, "ended_by", names_others=True),
        key=("person_id", "customer_id"), reads=ADDRESSING | {Purpose.SECURITY}, source=Source.PERSON,
        twins={Purpose.ACCESS, Purpose.CONTRACT},
        creates={Purpose.ACCESS, Purpose.ACCESS.own}, writes={Purpose.ACCESS, Purpose.ACCESS.own},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=1),
    )  # fmt: skip

    def in_force(self, now: datetime) -> bool:
        """Whether it counts at a moment; of rows of the database `queries.in_force` says the same."""
        return self.since <= now and (self.until is None or now < self.until)


class CustomerWord(MappedModel):
    """A word of a customer's name, by which staff find it; kept by a trigger (`words`)."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("customer"))
    word = models.CharField(_("word of the name"), max_length=80, db_collation="C")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("word by which a customer is found")
        constraints = [
            models.UniqueConstraint(fields=["word", "customer"], name="one_row_per_word_of_a_customer")
        ]

    datamap = row(
        plain("id", "customer") | personal(Category.IDENTITY, "word"),
        key="customer_id", reads=ADDRESSING | {Purpose.SECURITY}, twins=(), source=Source.PERSON,
        keep=Keep(Event.CONTRACT_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


class ContactAddress(MappedModel):
    """
    An address of a customer for one kind of mail, used from when its mailbox confirmed it until `ended_at`.

    That for invoices is `Customer.invoice_email` too, from the same moment. Another address is another row. Of those that get a
    copy of each invoice there can be several, of the others one.
    """

    class Use(models.TextChoices):
        INVOICES = "invoices", _("invoices")
        TECHNICAL = "technical", _("technical matters")
        EMERGENCY = "emergency", _("emergencies")
        COPIES = "copies", _("a copy of each invoice")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    use = models.CharField(_("used for"), max_length=10, choices=Use.choices)
    email = models.EmailField(_("e-mail address"), max_length=254)
    language = models.CharField(_("language"), max_length=2)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("given by"))
    asked_at = models.DateTimeField(_("asked for at"))
    expires_at = models.DateTimeField(_("can be confirmed until"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    ended_at = models.DateTimeField(_("no longer used since"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("address for a kind of mail")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "use"], condition=Q(ended_at=None, confirmed_at__isnull=False) & ~Q(use="copies"),
                name="one_address_in_use_for_a_kind_of_mail",
            ),
            models.UniqueConstraint(
                fields=["customer", "email"], condition=Q(ended_at=None, confirmed_at__isnull=False, use="copies"),
                name="one_copy_to_an_address",
            ),
            models.UniqueConstraint(
                fields=["customer", "use"], condition=Q(ended_at=None, confirmed_at=None),
                name="one_address_to_confirm_for_a_kind_of_mail",
            ),
            models.CheckConstraint(
                name="address_is_confirmed_in_time",
                condition=Q(confirmed_at=None) | Q(confirmed_at__gte=F("asked_at"), confirmed_at__lt=F("expires_at")),
            ),
        ]  # fmt: skip

    datamap = row(
        plain("id", writes=()) | plain("confirmed_at", "ended_at") | plain("expires_at", writes=())
        | personal(Category.CONTACT, "email", to=[Recipient.MAIL_SERVER], writes=())
        | personal(Category.CONTRACT, "customer", "use", "asked_at", writes=())
        | personal(Category.CHOICES, "language", writes=())
        | personal(Category.LOGIN, "asked_by", names_others=True, writes=()),
        key="customer_id", reads={Purpose.ACCESS, Purpose.SUPPORT, Purpose.MESSAGES}, twins={Purpose.ACCESS, Purpose.SUPPORT},
        source=Source.PERSON, creates={Purpose.ACCESS, Purpose.ACCESS.own},
        writes={Purpose.ACCESS, Purpose.ACCESS.own},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=1),
    )  # fmt: skip


class PersonWord(MappedModel):
    """A word of a person's name, by which staff find them; kept by a trigger (`words`)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("person"))
    word = models.CharField(_("word of the name"), max_length=80, db_collation="C")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("word by which a person is found")
        constraints = [
            models.UniqueConstraint(fields=["word", "person"], name="one_row_per_word_of_a_person")
        ]

    datamap = row(
        plain("id", "person") | personal(Category.IDENTITY, "word"),
        key="person_id", reads=ADDRESSING | {Purpose.SECURITY}, twins=(), source=Source.PERSON,
        keep=Keep(Event.ACCOUNT_END, THE_CONTRACT, Then.DELETE, months=1),
    )  # fmt: skip
