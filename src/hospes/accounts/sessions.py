"""Sessions whose key in the database is a hash of the one in the cookie."""

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.middleware import SessionMiddleware as SessionMiddleware

from hospes.accounts.models import Session


def stored(session_key: str) -> str:
    """What the table holds for a key: it cannot be turned back into one."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's store; only what goes to and comes from the table is hashed."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Any:
        from django.utils import timezone

        return Session.objects.filter(
            session_key=stored(self.session_key or ""), expire_date__gt=timezone.now()
        ).first()

    def load(self) -> dict[str, Any]:
        found = self._get_session_from_db()
        if found is None:
            self._session_key = None
            return {}
        return dict(self.decode(found.session_data))

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
