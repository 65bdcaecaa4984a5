"""What the operator decides about the second step and text messages: `[sms]` and `[second_step]` in `operator.toml`."""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, TypeVar

from django.core.exceptions import ImproperlyConfigured

from hospes.config.env import env_text

#: To numbers of these countries codes are sent unless the operator says otherwise: where customers can live.
_EU: Final = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
    "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip


@dataclass(frozen=True)
class SmsRules:
    """
    To whom text messages go and what they may cost.

    sender: what the phone shows, 1 to 11 letters, digits and spaces. countries: ISO codes of where numbers may be of.
    barred: beginnings of numbers (E.164) that get nothing, whatever their country. part_cents: what a text costs, about;
    day_cents: what codes may cost together on one day. Numbers that cost extra to reach are never used.
    """

    sender: str = ""
    countries: tuple[str, ...] = _EU
    barred: tuple[str, ...] = ()
    part_cents: int = 10
    day_cents: int = 2_500


@dataclass(frozen=True)
class WayBack:
    """How long it takes to have the second step taken off: asked for by oneself, by our staff, and how long the link works."""

    wait_days: int = 3
    staff_wait_hours: int = 1
    link_days: int = 7


_R = TypeVar("_R", SmsRules, WayBack)


def read_rules(path: Path, section: str, kind: type[_R]) -> _R:
    """Read a part of the operator's file; what is not in it has its default. Raises ImproperlyConfigured for what cannot be."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get(section, {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name}: {error}") from None
    usual = kind()
    for name in sorted(set(raw) - {field.name for field in fields(kind)}):
        raise ImproperlyConfigured(f"{path.name}: [{section}] knows no '{name}'")
    found: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()
    }
    for name, value in found.items():
        if type(value) is not type(getattr(usual, name)) or (isinstance(value, int) and value < 0):
            raise ImproperlyConfigured(f"{path.name}: '{name}' in [{section}] is not of the right kind")
    made = kind(**found)
    _check(made, f"{path.name}: [{section}]")
    return made


def _check(made: SmsRules | WayBack, where: str) -> None:
    if isinstance(made, WayBack):
        if min(made.wait_days, made.staff_wait_hours, made.link_days) < 1:
            raise ImproperlyConfigured(f"{where}: every period is at least 1")
        return
    if made.sender and not re.fullmatch(r"[A-Za-z0-9 ]{1,11}", made.sender):
        raise ImproperlyConfigured(f"{where}: 'sender' has 1 to 11 letters, digits and spaces")
    if not all(re.fullmatch(r"[A-Z]{2}", str(country)) for country in made.countries):
        raise ImproperlyConfigured(f"{where}: 'countries' is a list of codes such as \"NL\"")
    if not all(re.fullmatch(r"\+[1-9][0-9]{0,14}", str(start)) for start in made.barred):
        raise ImproperlyConfigured(f"{where}: 'barred' is a list of beginnings such as \"+3190\"")


def sms_settings(port: int, *, rules: SmsRules, operator: str) -> dict[str, Any]:
    """Where the gateway is and how the operator is called in a text; a sender that is not given comes from the name."""
    named = " ".join(re.sub(r"[^A-Za-z0-9 ]", "", operator).split())[:11].strip()
    return {
        "gateway": env_text("HOSPES_SMS_GATEWAY", "rest"), "url": env_text("HOSPES_SMS_URL", f"http://127.0.0.1:{port}"),
        "token": env_text("HOSPES_SMS_TOKEN", "demo-sms-token"), "sender": rules.sender or named or "hospes",
    }  # fmt: skip
