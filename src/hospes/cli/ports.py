"""The TCP ports of an installation: all counted from one base, all on 127.0.0.1."""

import os
import socket
from dataclasses import dataclass

from hospes.cli.problems import Problem
from hospes.cli.words import _

HOST = "127.0.0.1"

#: Browsers make passkeys over plain HTTP for this name, and for no IP address; so our own faces go by it.
NAME = "localhost"
FACES = ("portal", "office")
DEFAULT_BASE = 8000
OFFSETS = {
    "portal": 0,
    "office": 1,
    "payments": 10,
    "sms": 11,
    "mail": 12,
    "panel": 13,
    "peppol": 15,
    "vies": 14,
    "rdap": 16,
    "smtp": 25,
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that belong to a base; names as in OFFSETS."""

    base: int = DEFAULT_BASE

    @classmethod
    def from_environment(cls) -> "Ports":
        """Read HOSPES_PORT_BASE, or raise Problem when it is no base for all ports."""
        raw = os.environ.get("HOSPES_PORT_BASE") or str(DEFAULT_BASE)
        highest = 65535 - max(OFFSETS.values())
        if not raw.isdecimal() or not 1024 <= int(raw) <= highest:
            words = {"raw": raw, "highest": highest}
            raise Problem(_("HOSPES_PORT_BASE={raw}: say a number from 1024 to {highest}.", **words))
        return cls(int(raw))

    def __getitem__(self, name: str) -> int:
        return self.base + OFFSETS[name]

    def url(self, name: str) -> str:
        """Return the address of a web server of this installation."""
        return f"http://{NAME if name in FACES else HOST}:{self[name]}/"

    def refuse_if_taken(self, names: tuple[str, ...] = tuple(OFFSETS)) -> None:
        """Raise Problem when another program listens on one of these ports."""
        for name in names:
            if not is_free(self[name]):
                words = {"port": self[name], "name": name, "other": self.base + 1000}
                raise Problem(
                    _(
                        "Port {port} ({name}) is in use by another program: end that one, or choose other "
                        "ports with HOSPES_PORT_BASE={other}.",
                        **words,
                    )
                )


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port of this machine now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that ended do not count
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_base() -> int:
    """Return a base all of whose ports are free now, another one in each process; for tests."""
    places = [20_000 + 50 * slot for slot in range(250)]  # below the ports that the kernel hands out itself
    first = os.getpid() % len(places)
    for base in places[first:] + places[:first]:
        if all(is_free(base + offset) for offset in OFFSETS.values()):
            return base
    raise Problem(_("No ports are free on this machine."))
