"""Ways of paying, by the provider's code, with what they are called in which years: iDEAL becomes Wero, for instance."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from hospes.kernel.datamap import impersonal


class _Days(Func):
    function = "daterange"


class _One(Func):
    """A code as a range of one number: PostgreSQL excludes by ranges without an extension."""

    template = "int4range(hashtext(%(expressions)s), hashtext(%(expressions)s), '[]')"


class PaymentMethod(models.Model):
    """
    What a way of paying is called from a day on, until (not including) another, and the picture that goes with the name.

    `code` is what the payment provider calls it, and stays the same when the name changes. `logo` is a drawing of our own among
    the static files. `is_offered`: a customer can choose it at the provider's page.
    """

    code = models.CharField(max_length=20)
    name_nl = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)
    logo = models.CharField(max_length=80, blank=True)
    is_offered = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        db_table = "billing_paymentmethod"
        constraints = [
            ExclusionConstraint(
                name="one_name_of_a_payment_method_at_a_time",
                expressions=[
                    (_One(F("code")), RangeOperators.OVERLAPS),
                    (_Days(F("valid_from"), F("valid_until")), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="payment_method_is_valid_for_a_while",
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
            ),
            models.CheckConstraint(
                name="payment_method_has_names", condition=~Q(code="") & ~Q(name_nl="") & ~Q(name_en="")
            ),
        ]

    datamap = impersonal(
        "id", "code", "name_nl", "name_en", "logo", "is_offered", "position", "valid_from", "valid_until"
    )

    def name(self, language: str) -> str:
        """What it is called in a language."""
        return self.name_nl if language.startswith("nl") else self.name_en
