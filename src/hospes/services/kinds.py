"""What has to happen so that a service of a kind exists; the subject that makes it registers here."""

from collections.abc import Callable
from dataclasses import dataclass

from hospes.catalogue.models import Product

#: Enqueues work on a service, given its id; safe to call twice.
Provisioner = Callable[[int], None]


def nothing(service_id: int) -> None:
    """For kinds of which nobody outside has to be told."""


@dataclass(frozen=True)
class _Kind:
    provision: Provisioner
    provider: Callable[[], str]
    changed: Provisioner
    ended: Provisioner
    moved: Provisioner


_PROVISIONERS: dict[str, _Kind] = {}


def register(
    kind: str,
    provision: Provisioner,
    *,
    provider: Callable[[], str] = lambda: "",
    changed: Provisioner = nothing,
    ended: Provisioner = nothing,
    moved: Provisioner = nothing,
) -> None:
    """
    Say how services of a kind are made, and by which provider new ones are; and what is done there when one has become
    another package (`changed`), has ended, or belongs to another customer from now on (`moved`, in the same transaction).

    A provider holds a name once: of all services by it under one label at most one is there at a time. Without a provider
    ("") labels may be anything.
    """
    _PROVISIONERS[kind] = _Kind(provision, provider, changed, ended, moved)


def is_made(kind: str) -> bool:
    """Whether somebody makes services of a kind here, so that it can be ordered."""
    return kind in Product.Kind.values and kind in _PROVISIONERS


def provision(kind: str, service_id: int) -> None:
    """Have a service made; raises LookupError for a kind that nobody makes."""
    _of(kind).provision(service_id)


def changed(kind: str, service_id: int) -> None:
    """Have it known to the provider what a service consists of now."""
    _of(kind).changed(service_id)


def ended(kind: str, service_id: int) -> None:
    """Have the end of a service known to its provider."""
    _of(kind).ended(service_id)


def moved(kind: str, service_id: int) -> None:
    """Have everything that goes with a service belong to the customer who has it now."""
    _of(kind).moved(service_id)


def provider_of(kind: str) -> str:
    """By whom new services of a kind are made; raises LookupError for a kind that nobody makes."""
    return _of(kind).provider()


def _of(kind: str) -> _Kind:
    if not is_made(kind):
        raise LookupError(f"nobody makes services of the kind {kind}")
    return _PROVISIONERS[kind]
