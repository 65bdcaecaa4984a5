"""Which payment provider is used: `[payments]` in `operator.toml`; its keys come from the environment, never from that file."""

import tomllib
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from hospes.config.env import env_text

PROVIDERS: Final = ("mollie", "stripe")


def read_payment_provider(path: Path) -> str:
    """The provider of the operator's file, Mollie where it says nothing; raises ImproperlyConfigured for another."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("payments", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name}: {error}") from None
    for name in sorted(set(raw) - {"provider"}):
        raise ImproperlyConfigured(f"{path.name}: [payments] knows no '{name}'")
    if raw.get("provider", "mollie") not in PROVIDERS:
        raise ImproperlyConfigured(f"{path.name}: [payments] provider is one of {', '.join(PROVIDERS)}")
    return str(raw.get("provider", "mollie"))


def stripe_settings() -> dict[str, Any]:
    """Where Stripe is, its secret key, and the secrets that notices are signed with (with commas, while they change)."""
    secrets = env_text("HOSPES_STRIPE_NOTICE_SECRET", "")
    return {
        "url": env_text("HOSPES_STRIPE_URL", "https://api.stripe.com"),
        "key": env_text("HOSPES_STRIPE_KEY", ""),
        "notice_secrets": tuple(each.strip() for each in secrets.split(",") if each.strip()),
    }
