"""Forms about who has access; they turn days into moments and write nothing."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from hospes.accounts.forms import is_name
from hospes.customers import rules
from hospes.customers.models import Membership, Person
from hospes.customers.queries import Access
from hospes.customers.roles import described
from hospes.faces.words import ZONE

Role = Membership.Role


def end_of(last_day: date | None) -> datetime | None:
    """The moment at which access ends whose last day this is: as that day ends in Amsterdam."""
    return None if last_day is None else datetime.combine(last_day + timedelta(days=1), time(), tzinfo=ZONE)


def last_day_of(until: datetime | None) -> date | None:
    """The last whole day of access that ends at a moment."""
    return None if until is None else (until - timedelta(microseconds=1)).astimezone(ZONE).date()


class AccessForm(forms.Form):
    """Which role, and until when."""

    role = forms.ChoiceField(label=_("What may this person do?"), widget=forms.RadioSelect)
    last_day = forms.DateField(
        label=_("Last day of the access"), required=False,
        help_text=_("Leave it empty if the access has no end. You can take it away at any time."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("This is no day. Write it like 31-12-2026.")},
    )  # fmt: skip

    on_the_map: ClassVar[dict[str, str]] = {
        "role": "customers.Membership.role", "last_day": "customers.Membership.until"
    }  # fmt: skip

    def __init__(self, own_role: str, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        given = [role for role in Role if rules.gives(own_role, role)]
        self.fields["role"].choices = [(role, described(role)) for role in given]  # type: ignore[attr-defined]

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day < self.today:
            raise forms.ValidationError(_("This day is over. Choose today or a later day."))
        if day is not None and day.year > self.today.year + 50:
            raise forms.ValidationError(_("That is very far away. Leave it empty if the access has no end."))
        return day

    @property
    def until(self) -> datetime | None:
        """When the access ends."""
        return end_of(self.cleaned_data["last_day"])


class InviteForm(AccessForm):
    """Whom to invite, and to what."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254,
        help_text=_("Only who reads the mail of this address can accept."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    field_order = ["email", "role", "last_day"]
    on_the_map: ClassVar[dict[str, str]] = AccessForm.on_the_map | {"email": "accounts.Invitation.email"}


class HandOverForm(forms.Form):
    """Who becomes the holder, and what one keeps oneself."""

    to = forms.TypedChoiceField(label=_("Who becomes the holder?"), coerce=int, widget=forms.RadioSelect)
    own_role = forms.ChoiceField(
        label=_("And you?"), required=False, widget=forms.RadioSelect, initial=Role.ADMINISTRATION
    )

    def __init__(self, others: list[Access], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (one.id, f"{one.name} ({one.email}) · {one.role_label}") for one in others
        ]
        stay = [(role, described(role)) for role in Role if role != Role.HOLDER]
        self.fields["own_role"].choices = [  # type: ignore[attr-defined]
            *stay, (Role.HOLDER, _("I stay a holder as well")), ("leave", _("I leave: I give up all access")),
        ]  # fmt: skip

    def clean_own_role(self) -> str:
        chosen: str = self.cleaned_data["own_role"]
        if not chosen:
            raise forms.ValidationError(_("Please choose what you keep yourself."))
        return "" if chosen == "leave" else chosen


class NewcomerForm(forms.Form):
    """An account for who was invited and has none; the address is that of the invitation."""

    given_name = forms.CharField(
        label=_("Given name"),
        max_length=80,
        validators=[is_name],
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    family_name = forms.CharField(
        label=_("Family name"),
        max_length=80,
        validators=[is_name],
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    on_the_map: ClassVar[dict[str, str]] = {
        "given_name": "customers.Person.given_name", "family_name": "customers.Person.family_name",
        "password": "customers.Person.password",
    }  # fmt: skip

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_given_name(self) -> str:
        return self._plain("given_name")

    def clean_family_name(self) -> str:
        return self._plain("family_name")

    def _plain(self, name: str) -> str:
        try:
            return rules.plain_text(self.cleaned_data[name])
        except ValueError:
            raise forms.ValidationError(
                _("There is a sign in this that cannot be seen. Please type it anew.")
            ) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "password" in data:
            person = Person(
                email=self.email,
                given_name=data.get("given_name", ""),
                family_name=data.get("family_name", ""),
            )
            try:
                validate_password(data["password"], person)
            except forms.ValidationError as refusal:
                self.add_error("password", refusal)
        return data
