"""
Jobs: work that is done later by the worker, at least once, each for one declared purpose.

    @job(queue="billing", purpose=Purpose.BILLING)
    def issue(*, order_id: int) -> None: ...

    issue.enqueue(order_id=7)     # in the current transaction: rolled back with it

Arguments are ids. Inside, `at_work()` acts for the declared purpose; providers are called outside of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from procrastinate import App, JobContext, RetryDecision, RetryStrategy
from procrastinate.contrib.django import app as procrastinate_app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued

from hospes.kernel.acting import JOB, Scene, acting, current
from hospes.kernel.outside import checked_arguments
from hospes.kernel.purposes import Purpose

_declared: ContextVar[Purpose | None] = ContextVar("hospes_job_purpose", default=None)


class _Capped(RetryStrategy):
    """Ten tries within about half an hour, then hourly for a day: the outage of a provider heals by itself."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:
        if job.attempts >= (self.max_attempts or 0):
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), 3600)})


class Job:
    """A function that can be enqueued."""

    def __init__(self, function: Callable[..., None], *, queue: str, purpose: Purpose) -> None:
        self.function, self.purpose = function, purpose
        self.name = f"{function.__module__.removeprefix('hospes.')}.{function.__name__}"
        self.task = procrastinate_app.task(name=self.name, queue=queue, retry=_Capped(max_attempts=35))(self.run)

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
        self.task.configure(lock=one_at_a_time).defer(**arguments)

    def enqueue_once(self, key: str, **arguments: Any) -> None:
        """Enqueue unless a job with this key is waiting already."""
        checked_arguments(arguments)
        try:
            self.task.configure(queueing_lock=key).defer(**arguments)
        except AlreadyEnqueued:
            return

    def every(self, cron: str) -> None:
        """Run at these times (five or six fields, the sixth seconds); the job gets `timestamp`, when it was due."""
        procrastinate_app.periodic(cron=cron)(cast(Any, self.task))


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


class _ActingConnector(DjangoConnector):
    """Enqueues through the database login that acts at the moment, so in its transaction."""

    @property
    def connection(self) -> BaseDatabaseWrapper:
        scene = current()
        return connections[scene.alias if scene else self.alias]


def use_acting_connection(app: App) -> None:
    """Hook for PROCRASTINATE_ON_APP_READY."""
    connector = _ActingConnector(alias="default")
    app.connector = connector
    app.job_manager.connector = connector


#: Enqueueing is a right of every purpose, reading the queue of none: the function runs with its owner's rights.
ENQUEUE_SQL = """
ALTER FUNCTION procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[])
  SECURITY DEFINER SET search_path = public, pg_temp;
"""


#: A worker tells every ten seconds that it lives; one that is silent for this long was killed.
STALLED_AFTER = 30


async def rescue_stalled(context: JobContext, timestamp: int) -> None:
    """Give the jobs of workers that died back to the queue; procrastinate does not do that by itself."""
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        await manager.retry_job(stalled)
