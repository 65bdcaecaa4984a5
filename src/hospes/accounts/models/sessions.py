"""Sessions."""

from typing import ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager

from hospes.kernel.datamap import technical
from hospes.kernel.purposes import Purpose


class SessionManager(BaseSessionManager["Session"]):
    """Django's own."""


class Session(AbstractBaseSession):
    """A session; `session_key` is a hash, so that who reads the table cannot take over a session."""

    objects: ClassVar[SessionManager] = SessionManager()

    datamap = technical(
        "session_key", "session_data", "expire_date",
        logins={"portal", "office", "door", "desk"}, purposes={g for p in Purpose for g in (p, p.own)},
    )  # fmt: skip

    class Meta(AbstractBaseSession.Meta):  # type: ignore[name-defined,misc]  # not in the stubs
        abstract = False
