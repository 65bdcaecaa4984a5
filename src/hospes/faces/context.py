"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from hospes.kernel import clock


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """The operator, the day, and whose page it is; no query is made here."""
    user, viewing = getattr(request, "user", None), getattr(request, "viewing", None)
    if viewing is not None:
        user = viewing.person
    capacities = getattr(request, "capacities", [])
    shown = getattr(request, "capacity", None) or (capacities[0] if capacities else None)
    return {
        "operator": settings.HOSPES_OPERATOR,
        "today": clock.today(),
        "person": user if user is not None and user.is_authenticated else None,
        "viewing": viewing,
        "customers": capacities,
        "customer": shown,
        "may": shown.capabilities if shown else frozenset(),
        "cart_count": getattr(request, "cart_count", None),
        "nav": getattr(request, "nav", ""),
    }
