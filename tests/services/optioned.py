"""What the tests of options share: a service that has some, asking for others, and what it has then."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hospes.catalogue.models import Choice, ChoicePrice, Product
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.services import changes, options, requests, rules
from hospes.services.models import Content, Request, Service
from hospes.services.services import Sold as ServiceSold
from hospes.services.services import start
from tests.services.test_changes import CUSTOMER
from tests.services.test_life_cycle import again
from tests.support import make, names
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

DAY = timedelta(days=1)
YEAR = date(2027, 3, 2)


@dataclass(frozen=True)
class Sold:
    """A package with a number, a list and something to have or not; and who has it."""

    product: Product
    space: Choice
    usual: Choice
    quick: Choice
    backup: Choice
    service: Service


def with_space(product: Product, cents: int = 3650, **words: Any) -> Choice:
    return make.option(
        product=product, kind="quantity", choices=[{12: cents}], most=5, slug="ruimte", **words
    )[0]


def sold(**words: Any) -> Sold:
    """A year of 73 euro, all of it for two of the number; the first of the list is in it. Of 365 days: 20 cents a day."""
    product = make.product(prices={12: 7300, 24: 14000}, most=10)
    space = with_space(product)
    usual, quick = make.option(product=product, choices=[{12: 0}, {12: 7300}], slug="hulp")
    [backup] = make.option(product=product, kind="quantity", choices=[{12: 730}], most=1, slug="backup")
    has = {"choice_ids": [space.pk, usual.pk], "choice_counts": [2, 1]} | words
    service = make.service(product=product, price_cents=7300, **has)
    parts = [rules.Part(space.pk, 2, 3650, TODAY), rules.Part(usual.pk, 1, 0, TODAY)]
    with as_owner():
        Content.objects.filter(service=service).update(**options.columns_of(parts))
    return Sold(product, space, usual, quick, backup, service)


def wanted(service: Service, choices: dict[int, int] | None, **words: Any) -> changes.Wanted:
    with acting(Purpose.CONTRACT, actor=JOB):
        held = Service.objects.select_related("product").get(pk=service.pk)
        usual: dict[str, Any] = {
            "product_id": held.product_id,
            "quantity": held.quantity,
            "months": held.months,
            "today": TODAY,
        }
        return changes.wanted(held, choices=choices, **usual | words)


def asked_for(
    service: Service, choices: dict[int, int], *, when: str = "now", days: int = 0, **words: Any
) -> Request:
    """Ask for other options, as the page would."""
    at, asked = NOW + days * DAY, words.pop("asked", CUSTOMER)
    want = wanted(service, choices, today=at.date(), **words)
    with acting(Purpose.CONTRACT, actor=JOB):
        held = again(service)
        shown = requests.change_words(changes.propose(held, want, at_once=when == "now", today=at.date()))
        return requests.ask(held, shown, asked=asked, key=f"test:{at}:{held.pk}", now=at)


def had(service: Service) -> dict[int, int]:
    return options.held(again(service))


def contents(service: Service) -> list[tuple[dict[int, int], int, str]]:
    with as_owner():
        rows = Content.objects.filter(service=service).order_by("from_on", "pk")
        return [
            (dict(zip(c.choice_ids, c.choice_counts, strict=True)), c.price_cents, c.details) for c in rows
        ]


def ordered(
    *, price_cents: int, product: Product, counts: dict[int, int], priced_on: date | None = None, **words: Any
) -> Service:  # fmt: skip
    """A service that somebody ordered, as it is delivered."""
    with acting(Purpose.CONTRACT, actor=JOB):
        made = start(
            ServiceSold(make.customer().pk, product.pk, names.domain(), 12, price_cents, f"test:{names.count()}",
                        choices=tuple(counts.items()), priced_on=priced_on, **words),
            today=TODAY, now=NOW,
        )  # fmt: skip
    with as_owner():
        Service.objects.filter(pk=made.pk).update(state="active")
    return again(made)


def new_price(choice: Choice, cents: int, *, on: date = TODAY) -> None:
    with as_owner():
        ChoicePrice.objects.create(choice=choice, months=12, cents=cents, setup_cents=0, valid_from=on)
