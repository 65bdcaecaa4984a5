"""
Jobs: work that is done later by the worker, at least once, each for one declared purpose.

    @job(queue="billing", purpose=Purpose.BILLING)
    def issue(*, order_id: int) -> None: ...

    issue.enqueue(order_id=7)     # in the current transaction: rolled back with it

Arguments are ids. Inside, `at_work()` acts for the declared purpose; providers are called outside of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, cast

import psycopg
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from procrastinate import App, JobContext, RetryDecision, RetryStrategy
from procrastinate.contrib.django import app as procrastinate_app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import JobDeferrer, Status
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.tasks import configure_task
from psycopg_pool import AsyncConnectionPool

from hospes.kernel.acting import JOB, Scene, acting, current
from hospes.kernel.outside import checked_arguments
from hospes.kernel.purposes import Purpose

_declared: ContextVar[Purpose | None] = ContextVar("hospes_job_purpose", default=None)


#: A job that failed so often, or whose worker died, is given up; a person has to look at it.
MOST_TRIES = 35


class _Capped(RetryStrategy):
    """Ten tries within about half an hour, then hourly for a day: the outage of a provider heals by itself."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:
        if job.attempts >= (self.max_attempts or 0):
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), 3600)})


class Job:
    """A function that can be enqueued."""

    def __init__(self, function: Callable[..., None], *, queue: str, purpose: Purpose) -> None:
        self.function, self.purpose, self.queue = function, purpose, queue
        self.name = f"{function.__module__.removeprefix('hospes.')}.{function.__name__}"
        self.task = procrastinate_app.task(
            name=self.name, queue=queue, retry=_Capped(max_attempts=MOST_TRIES)
        )(self.run)

        _jobs[self.name] = self

    def run(self, **arguments: Any) -> None:
        """Do the work now, for the declared purpose."""
        token = _declared.set(self.purpose)
        try:
            self.function(**arguments)
        finally:
            _declared.reset(token)

    def enqueue(self, *, one_at_a_time: str | None = None, **arguments: Any) -> None:
        """
        Enqueue in the current transaction. `one_at_a_time` names a lock: jobs with the same run one after another, in order.
        """
        checked_arguments(arguments)
        self._for_later(lock=one_at_a_time).defer(**arguments)

    def enqueue_once(self, key: str, **arguments: Any) -> None:
        """Enqueue in the current transaction, unless a job with this key is waiting already."""
        checked_arguments(arguments)
        with (
            suppress(AlreadyEnqueued),
            transaction.atomic(using=_acting_alias()),
        ):  # a refusal must cost a savepoint only
            self._for_later(queueing_lock=key).defer(**arguments)

    def enqueue_each(
        self, argument: str, ids: Sequence[int], *, priority: int = 0, lock: str | None = None
    ) -> None:
        """
        Enqueue one job for each id, in one statement of the current transaction; with a priority below zero others go first.

        With `lock` those of one id run one after another, as with `one_at_a_time` of that word and the id.
        """
        checked_arguments({argument: 0})
        with connections[_acting_alias()].cursor() as cursor:
            cursor.execute(_DEFER_EACH, [self.queue, self.name, priority, lock, argument, list(ids)])

    def _for_later(self, **locks: str | None) -> JobDeferrer:
        # Not by the task itself: inside a worker that enqueues through another connection, so at once, and also what is
        # rolled back in the end.
        return configure_task(name=self.name, job_manager=_enqueueing, queue=self.queue, **cast(Any, locks))

    def every(self, cron: str) -> None:
        """Run at these times (five or six fields, the sixth seconds); the job gets `timestamp`, when it was due."""
        procrastinate_app.periodic(cron=cron)(cast(Any, self.task))


#: What procrastinate itself calls for many jobs, with rows that are made here.
_DEFER_EACH = """
SELECT cardinality(procrastinate_defer_jobs_v1(array_agg(
         ROW(%s, %s, %s, %s::text || each.id, NULL, jsonb_build_object(%s::text, each.id), NULL)::procrastinate_job_to_defer_v1
         ORDER BY each.place)))
  FROM unnest(%s::bigint[]) WITH ORDINALITY AS each (id, place)
"""

_jobs: dict[str, Job] = {}


def tasks_of(*purposes: Purpose) -> set[str]:
    """The names of the jobs that act for these purposes."""
    return {name for name, each in _jobs.items() if each.purpose in purposes}


def job(*, queue: str, purpose: Purpose) -> Callable[[Callable[..., None]], Job]:
    """Make a function a job that acts for the purpose."""
    return lambda function: Job(function, queue=queue, purpose=purpose)


@contextmanager
def at_work(*, customer: int | None = None) -> Iterator[Scene]:
    """Act for the purpose that the running job declared; raises RuntimeError outside of a job."""
    purpose = _declared.get()
    if purpose is None:
        raise RuntimeError("at_work() is for the inside of a job")
    with acting(purpose, actor=JOB, customer=customer) as scene:
        yield scene


def _acting_alias() -> str:
    scene = current()
    return scene.alias if scene else "default"


