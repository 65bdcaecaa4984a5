"""The VAT with which the office shows a price as a customer at home sees it."""

from datetime import date

from django.conf import settings

from hospes.billing.queries import vat_basis_points


def home_rate(today: date) -> int:
    """The standard rate of the operator's country, in hundredths of a percent; nothing where none is known."""
    try:
        return vat_basis_points(country=settings.HOSPES_OPERATOR.country, today=today)
    except LookupError:
        return 0
