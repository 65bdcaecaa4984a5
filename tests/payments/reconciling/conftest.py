"""The three that are compared."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.payments.reconciling.three import Three


@pytest.fixture
def three(till: Any, settings: Any) -> "Three":
    from tests.payments.reconciling.three import THEIRS, Three

    settings.HOSPES_MOLLIE = settings.HOSPES_MOLLIE | {"access_token": "access_till"}
    settings.HOSPES_BANK = replace(settings.HOSPES_BANK, payout_accounts=(THEIRS,))
    return Three(till)
