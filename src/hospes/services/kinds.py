"""What has to happen so that a service of a kind exists; the subject that makes it registers here."""

from collections.abc import Callable

from hospes.catalogue.models import Product

#: Enqueues the making of a service, given its id; safe to call twice.
Provisioner = Callable[[int], None]

_PROVISIONERS: dict[str, Provisioner] = {}


def register(kind: str, provision: Provisioner) -> None:
    """Say how services of a kind are made."""
    _PROVISIONERS[kind] = provision


def provision(kind: str, service_id: int) -> None:
    """Have a service made; raises LookupError for a kind that nobody makes."""
    if kind not in Product.Kind.values or kind not in _PROVISIONERS:
        raise LookupError(f"nobody makes services of the kind {kind}")
    _PROVISIONERS[kind](service_id)
