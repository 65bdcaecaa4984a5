"""A job for each way to fail."""

from collections.abc import Callable

from hospes.kernel.jobs import Job
from hospes.kernel.purposes import Purpose
from tests.kernel.leaks import WAYS


def _made(name: str, way: Callable[[], None]) -> Job:
    def fail(*, thing_id: int) -> None:
        way()

    fail.__name__ = name
    return Job(fail, queue="leaky", purpose=Purpose.BILLING)


JOBS = {name: _made(name, way) for name, way in WAYS.items()}
