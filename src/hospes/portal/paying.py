"""To the provider's page, where one can pay; or back, with the reason why not."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from hospes.kernel import clock
from hospes.kernel.acting import Actor
from hospes.payments import services as payments
from hospes.payments.providers import ProviderRefused, ProviderUnavailable, provider
from hospes.payments.rules import notice_token


def to_provider(
    request: Any, *, customer_id: int, actor: Actor, back: str, returning: str, layout: str, **of: Any
) -> HttpResponse:
    """
    Begin a payment (of several invoices, where `numbers` says of which), and show the way to the provider.

    `back`: the page that one came from, where it is said why it cannot be. `returning`: where the provider sends one
    afterwards. `layout`: the frame of the page in between.
    """
    addresses = payments.Addresses(f"{settings.HOSPES_PORTAL_URL}{returning}", notice_address)
    try:
        shared: dict[str, Any] = {
            "provider": provider(), "customer_id": customer_id, "addresses": addresses, "language": get_language() or "nl",
            "actor": actor, "now": clock.now(),
        }  # fmt: skip
        if "numbers" in of:
            checkout_url = payments.begin_together(**shared, **of)
        else:
            checkout_url = payments.begin(**shared, instead_of=_instead_of(request), **of)
    except payments.AlreadyHandled as refusal:
        messages.info(request, str(refusal))
        return redirect(f"{back}?terug=1")
    except payments.PaymentRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(back)
    except (ProviderUnavailable, ProviderRefused):
        messages.error(
            request,
            _(
                "Paying does not work at this moment. Nothing was taken from you; please try again in a while."
            ),
        )
        return redirect(back)
    # A form may not be sent on to another host (our own content policy): a page in between takes the customer there.
    context = {"checkout_url": checkout_url, "back": back, "layout": layout}
    return render(request, "portal/to_provider.html", context)


#: What somebody ticks who has later invoices collected.
COLLECT_WORDS = gettext_lazy(
    "Let my next invoices be collected by themselves, in the way in which I pay now. I hear of each beforehand, and can end"
    " this at any moment."
)


def wish_of(request: Any) -> payments.Wish | None:
    """That later invoices are to be collected, where it was ticked."""
    is_ticked = request.POST.get("collect") == "on"
    return payments.Wish(request.user.pk, str(COLLECT_WORDS)) if is_ticked else None


def _instead_of(request: Any) -> int | None:
    """Which payment of before the customer wants another one for."""
    text = request.POST.get("instead_of", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def notice_address(key: str) -> str:
    """Where the provider sends notices about a payment."""
    return f"{settings.HOSPES_PORTAL_URL}{reverse('payment_notice', args=[key, notice_token(key)])}"
