"""What a colleague asks of the books: a period, an audit file, the closing of a month."""

from datetime import date
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hospes.billing.ledger.reports.table import Period
from hospes.office.reports.registry import Span

#: The reasons to take the books out of the house; each has its own action in the journal.
REASONS = {
    "accountant": _("for our accountant"),
    "tax_office": _("the tax office asks for it"),
    "own_check": _("to look into our own books"),
}
VERSIONS = {"4.0": _("4.0, which the tax office takes from 2027 on"), "3.2": _("3.2, for older programs")}
#: Years that are offered before this one: books are kept for seven.
_YEARS = 8


def _years(today: date) -> list[tuple[int, str]]:
    return [(year, str(year)) for year in range(today.year, today.year - _YEARS, -1)]


class PeriodForm(forms.Form):
    """A year, or a part of it."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    part = forms.ChoiceField(label=_("Part of the year"), required=False)

    def __init__(self, data: Any, *, span: Span, today: date) -> None:
        super().__init__(data)
        self.fields["year"].choices = _years(today)  # type: ignore[attr-defined]
        quarters = [(f"q{n}", gettext("quarter %(number)s") % {"number": n}) for n in range(1, 5)]
        months = [(f"m{n}", formats.date_format(date(2026, n, 1), "F")) for n in range(1, 13)]
        if span == Span.YEAR:
            del self.fields["part"]
        elif span == Span.QUARTER:
            self.fields["part"].choices = quarters  # type: ignore[attr-defined]
        else:
            self.fields["part"].choices = [("", gettext("the whole year")), *quarters, *months]  # type: ignore[attr-defined]

    def period(self) -> Period:
        """The period that was asked for; only once the form is valid."""
        part = self.cleaned_data.get("part") or ""
        number = int(part[1:]) if part else 0
        year = self.cleaned_data["year"]
        return Period.of(
            year, quarter=number if part[:1] == "q" else 0, month=number if part[:1] == "m" else 0
        )


class AuditFileForm(forms.Form):
    """The books of a year as an audit file, and why they leave the house."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    version = forms.ChoiceField(label=_("Version"), choices=list(VERSIONS.items()), initial="4.0")
    reason = forms.ChoiceField(
        label=_("What for"), choices=list(REASONS.items()), widget=forms.RadioSelect,
        help_text=_("It stands in the journal, with your name and the moment."),
    )  # fmt: skip

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.fields["year"].choices = _years(today)  # type: ignore[attr-defined]


class ClosingForm(forms.Form):
    """The month to close: one of those that are over and open."""

    month = forms.TypedChoiceField(label=_("Month"), coerce=date.fromisoformat)

    def __init__(self, data: Any, *, months: list[date]) -> None:
        super().__init__(data)
        named = [(month.isoformat(), formats.date_format(month, "F Y")) for month in months]
        self.fields["month"].choices = named  # type: ignore[attr-defined]