class _ActingConnector(DjangoConnector):
    """Enqueues through the database login that acts at the moment, so in its transaction."""

    @property
    def connection(self) -> BaseDatabaseWrapper:
        return connections[_acting_alias()]

    def get_worker_connector(self) -> PsycopgConnector:
        """The worker's own connections, outside of acting()."""
        return PsycopgConnector(pool_factory=_pool, kwargs=connector_params(self.alias))


def _pool(**options: Any) -> AsyncConnectionPool:
    """
    Connections that are not tried before they are used: after each dead one the pool would pause for longer.

    With all of them dead, since the database crashed, the worker did nothing for up to a minute.
    """
    return AsyncConnectionPool(**options | {"check": None})


_enqueueing = JobManager(_ActingConnector())


class _Keeper(JobManager):
    """
    Notes what became of jobs, whatever happens meanwhile: a job must not count as running when nobody runs it.

    Nothing else would free one whose worker lives on.
    """

    async def finish_job(self, job: QueuedJob, status: Status, delete_job: bool) -> None:
        """See JobManager."""
        await _insist(lambda: JobManager.finish_job(self, job, status, delete_job))

    async def retry_job(self, job: QueuedJob, *arguments: Any, **options: Any) -> None:
        """See JobManager; a job of which the like waits already (`enqueue_once`) is left to that one."""
        try:
            await _insist(lambda: JobManager.retry_job(self, job, *arguments, **options))
        except UniqueViolation:
            await self.finish_job(job, Status.SUCCEEDED, delete_job=True)


async def _insist(write: Callable[[], Awaitable[None]], *, tries: int = 6, pause: float = 0.7) -> None:
    """Try again when the connection broke; the database may be starting again."""
    for left in reversed(range(tries)):
        try:
            await write()
            break
        except ConnectorException as error:
            if not left or not isinstance(error.__cause__, psycopg.OperationalError):
                raise
            await asyncio.sleep(pause)


def use_acting_connection(app: App) -> None:
    """Hook for PROCRASTINATE_ON_APP_READY: how jobs are enqueued, and how the worker keeps them."""
    connector = _ActingConnector()
    app.connector, app.job_manager = connector, _Keeper(connector)
    defaults = cast("dict[str, Any]", app.worker_defaults)
    defaults.update(update_heartbeat_interval=HEARTBEAT, stalled_worker_timeout=STALLED_AFTER)


#: Enqueueing is a right of every purpose, reading the queue of none: the function runs with its owner's rights.
ENQUEUE_SQL = """
ALTER FUNCTION procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[])
  SECURITY DEFINER SET search_path = public, pg_temp;
"""

#: What a face may enqueue, also when it is not our code that does: work of the subjects, with ids as arguments, at a time that
#: is one. Upkeep (of the queue, the kernel, sessions) is the worker's own.
QUEUE_GUARD_SQL = """
ALTER TABLE procrastinate_jobs
  ADD CONSTRAINT job_arguments_are_ids CHECK (
    jsonb_typeof(args) = 'object' AND (task_name LIKE 'builtin:%' OR
      NOT jsonb_path_exists(args, '$.keyvalue() ? (!(@.key like_regex "(_id|^timestamp)$"))'))),
  ADD CONSTRAINT job_time_is_a_time CHECK (scheduled_at IS NULL OR isfinite(scheduled_at));

CREATE FUNCTION hospes_guard_the_queue() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF session_user ~ '_login_(portal|door|desk|office)$'
     AND NEW.task_name !~ '^(messaging|billing|sales|services|payments|hosting)[.]jobs[.](?!sweep)' THEN
    RAISE EXCEPTION 'permission denied for table procrastinate_jobs: % may not enqueue %', session_user, NEW.task_name
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION hospes_guard_the_queue() FROM PUBLIC;
CREATE TRIGGER guard_the_queue BEFORE INSERT ON procrastinate_jobs
  FOR EACH ROW EXECUTE FUNCTION hospes_guard_the_queue();
"""

#: The same for the parts of a subject, such as payments.balances; what the clock begins is the worker's own there as well.
PARTS_GUARD_SQL = """
CREATE OR REPLACE FUNCTION hospes_guard_the_queue() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF session_user ~ '_login_(portal|door|desk|office)$' AND (NEW.args ? 'timestamp'
     OR NEW.task_name !~ '^(messaging|billing|sales|services|payments|hosting)([.][a-z_]+)?[.]jobs[.](?!sweep)') THEN
    RAISE EXCEPTION 'permission denied for table procrastinate_jobs: % may not enqueue %', session_user, NEW.task_name
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""


#: Seconds. A worker tells so often that it lives; one that was silent for so long was killed, and its jobs go to others.
HEARTBEAT, STALLED_AFTER = 2.5, 10.0


async def rescue_stalled(context: JobContext, timestamp: int) -> None:
    """Give the jobs of workers that died back to the queue; procrastinate does not do that by itself."""
    manager = context.app.job_manager
    with suppress(ConnectorException):  # the next one follows soon
        for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
            with suppress(ConnectorException):  # it ended, or was given back, just now
                if stalled.attempts < MOST_TRIES:
                    await manager.retry_job(stalled)
                else:  # it may be what kills the workers
                    await manager.finish_job(stalled, Status.FAILED, delete_job=False)
