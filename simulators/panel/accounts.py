"""The accounts of the panel: who exists, with which package, suspended or not."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.base import Clock
from simulators.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    username TEXT PRIMARY KEY, email TEXT NOT NULL, domain TEXT NOT NULL UNIQUE, package TEXT NOT NULL,
    ip TEXT NOT NULL, password TEXT NOT NULL, suspended INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '', created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS customized (
    username TEXT PRIMARY KEY, limits TEXT NOT NULL);
"""

SERVER_IP = "192.0.2.10"
#: What every package here gives: megabytes, numbers, or "unlimited"; and switches.
PACKAGE_LIMITS = {"bandwidth": "unlimited", "quota": "5000", "inode": "unlimited", "vdomains": "1", "nsubdomains": "10",
                  "nemails": "5", "nemailf": "unlimited", "nemailml": "0", "nemailr": "unlimited", "mysql": "2", "domainptr": "5",
                  "ftp": "5"}  # fmt: skip
PACKAGE_SWITCHES = {"php": "ON", "ssl": "ON", "cron": "ON", "spam": "ON", "ssh": "OFF", "dnscontrol": "ON"}
IP_CHOICES = frozenset({"shared", "server", "assign", SERVER_IP})
SHORTEST_PASSWORD = 6
SALT_DIGITS = 32
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


class PanelError(Exception):
    """A refusal: text is the headline, details say why."""

    def __init__(self, text: str, details: str) -> None:
        super().__init__(text, details)
        self.text, self.details = text, details


@dataclass(frozen=True)
class Account:
    """A hosting account; created is in seconds since the epoch."""

    username: str
    email: str
    domain: str
    package: str
    ip: str
    password: str
    suspended: bool
    reason: str
    created: float


