"""What is missing in the settings of the payment provider that was chosen, for `hospes check`."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, register


@register
def provider_is_set_up(app_configs: Any, **more: Any) -> list[Error]:
    """One error for each setting without which nobody could pay, or no notice would be believed."""
    found = {"mollie": _mollie, "stripe": _stripe}[settings.HOSPES_PAYMENT_PROVIDER]()
    return [Error(each, id="payments.E001") for each in found]


def _mollie() -> list[str]:
    held = settings.HOSPES_MOLLIE
    is_key = re.fullmatch(r"(test|live)_\w+", held["key"])
    return [
        *_address("MOLLIE", held["url"]),
        *([] if is_key else ["HOSPES_MOLLIE_KEY is no key of Mollie's"]),
    ]


def _stripe() -> list[str]:
    from hospes.payments.providers.stripe.wire import is_key

    held = settings.HOSPES_STRIPE
    found = _address("STRIPE", held["url"])
    if not is_key(held["key"]):
        found.append(
            "HOSPES_STRIPE_KEY is no secret key of Stripe's"
            if held["key"]
            else "HOSPES_STRIPE_KEY is missing"
        )
    if not held["notice_secrets"]:
        found.append("HOSPES_STRIPE_NOTICE_SECRET is missing: no notice of Stripe's would be believed")
    elif any(not each.startswith("whsec_") for each in held["notice_secrets"]):
        found.append("HOSPES_STRIPE_NOTICE_SECRET has to begin with whsec_")
    return found


def _address(name: str, url: str) -> list[str]:
    """A key travels with every request: not in the clear, but on this machine."""
    place = urlsplit(url)
    is_safe = place.scheme == "https" or place.hostname in ("localhost", "127.0.0.1", "::1")
    return [] if is_safe and place.hostname else [f"HOSPES_{name}_URL has to begin with https://"]
