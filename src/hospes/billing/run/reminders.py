"""
Telling consumers in time that a term of a year or more is about to be renewed silently.

Once a contract was renewed silently a consumer can end it any day (art. 6:236 j Dutch Civil Code, "Wet van Dam"); who hears of it
beforehand can keep it from being renewed at all. They are told before they are invoiced.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connections

from hospes.billing.run import sql
from hospes.kernel import acting
from hospes.kernel.acting import Actor
from hospes.kernel.purposes import Purpose
from hospes.messaging import services as messaging

KIND: Final = "services.renews_soon"


@dataclass(frozen=True)
class Next:
    """What a service will be from its renewal on, and cost (cents); `vat_cents` is None where the VAT cannot be told."""

    renews_on: date
    months: int
    product: str
    quantity: int
    net_cents: int
    vat_cents: int | None


def tell(*, today: date, now: datetime, actor: Actor, size: int = 2000) -> int:
    """
    Have a mail sent about every renewal that is so many days ahead as the operator says, once a term; returns how many are new.

    A run that was missed is made up for by the next one, as long as the term has not been renewed.
    """
    last, told, after = today + timedelta(days=settings.HOSPES_OPERATOR.renewal_notice_days), 0, 0
    while True:
        with acting.acting(Purpose.CONTRACT, actor=actor) as scene:
            with connections[scene.alias].cursor() as cursor:
                cursor.execute(sql.TO_BE_TOLD, {"after": after, "today": today, "last": last, "size": size})
                about = cursor.fetchall()
            told += messaging.enqueue_each(KIND, about, now=now)
        if len(about) < size:
            return told
        after = about[-1][2]


def next_term(service_id: int, *, today: date, language: str) -> Next | None:
    """What a service will be from its renewal on; None for one that is not there or consists of nothing then."""
    scene = acting.current()
    with connections[scene.alias if scene else "default"].cursor() as cursor:
        cursor.execute(sql.NEXT, {"service": service_id, "today": today, "language": language})
        row = cursor.fetchone()
    return Next(*row) if row else None
