"""From which networks the office is open: `[office]` in `operator.toml`."""

import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def read_office_networks(path: Path) -> tuple[str, ...]:
    """Read the list; an empty one, or none, is everywhere. Raises ImproperlyConfigured for what is no network."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("office", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name}: {error}") from None
    for name in sorted(set(raw) - {"networks"}):
        raise ImproperlyConfigured(f"{path.name}: [office] knows no '{name}'")
    listed = raw.get("networks", [])
    if not isinstance(listed, list) or not all(isinstance(network, str) for network in listed):
        raise ImproperlyConfigured(f"{path.name}: [office] 'networks' is a list such as ['192.0.2.0/24']")
    for network in listed:
        try:
            ip_network(network)
        except ValueError as error:
            raise ImproperlyConfigured(f"{path.name}: [office] 'networks': {error}") from None
    return tuple(listed)
