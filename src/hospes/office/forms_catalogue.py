"""Forms about what is for sale: they turn text into the words of the domain (euros into cents), and write nothing."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import Choice, Group, Option, Product, Promotion, VatCode
from hospes.catalogue.models.prices import NO_TERM, TERMS
from hospes.catalogue.rules import code_of
from hospes.catalogue.services import PriceFrom
from hospes.faces.words import terms_words
from hospes.kernel.money import Money, MoneyNotUnderstood


class EuroField(forms.CharField):
    """An amount as people write it; gives cents, or None when nothing was filled in."""

    def __init__(self, **words: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=20, widget=widget, **words)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            cents = Money.parse(text, language=get_language() or "nl").cents
        except MoneyNotUnderstood as error:
            raise forms.ValidationError(str(error)) from None
        if not 0 <= cents < 10**12:
            raise forms.ValidationError(_("Give an amount of nothing or more."))
        return cents


class DayField(forms.DateField):
    """A day, chosen as the browser lets one."""

    def __init__(self, **words: Any) -> None:
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **words)


class TextsForm(forms.Form):
    """A name and what it is, in both languages."""

    name_nl = forms.CharField(label=_("Name in Dutch"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    summary_nl = forms.CharField(label=_("In one sentence, in Dutch"), max_length=300)
    summary_en = forms.CharField(label=_("In one sentence, in English"), max_length=300)
    position = forms.IntegerField(
        label=_("Place in the list"), min_value=0, max_value=10_000, initial=0,
        help_text=_("The lowest number comes first."),
    )  # fmt: skip


def _slug() -> forms.SlugField:
    return forms.SlugField(
        label=_("Address in the shop"), max_length=50,
        help_text=_("Small letters, figures and hyphens, such as hosting-plus. It stays what it is."),
    )  # fmt: skip


class GroupForm(TextsForm):
    """A group as it is changed."""


class NewGroupForm(GroupForm):
    """A group as it is made."""

    slug = _slug()
    field_order = ["name_nl", "name_en", "slug"]


class ProductForm(TextsForm):
    """A product as it is changed."""

    group = forms.ModelChoiceField(label=_("Group"), queryset=Group.objects.none(), empty_label=None)
    disk_mb = forms.IntegerField(
        label=_("Space in MB"),
        min_value=0,
        max_value=2**31 - 1,
        initial=0,
        help_text=_("Of a hosting package."),
    )
    mailboxes = forms.IntegerField(label=_("Mailboxes"), min_value=0, max_value=100_000, initial=0)
    panel_package = forms.CharField(
        label=_("Package on the hosting server"), max_length=40, required=False,
        help_text=_("Which package the server gives to who orders this."),
    )  # fmt: skip
    unit_nl = forms.CharField(
        label=_("Counted in, in Dutch"), max_length=30, required=False, help_text=_("Of work: uur.")
    )
    unit_en = forms.CharField(
        label=_("Counted in, in English"), max_length=30, required=False, help_text=_("Of work: hour.")
    )
    most = forms.IntegerField(label=_("At most so many at once"), min_value=1, max_value=1_000, initial=1)
    lookup_url = forms.RegexField(
        label=_("Address of the registry (RDAP)"), regex=r"^https?://[^\s]+$", max_length=200, required=False,
        help_text=_("Of a domain name: where it is asked whether a name is free. Empty: where the settings say."),
    )  # fmt: skip
    takes_idn = forms.BooleanField(
        label=_("Names can have letters beyond a to z"), required=False, help_text=_("Of a domain name: münchen.de.")
    )  # fmt: skip
    for_sale = forms.BooleanField(
        label=_("For sale"), required=False, initial=True,
        help_text=_("Who has it keeps it, also when it is no longer for sale."),
    )  # fmt: skip

    FIELDS = ("name_nl", "name_en", "summary_nl", "summary_en", "position", "group", "disk_mb", "mailboxes", "panel_package",
              "unit_nl", "unit_en", "most", "lookup_url", "takes_idn", "for_sale")  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = Group.objects.order_by("position", "pk")  # type: ignore[attr-defined]

    @classmethod
    def of(cls, product: Product) -> "ProductForm":
        """The form as it is shown first."""
        return cls(initial={name: getattr(product, name) for name in cls.FIELDS})


def vat_field(label: Any, *, required: bool = True) -> forms.ChoiceField:
    """The field of a kind of VAT rate."""

    def choices() -> list[tuple[str, str]]:
        return [(code.value, str(capfirst(code.label))) for code in VatCode]

    return forms.ChoiceField(label=label, choices=choices, initial=VatCode.STANDARD, required=required)


class VatForm(forms.Form):
    """Which kind of VAT rate a product has from a day on."""

    code = vat_field(_("VAT"))
    valid_from = DayField(
        label=_("From"),
        help_text=_(
            "Today at the earliest. What was invoiced, or paid beforehand, keeps the VAT that it has."
        ),
    )


class NewProductForm(ProductForm):
    """A product as it is made: what stays what it is comes first."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Product.Kind.choices)
    slug = _slug()
    extension = forms.RegexField(
        label=_("Extension"), regex=r"^\s*(\.[A-Za-z0-9-]+)+\s*$", max_length=20, required=False,
        help_text=_("Of a domain name, such as .nl."),
    )  # fmt: skip
    belongs_to = forms.ModelChoiceField(
        label=_("Belongs to"), queryset=Product.objects.none(), required=False,
        help_text=_("Of an addition: the product that it can be had with."),
    )  # fmt: skip
    vat_code = vat_field(_("VAT"))
    field_order = ["kind", "group", "slug", "extension", "belongs_to", "vat_code"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Product.objects.exclude(kind=Product.Kind.ADDON).order_by("position", "pk")
        self.fields["belongs_to"].queryset = others  # type: ignore[attr-defined]

    def clean_extension(self) -> str:
        return str(self.cleaned_data["extension"]).strip().lower()


class PriceForm(forms.Form):
    """What something costs for a term, from a day on; euros without VAT."""

    months = forms.TypedChoiceField(label=_("Term"), coerce=int)
    cents = EuroField(label=_("Price for the whole term"), help_text=_("In euros, without VAT."))
    setup_cents = EuroField(label=_("Set-up fee"), required=False, help_text=_("Once, in the beginning."))
    valid_from = DayField(label=_("From"))
    offered = forms.BooleanField(
        label=_("For sale for this term"), required=False, initial=True,
        help_text=_("Not ticked: from that day on it is not for sale for this term any more."),
    )  # fmt: skip

    def __init__(self, *args: Any, has_term: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(months, terms_words(months)) for months in (TERMS if has_term else (NO_TERM,))]
        self.fields["months"].choices = choices  # type: ignore[attr-defined]
        if not has_term:
            self.fields.pop("intro_cents", None)
            self.fields.pop("intro_terms", None)

    def wanted(self) -> PriceFrom:
        """What was filled in, in the words of the domain."""
        data = self.cleaned_data
        return PriceFrom(
            data["months"], data["cents"], data["valid_from"], data.get("setup_cents") or 0, data.get("intro_cents"),
            data.get("intro_terms") or 0, data["offered"],
        )  # fmt: skip


class ProductPriceForm(PriceForm):
    """The same of a product, which can have an introductory price."""

    intro_cents = EuroField(label=_("Introductory price"), required=False)
    intro_terms = forms.IntegerField(
        label=_("For the first so many terms"), min_value=1, max_value=120, required=False
    )
    field_order = ["months", "cents", "setup_cents", "intro_cents", "intro_terms"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if (values.get("intro_cents") is None) != (values.get("intro_terms") is None):
            self.add_error("intro_terms", _("Say for how many terms the introductory price counts."))
        return values


class OptionForm(forms.Form):
    """An option as it is changed."""

    name_nl = forms.CharField(label=_("Name in Dutch"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    most = forms.IntegerField(
        label=_("At most so many"),
        min_value=1,
        max_value=1_000,
        initial=1,
        help_text=_("Of a list there is one."),
    )
    position = forms.IntegerField(label=_("Place in the list"), min_value=0, max_value=10_000, initial=0)
    for_sale = forms.BooleanField(label=_("For sale"), required=False, initial=True)

    @classmethod
    def of(cls, option: Option) -> "OptionForm":
        """The form as it is shown first."""
        return cls(initial={name: getattr(option, name) for name in cls.base_fields})


def _disk() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Space that it adds, in MB"), min_value=0, max_value=2**31 - 1, initial=0, required=False,
        help_text=_("To what the package has; the hosting server is told. It stays what it is."),
    )  # fmt: skip


def _mailboxes() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Mailboxes that it adds"), min_value=0, max_value=100_000, initial=0, required=False
    )


class LimitsForm(forms.Form):
    """What a choice adds to the limits of a package."""

    disk_mb = _disk()
    mailboxes = _mailboxes()

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        return values | {name: values.get(name) or 0 for name in ("disk_mb", "mailboxes")}


class NewOptionForm(LimitsForm, OptionForm):
    """An option as it is made, with its first choice."""

    kind = forms.ChoiceField(label=_("What is chosen"), choices=Option.Kind.choices)
    slug = forms.SlugField(
        label=_("Short name"), max_length=50, help_text=_("Small letters, figures and hyphens.")
    )
    first_nl = forms.CharField(
        label=_("First choice in Dutch"), max_length=80,
        help_text=_("Of a list: what one has who chooses nothing. Of a number: what is counted, such as 10 GB extra."),
    )  # fmt: skip
    first_en = forms.CharField(label=_("First choice in English"), max_length=80)
    field_order = ["kind", "slug", "name_nl", "name_en", "first_nl", "first_en", "disk_mb", "mailboxes"]


class ChoiceForm(LimitsForm):
    """One more choice in a list."""

    name_nl = forms.CharField(label=_("Name in Dutch"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)


def _long(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}))


class NoticeForm(forms.Form):
    """What is said of the registry of an extension before somebody orders a name there; once said, it stays."""

    registry = forms.CharField(label=_("Registry"), max_length=120, help_text=_("Its name, and where it is."))
    version = forms.CharField(label=_("Version"), max_length=20, help_text=_("Such as 2026-11."))
    valid_from = DayField(label=_("From"))
    gets_nl = _long(_("What the registry gets, in Dutch"))
    gets_en = _long(_("What the registry gets, in English"))
    public_private_nl = _long(_("What everybody can see of a private person, in Dutch"))
    public_private_en = _long(_("What everybody can see of a private person, in English"))
    public_business_nl = _long(_("What everybody can see of a company, in Dutch"))
    public_business_en = _long(_("What everybody can see of a company, in English"))


class PromotionForm(forms.Form):
    """A promotion code as it is changed: what it takes off stays what it is."""

    name_nl = forms.CharField(label=_("Name in Dutch"), max_length=80, help_text=_("It stands on the quote."))
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    customer_kind = forms.ChoiceField(
        label=_("For whom"), choices=Promotion.CustomerKind.choices, required=False
    )
    months = forms.TypedMultipleChoiceField(
        label=_("For which terms"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: for every term."),
    )  # fmt: skip
    valid_from = DayField(label=_("From"))
    valid_until = DayField(label=_("Up to and including"), required=False)
    most_uses = forms.IntegerField(
        label=_("How often in all"),
        min_value=1,
        max_value=10**6,
        required=False,
        help_text=_("Empty: no limit."),
    )
    most_per_customer = forms.IntegerField(
        label=_("How often by one customer"), min_value=1, max_value=10**6, required=False
    )
    stopped = forms.BooleanField(label=_("Stopped: it does not count any more"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(months, terms_words(months)) for months in (NO_TERM, *TERMS)]
        self.fields["months"].choices = choices  # type: ignore[attr-defined]

    @classmethod
    def of(cls, promotion: Promotion) -> "PromotionForm":
        """The form as it is shown first."""
        return cls(initial={name: getattr(promotion, name) for name in cls.base_fields})

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        begins, ends = values.get("valid_from"), values.get("valid_until")
        if begins and ends and ends < begins:
            self.add_error("valid_until", _("This is before it begins."))
        return values


class NewPromotionForm(PromotionForm):
    """A promotion code as it is made."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("3 to 30 letters, figures and hyphens. It stays what it is."),
    )
    percent = forms.DecimalField(
        label=_("Percentage off"), min_value=0, max_value=100, decimal_places=2, required=False
    )
    cents = EuroField(
        label=_("Or an amount off"), required=False,
        help_text=_("In euros without VAT, off each line that it counts for, and off a term at most what that costs."),
    )  # fmt: skip
    forever = forms.BooleanField(label=_("Off every term, and not just off the first"), required=False)
    products = forms.ModelMultipleChoiceField(
        label=_("For which products"), queryset=Product.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("None ticked: for everything."),
    )  # fmt: skip
    field_order = ["code", "name_nl", "name_en", "percent", "cents", "forever", "products"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["products"].queryset = Product.objects.order_by("group__position", "position", "pk")  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code = code_of(self.cleaned_data["code"])
        if not (
            3 <= len(code) <= 30 and code.isascii() and code.replace("-", "").isalnum() and code[0] != "-"
        ):
            raise forms.ValidationError(_("A code has 3 to 30 letters, figures and hyphens."))
        return code

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        percent, cents = values.get("percent"), values.get("cents")
        if not self.errors and bool(percent) == bool(cents):
            self.add_error("percent", _("Give a percentage or an amount."))
        return values

    def wanted(self) -> dict[str, Any]:
        """What was filled in, in the words of the domain."""
        data = dict(self.cleaned_data)
        percent, products = data.pop("percent"), data.pop("products")
        data["basis_points"] = int(percent * 100) if percent else None
        data["cents"] = data["cents"] or None
        return data | {"products": [product.pk for product in products]}


class ChoicePriceForm(PriceForm):
    """What a choice adds to the price of a term, each."""

    choice = forms.ModelChoiceField(label=_("Choice"), queryset=Choice.objects.none(), empty_label=None)
    field_order = ["choice", "months", "cents", "setup_cents"]

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].queryset = choices  # type: ignore[attr-defined]
