"""What the terms that are paid for cost: each its own, since the next is invoiced before it begins. Acts for the contract."""

from dataclasses import dataclass
from datetime import date

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
    """
    held = list(Content.objects.filter(service_id=service.pk, settled_at=None))
    intros = [service.intro_cents, service.intro_before_cents]
    found = []
    for place, term in enumerate(rules.terms_ahead(service.term, on)):
        intro = intros[place] if place < len(intros) else None
        content = _in_force(held, max(term.begins_on, on))  # of what did not begin yet
        price, quantity = service.price_cents, service.quantity
        if content is not None:
            price, quantity = content.price_cents, content.quantity
        is_raised = content is not None and content.raised_id is not None
        found.append(Paid(term, price if intro is None else intro, quantity, intro, is_raised))
    return found


def _in_force(held: list[Content], day: date) -> Content | None:
    """Of contents of a service the one in force on a day."""
    return next((c for c in held if c.from_on <= day and (c.until_on is None or c.until_on > day)), None)


def left(service: Service, on: date) -> int:
    """What is left from a day on of everything that was paid, in cents without VAT."""
    return sum(each.unused(on) for each in terms(service, on))
