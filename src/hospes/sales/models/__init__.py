"""The cart, the quote, and the order that comes of an accepted quote."""

import uuid
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Seller, VatCategory
from hospes.catalogue.models import Product, Promotion, VatCode
from hospes.catalogue.rules import Step
from hospes.customers.models import Customer, Person
from hospes.kernel.arrays import without_nulls
from hospes.kernel.datamap import (
    TAX_LAW,
    THE_CONTRACT,
    THE_SERVICE,
    Category,
    Event,
    Keep,
    Source,
    Then,
    personal,
    plain,
    row,
)
from hospes.kernel.derived import declare_function
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient
from hospes.services.models import Service

# A sum over everybody's orders; nobody sees whose.
declare_function("sales_ordered_elsewhere()", {Purpose.CONTRACT, Purpose.CONTRACT.own})

_CART = Purpose.CART.own
_OWN = {Purpose.CONTRACT.own}


class Cart(MappedModel):
    """What somebody means to order; found again by a cookie, and by the person once they logged in. No tracking (P21)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+", verbose_name=_("person"))
    changed_at = models.DateTimeField(_("last changed"))
    # Looking is use as well: the cookie lasts as long after a visit as the cart does.
    used_on = models.DateField(_("last used on"))
    code = models.CharField(_("promotion code"), max_length=30, blank=True, default="")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("shopping cart")
        constraints = [models.UniqueConstraint(fields=["person"], name="one_cart_per_person")]
        indexes = [models.Index(fields=["used_on", "id"], name="carts_by_last_use")]

    datamap = row(
        plain("id") | personal(Category.CONTRACT, "person", "changed_at", "used_on")
        | personal(Category.CONTRACT, "code", source=Source.PERSON),
        key={"id": "cart", "person_id": "person"}, reads={Purpose.CART}, source=Source.PERSON,
        creates={_CART}, writes={_CART}, deletes={_CART, Purpose.CART},
        keep=Keep(Event.LAST_USE, THE_SERVICE, Then.DELETE, days=90, since="used_on"),
    )  # fmt: skip


class CartLine(MappedModel):
    """
    A product in the cart for a term, with its options, how many, and for which domain name.

    An addition has its `parent` in the same cart, or the running `service` that it is for.
    """

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines", verbose_name=_("cart"))
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+", verbose_name=_("person"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    months = models.PositiveSmallIntegerField(_("term in months"))
    label = models.CharField(_("for"), max_length=253, blank=True)
    quantity = models.PositiveSmallIntegerField(_("number"), default=1)
    choice_ids = ArrayField(models.BigIntegerField(), default=list)
    choice_counts = ArrayField(models.PositiveSmallIntegerField(), default=list)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="additions")
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("line of the shopping cart")
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "label", "product", "service"], name="one_cart_line_per_product_and_name",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="cart_line_has_so_many_of_each", condition=without_nulls("choice_counts")
            ),
            models.CheckConstraint(
                name="cart_line_is_of_something",
                condition=Q(quantity__gte=1, choice_ids__len=F("choice_counts__len")),
            ),
        ]  # fmt: skip

    datamap = row(
        plain("id", "cart", "product", "choice_ids", "choice_counts", "parent", "service")
        | personal(Category.CONTRACT, "person", "months", "quantity")
        | personal(Category.CONTRACT, "label", source=Source.PERSON, to=[Recipient.REGISTRY]),
        key={"cart_id": "cart", "person_id": "person"}, reads={Purpose.CART}, source=Source.PERSON,
        creates={_CART}, writes={_CART}, deletes={_CART, Purpose.CART},
        keep=Keep(Event.LAST_USE, THE_SERVICE, Then.DELETE, days=90, goes_with="cart"),
    )  # fmt: skip


class Quote(MappedModel):
    """
    An offer with its number, valid until a day; accepted by somebody who may, it becomes an order.

    What it says never changes: staff who want to offer something else make the next `version` under the same number, and the
    one before it is replaced. `on_account`: once accepted it is delivered and invoiced, to be paid within `term_days`; else it is
    paid first. `closed_at`: when it was replaced, withdrawn, or found to be over.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")
        REPLACED = "replaced", _("replaced by a new version")
        WITHDRAWN = "withdrawn", _("withdrawn by us")

    class By(models.TextChoices):
        CUSTOMER = "customer", _("you, or somebody with access")
        STAFF = "staff", _("our staff")

    number = models.CharField(_("quote number"), max_length=20)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    made_by = models.CharField(_("made by"), max_length=10, choices=By.choices, default=By.CUSTOMER)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="quotes", verbose_name=_("customer"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField(_("made at"))
    valid_until = models.DateField(_("valid until"))
    net_cents = models.PositiveBigIntegerField(_("without VAT"))
    vat_cents = models.PositiveBigIntegerField(_("VAT"))
    total_cents = models.PositiveBigIntegerField(_("total"))
    decided_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decided_from = models.GenericIPAddressField(_("decided from"), null=True)
    key = models.CharField(max_length=80, unique=True)
    #: Whose discount is in the prices; a use of it is taken when the quote is accepted.
    promotion = models.ForeignKey(
        Promotion, models.PROTECT, null=True, related_name="+", verbose_name=_("promotion code")
    )
    intro = models.TextField(_("introduction"), max_length=2000, blank=True, default="")
    reference = models.CharField(_("your reference"), max_length=60, blank=True, default="")
    purchase_order = models.CharField(_("your purchase order"), max_length=60, blank=True, default="")
    on_account = models.BooleanField(_("invoiced once accepted"), default=False)
    term_days = models.PositiveSmallIntegerField(_("to be paid within days"), default=0)
    decline_reason = models.CharField(_("why it was declined"), max_length=500, blank=True, default="")
    closed_at = models.DateTimeField(_("closed at"), null=True)
    # Both parties as they were, so that its file stays the same.
    language = models.CharField(_("language"), max_length=2, default="nl")
    seller = models.ForeignKey(Seller, models.PROTECT, null=True, related_name="+", verbose_name=_("seller"))
    buyer_name = models.CharField(_("name"), max_length=160, blank=True, default="")
    buyer_contact = models.CharField(_("attention of"), max_length=160, blank=True, default="")
    buyer_street = models.CharField(_("street"), max_length=160, blank=True, default="")
    buyer_postcode = models.CharField(_("postcode"), max_length=12, blank=True, default="")
    buyer_town = models.CharField(_("town"), max_length=80, blank=True, default="")
    buyer_country = models.CharField(_("country"), max_length=2, blank=True, default="NL")
    buyer_kvk_number = models.CharField(_("KvK number"), max_length=8, blank=True, default="")
    buyer_vat_number = models.CharField(_("VAT number"), max_length=20, blank=True, default="")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("quote")
        constraints = [
            models.UniqueConstraint(fields=["number", "version"], name="one_quote_per_number_and_version"),
            models.CheckConstraint(
                name="closed_quote_says_when",
                condition=~Q(state__in=["replaced", "withdrawn"]) | Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="quote_adds_up", condition=Q(total_cents=F("net_cents") + F("vat_cents"))
            ),
            models.CheckConstraint(
                name="decided_quote_says_who_and_when",
                condition=~Q(state__in=["accepted", "declined"]) | Q(decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-made_at"], name="quotes_of_customer"),
            models.Index(
                fields=["valid_until", "id"], condition=Q(state="open"), name="quotes_that_are_open"
            ),
        ]

    datamap = row(
        plain("id", "key")
        | plain("seller", writes=())
        | personal(Category.CONTRACT, "number", "customer", "made_at", "valid_until", "net_cents", "vat_cents", "total_cents",
                   "promotion", "version", "made_by", "reference", "purchase_order", "on_account", "term_days", "language",
                   writes=())
        | personal(Category.CORRESPONDENCE, "intro", writes=(), reads={Purpose.CONTRACT, Purpose.BILLING})
        | personal(Category.CORRESPONDENCE, "decline_reason", source=Source.PERSON, reads={Purpose.CONTRACT})
        | personal(Category.IDENTITY, "buyer_name", "buyer_contact", writes=(), reads={Purpose.CONTRACT})
        | personal(Category.ADDRESS, "buyer_street", "buyer_postcode", "buyer_town", "buyer_country", writes=(),
                   reads={Purpose.CONTRACT})
        | personal(Category.COMPANY, "buyer_kvk_number", "buyer_vat_number", writes=(), reads={Purpose.CONTRACT})
        | personal(Category.CONTRACT, "closed_at", writes={Purpose.CONTRACT})
        | personal(Category.CONTRACT, "state", "decided_at")
        | personal(Category.CONTRACT, "decided_by", names_others=True)
        | personal(Category.NETWORK, "decided_from", source=Source.OBSERVED, reads={Purpose.CONTRACT}),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES}, creates=_OWN | {Purpose.CONTRACT},
        writes=_OWN | {Purpose.CONTRACT},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether nobody decided upon it yet; its last day may be over all the same."""
        return self.state == self.State.OPEN


class QuoteLine(MappedModel):
    """
    A line of a quote: what was offered at what price, also when the price changes later.

    `net_cents` is what is due now: the set-up and the first term. `steps_from` and `steps_cents` say what each term costs: from
    which on (the first is 1) how much, without VAT. Without a product it is something that staff described by themselves, once.
    `discount_basis_points`: what staff took off (hundredths of a percent), of every term or of the first (`discount_once`).
    `details`: the options in words; `parent` and `service`: what an addition belongs to, a line of the same quote or a service
    that runs.
    """

    quote = models.ForeignKey(Quote, models.PROTECT, related_name="lines", verbose_name=_("quote"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="+", verbose_name=_("product")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    description = models.CharField(_("description"), max_length=200)
    label = models.CharField(_("for"), max_length=253, blank=True)
    quantity = models.PositiveSmallIntegerField(_("number"), default=1)
    choice_ids = ArrayField(models.BigIntegerField(), default=list)
    choice_counts = ArrayField(models.PositiveSmallIntegerField(), default=list)
    details = models.CharField(_("with"), max_length=300, blank=True, default="")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="additions")
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, related_name="+", verbose_name=_("service")
    )
    months = models.PositiveSmallIntegerField(_("term in months"))
    net_cents = models.PositiveBigIntegerField(_("amount without VAT"))
    setup_cents = models.PositiveBigIntegerField(_("set-up fee"), default=0)
    steps_from = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("from which term on"))
    steps_cents = ArrayField(models.PositiveBigIntegerField(), verbose_name=_("price of a term"))
    discount_basis_points = models.PositiveSmallIntegerField(_("discount"), default=0)
    discount_once = models.BooleanField(_("discount on the first term only"), default=False)
    vat_code = models.CharField(
        _("kind of VAT rate"), max_length=12, choices=VatCode.choices, default=VatCode.STANDARD
    )
    vat_basis_points = models.PositiveIntegerField(_("VAT rate"))
    vat_category = models.CharField(
        _("kind of VAT"), max_length=2, choices=VatCategory.choices, default=VatCategory.STANDARD
    )
    vat_country = models.CharField(_("country of the VAT"), max_length=2, default="NL")
    vat_reason = models.CharField(_("why this VAT"), max_length=30, blank=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("line of a quote")
        constraints = [
            models.UniqueConstraint(fields=["quote", "position"], name="one_quote_line_per_position"),
            models.CheckConstraint(
                name="line_says_what_each_term_costs",
                condition=Q(steps_from__0=1, steps_from__len=F("steps_cents__len")),
            ),
            models.CheckConstraint(
                name="quote_line_has_so_many_of_each", condition=without_nulls("choice_counts")
            ),
            models.CheckConstraint(
                name="quote_line_is_of_something",
                condition=Q(quantity__gte=1, choice_ids__len=F("choice_counts__len")),
            ),
            models.CheckConstraint(
                name="line_is_the_setup_and_the_first_term",
                condition=Q(net_cents=F("setup_cents") + F("steps_cents__0")),
            ),
            models.CheckConstraint(
                name="what_has_no_product_has_no_term", condition=Q(product__isnull=False) | Q(months=0)
            ),
            models.CheckConstraint(
                name="discount_is_at_most_all_of_it", condition=Q(discount_basis_points__lte=10_000)
            ),
            models.CheckConstraint(
                name="quote_line_has_a_known_vat_code",
                condition=Q(vat_code__in=["reduced", "standard", "zero"]),
            ),
        ]

    @property
    def words(self) -> str:
        """What it is of: how many, and with what."""
        number = f"{self.quantity} × " if self.quantity > 1 else ""
        return f"{number}{self.description}" + (f" ({self.details})" if self.details else "")

    @property
    def steps(self) -> tuple[Step, ...]:
        """What each term costs, as it was agreed."""
        return tuple(Step(*pair) for pair in zip(self.steps_from, self.steps_cents, strict=True))

    @property
    def discount_words(self) -> str:
        """The discount as a percentage: "10%" or "12,5%" (as the active language writes it)."""
        return f"{formats.number_format(Decimal(self.discount_basis_points) / 100)}%"

    datamap = row(
        plain("id", "quote", "product", "position", "choice_ids", "choice_counts", "parent", "service")
        | personal(Category.CONTRACT, "customer", "description", "quantity", "details", "months", "net_cents", "setup_cents",
                   "steps_from", "steps_cents", "discount_basis_points", "discount_once", "vat_code", "vat_basis_points",
                   "vat_category", "vat_country", "vat_reason")
        | personal(Category.CONTRACT, "label", source=Source.PERSON),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.BILLING, Purpose.MESSAGES}, creates=_OWN | {Purpose.CONTRACT},
        keep=Keep(Event.BOOK_YEAR_END, TAX_LAW, Then.DELETE, years=7),
    )  # fmt: skip


class Order(MappedModel):
    """
    An accepted quote, waiting for its payment, paid, or cancelled; one per quote.

    `pay_until`: the last day to pay it, once somebody was told that; before that it follows from the operator's settings.
    """

    class State(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", _("awaiting payment")
        PAID = "paid", _("paid")
        ON_ACCOUNT = "on_account", _("invoiced")
        CANCELLED = "cancelled", _("cancelled")
        WITHDRAWN = "withdrawn", _("withdrawn from")

    class Why(models.TextChoices):
        UNPAID = "unpaid", _("it was not paid in time")
        CUSTOMER = "customer", _("you, or somebody with access, cancelled it")
        STAFF = "staff", _("our staff cancelled it")

    quote = models.OneToOneField(Quote, models.PROTECT, related_name="order", verbose_name=_("quote"))
    number = models.CharField(_("order number"), max_length=20, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders", verbose_name=_("customer"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("ordered by"))
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.AWAITING_PAYMENT)
    total_cents = models.PositiveBigIntegerField(_("total"))
    placed_at = models.DateTimeField(_("ordered at"))
    paid_at = models.DateTimeField(_("paid at"), null=True)
    pay_until = models.DateField(_("to be paid by"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True)
    cancelled_why = models.CharField(
        _("why it was cancelled"), max_length=10, choices=Why.choices, blank=True, default=""
    )
    cancel_reason = models.CharField(_("what we wrote about that"), max_length=200, blank=True, default="")
    #: When there was a service for each of its lines.
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    #: When a consumer asked expressly that it begins before they can no longer withdraw, and agreed to pay for that time then.
    start_asked_at = models.DateTimeField(_("asked to begin at once"), null=True)
    # What was agreed to, in the words of the language in which it was shown; empty in orders from before it was kept.
    terms_version = models.CharField(_("version of the terms"), max_length=20)
    terms_sha256 = models.CharField(_("hash of the terms"), max_length=64, default="")
    processing_version = models.CharField(_("version of the processor agreement"), max_length=20, default="")
    processing_sha256 = models.CharField(_("hash of the processor agreement"), max_length=64, default="")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("order")
        constraints = [
            models.CheckConstraint(
                name="paid_order_says_when", condition=~Q(state="paid") | Q(paid_at__isnull=False)
            ),
            models.CheckConstraint(
                name="cancelled_order_says_when_and_why",
                condition=~Q(state="cancelled") | Q(cancelled_at__isnull=False) & ~Q(cancelled_why=""),
            ),
            models.CheckConstraint(
                name="only_what_was_paid_is_delivered",
                condition=Q(delivered_at=None) | Q(paid_at__isnull=False) | Q(state="on_account"),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-placed_at"], name="orders_of_customer"),
            models.Index(
                fields=["placed_at", "id"],
                condition=Q(state="awaiting_payment"),
                name="orders_awaiting_payment",
            ),
            models.Index(
                fields=["paid_at", "id"],
                condition=Q(state="paid", delivered_at=None),
                name="paid_orders_not_delivered",
            ),
        ]

    datamap = row(
        plain("id", "quote")
        | plain("terms_sha256", "processing_sha256", writes=())
        | personal(Category.CONTRACT, "number", "customer", "total_cents", "placed_at", "terms_version", "processing_version",
                   "start_asked_at", writes=())
        | personal(Category.CONTRACT, "person", writes=(), names_others=True)
        | personal(Category.CONTRACT, "state", "paid_at", "pay_until", "cancelled_at", "cancelled_why", writes={Purpose.BILLING})
        | personal(Category.CORRESPONDENCE, "cancel_reason", writes={Purpose.BILLING})
        | personal(Category.CONTRACT, "delivered_at", writes={Purpose.CONTRACT}),
        key="customer_id", reads={Purpose.CONTRACT, Purpose.BILLING, Purpose.SUPPORT, Purpose.MESSAGES}, creates=_OWN,
        writes={Purpose.BILLING},
        keep=Keep(Event.CONTRACT_END, THE_CONTRACT, Then.DELETE, years=7),
    )  # fmt: skip


from hospes.sales.models.drafts import QuoteDraft as QuoteDraft  # noqa: E402
from hospes.sales.models.drafts import QuoteDraftLine as QuoteDraftLine  # noqa: E402
from hospes.sales.models.registries import RegistryKnown as RegistryKnown  # noqa: E402
from hospes.sales.models.withdrawals import Refund as Refund  # noqa: E402  # tables of this app, in a file of their own
from hospes.sales.models.withdrawals import Withdrawal as Withdrawal  # noqa: E402
