"""The files made of invoices."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hospes.billing.models.invoices import BOOKS, Invoice
from hospes.customers.models import Customer
from hospes.kernel.datamap import Category, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.outside import FileStore, declare_files
from hospes.kernel.purposes import Purpose


class Document(MappedModel):
    """
    A file made of an invoice: where it lies, and the hash of its bytes.

    `paid_cents`, `paid_on` and `paid_with` are what it says of payment, whatever came in later, and `collect_on`, `collect_from`
    (masked), `mandate` and `creditor` what it says of how it is collected: so the same bytes can be made again of the books, and
    an e-invoice says what the file says.
    """

    invoice = models.OneToOneField(
        Invoice, models.PROTECT, related_name="document", verbose_name=_("invoice")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    path = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("hash of the file"), max_length=64)
    made_at = models.DateTimeField(_("made at"))
    paid_cents = models.BigIntegerField(_("paid, as the file says"), default=0, db_default=0)
    paid_on = models.DateField(_("paid on, as the file says"), null=True)
    paid_with = models.CharField(
        _("paid with, as the file says"), max_length=20, blank=True, default="", db_default=""
    )

    collect_on = models.DateField(_("collected on, as the file says"), null=True)
    collect_from = models.CharField(
        _("collected from, as the file says"), max_length=40, blank=True, default="", db_default=""
    )
    mandate = models.CharField(
        _("mandate, as the file says"), max_length=35, blank=True, default="", db_default=""
    )
    creditor = models.CharField(max_length=35, blank=True, default="", db_default="")

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("file of an invoice")

    datamap = row(
        plain("id", "invoice", "sha256", "made_at", "creditor")
        | personal(Category.CONTRACT, "customer", "path", "paid_cents", "paid_on", "paid_with")
        | personal(Category.PAYMENT, "collect_on", "collect_from", "mandate"),
        key="customer_id", reads={Purpose.BILLING, Purpose.MESSAGES}, creates={Purpose.BILLING}, keep=BOOKS,
    )  # fmt: skip


declare_files(
    FileStore(
        "invoices",
        Category.CONTRACT,
        frozenset({Purpose.BILLING, Purpose.MESSAGES}),
        "billing_document",
        "path",
    )
)
