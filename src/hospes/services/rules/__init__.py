"""Pure rules about services: their terms, what a part of one costs, and how they can be ended."""

from hospes.services.rules.ending import CONSUMER_BOUND_MONTHS, CONSUMER_NOTICE_MONTHS, Ways, ways_to_end
from hospes.services.rules.options import CostsLess as CostsLess
from hospes.services.rules.options import Part as Part
from hospes.services.rules.options import fits as fits
from hospes.services.rules.options import going_on as going_on
from hospes.services.rules.options import raised as raised
from hospes.services.rules.options import shares as shares
from hospes.services.rules.options import with_options as with_options
from hospes.services.rules.proration import Settlement, change, paid_ahead, part, terms_ahead, unused, used
from hospes.services.rules.raising import first_renewal as first_renewal
from hospes.services.rules.raising import raised_cents as raised_cents
from hospes.services.rules.raising import raised_from as raised_from
from hospes.services.rules.terms import Term, months_of, renewal

__all__ = [
    "CONSUMER_BOUND_MONTHS", "CONSUMER_NOTICE_MONTHS", "Settlement", "Term", "Ways", "change", "months_of", "paid_ahead", "part",
    "renewal", "terms_ahead", "unused", "used", "ways_to_end",
]  # fmt: skip
