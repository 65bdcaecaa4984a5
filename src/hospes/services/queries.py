"""What a customer is entitled to (P22)."""

from datetime import date

from hospes.services.models import Service, ServiceChange, State

ENTITLING = (State.PENDING, State.ACTIVE, State.SUSPENDED, State.CANCELLED)


def entitlements(customer_id: int, *, today: date) -> list[Service]:
    """The services that the customer is entitled to on a day: everything that did not end before it, newest first."""
    held = Service.objects.filter(customer_id=customer_id, started_on__lte=today).select_related("product")
    return [s for s in held.order_by("-started_on", "-pk") if s.state in ENTITLING or (s.ended_on and s.ended_on > today)]


def history(service_id: int) -> list[ServiceChange]:
    """How a service came to be as it is, the last change first."""
    return list(ServiceChange.objects.filter(service_id=service_id).order_by("-at", "-pk"))
