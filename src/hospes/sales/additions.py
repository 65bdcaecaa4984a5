"""Additions in a quote: that they are for services that the customer has, and may have them."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from hospes.services.models import Service, State

#: What can be added to: it runs, or is about to.
OPEN = (State.PENDING, State.ACTIVE, State.SUSPENDED)


class Strange(Exception):
    """An addition is for something that this customer does not have; the message is fit to show to the customer."""


def refuse_strange(service_ids: Iterable[int | None], customer_id: int) -> None:
    """Raise Strange unless all of these services run, and are this customer's."""
    wanted = {pk for pk in service_ids if pk is not None}
    held = Service.objects.filter(pk__in=wanted, customer_id=customer_id, state__in=OPEN, ends_on=None)
    if wanted and held.count() < len(wanted):
        raise Strange(
            _(
                "An addition in your cart is for a service of somebody else, or for one that ends. Take it out to go on."
            )
        )
