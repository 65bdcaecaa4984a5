"""What tests of ordering do and look at."""

from typing import Any

from django.test import Client

from hospes.messaging.models import Message
from hospes.sales.models import Order, Quote
from tests.portal.visit import all_of

MAY = ("holder", "administration", "billing")
MAY_NOT = ("technical", "read_only")


def order(client: Client, number: int, seen: str, **form: str) -> Any:
    """Press the button of the checkout page."""
    return client.post(f"/k/{number}/afrekenen/", {"version": seen, "terms": "on", "do": "order"} | form)


def nothing_ordered() -> bool:
    return all_of(Quote) == all_of(Order) == all_of(Message) == []
