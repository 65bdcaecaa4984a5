"""Where the limits on tries are counted."""

from typing import Any


class LimitsRouter:
    """
    Counts outside of the door's transaction, through the face's own login.

    A try that was used up stays so when the page breaks and is rolled back; and while one request checks a password, another
    of the same network need not wait for it.
    """

    def db_for_read(self, model: Any, **hints: object) -> str | None:
        return "default" if model._meta.app_label == "django_cache" else None

    db_for_write = db_for_read
