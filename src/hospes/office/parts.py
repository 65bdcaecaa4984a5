"""What stands in each part of a customer's page. Every function reads within one purpose, inside `looking_at()`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from operator import attrgetter
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from django.utils.functional import Promise

from hospes.billing import queries as billing
from hospes.billing.einvoices import queries as einvoices
from hospes.billing.einvoices.participants import described
from hospes.billing.tax import queries as tax
from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import contact_address, in_force
from hospes.faces.words import ZONE
from hospes.hosting import queries as hosting
from hospes.kernel import clock, journal
from hospes.kernel.acting import Scene
from hospes.kernel.models import Consent, JournalEntry, Restriction
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.office import words
from hospes.office.forms_tax import PlaceForm
from hospes.payments.balances.queries import balance_of, is_asked
from hospes.payments.collecting.queries import mandate_of
from hospes.payments.models import PaidFrom, Payment
from hospes.payments.queries import masked
from hospes.sales.models import Order, Quote
from hospes.services import queries as services
from hospes.services.tasks import BY_HAND

FEW: Final = 10
MANY: Final = 25

#: States of a payment in which asking the provider can tell something new.
_UNDECIDED = (Payment.State.OPEN, Payment.State.PENDING)


@dataclass(frozen=True)
class Part:
    """A part of the page: for what purpose it was opened, and what stands in it."""

    purpose: Purpose
    title: Promise
    content: dict[str, Any]

    @property
    def template(self) -> str:
        return f"office/parts/{self.purpose.value}.html"


def head(customer_id: int) -> dict[str, Any]:
    """Number, kind, name and since when: what every purpose that looks at customers may read."""
    found = Customer.objects.filter(pk=customer_id).values("number", "kind", "name", "created_at", "ended_on")
    return dict(found.get())


def part(scene: Scene) -> Part:
    """The part of the acting purpose, about the customer that the scene is bound to."""
    assert scene.customer is not None  # noqa: S101  # for the type checker: working_on() sees to it
    content = _CONTENTS[scene.purpose](scene.customer, scene.person)
    return Part(scene.purpose, words.PARTS[scene.purpose], content)


def _contract(customer_id: int, person_id: int | None) -> dict[str, Any]:
    others = Membership.objects.filter(in_force(clock.now()), customer_id=customer_id).exclude(
        role=Membership.Role.HOLDER
    )
    return {
        "who": Customer.objects.get(pk=customer_id), "holder": _person(person_id),
        "others": [Membership.Role(role).label for role in others.values_list("role", flat=True)],
        "services": services.entitlements(customer_id, today=clock.today())[:MANY], "by_hand": BY_HAND,
        "orders": list(Order.objects.filter(customer_id=customer_id).order_by("-placed_at", "-pk")[:FEW]),
        "quotes": list(Quote.objects.filter(customer_id=customer_id).order_by("-made_at", "-pk")[:FEW]),
    }  # fmt: skip


def _operation(customer_id: int, person_id: int | None) -> dict[str, Any]:
    held = services.entitlements(customer_id, today=clock.today())[:MANY]
    accounts = hosting.accounts(service.pk for service in held)
    return {"services": [(service, accounts.get(service.pk)) for service in held]}


def _billing(customer_id: int, person_id: int | None) -> dict[str, Any]:
    open_invoices, open_cents = billing.open_total(customer_id)
    payments = list(Payment.objects.filter(customer_id=customer_id).order_by("-pk")[:FEW])
    accounts = PaidFrom.objects.filter(customer_id=customer_id).order_by("-stored_at")[:FEW]
    found = billing.invoices(customer_id, limit=FEW + 1)
    customer = Customer.objects.get(pk=customer_id)
    peppol = einvoices.address(customer_id)
    return {
        "einvoices": peppol, "einvoices_to": described(peppol.participant) if peppol else "",
        "tax": tax.status(customer_id), "vies": tax.last_check(customer_id) if customer.vat_number else None,
        "decide": PlaceForm(countries={customer.country, settings.HOSPES_OPERATOR.country}),
        "invoice_email": customer.invoice_email, "wishes": billing.wishes(customer_id),
        "payment_days": billing.payment_days(customer_id),
        "unpaid": list(Order.objects.filter(customer_id=customer_id, state=Order.State.AWAITING_PAYMENT).order_by("-pk")[:FEW]),
        "open_invoices": open_invoices, "open_cents": open_cents, "invoices": found[:FEW], "more": len(found) > FEW,
        "payments": [(payment, payment.state in _UNDECIDED) for payment in payments],
        "balance_cents": balance_of(customer_id), "balance_is_asked": is_asked(customer_id), "leave": mandate_of(customer_id),
        "accounts": list(dict.fromkeys((each.holder, masked(each.account)) for each in accounts)),
    }  # fmt: skip


def _support(customer_id: int, person_id: int | None) -> dict[str, Any]:
    concerned = Q(customer_id=customer_id) | Q(customer_id=None, person_id=person_id or 0)
    return {
        "holder": _person(person_id),
        "emergency": contact_address(customer_id, "emergency"),
        "messages": list(Message.objects.filter(concerned).order_by("-created_at", "-pk")[:MANY]),
    }


def _security(customer_id: int, person_id: int | None) -> dict[str, Any]:
    return {
        "holder_id": person_id,
        "entries": traces(customer_id=customer_id, person_id=person_id, limit=MANY),
    }


def _rights(customer_id: int, person_id: int | None) -> dict[str, Any]:
    concerned = Q(customer_id=customer_id) | Q(person_id=person_id or 0)
    in_force = Consent.objects.filter(person_id=person_id or 0, withdrawn_at=None).order_by("given_at")
    return {
        "who": Customer.objects.get(pk=customer_id), "holder": _person(person_id),
        "consents": [(_purpose(each.purpose), each.given_at) for each in in_force],
        "restrictions": [
            (_purpose(each.purpose), Restriction.Kind(each.kind).label, each.since)
            for each in Restriction.objects.filter(concerned, lifted_at=None).order_by("since")
        ],
    }  # fmt: skip


_CONTENTS: Final[dict[Purpose, Callable[[int, int | None], dict[str, Any]]]] = {
    Purpose.CONTRACT: _contract,
    Purpose.OPERATION: _operation,
    Purpose.BILLING: _billing,
    Purpose.SUPPORT: _support,
    Purpose.SECURITY: _security,
    Purpose.RIGHTS: _rights,
}


def _person(person_id: int | None) -> Person | None:
    return None if person_id is None else Person.objects.filter(pk=person_id).first()


def _purpose(name: str) -> str:
    return str(Purpose(name).declared.label)


# --- the journal ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trace:
    """An entry of the journal as staff read it: never with a value, since it holds none."""

    id: int
    at: datetime
    what: str
    purpose: str
    by: str
    actor_id: int | None
    is_staff: bool
    ip: str | None
    changed: str
    customer_id: int | None
    person_id: int | None

    @property
    def place(self) -> str:
        """Where it stands in the journal: for the next page."""
        return f"{self.at.isoformat()}~{self.id}"


def traces(
    *,
    customer_id: int | None = None,
    person_id: int | None = None,
    action: str = "",
    day: date | None = None,
    before: tuple[datetime, int] | None = None,
    with_lists: bool = False,
    limit: int,
) -> list[Trace]:
    """
    Entries of the journal, the newest first: about a customer and what its holder did as a person, or about everybody.

    `with_lists`: also that somebody was merely shown with others, in a search or on a work list; always when asked for.

    Acts for the purpose of security.
    """
    found = JournalEntry.objects.all()
    if action:
        found = found.filter(action=action)
    elif not with_lists:
        found = found.exclude(action__in=journal.among_others())
    if day is not None:
        found = found.filter(at__gte=_midnight(day), at__lt=_midnight(day + timedelta(days=1)))
    if before is not None:
        at, pk = before
        found = found.filter(at__lte=at).exclude(at=at, pk__gte=pk)
    # Each of the two in the order of its own index: an OR would sort all entries of somebody who has many.
    kinds = [found] if customer_id is None else [found.filter(customer_id=customer_id)]
    if customer_id is not None and person_id is not None:
        kinds.append(found.filter(person_id=person_id, customer_id=None))
    rows = [row for kind in kinds for row in kind.order_by("-at", "-pk")[:limit]]
    return [_trace(row) for row in sorted(rows, key=attrgetter("at", "pk"), reverse=True)[:limit]]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZONE)


def _trace(row: JournalEntry) -> Trace:
    return Trace(
        id=row.pk, at=row.at, what=journal.label(row.action), purpose=_purpose(row.purpose),
        by=str(words.ACTORS.get(row.actor_kind, row.actor_kind)), actor_id=row.actor_id, is_staff=row.actor_kind == "staff",
        ip=row.ip, changed=", ".join(row.changed), customer_id=row.customer_id, person_id=row.person_id,
    )  # fmt: skip
