"""What all factories stand on."""

from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.db import models

from tests.support.rights import as_owner

NOW = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)

#: The Dutch rates, in hundredths of a percent.
VAT_STANDARD, VAT_REDUCED = 2100, 900

_M = TypeVar("_M", bound=models.Model)


def row(model: type[_M], words: dict[str, Any], **usual: Any) -> _M:
    """Make a row of what is usual, except where the words say otherwise."""
    with as_owner():
        return model._default_manager.create(**{**usual, **words})


def vat(net_cents: int) -> int:
    """Return the VAT on an amount at the standard rate, halves upwards."""
    return (net_cents * VAT_STANDARD + 5000) // 10_000
