"""Forms about colleagues and roles: they turn text into the words of the domain, and write nothing."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hospes.accounts.models import Power, StaffRole
from hospes.accounts.models.staff import OPEN_TO_STAFF
from hospes.accounts.staff import queries as staff
from hospes.customers import rules
from hospes.kernel.purposes import Purpose


class RolesForm(forms.Form):
    """Which roles a colleague has."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"), widget=forms.CheckboxSelectMultiple,
        help_text=_("Somebody with several roles may do what any of them may."),
        error_messages={"required": _("Choose at least one role.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [(role.key, role.name) for role in staff.roles()]  # type: ignore[attr-defined]


class InviteForm(RolesForm):
    """Whom to invite, and as what."""

    field_order = ["email", "given_name", "family_name", "language", "roles"]

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    given_name = forms.CharField(label=_("Given name"), max_length=80)
    family_name = forms.CharField(label=_("Family name"), max_length=80)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("given_name", "family_name"):
            try:
                rules.plain_text(values.get(name, ""))
            except ValueError:
                said = _(
                    "There is a sign in this that cannot be seen, such as a line end. Please type it anew."
                )
                self.add_error(name, said)
        return values


class RoleForm(forms.Form):
    """What a role acts for, and has the power to besides."""

    purposes = forms.MultipleChoiceField(
        label=_("Acts for"), widget=forms.CheckboxSelectMultiple,
        help_text=_("With each purpose come the columns that the data map gives it, and no others."),
        error_messages={"required": _("Choose at least one purpose.")},
    )  # fmt: skip
    powers = forms.MultipleChoiceField(
        label=_("May besides"), widget=forms.CheckboxSelectMultiple, required=False, choices=Power.choices
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purposes = [(purpose.value, purpose.declared.label) for purpose in OPEN_TO_STAFF]
        self.fields["purposes"].choices = purposes  # type: ignore[attr-defined]  # a MultipleChoiceField has them

    @classmethod
    def of(cls, role: StaffRole) -> "RoleForm":
        """The form as it is shown first."""
        return cls(initial={"purposes": role.purposes, "powers": role.powers})

    def wanted(self) -> tuple[list[Purpose], list[Power]]:
        """What was chosen, in the words of the domain."""
        data = self.cleaned_data
        return [Purpose(value) for value in data["purposes"]], [Power(value) for value in data["powers"]]
