"""What somebody tells who signs up: who they are, and in which capacity (P01, P03)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.forms import BoundField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hospes.accounts import countries, services
from hospes.customers import rules
from hospes.customers.models import Customer, Person
from hospes.customers.services import Details
from hospes.kernel import clock

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: A name goes into mails: what could be a web address or markup is no name.
is_name = RegexValidator(
    r"[<>{}\\/:@\x00-\x1f\x7f]",
    _("Please leave out web addresses and signs such as / : @ < >."),
    inverse_match=True,
)

_ERRORS: dict[str, "_StrPromise"] = {
    "phone": _("This is no phone number that we can call. Write it like 06 12345678 or +32 470 12 34 56."),
    "postcode": _("A Dutch postcode has four digits and two letters, such as 1234 AB."),
    "kvk_number": _("A KvK number has 8 digits. You find it in the register of the Chamber of Commerce."),
    "vat_number": _(
        "This is no VAT number that we can use. A Dutch one looks like NL123456789B01. "
        "A number of before 2020 that holds your citizen service number (BSN) may not be stored: take your newer VAT-ID."
    ),
}
_NOT_PLAIN = _(
    "There is a sign in this that cannot be seen, such as a line end or one that turns the text around. Please type it anew."
)
_COMPANY = ("trade_name", "kvk_number", "vat_number")


def _text(
    label: "_StrPromise", autocomplete: str, *, most: int, required: bool = True, **more: Any
) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=most, required=required, widget=widget, **more)


class SignupDetails(forms.Form):
    """
    The part of the sign-up form that is ours; the login library adds address and password.

    Works without a script: what a company has to fill in is always there, and is asked for only of a company.
    """

    field_order = [
        "email", "password1", "given_name", "family_name", "phone", "capacity", *_COMPANY,
        "street", "postcode", "town", "country", "terms",
    ]  # fmt: skip

    #: Which column of the data map each field ends up in: what "why?" beside it tells.
    on_the_map: ClassVar[dict[str, str]] = {
        "email": "customers.Person.email", "password1": "customers.Person.password", "given_name": "customers.Person.given_name",
        "family_name": "customers.Person.family_name", "phone": "customers.Person.phone",
        "trade_name": "customers.Customer.name", "kvk_number": "customers.Customer.kvk_number",
        "vat_number": "customers.Customer.vat_number", "street": "customers.Customer.street",
        "postcode": "customers.Customer.postcode", "town": "customers.Customer.town",
    }  # fmt: skip

    given_name = _text(_("Given name"), "given-name", most=80, validators=[is_name])
    family_name = _text(_("Family name"), "family-name", most=80, validators=[is_name])
    phone = _text(_("Phone number"), "tel", most=30, required=False)
    capacity = forms.ChoiceField(
        label=_("You sign up"), choices=[("private", _("for myself")), ("business", _("for a company or organisation"))],
        initial="private", widget=forms.RadioSelect,
    )  # fmt: skip
    trade_name = _text(_("Trade name"), "organization", most=160, required=False)
    kvk_number = _text(_("KvK number"), "off", most=20, required=False)
    vat_number = _text(_("VAT number"), "off", most=30, required=False)
    street = _text(_("Street and number"), "street-address", most=160)
    postcode = _text(_("Postcode"), "postal-code", most=12)
    town = _text(_("Town"), "address-level2", most=80)
    country = forms.ChoiceField(
        label=_("Country"), choices=countries.choices, initial=countries.HOME,
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )  # fmt: skip
    terms = forms.BooleanField(
        label=_("I have read the general terms and conditions and agree to them"),
        error_messages={"required": _("Without your agreement to the terms we cannot make an account.")},
    )

    @property
    def before_company(self) -> list[BoundField]:
        """The fields above those of a company."""
        return [
            field
            for field in self.visible_fields()
            if field.name in self._names()[: self._names().index("trade_name")]
        ]

    @property
    def company(self) -> list[BoundField]:
        """The fields that only a company fills in."""
        return [self[name] for name in _COMPANY]

    @property
    def company_opened(self) -> bool:
        """Whether the fields of a company are to be seen at once: somebody chose or filled them."""
        return self["capacity"].value() == Customer.Kind.BUSINESS or any(
            field.value() for field in self.company
        )

    @property
    def after_company(self) -> list[BoundField]:
        """The fields below those of a company."""
        return [
            field
            for field in self.visible_fields()
            if field.name in self._names()[self._names().index("vat_number") + 1 :]
        ]

    def _names(self) -> list[str]:
        return list(self.fields)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        country = data.get("country") or countries.HOME
        for name in ("given_name", "family_name", "trade_name", "street", "postcode", "town"):
            self._correct(name, rules.plain_text, _NOT_PLAIN)
        self._correct("phone", lambda text: rules.phone_number(text, country=country))
        self._correct("postcode", lambda text: rules.postcode(text, country=country))
        if data.get("capacity") == Customer.Kind.BUSINESS:
            self._clean_company(data, country)
        elif any(data.get(name) for name in _COMPANY):
            said = _(
                "You filled in details of a company. Choose that you sign up for a company, or leave those empty."
            )
            self.add_error("capacity", said)
        return data

    def _clean_company(self, data: dict[str, Any], country: str) -> None:
        if not data.get("trade_name") and "trade_name" not in self.errors:
            self.add_error("trade_name", _("Please fill in the name of the company."))
        if not data.get("kvk_number") and country == countries.HOME:
            self.add_error(
                "kvk_number", _("A company in the Netherlands has a KvK number. Please fill it in.")
            )
        self._correct("kvk_number", rules.kvk_number)
        self._correct("vat_number", rules.vat_number)
        number = data.get("vat_number")
        if number and not number.startswith(countries.vat_prefix(country)):
            self.add_error("vat_number", _("This VAT number is of another country than the address."))

    def _correct(self, name: str, rule: Callable[[str], str], otherwise: "_StrPromise | None" = None) -> None:
        """Bring a field that was filled in into the form of a rule, or say what is wrong with it."""
        if text := self.cleaned_data.get(name):
            try:
                self.cleaned_data[name] = rule(text)
            except ValueError:
                self.add_error(name, str(otherwise or _ERRORS[name]))

    def describe(self, person: Person) -> None:
        """Give a person who is being made the name and phone number that were filled in."""
        person.given_name = self.cleaned_data["given_name"]
        person.family_name = self.cleaned_data["family_name"]
        person.phone = self.cleaned_data["phone"]

    def details(self) -> Details:
        """The customer that was described; of a private one the name is the person's."""
        data = self.cleaned_data
        is_business = data["capacity"] == Customer.Kind.BUSINESS
        return Details(
            kind=data["capacity"],
            name=data["trade_name"] if is_business else f"{data['given_name']} {data['family_name']}",
            street=data["street"], postcode=data["postcode"], town=data["town"], country=data["country"],
            invoice_email=data["email"],
            kvk_number=data["kvk_number"] if is_business else "", vat_number=data["vat_number"] if is_business else "",
        )  # fmt: skip

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Open the customer; called by the login library right after the person was made, in the same transaction."""
        services.open_account(person=user, details=self.details(), now=clock.now())
