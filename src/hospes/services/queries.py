"""What a customer is entitled to (P22), and which names are free."""

from collections.abc import Iterable
from datetime import date

from django.db import connections
from django.db.models import Q

from hospes.kernel import acting
from hospes.services import kinds
from hospes.services.models import Service, ServiceChange


def entitlements(customer_id: int, *, today: date) -> list[Service]:
    """The services that the customer is entitled to on a day: those that began by then and end later, if at all; newest first."""
    held = Service.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=today), customer_id=customer_id, started_on__lte=today
    )
    return list(held.select_related("product").order_by("-started_on", "-pk"))


def history(service_id: int) -> list[ServiceChange]:
    """How a service came to be as it is, the last change first."""
    return list(ServiceChange.objects.filter(service_id=service_id).order_by("-at", "-pk"))


def names_of(customer_id: int) -> list[str]:
    """What the services of a customer are for: domain names, mostly."""
    return list(Service.objects.filter(customer_id=customer_id).values_list("label", flat=True).distinct())


def names_in_use(wanted: Iterable[tuple[str, str]]) -> set[str]:
    """
    Of pairs of a kind and a name, the names under which nothing new of that kind can be set up: somebody has it here.

    Acts for the cart, the contract or billing. It may change at any moment; the constraint on services has the last word.
    """
    by_provider: dict[str, list[str]] = {}
    for kind, label in wanted:
        by_provider.setdefault(kinds.provider_of(kind), []).append(label)
    scene = acting.current()
    with connections[scene.alias if scene else "default"].cursor() as cursor:
        held = set[str]()
        for provider, labels in by_provider.items():
            cursor.execute(_HELD, [labels, provider])
            held |= {label for (label,) in cursor.fetchall()}
    return held


_HELD = "SELECT label FROM unnest(%s::text[]) label WHERE services_name_is_held(%s, label)"
