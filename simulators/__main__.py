"""
Run all simulators in one process: python -m simulators.

HOSPES_PORT_BASE (default 8000) gives the ports, all on 127.0.0.1: +10 payment provider, +11 SMS gateway, +12
pages of the mail catcher, +13 hosting panel, +14 VAT number check, +15 Peppol access point, +16 domain registries, +25
SMTP. State is
kept under HOSPES_VAR (default var/ of the checkout) in simulators/. HOSPES_MOLLIE_KEY, HOSPES_MOLLIE_ACCESS_TOKEN,
HOSPES_SMS_TOKEN, HOSPES_PANEL_USER, HOSPES_PANEL_KEY and HOSPES_PEPPOL_TOKEN say who is let in, HOSPES_PANEL_PACKAGES (with
commas) which hosting packages the panel has. SIGTERM and Ctrl-C end it at once.
"""

import errno
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from simulators import (
    DomainRegistry,
    HostingPanel,
    MailCatcher,
    PaymentProvider,
    PeppolAccessPoint,
    SmsGateway,
    VatNumberCheck,
)
from simulators.base import Simulator
from simulators.panel.panel import PACKAGES

PAYMENTS, SMS, MAIL, PANEL, VIES, PEPPOL, RDAP, SMTP = 10, 11, 12, 13, 14, 15, 16, 25


class StartError(Exception):
    """The simulators cannot start; the message says why and what to do."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def _payments(port: int, root: Path, environment: Mapping[str, str]) -> PaymentProvider:
    """The payment provider, with what happened there before: `payments.json` beside its state."""
    made = PaymentProvider(
        port=port, state=root / "payments.sqlite3", api_key=environment.get("HOSPES_MOLLIE_KEY"),
        access_token=environment.get("HOSPES_MOLLIE_ACCESS_TOKEN"), collected_after=60.0,
    )  # fmt: skip
    made.recall(root / "payments.json")
    return made


def build(environment: Mapping[str, str]) -> list[Simulator]:
    """Return the simulators that an environment asks for, their ports taken, or raise StartError."""
    base = _port_base(environment)
    root = Path(environment.get("HOSPES_VAR") or Path(__file__).parents[1] / "var") / "simulators"
    packages = environment.get("HOSPES_PANEL_PACKAGES", "").replace(",", " ").split() or PACKAGES
    plans: list[tuple[str, tuple[int, ...], Callable[[], Simulator]]] = [
        (
            "payment provider",
            (PAYMENTS,),
            lambda: _payments(base + PAYMENTS, root, environment),
        ),
        (
            "SMS gateway",
            (SMS,),
            lambda: SmsGateway(
                port=base + SMS, state=root / "sms.sqlite3", token=environment.get("HOSPES_SMS_TOKEN")
            ),
        ),
        (
            "mail catcher",
            (MAIL, SMTP),
            lambda: MailCatcher(port=base + MAIL, smtp_port=base + SMTP, state=root / "mail.sqlite3"),
        ),
        (
            "hosting panel",
            (PANEL,),
            lambda: HostingPanel(
                port=base + PANEL,
                state=root / "panel.sqlite3",
                user=environment.get("HOSPES_PANEL_USER") or "admin",
                login_key=environment.get("HOSPES_PANEL_KEY") or "demo-login-key",
                packages=packages,
            ),
        ),
        (
            "Peppol access point",
            (PEPPOL,),
            lambda: PeppolAccessPoint(
                port=base + PEPPOL,
                state=root / "peppol.sqlite3",
                token=environment.get("HOSPES_PEPPOL_TOKEN"),
            ),
        ),
        (
            "VAT number check",
            (VIES,),
            lambda: VatNumberCheck(port=base + VIES, state=root / "vies.sqlite3"),
        ),
        (
            "domain registries",
            (RDAP,),
            lambda: DomainRegistry(port=base + RDAP, state=root / "rdap.sqlite3"),
        ),
    ]
    return [_built(name, [base + offset for offset in offsets], make) for name, offsets, make in plans]


def _port_base(environment: Mapping[str, str]) -> int:
    raw = environment.get("HOSPES_PORT_BASE") or "8000"
    if not raw.isdigit() or not 1 <= int(raw) <= 65_535 - SMTP:
        raise StartError(f"HOSPES_PORT_BASE={raw!r}: say a port number up to {65_535 - SMTP}.", 2)
    return int(raw)


def _built(name: str, ports: list[int], make: Callable[[], Simulator]) -> Simulator:
    try:
        return make()
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            where = " or ".join(map(str, ports))
            reason = f"port {where} is taken: stop the program that has it, or set HOSPES_PORT_BASE."
        else:
            reason = str(error)
        raise StartError(f"The {name} cannot start: {reason}", 1) from error


def main() -> int:
    """Run until a signal comes; return the exit code when nothing could be started."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        simulators = build(os.environ)
    except StartError as error:
        print(f"simulators: {error}", file=sys.stderr)
        return error.code
    addresses = [(simulator.title, simulator.url) for simulator in simulators]
    for simulator in simulators:
        simulator.neighbours = addresses
        simulator.start()
        smtp = f", SMTP on port {simulator.smtp_port}" if isinstance(simulator, MailCatcher) else ""
        print(f"{simulator.title}: {simulator.url}{smtp}", flush=True)
    ended.wait()
    # Every answer that was given is on disk; waiting for slow answers and idle clients would only take time.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
