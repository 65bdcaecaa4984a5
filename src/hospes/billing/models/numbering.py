"""What numbers are made of, and who sells: the number series, the book years, and the operator as it was on a day."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from hospes.kernel.datamap import Row, impersonal, plain
from hospes.kernel.purposes import Purpose


class DocumentKind(models.TextChoices):
    """The two kinds of document that are in the books and have a number (art. 35 and 35b Dutch VAT act)."""

    INVOICE = "invoice", _("invoice")
    CREDIT_NOTE = "credit_note", _("credit note")


class Series(models.Model):
    """
    A series of numbers without gaps: one for each kind of document, from 1 in each book year.

    `key` names it in the kernel's numbers, `prefix` begins each number ("F" in F2026-00042).
    """

    key = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=DocumentKind.choices, unique=True)
    prefix = models.CharField(max_length=6, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="series_has_a_key_and_a_prefix",
                condition=Q(key__regex=r"^[a-z_]+$", prefix__regex=r"^[A-Z]{1,6}$"),
            )
        ]

    datamap = impersonal("id", "key", "kind", "prefix")


class BookYear(models.Model):
    """A book year: its first and its last day. A day that is in none is in the calendar year of its own."""

    year = models.PositiveSmallIntegerField(unique=True)
    begins_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="book_year_ends_after_it_began", condition=Q(ends_on__gt=F("begins_on"))
            ),
            ExclusionConstraint(
                name="a_day_is_in_one_book_year",
                expressions=[
                    (
                        Func("begins_on", "ends_on", Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    )
                ],
            ),
        ]

    # That who writes may, and that what has begun stays, the database holds (migration dated_rules).
    datamap = Row(
        columns=plain("id", "year", "begins_on", writes=()) | plain("ends_on"),
        creates=frozenset({Purpose.CONTRACT}), writes=frozenset({Purpose.CONTRACT}), deletes=frozenset({Purpose.CONTRACT}),
    )  # fmt: skip


class Seller(models.Model):
    """The operator as its documents name it; other details are another row, so that old documents keep what they said."""

    name = models.CharField(max_length=160)
    street = models.CharField(max_length=160)
    postcode = models.CharField(max_length=12)
    town = models.CharField(max_length=80)
    country = models.CharField(max_length=2)
    kvk_number = models.CharField(max_length=8)
    vat_number = models.CharField(max_length=20)
    email = models.CharField(max_length=254)
    iban = models.CharField(max_length=34)
    accent = models.CharField(max_length=7)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_row_per_seller_as_it_was",
                fields=[
                    "name", "street", "postcode", "town", "country", "kvk_number", "vat_number", "email", "iban", "accent",
                ],
            )
        ]  # fmt: skip

    datamap = impersonal(
        "id", "name", "street", "postcode", "town", "country", "kvk_number", "vat_number", "email", "iban", "accent",
        creates={Purpose.BILLING, Purpose.CONTRACT},
    )  # fmt: skip
