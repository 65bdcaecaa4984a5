"""Whole installations that tests start: what their programs inherit."""

import os

#: What the test process has in its environment for itself, and an installation would take for its own.
_OURS = ("HOSPES_SECRET_KEY", "HOSPES_FACE", "HOSPES_PORT_BASE", "HOSPES_VAR", "HOSPES_CLOCK_OFFSET")


def inherited(role_prefix: str) -> dict[str, str]:
    """The environment without what is the test process's own, and with roles of the installation's own."""
    return {name: value for name, value in os.environ.items() if name not in _OURS} | {
        "HOSPES_ROLE_PREFIX": role_prefix
    }
