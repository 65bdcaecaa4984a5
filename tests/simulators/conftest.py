"""The simulators under test and a merchant to talk to them."""

from collections.abc import Iterator
from typing import Any

import pytest
from mollie.api.client import Client

from simulators import PaymentProvider
from tests.simulators.merchant import RETRY_PAUSES, Merchant, client_of


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    merchant = Merchant()
    merchant.server.start()
    yield merchant
    merchant.server.stop()


@pytest.fixture
def provider() -> Iterator[PaymentProvider]:
    with PaymentProvider(retry_pauses=RETRY_PAUSES) as sim:
        yield sim


@pytest.fixture
def client(provider: PaymentProvider) -> Client:
    return client_of(provider)


@pytest.fixture
def order(merchant: Merchant) -> dict[str, Any]:
    """What a merchant asks for; tests change what matters to them."""
    return {
        "amount": {"currency": "EUR", "value": "84.70"},
        "description": "Order 2026-0001",
        "redirectUrl": f"{merchant.url}/return",
        "webhookUrl": f"{merchant.url}/webhook",
        "metadata": {"order": 1},
    }
