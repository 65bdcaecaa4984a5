"""The VAT with which the office shows a price as a customer at home sees it."""

from datetime import date

from django.conf import settings

from hospes.billing.queries import vat_rates
from hospes.billing.rules import Taxes
from hospes.faces.prices import View


def home_view(today: date, *, with_vat: bool) -> View:
    """Prices as somebody at home sees them, at the operator's own rates; without VAT where none is known."""
    country = settings.HOSPES_OPERATOR.country
    return View.by(Taxes("S", country, rates=vat_rates(country=country, today=today)), with_vat=with_vat)
