"""Which reports there are, what question each answers, and over what period it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.billing.ledger.reports import balances, debtors, recurring, taxes
from hospes.billing.ledger.reports.table import Period, Table


class Span(StrEnum):
    """What period a report is about: any, a quarter, a whole year, or how it stands now."""

    ANY = "any"
    QUARTER = "quarter"
    YEAR = "year"
    NOW = "now"


@dataclass(frozen=True)
class Report:
    """A report: the address it has, its name, the question it answers, and what makes it."""

    slug: str
    title: Promise
    lead: Promise
    span: Span
    make: Callable[[Period, date], Table]


@dataclass(frozen=True)
class Group:
    """Reports that go together."""

    title: Promise
    reports: tuple[Report, ...]


GROUPS: Final = (
    Group(_("Running the business"), (
        Report("omzet", _("Revenue"), _("What did we earn, month by month?"), Span.YEAR, balances.revenue),
        Report("terugkerend", _("Recurring revenue"), _("What comes in every month from what runs now?"), Span.YEAR,
               recurring.recurring),
        Report("verloop", _("Churn"), _("How many customers came and left, and what did that cost?"), Span.YEAR, recurring.churn),
        Report("vooruit", _("Invoiced in advance"), _("When does what was invoiced in advance become revenue?"), Span.NOW,
               balances.deferred),
    )),
    Group(_("Money that is still to come"), (
        Report("openstaand", _("Open invoices"), _("Which invoices are not paid yet?"), Span.NOW, debtors.open_items),
        Report("ouderdom", _("Ageing"), _("For how long is what is open past its due date?"), Span.NOW, debtors.ageing),
    )),
    Group(_("Taxes and the books"), (
        Report("btw", _("VAT return"), _("What goes in which box of the VAT return?"), Span.ANY, taxes.vat_return),
        Report("oss", _("One Stop Shop"), _("How much VAT of other EU countries is due, by country and rate?"), Span.QUARTER,
               taxes.oss),
        Report("icp", _("EU sales list"), _("What did we do for companies in other EU countries?"), Span.ANY, taxes.sales_list),
        Report("balans", _("Trial balance"), _("What stands on each account, and what was booked on it?"), Span.ANY,
               balances.trial_balance),
    )),
)  # fmt: skip

REPORTS: Final = {report.slug: report for group in GROUPS for report in group.reports}
