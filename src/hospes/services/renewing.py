"""Renewing many services at once: what `endings.renew` does for one, as one statement. Acts for the contract."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from django.db import connections

from hospes.kernel import acting
from hospes.kernel.models import Restriction
from hospes.kernel.purposes import Purpose

#: Whether a service `s` goes on after its term. One that is being set up, or could not be, has no term to go on from.
GOES_ON: Final = (
    """(s.state IN ('active', 'suspended', 'cancelled') AND (s.ends_on IS NULL OR s.ends_on > s.renews_on))"""
)

#: The content `c` of a service `s` that is in force on the day on which it renews.
CONTENT: Final = """c.service_id = s.id AND c.from_on <= s.renews_on AND (c.until_on IS NULL OR c.until_on > s.renews_on)"""

# Whoever holds a service for a moment, to change or cancel it, keeps nobody else waiting: it is renewed the next time.
_RENEW: Final = f"""
WITH due AS MATERIALIZED (
  SELECT s.id, s.customer_id, s.state, s.anchor_on, s.run_months, s.months, s.renews_on, w.intro
    FROM services_service s JOIN unnest(%(ids)s::bigint[], %(days)s::date[], %(intros)s::bigint[]) AS w (id, day, intro)
      ON w.id = s.id AND w.day = s.renews_on
   WHERE {GOES_ON} ORDER BY s.id FOR NO KEY UPDATE OF s SKIP LOCKED),
next AS MATERIALIZED (
  SELECT s.id, s.customer_id, s.state, s.months, s.intro, c.months AS next_months, s.run_months + c.months AS next_run,
         (s.anchor_on + make_interval(months => s.run_months + c.months))::date AS next_on
    FROM due s JOIN services_content c ON {CONTENT}),
moved AS (
  UPDATE services_service s
     SET run_months = n.next_run, months = n.next_months, renews_on = n.next_on, intro_cents = n.intro,
         intro_before_cents = s.intro_cents,
         bound_until = CASE WHEN n.next_months <> n.months THEN n.next_on ELSE s.bound_until END
    FROM next n WHERE s.id = n.id RETURNING s.id),
noted AS (
  INSERT INTO services_servicechange (service_id, customer_id, was, became, reason, at, by, person_id, note)
  SELECT id, customer_id, state, state, 'renewed', %(now)s, 'system', NULL, '' FROM next)
SELECT coalesce(array_agg(id), '{{}}') FROM moved
"""


def renew_all(due: Sequence[tuple[int, date, int | None]], *, now: datetime) -> list[int]:
    """
    Let many services go on to their next term; returns the ids of those that did.

    `due` are services with the day on which each renews, and what one costs in that term where an introductory price lasts. One
    that renews on another day by now, ends by then, or is held by somebody else at this moment, stays as it is. Part of the
    current transaction.
    """
    scene = acting.current()
    if scene is None:
        raise RuntimeError("services are renewed inside acting()")
    if not due:
        return []
    with connections[scene.alias].cursor() as cursor:
        ids, days, intros = (list(column) for column in zip(*due, strict=True))
        cursor.execute(_RENEW, {"ids": ids, "days": days, "intros": intros, "now": now})
        return list(cursor.fetchone()[0])


def restricted(customers: Iterable[int]) -> list[int]:
    """Of some customers those whose data may not be used for the contract at this moment (art. 18 GDPR)."""
    halted = Restriction.objects.filter(
        customer_id__in=list(customers), purpose=Purpose.CONTRACT, lifted_at=None
    )
    return sorted({pk for pk in halted.values_list("customer_id", flat=True) if pk is not None})
