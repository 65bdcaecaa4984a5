"""The options of a service: which it has, which it can have today, and what it costs with those. Acts for the contract."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q

from hospes.catalogue.models import Choice, Option
from hospes.catalogue.queries import Offer, OfferedChoice, OfferedOption, last_amounts, last_cents, options_of
from hospes.services import rules
from hospes.services.models import Content, Service

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


def shares(
    product_id: int, months: int, price_cents: int, choices: Mapping[int, int], *, on: date
) -> tuple[rules.Part, ...]:  # fmt: skip
    """What options have in a price that was agreed on a day, of one for a term: in proportion to the list prices of that day."""
    if not choices:
        return ()
    amounts = last_amounts(list(choices), months=months, today=on)
    listed = {pk: each.cents for pk, each in amounts.items()}
    product_cents = last_cents(product_id, months=months, today=on)
    if product_cents is None:  # it was never on the list: the product has what they leave
        product_cents = max(0, price_cents - sum(listed[pk] * n for pk, n in choices.items()))
    return rules.shares(price_cents, product_cents, listed, choices, since=on)


def parts_of(service: Service) -> tuple[rules.Part, ...]:
    """
    What the options of a service have in its price, as it was written down when they came to it.

    Where it was not (a contract from before that was kept), they share in the price by the list of the day it began with these.
    """
    held_now = held(service)
    rows = Content.objects.filter(service_id=service.pk, settled_at__isnull=False)
    in_force = rows.filter(Q(until_on=None) | Q(until_on__gt=F("from_on")))
    content = in_force.order_by("-from_on", "-pk").first()
    found = parts(content) if content else ()
    counts = dict.fromkeys(held_now, 0)
    for part in found:
        counts[part.choice_id] = counts.get(part.choice_id, 0) + part.count
    if counts == held_now:
        return found
    same = in_force.filter(product_id=service.product_id, months=service.months, choice_ids=service.choice_ids,
                           choice_counts=service.choice_counts)  # fmt: skip
    first = same.order_by("from_on").values_list("from_on", flat=True).first()
    return shares(
        service.product_id, service.months, service.price_cents, held_now, on=first or service.started_on
    )


def parts(content: Content) -> tuple[rules.Part, ...]:
    """What options have in the price of a content, as far as it says so."""
    columns = (content.part_ids, content.part_counts, content.part_cents, content.part_days)
    return tuple(rules.Part(*each) for each in zip(*columns, strict=True))


def columns_of(found: Collection[rules.Part]) -> dict[str, Any]:
    """The same as columns of a content."""
    return {
        "part_ids": [part.choice_id for part in found], "part_counts": [part.count for part in found],
        "part_cents": [part.cents for part in found], "part_days": [part.since for part in found],
    }  # fmt: skip


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


def of_the_same(
    service: Service, wanted: Mapping[int, int], *, today: date
) -> tuple[int, Choices, tuple[rules.Part, ...]] | None:  # fmt: skip
    """
    What one of a service costs with other options, while it stays what it is, what these are and what they have in that price;
    None where they cannot be had.

    Of a list of which it has something and nothing is wanted, it has the first that is offered.
    """
    has, asked = held(service), {pk: n for pk, n in wanted.items() if n}
    of_now = parts_of(service)
    if asked == has:
        return service.price_cents, tuple(has.items()), of_now
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
    try:
        cents, becomes = rules.with_options(service.price_cents, of_now, prices, asked, today=today)
    except rules.CostsLess:
        return None
    order = [*prices, *(pk for pk in has if pk not in prices)]
    return cents, tuple((pk, asked[pk]) for pk in order if pk in asked), becomes
