"""The form by which somebody asks for a new password."""

import time
from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest

#: Seconds that an answer takes at least: some ten times what the work takes where the address is known.
LEAST = 0.15


class ResetForm(ResetPasswordForm):  # type: ignore[misc]  # the library ships no types
    """The library's, with an answer that comes as late when nobody has the address."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        began = time.monotonic()
        email: str = super().save(request, **kwargs)
        time.sleep(max(0.0, LEAST - (time.monotonic() - began)))
        return email
