"""Forms about the bank: they turn text into the words of the domain, and write nothing."""

import re
from typing import Any, Final

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from hospes.kernel.money import Money, MoneyNotUnderstood
from hospes.payments.bank.reading import MOST_BYTES

_MOST_INVOICES: Final = 50


class StatementFileForm(forms.Form):
    """A file of the bank."""

    file = forms.FileField(
        label=_("File of the bank"), widget=forms.FileInput(attrs={"accept": ".xml,.sta,.940,.mt940,.swi,.txt"}),
        help_text=_("CAMT.053 (XML, not zipped) or MT940, at most 20 MB. Bring the same file twice: nothing happens."),
        error_messages={"required": _("Choose a file first."), "empty": _("This file is empty.")},
    )  # fmt: skip

    def clean_file(self) -> bytes:
        brought: Any = self.cleaned_data["file"]
        if brought.size > MOST_BYTES:
            raise forms.ValidationError(
                _("This file is larger than 20 MB. Download a shorter period at your bank.")
            )
        return bytes(brought.read())


class SharesForm(forms.Form):
    """Which invoices a payment is for: a number a line, with an amount behind it where it is not all that is open."""

    invoices = forms.CharField(
        label=_("Invoices"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000,
        help_text=_(
            "A number on each line. Behind it an amount, if not all that is open is meant: F2026-00042 12,50. What is more than"
            " is open becomes the balance of the customer, unless you write amounts."
        ),
    )  # fmt: skip

    def clean_invoices(self) -> list[tuple[str, int | None]]:
        shares: list[tuple[str, int | None]] = []
        for row in self.cleaned_data["invoices"].splitlines():
            number, *amount = row.split(maxsplit=1)[:2] if row.strip() else [""]
            if number:
                shares.append((number.upper(), self._cents(amount[0]) if amount else None))
        if len({number for number, _cents in shares}) < len(shares):
            raise forms.ValidationError(_("An invoice stands there twice."))
        if not 0 < len(shares) <= _MOST_INVOICES:
            raise forms.ValidationError(_("Give 1 to 50 invoices."))
        return shares

    def _cents(self, said: str) -> int:
        language = (get_language() or "nl")[:2]
        try:
            amount = Money.parse(re.sub(r"^€\s*", "", said.strip()), language=language)
        except MoneyNotUnderstood:
            raise forms.ValidationError(
                gettext("“%(said)s” is no amount. Write it like 12,50.") % {"said": said}
            ) from None
        if amount.cents <= 0:
            raise forms.ValidationError(_("An amount is more than nothing."))
        return amount.cents


class BalanceForm(forms.Form):
    """Whose balance it is."""

    number = forms.IntegerField(label=_("Customer number"), min_value=1, max_value=10**12)


class AsideForm(forms.Form):
    """What it is, where it is of no customer."""

    note = forms.CharField(
        label=_("What is it?"), max_length=200,
        help_text=_("For the bookkeeper: costs of the bank, a supplier, the tax office. It goes to the items to look into."),
    )  # fmt: skip
