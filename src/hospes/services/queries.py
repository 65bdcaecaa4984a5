"""What a customer is entitled to (P22), on any day; and which names are free."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connections
from django.db.models import OuterRef, Q, Subquery

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, offers
from hospes.kernel import acting
from hospes.services import kinds
from hospes.services.changes import STAYS
from hospes.services.models import Charge, Content, Move, Request, Service, ServiceChange, State, Task

#: States in which nothing is there that a customer could use.
_NOTHING = (State.REFUSED, State.TERMINATED)


def entitlements(customer_id: int, *, today: date) -> list[Service]:
    """
    The services that the customer is entitled to on a day: those that began by then and end later, if at all; newest first.

    They are as they are now; `entitled_at` says how they were.
    """
    held = Service.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=today), Q(ends_on=None) | Q(ends_on__gt=today),
        customer_id=customer_id, started_on__lte=today,
    )  # fmt: skip
    return list(held.select_related("product").order_by("-started_on", "-pk"))


@dataclass(frozen=True)
class Entitlement:
    """What a customer is entitled to at some moment by one service; `until` is the first day without it, where that is known."""

    service_id: int
    product: Product
    label: str
    quantity: int
    months: int
    state: State
    since: date
    until: date | None

    @property
    def is_usable(self) -> bool:
        """Whether it could be used then, or was suspended."""
        return self.state in (State.ACTIVE, State.CANCELLED)


def entitled_at(customer_id: int, *, moment: datetime, day: date) -> list[Entitlement]:
    """
    What a customer was, is, or as things stand will be entitled to at a moment, which falls on `day`: from the history, so
    with the product, number and state of then. Newest first. Acts for the contract.
    """
    latest = ServiceChange.objects.filter(service_id=OuterRef("service_id"), at__lte=moment).order_by(
        "-at", "-pk"
    )
    held = Content.objects.filter(
        Q(until_on=None) | Q(until_on__gt=day), customer_id=customer_id, from_on__lte=day
    ).annotate(state_then=Subquery(latest.values("became")[:1]))
    services = Service.objects.in_bulk({each.service_id for each in held})
    products = Product.objects.in_bulk({each.product_id for each in held})
    found = []
    for each in held:
        service, state = services.get(each.service_id), each.state_then
        if service is None:  # another customer's by now: of that nothing is seen, but of the time before
            went = Q(service_id=each.service_id) | Q(addition_ids__contains=[each.service_id])
            given = Move.objects.filter(went, customer_id=customer_id, state=Move.State.DONE).first()
            if state is not None and state not in _NOTHING and given is not None:
                found.append(
                    Entitlement(each.service_id, products[each.product_id], given.label, each.quantity, each.months,
                                State(state), each.from_on, each.until_on)
                )  # fmt: skip
            continue
        until = _ends(service)
        if state is None or state in _NOTHING or (until is not None and until <= day):
            continue
        found.append(
            Entitlement(service.pk, products[each.product_id], service.label, each.quantity, each.months, State(state),
                        service.started_on, until)
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.since, one.service_id), reverse=True)


def _ends(service: Service) -> date | None:
    return service.ended_on or service.ends_on


def work(customer_id: int) -> list[Task]:
    """The one-off work that was done and is to be done for a customer, the newest first."""
    held = Task.objects.filter(customer_id=customer_id, service=None).select_related("product")
    return list(held.order_by("-made_at", "-pk")[:100])


def planned(service_id: int) -> Content | None:
    """What a service becomes at the end of its term, if anything was planned."""
    found = Content.objects.filter(service_id=service_id, settled_at=None, raised=None).select_related(
        "product"
    )
    return found.first()


def choices(service: Service, *, today: date) -> list[Offer]:
    """What a service could become: everything of its kind that is on offer today; a name and an addition stay what they are."""
    found = [offer for offer in offers(today=today) if offer.product.kind == service.product.kind]
    return (
        [o for o in found if o.product.pk == service.product_id] if service.product.kind in STAYS else found
    )


def last_request(service_id: int) -> Request | None:
    """What was asked last about a service."""
    return Request.objects.filter(service_id=service_id).order_by("-asked_at", "-pk").first()


def not_invoiced(service_id: int) -> list[Charge]:
    """Amounts of a service that stand on no invoice or credit note yet, the oldest first."""
    return list(Charge.objects.filter(service_id=service_id, settled_at=None).order_by("pk"))


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
