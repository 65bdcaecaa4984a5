"""The options of a service: which it has, which it can have today, and what it costs with those. Acts for the contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hospes.catalogue.models import Choice, Option
from hospes.catalogue.queries import Offer, OfferedChoice, OfferedOption, last_amounts, options_of
from hospes.services import rules
from hospes.services.models import Service

#: Ids of choices, and how many of each.
Choices = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Places:
    """What a service has, by where it stands: the name of the option, and its place in there. Packages share these."""

    counts: Mapping[tuple[str, int], int]

    def in_offer(self, offer: Offer) -> dict[int, int]:
        """The same as another package has it, as far as it has it and as many as there can be."""
        return {
            each.choice.pk: min(self.counts[option.option.slug, each.choice.position], option.option.most)
            for option in offer.options for each in option.choices
            if (option.option.slug, each.choice.position) in self.counts
        }  # fmt: skip


def held(service: Service) -> dict[int, int]:
    """The options of a service."""
    return dict(zip(service.choice_ids, service.choice_counts, strict=True))


def places(service: Service) -> Places:
    """Where the options of a service stand."""
    has = held(service)
    found = Choice.objects.select_related("option").filter(pk__in=has) if has else []
    return Places({(choice.option.slug, choice.position): has[choice.pk] for choice in found})


def available(service: Service, *, today: date) -> tuple[OfferedOption, ...]:
    """What a service can have while it stays what it is: all that is offered with it today, and what it has already."""
    offered = options_of(service.product_id, months=service.months, today=today)
    there = {each.choice.pk for option in offered for each in option.choices}
    gone = [pk for pk in held(service) if pk not in there]
    if not gone:
        return offered
    amounts = last_amounts(gone, months=service.months, today=today)
    by_option: dict[Option, list[OfferedChoice]] = {each.option: list(each.choices) for each in offered}
    kept = Choice.objects.select_related("option").filter(pk__in=gone)
    for choice in kept.order_by("option_id", "position"):
        by_option.setdefault(choice.option, []).append(OfferedChoice(choice, amounts[choice.pk]))
    return tuple(OfferedOption(option, tuple(choices)) for option, choices in by_option.items())


def of_the_same(service: Service, wanted: Mapping[int, int], *, today: date) -> tuple[int, Choices] | None:
    """
    What one of a service costs with other options, while it stays what it is, and what these are; None where they cannot be had.

    Of a list of which it has something and nothing is wanted, it has the first that is offered.
    """
    has, asked = held(service), {pk: n for pk, n in wanted.items() if n}
    if asked == has:
        return service.price_cents, tuple(has.items())
    found, most, prices = available(service, today=today), dict[int, int](), dict[int, int]()
    for each in options_of(service.product_id, months=service.months, today=today):
        most |= {one.choice.pk: each.option.most for one in each.choices}
    for each in found:
        prices |= {one.choice.pk: one.amounts.cents for one in each.choices}
    lists = [
        [one.choice.pk for one in each.choices] for each in found if each.option.kind == Option.Kind.CHOICE
    ]
    for choices in lists:
        if has.keys() & choices and not asked.keys() & choices:
            asked |= dict.fromkeys([pk for pk in choices if pk in most][:1], 1)
    if not rules.fits(most, lists, has, asked):
        return None
    unknown = dict.fromkeys((pk for pk in has if pk not in prices), 0)
    order = [*prices, *unknown]
    return (
        rules.with_options(service.price_cents, prices | unknown, has, asked),
        tuple((pk, asked[pk]) for pk in order if pk in asked),
    )
