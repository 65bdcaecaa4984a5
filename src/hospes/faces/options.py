"""Fields in which somebody chooses options of a package, in the shop and for a service that runs; and what was chosen in them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from hospes.catalogue.models import Option
from hospes.catalogue.queries import OfferedOption
from hospes.catalogue.rules import Amounts
from hospes.faces.prices import View
from hospes.faces.words import euro, terms_words


def extra_words(view: View, amounts: Amounts, months: int) -> str:
    """What something costs that comes with a package, as somebody sees prices."""
    if not amounts.cents and not amounts.setup_cents:
        return _("no extra cost")
    said = f"{euro(view.cents(amounts.cents))} {terms_words(months)}"
    if amounts.setup_cents:
        said += ", " + _("and once %(sum)s") % {"sum": euro(view.cents(amounts.setup_cents))}
    return said


def name_of(option: Option) -> str:
    """What its field is called."""
    return f"option-{option.slug}"


def field_of(
    offered: OfferedOption, price: Callable[[Amounts], str], had: Mapping[int, int] | None = None
) -> forms.Field:
    """
    The field of an option. `had`: of a service that has options, how many of each; what it has already it can keep.

    Of a list, what stands first is chosen where nobody has any yet.
    """
    if offered.option.kind == Option.Kind.CHOICE:
        return _list_of(offered, price, had)
    [counted] = offered.choices
    has = (had or {}).get(counted.choice.pk, 0)
    most, price_words = max(offered.option.most, has), price(counted.amounts)
    if most == 1:
        return forms.BooleanField(
            label=offered.option.name, required=False, initial=bool(has), help_text=price_words
        )
    help_text = _("%(what)s each: %(price)s. At most %(most)d.") % {
        "what": capfirst(counted.choice.name), "price": price_words, "most": most,
    }  # fmt: skip
    return forms.IntegerField(
        label=offered.option.name, min_value=0, max_value=most, initial=has, required=False, help_text=help_text
    )  # fmt: skip


def _list_of(
    offered: OfferedOption, price: Callable[[Amounts], str], had: Mapping[int, int] | None
) -> forms.ChoiceField:
    choices = [(str(c.choice.pk), f"{c.choice.name} ({price(c.amounts)})") for c in offered.choices]
    chosen = [pk for pk, _label in choices if int(pk) in (had or {})]
    if had is not None and not chosen:
        choices.insert(0, ("", _("none of these")))
    return forms.ChoiceField(
        label=offered.option.name, choices=choices, initial=(chosen or [choices[0][0]])[0], widget=forms.RadioSelect,
        required=choices[0][0] != "",
    )  # fmt: skip


def filled_in(options: Iterable[OfferedOption], had: Mapping[int, int]) -> dict[str, str]:
    """The fields as somebody sends them who has these options."""
    sent = dict[str, str]()
    for offered in options:
        for each in offered.choices:
            if n := had.get(each.choice.pk):
                is_list = offered.option.kind == Option.Kind.CHOICE
                sent[name_of(offered.option)] = str(each.choice.pk if is_list else n)
    return sent


def chosen_in(options: Iterable[OfferedOption], values: Mapping[str, Any]) -> dict[int, int]:
    """What was chosen, by ids of choices and how many of each."""
    choices = dict[int, int]()
    for offered in options:
        value = values.get(name_of(offered.option))
        if offered.option.kind == Option.Kind.CHOICE:
            if value:
                choices[int(value)] = 1
        elif value:
            choices[offered.choices[0].choice.pk] = int(value)
    return choices