class Accounts:
    """All accounts, under the packages that the panel offers."""

    def __init__(self, store: Store, clock: Clock, packages: Sequence[str]) -> None:
        self._store, self._clock, self._packages = store, clock, tuple(packages)

    @property
    def packages(self) -> list[str]:
        """The packages on offer."""
        return sorted({*self._packages, *self._store.setting("packages", [])})

    def add_package(self, name: str) -> None:
        """Offer one more package."""
        self._store.keep_setting("packages", sorted({*self._store.setting("packages", []), name}))

    def all(self) -> list[Account]:
        """Return all accounts by name."""
        rows = self._store.rows("SELECT * FROM account ORDER BY username")
        return [_account(dict(row)) for row in rows]

    def get(self, username: str) -> Account:
        """Return an account, or raise PanelError."""
        row = self._store.row("SELECT * FROM account WHERE username = ?", (username,))
        if row is None:
            raise PanelError("Error", f"User {username} does not exist")
        return _account(dict(row))

    def exists(self, username: str) -> bool:
        """Whether there is an account of this name."""
        return self._store.row("SELECT 1 FROM account WHERE username = ?", (username,)) is not None

    def create(self, form: Mapping[str, str]) -> Account:
        """Create an account from the fields of the form, or raise PanelError."""
        username, domain = form.get("username", ""), form.get("domain", "").lower()
        with self._store.transaction():
            _check(form)
            self._check_package(form.get("package", ""))
            if self.exists(username):
                raise PanelError(
                    "Cannot Create Account", f"That username already exists on the system: {username}"
                )
            if self._store.row("SELECT 1 FROM account WHERE domain = ?", (domain,)):
                raise PanelError(
                    "Cannot Create Account", f"That domain already exists on the system: {domain}"
                )
            ip = form["ip"] if form["ip"] == SERVER_IP else SERVER_IP
            values = (
                username,
                form["email"],
                domain,
                form["package"],
                ip,
                _hash(form["passwd"]),
                self._clock(),
            )
            self._store.execute(
                "INSERT INTO account (username, email, domain, package, ip, password, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return self.get(username)

    def toggle(self, username: str, reason: str) -> Account:
        """Suspend an account that is active, wake up one that is suspended."""
        with self._store.transaction():
            account = self.get(username)
            sql = "UPDATE account SET suspended = ?, reason = ? WHERE username = ?"
            self._store.execute(sql, (not account.suspended, "" if account.suspended else reason, username))
            return self.get(username)

    def delete(self, username: str) -> None:
        """Delete an account, or raise PanelError."""
        with self._store.transaction():
            self.get(username)
            self._store.execute("DELETE FROM account WHERE username = ?", (username,))
            self._store.execute("DELETE FROM customized WHERE username = ?", (username,))

    def change_package(self, username: str, package: str) -> None:
        """Put an account under another package, or raise PanelError."""
        with self._store.transaction():
            self.get(username)
            self._check_package(package)
            self._store.execute("UPDATE account SET package = ? WHERE username = ?", (package, username))
            self._store.execute("DELETE FROM customized WHERE username = ?", (username,))

    def customize(self, username: str, form: Mapping[str, str]) -> None:
        """Give an account limits of its own; as with the real panel, what the form leaves out is taken away."""
        limits = {
            name: "unlimited" if form.get(f"u{name}") == "ON" else form.get(name, "0")
            for name in PACKAGE_LIMITS
        }
        if not all(value == "unlimited" or value.isdigit() for value in limits.values()):
            raise PanelError("Error", "A limit is a number")
        switches = {name: "ON" if form.get(name) == "ON" else "OFF" for name in PACKAGE_SWITCHES}
        with self._store.transaction():
            self.get(username)
            self._store.execute("UPDATE account SET package = ? WHERE username = ?", ("custom", username))
            self._store.execute(
                "INSERT OR REPLACE INTO customized VALUES (?, ?)",
                (username, json.dumps({**limits, **switches})),
            )

    def limits(self, username: str) -> dict[str, str]:
        """What an account may use: as its package says, or limits of its own."""
        row = self._store.row("SELECT limits FROM customized WHERE username = ?", (username,))
        return {**PACKAGE_LIMITS, **PACKAGE_SWITCHES} if row is None else dict(json.loads(row["limits"]))

    def change_password(self, username: str, password: str, again: str) -> None:
        """Give an account another password, or raise PanelError."""
        _check_password("Password Change Failed", password, again)
        with self._store.transaction():
            self.get(username)
            sql = "UPDATE account SET password = ? WHERE username = ?"
            self._store.execute(sql, (_hash(password), username))

    def may_log_in(self, username: str, password: str) -> bool:
        """Whether this is the password of an account that is not suspended."""
        if not self.exists(username):
            return False
        account = self.get(username)
        right = hmac.compare_digest(_hash(password, account.password[:SALT_DIGITS]), account.password)
        return right and not account.suspended

    def _check_package(self, package: str) -> None:
        if package not in self.packages:
            raise PanelError("Cannot Find Package", f"The package {package} does not exist")


def _account(row: dict[str, Any]) -> Account:
    return Account(**{**row, "suspended": bool(row["suspended"])})


def _check(form: Mapping[str, str]) -> None:
    title = "Cannot Create Account"
    if not re.fullmatch(r"[a-z][a-z0-9]{0,9}", form.get("username", "")):
        raise PanelError(title, "The username must be 1 to 10 letters and digits and begin with a letter")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", form.get("email", "")):
        raise PanelError(title, "The email address is not valid")
    if not re.fullmatch(rf"({LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]", form.get("domain", "").lower()):
        raise PanelError(title, "The domain is not valid")
    if form.get("ip", "") not in IP_CHOICES:
        raise PanelError(title, "The ip is not one of yours")
    _check_password(title, form.get("passwd", ""), form.get("passwd2", ""))


def _check_password(title: str, password: str, again: str) -> None:
    if password != again:
        raise PanelError(title, "The passwords do not match")
    if len(password) < SHORTEST_PASSWORD:
        raise PanelError(title, f"The password must be at least {SHORTEST_PASSWORD} characters")


def _hash(password: str, salt: str = "") -> str:
    salt = salt or secrets.token_hex(SALT_DIGITS // 2)
    return salt + hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()
