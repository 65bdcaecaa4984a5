"""What the terms that are paid for cost: each its own, since the next is invoiced before it begins. Acts for the contract."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from hospes.services import rules
from hospes.services.models import Content, Service
from hospes.services.rules import Term


@dataclass(frozen=True)
class Paid:
    """
    A term that is paid for and not over, and what was paid for each of so many, without VAT.

    `intro_cents` is that where it is an introductory price; `is_raised`: it is one after a raise.
    """

    term: Term
    each_cents: int
    quantity: int
    intro_cents: int | None
    is_raised: bool

    def unused(self, on: date) -> int:
        """What is left of it from a day on."""
        return rules.unused(self.each_cents * self.quantity, self.term, on)


def terms(service: Service, on: date) -> list[Paid]:
    """
    The terms that are paid for and are not over on a day, the last first.

    A term costs what the service is, but for one that begins after what was planned for it, or raised: that was invoiced so.
    Each is as long as what it consists of says: a service has the length of the last one as soon as that was invoiced.
    """
    held, planned = _contents(service, on)
    intros = [service.intro_cents, service.intro_before_cents]
    found = []
    for place, term in enumerate(_terms(service, held, on)):
        intro = intros[place] if place < len(intros) else None
        content = _in_force(planned, max(term.begins_on, on))  # of what did not begin yet
        price, quantity = service.price_cents, service.quantity
        if content is not None:
            price, quantity = content.price_cents, content.quantity
        is_raised = content is not None and content.raised_id is not None
        found.append(Paid(term, price if intro is None else intro, quantity, intro, is_raised))
    return found


def running(service: Service, on: date) -> list[Term]:
    """The term that runs on a day, and after it those that were invoiced already. The last one, where none is paid for."""
    held, _planned = _contents(service, on)
    return _terms(service, held, on)[::-1] or [service.term]


def _contents(service: Service, on: date) -> tuple[list[Content], list[Content]]:
    """Of what a service consists from a day on; and of those what did not begin yet."""
    held = list(Content.objects.filter(Q(until_on=None) | Q(until_on__gt=on), service_id=service.pk))
    return held, [content for content in held if content.settled_at is None]


def _terms(service: Service, held: list[Content], on: date) -> list[Term]:
    def months_on(day: date) -> int | None:
        content = _in_force(held, day)
        return content.months if content else None

    return rules.terms_ahead(service.term, on, months_on)


def _in_force(held: list[Content], day: date) -> Content | None:
    """Of contents of a service the one in force on a day."""
    return next((c for c in held if c.from_on <= day and (c.until_on is None or c.until_on > day)), None)


def left(service: Service, on: date) -> int:
    """What is left from a day on of everything that was paid, in cents without VAT."""
    return sum(each.unused(on) for each in terms(service, on))
