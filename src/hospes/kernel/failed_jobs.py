"""
The jobs that were given up: what, when and how often; and having one tried again.

The queue is nobody's to read but the worker's. Two functions with their owner's rights show of it what has failed for good
(names and ids, as jobs have no others), and put one of those back: nothing else in it can be seen or changed by them.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connections

from hospes.kernel import acting

#: Who calls them: the purposes that staff act for, and for which something can fail (see `derived.FUNCTIONS`).
FAILED_JOBS_SQL = """
CREATE INDEX hospes_failed_jobs ON procrastinate_jobs (id) WHERE status = 'failed';

CREATE FUNCTION hospes_failed_jobs(tasks text[], others boolean, after bigint, most integer)
RETURNS TABLE (job_id bigint, task text, arguments jsonb, tries integer, failed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT j.id, j.task_name::text, j.args, j.attempts,
         (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'failed')
    FROM procrastinate_jobs j
   WHERE j.status = 'failed' AND j.id > $3 AND (j.task_name = ANY ($1)) <> $2
   ORDER BY j.id LIMIT $4
$$;

CREATE FUNCTION hospes_try_job_again(job bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL, worker_id = NULL
   WHERE id = job AND status = 'failed';
  RETURN FOUND;
EXCEPTION WHEN unique_violation THEN  -- the like of it waits already, and does its work
  DELETE FROM procrastinate_jobs WHERE id = job AND status = 'failed';
  RETURN FOUND;
END $$;

REVOKE ALL ON FUNCTION hospes_failed_jobs(text[], boolean, bigint, integer), hospes_try_job_again(bigint) FROM PUBLIC;
"""


@dataclass(frozen=True)
class FailedJob:
    """A job that was given up; its arguments are ids."""

    id: int
    task: str
    arguments: dict[str, int | str]
    tries: int
    failed_at: datetime | None


def failed_jobs(
    tasks: Collection[str], *, others: bool = False, after: int = 0, limit: int
) -> list[FailedJob]:
    """The failed jobs of these tasks (`others`: of all but these), the oldest first, after the one with an id."""
    with connections[_alias()].cursor() as cursor:
        cursor.execute(
            "SELECT * FROM hospes_failed_jobs(%s, %s, %s, %s)", [sorted(tasks), others, after, limit]
        )
        rows = cursor.fetchall()
    return [FailedJob(pk, task, _read(arguments), tries, at) for pk, task, arguments, tries, at in rows]


def try_again(job_id: int) -> bool:
    """Have a failed job done once more, with all its tries; False when it is not there, or somebody else did already."""
    with connections[_alias()].cursor() as cursor:
        cursor.execute("SELECT hospes_try_job_again(%s)", [job_id])
        return bool(cursor.fetchone()[0])


def _alias() -> str:
    scene = acting.current()
    if scene is None:
        raise RuntimeError("failed jobs are looked at inside acting()")
    return scene.alias


def _read(arguments: object) -> dict[str, int | str]:
    # Django's cursor gives jsonb as text, so that its own fields can read it.
    found: dict[str, int | str] = json.loads(arguments) if isinstance(arguments, str) else arguments  # type: ignore[assignment]
    return found
