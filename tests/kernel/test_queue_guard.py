"""Which work a face may ask for: that of the subjects and of their parts, with ids; what the clock begins is the worker's own."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from hospes.kernel import jobs
from hospes.kernel.jobs import Job

LogIn = Callable[[str], "psycopg.Connection[tuple[Any, ...]]"]

_ASK = """
SELECT procrastinate_defer_jobs_v1(ARRAY[
  ROW('payments', %s, 0, NULL, NULL, %s::jsonb, NULL)::procrastinate_job_to_defer_v1])
"""
FACES = ("portal", "door", "desk", "office")
SUBJECTS = ("messaging", "billing", "sales", "services", "payments", "hosting")


def _begun_by_the_clock(job: Job) -> bool:
    return "timestamp" in job.function.__annotations__


def _of_a_face(job: Job) -> bool:
    return job.name.split(".")[0] in SUBJECTS and ".jobs." in job.name and not _begun_by_the_clock(job)


def _arguments(job: Job) -> str:
    named = [name for name in job.function.__annotations__ if name != "return"]
    return json.dumps(dict.fromkeys(named, 1))


def _asks(connection: "psycopg.Connection[tuple[Any, ...]]", task: str, arguments: str) -> bool:
    """Whether a login gets a job into the queue; nothing of it stays."""
    with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction(force_rollback=True):
        connection.execute(_ASK, [task, arguments])
        return True
    return False


@pytest.mark.parametrize("login", FACES)
def test_a_face_asks_for_work_of_every_subject_and_of_its_parts(
    login: str, committed_database: None, login_connection: LogIn
) -> None:
    its, known = login_connection(login), [job for job in jobs._jobs.values() if _of_a_face(job)]
    assert {"payments.balances.jobs.pay_out", "payments.collecting.jobs.revoke", "payments.jobs.check"} <= {
        job.name for job in known
    }
    refused = [job.name for job in known if not _asks(its, job.name, _arguments(job))]
    assert refused == []


@pytest.mark.parametrize("login", FACES)
def test_what_the_clock_begins_no_face_asks_for(
    login: str, committed_database: None, login_connection: LogIn
) -> None:
    its = login_connection(login)
    by_the_clock = [job for job in jobs._jobs.values() if _begun_by_the_clock(job)]
    assert {"payments.reconciling.jobs.reconcile", "payments.jobs.sweep"} <= {
        job.name for job in by_the_clock
    }
    assert [job.name for job in by_the_clock if _asks(its, job.name, _arguments(job))] == []
    for task in ("builtin:procrastinate.builtin_tasks.remove_old_jobs", "accounts.jobs.clear_tries", "payments.x.y.jobs.z",
                 "kernel.rescue_stalled", "payments.balances.jobs.sweep"):  # fmt: skip
        assert not _asks(its, task, "{}"), task


def test_arguments_are_ids_for_a_part_too(committed_database: None, login_connection: LogIn) -> None:
    its = login_connection("office")
    with pytest.raises(psycopg.errors.CheckViolation, match="job_arguments_are_ids"):
        _asks(its, "payments.reconciling.jobs.look_again", '{"ordinal": 1}')


def test_every_job_of_a_subject_takes_ids_or_the_time() -> None:
    of_the_house = [job for job in jobs._jobs.values() if job.name.split(".")[0] in SUBJECTS]
    names = {name for job in of_the_house for name in job.function.__annotations__ if name != "return"}
    assert [name for name in names if name != "timestamp" and not name.endswith("_id")] == []
