"""The address of a database, in the forms that libpq, Django and the environment want."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from hospes.cli.problems import Problem
from hospes.cli.words import _

OLDEST, NEWEST = 15, 18


@dataclass(frozen=True, slots=True)
class Dsn:
    """Where a database is and who logs in; host is a name, an address or the directory of a socket."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_url(cls, url: str) -> "Dsn":
        """Read postgresql://user:password@host:port/name?sslmode=…, or libpq's key=value words."""
        try:
            parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
        except psycopg.ProgrammingError as error:
            raise Problem(
                _("DATABASE_URL is not the address of a database: {error}.", error=error)
            ) from error
        return cls(
            host=parts.pop("host", "") or "/var/run/postgresql",
            port=int(parts.pop("port", "") or 5432),
            name=parts.pop("dbname", "") or "hospes",
            user=parts.pop("user", "") or "postgres",
            password=parts.pop("password", ""),
            options=parts,
        )

    def url(self) -> str:
        """Return the address as one URL, password included."""
        login = quote(self.user, safe="") + (":" + quote(self.password, safe="") if self.password else "")
        query = dict(self.options)
        if self.host.startswith("/"):
            place, query = "", {"host": self.host, "port": str(self.port)} | query
        else:
            place = (f"[{self.host}]" if ":" in self.host else self.host) + f":{self.port}"
        words = "?" + urlencode(query) if query else ""
        return f"postgresql://{login}@{place}/{quote(self.name, safe='')}{words}"

    def words(self) -> dict[str, str]:
        """Return the address as keyword arguments of psycopg.connect."""
        return {
            "host": self.host,
            "port": str(self.port),
            "dbname": self.name,
            "user": self.user,
            **({"password": self.password} if self.password else {}),
            **self.options,
        }

    def django(self) -> dict[str, Any]:
        """Return the address as an entry of Django's DATABASES."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": self.host,
            "PORT": str(self.port),
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
            "OPTIONS": dict(self.options),
        }

    def named(self, name: str) -> "Dsn":
        """Return the address of another database on the same server."""
        return replace(self, name=name)

    def connect(self, *, seconds: int = 5) -> "psycopg.Connection[tuple[Any, ...]]":
        """Open an autocommit connection, or raise psycopg.OperationalError within these seconds."""
        return psycopg.connect(**{**self.words(), "connect_timeout": str(seconds)}, autocommit=True)  # type: ignore[arg-type]


def check_server(dsn: Dsn) -> int:
    """Return the major version of an existing server, or raise Problem if it cannot be used."""
    try:
        with dsn.connect() as connection:
            major = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise Problem(
            _(
                "The database of DATABASE_URL ({host}, port {port}) does not answer: {reason}.",
                host=dsn.host,
                port=dsn.port,
                reason=reason.rstrip(".?"),
            )
        ) from error
    if not OLDEST <= major <= NEWEST:
        raise Problem(
            _("DATABASE_URL points at PostgreSQL {major}; use a version from 15 to 18.", major=major),
        )
    return major
