"""What a customer's services are for: one's own domain name is no password (accounts.passwords)."""

from collections.abc import Iterator

from hospes.accounts.passwords.rules import Kind, Own
from hospes.kernel import acting
from hospes.kernel.purposes import Purpose
from hospes.services.queries import names_of


def domains(customers: list[int]) -> Iterator[Own]:
    """The names of all services of these customers. Acts as each of them in turn."""
    scene = acting.current()
    for customer in customers:
        with acting.acting(
            Purpose.CONTRACT, actor=scene.actor if scene else acting.SYSTEM, customer=customer
        ):
            names = names_of(customer)
        yield from (Own(Kind.DOMAIN, name) for name in names)
