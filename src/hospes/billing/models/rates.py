"""VAT rates of countries, with the day from which each applies."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from hospes.catalogue.models import VatCode
from hospes.kernel.datamap import impersonal
from hospes.kernel.purposes import Purpose


class VatRate(models.Model):
    """A VAT rate of a country, from a day on, in hundredths of a percent (2100 is 21 %)."""

    #: Which kind of rate a product has, the catalogue says.
    Code = VatCode

    country = models.CharField(max_length=2)
    code = models.CharField(max_length=12, choices=VatCode.choices)
    basis_points = models.PositiveIntegerField()
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "code", "valid_from"], name="one_rate_per_day"),
            # A rate under a name that nobody asks for would not be found, and another one be charged.
            models.CheckConstraint(
                condition=Q(code__in=["standard", "reduced", "zero"]), name="vat_rate_has_a_known_code"
            ),
        ]

    # That who writes may, and that what has begun stays, the database holds (migration dated_rules).
    datamap = impersonal(
        "id",
        "country",
        "code",
        "basis_points",
        "valid_from",
        creates={Purpose.CONTRACT},
        deletes={Purpose.CONTRACT},
    )

    @property
    def percent(self) -> Decimal:
        return Decimal(self.basis_points) / 100
