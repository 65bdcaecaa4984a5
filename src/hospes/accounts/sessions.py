"""
Sessions of which the database holds nothing that anybody could use.

The key in the table is a hash of the one in the cookie, and the data is sealed for that key: it holds a second factor while
that is set up, and the key of a password reset. A session belongs to one face: brought to the other, it is unknown there.
"""

import base64
import hashlib
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.middleware import SessionMiddleware as SessionMiddleware
from django.contrib.sessions.serializers import JSONSerializer
from django.utils import timezone

from hospes.accounts.models import Session
from hospes.kernel.secrets import CannotUnseal, seal, unseal


def stored(session_key: str) -> str:
    """What the table holds for a key: it cannot be turned back into one."""
    return hashlib.sha256(f"{settings.FACE}:{session_key}".encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's store; only what goes to and comes from the table is hashed and sealed."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def encode(self, session_dict: dict[str, Any]) -> str:
        sealed = seal(JSONSerializer().dumps(session_dict), context=self._place())
        return base64.b64encode(sealed).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The data, or nothing where it was not sealed for this session."""
        try:
            return dict(JSONSerializer().loads(unseal(base64.b64decode(session_data), context=self._place())))
        except (CannotUnseal, ValueError):
            return {}

    def _place(self) -> str:
        key = self._get_or_create_session_key()  # type: ignore[attr-defined]  # not in the stubs
        return f"accounts_session:session_data:{stored(key)}"

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        found = Session.objects.filter(session_key=stored(key), expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=stored(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        made = super().create_model_instance(data)
        made.session_key = stored(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=stored(key)).delete()
