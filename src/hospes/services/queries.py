"""What a customer is entitled to (P22)."""

from datetime import date

from django.db.models import Q

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
