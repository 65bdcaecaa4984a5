"""Small typed readers of the environment that fail loudly at start; a secret may come from a file."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def env_text(name: str, default: str) -> str:
    return os.environ.get(name) or default


def env_flag(name: str, default: bool) -> bool:
    raw = os.environ.get(name, "1" if default else "0")
    if raw not in ("0", "1"):
        raise ImproperlyConfigured(f"{name}={raw!r}: say 0 or 1")
    return raw == "1"


def env_number(name: str, default: int) -> int:
    raw = os.environ.get(name, str(default))
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r}: say a whole number") from None


def env_secret(name: str, default_file: Path) -> str:
    """Read a secret from the file that NAME_FILE points to, else from NAME, else from the default file."""
    if value := os.environ.get(name):
        return value
    path = Path(os.environ.get(f"{name}_FILE", default_file))
    try:
        return path.read_text().strip()
    except OSError:
        raise ImproperlyConfigured(
            f"no {name}: set it, or {name}_FILE, or start with 'make run' once"
        ) from None
