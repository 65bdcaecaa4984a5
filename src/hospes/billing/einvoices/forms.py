"""The form by which a customer, or a clerk for them, says how invoices get there."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.billing.einvoices.participants import SCHEMES, BadParticipant, participant
from hospes.billing.models.einvoices import EInvoiceAddress

_MAIL, _BOTH, _ONLY = "mail", "both", "e-invoice"


class EInvoiceForm(forms.Form):
    """By mail, as an e-invoice, or both; and where to on the Peppol network."""

    way = forms.ChoiceField(
        label=gettext_lazy("How do invoices get there?"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Who gets a copy of each invoice, gets it with the mail: without a mail there is no copy either."
        ),
        choices=[
            (_MAIL, gettext_lazy("by mail, as a PDF")),
            (_BOTH, gettext_lazy("as an e-invoice over Peppol, and by mail")),
            (_ONLY, gettext_lazy("as an e-invoice over Peppol only: a mail is sent if it does not arrive")),
        ],
    )
    scheme = forms.ChoiceField(label=gettext_lazy("Kind of number on Peppol"), required=False)
    number = forms.CharField(
        label=gettext_lazy("Number on Peppol"), max_length=60, required=False,
        help_text=gettext_lazy("The number by which the bookkeeping is known on the Peppol network. Most companies in the"
                               " Netherlands use their KvK number there."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, held: EInvoiceAddress | None, kvk_number: str = "") -> None:
        """`held` is where e-invoices go now; `kvk_number` is offered where none do."""
        scheme, _colon, number = held.participant.partition(":") if held else ("0106", "", kvk_number)
        way = _MAIL if held is None else _BOTH if held.with_mail else _ONLY
        super().__init__(data, initial={"way": way, "scheme": scheme, "number": number})
        field = self.fields["scheme"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # for the type checker
        field.choices = [(code, f"{found.name} ({code})") for code, found in SCHEMES.items()]
        self.participant = ""

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        if cleaned.get("way") in (_BOTH, _ONLY) and {"scheme", "number"} <= cleaned.keys():
            try:
                self.participant = participant(cleaned["scheme"], cleaned["number"])
            except BadParticipant as bad:
                example = {"example": bad.example}
                self.add_error(
                    "number", _("This is no such number. An example of one is %(example)s.") % example
                )
            except KeyError:
                self.add_error("scheme", _("Choose which kind of number it is."))
        return cleaned

    def nobody_there(self) -> None:
        """Say that the access point knows nobody at the address."""
        self.add_error(
            "number",
            _("Nobody receives e-invoices at this number. Look in the bookkeeping whether receiving over Peppol is switched on,"
              " and under which number."),
        )  # fmt: skip

    @property
    def with_mail(self) -> bool:
        """Whether the mail with the PDF is wanted besides."""
        return bool(self.cleaned_data["way"] != _ONLY)
