"""
What the simulated payment provider knows of the demo's last two days, and the reconciliation of both.

The first day agrees and was paid out. On the second somebody paid by a link that was made at the provider by hand: that is not in
the books.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.models import Payment
from hospes.payments.reconciling import jobs

#: What the simulated provider keeps of a payment, with VAT, in cents.
_COSTS: Final = 35
_BY_HAND: Final = 4_235


def fill(now: datetime) -> tuple[int, str]:
    """
    Write down what the provider is to know, and have the two days compared once everything runs.

    Returns what it paid out, in cents, and under which number.
    """
    today = clock.day_of(now)
    with acting(Purpose.BILLING, actor=SYSTEM):
        known = list(Payment.objects.filter(paid_at__gt=now - timedelta(days=3)).order_by("paid_at", "pk"))
        for days in (2, 1):
            day_id = (today - timedelta(days=days)).toordinal()
            jobs.look_again.enqueue(one_at_a_time="reconciling", day_id=day_id)
    first, second = known[0], known[-1]
    paid_out_at = (now - timedelta(days=1, hours=12)).timestamp()
    by_hand = {
        "id": "tr_demobyhand", "cents": _BY_HAND, "description": "Losse betaallink", "order": "",
        "paid_at": (now - timedelta(days=1)).timestamp() + 60,
    }  # fmt: skip
    told = {"payments": [_told(first), _told(second), by_hand], "paid_out_at": paid_out_at}
    path = Path(settings.VAR) / "simulators" / "payments.json"
    transaction.on_commit(lambda: _write(path, told))
    month = datetime.fromtimestamp(paid_out_at, tz=now.tzinfo)
    return first.cents - _COSTS, f"1234567.{month:%y%m}.01"


def _told(payment: Payment) -> dict[str, Any]:
    assert payment.paid_at is not None  # noqa: S101  # for the type checker: only those that were paid are asked for
    return {
        "id": payment.reference, "cents": payment.cents, "description": payment.idempotency_key,
        "order": payment.idempotency_key, "paid_at": payment.paid_at.timestamp(),
    }  # fmt: skip


def _write(path: Path, told: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2))
