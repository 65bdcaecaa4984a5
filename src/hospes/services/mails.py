"""The mails that say that a service is ready, or could not be set up."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.catalogue.models import Product
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.services.models import Service


@dataclass(frozen=True)
class Access:
    """How a customer gets in to a service. There is no password in it, since mails are kept and passed on."""

    username: str
    login_url: str


_access: dict[str, Callable[[int], Access | None]] = {}


def register_access(kind: str, reader: Callable[[int], Access | None]) -> None:
    """Say how one gets in to services of a kind; the reader gets a service's id, and acts for messages."""
    _access[kind] = reader


def active(message: Message) -> Rendered:
    """Your hosting is ready: for which domain, under which user name, where to log in."""
    service = Service.objects.get(pk=message.about)
    product = Product.objects.get(pk=service.product_id)
    reader = _access.get(product.kind)
    context = {"service": service, "product": product, "access": reader(service.pk) if reader else None}
    return Rendered(_("%(domain)s is ready") % {"domain": service.label}, "mail/services.active", context)


def refused(message: Message) -> Rendered:
    """It could not be set up at once: a colleague looks at it, and there is nothing to do. Says nothing of the reason."""
    service = Service.objects.get(pk=message.about)
    context = {"service": service, "product": Product.objects.get(pk=service.product_id)}
    return Rendered(
        _("We are looking at %(domain)s") % {"domain": service.label}, "mail/services.refused", context
    )


register("services.active", active)
register("services.refused", refused)
name({
    "services.active": gettext_lazy("The service is ready"),
    "services.refused": gettext_lazy("The service could not be set up at once"),
})  # fmt: skip
