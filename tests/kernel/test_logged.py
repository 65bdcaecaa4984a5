"""What a log line keeps: fixed words, fields of the map, and of an exception what has no data in it."""

import ast
import asyncio
import io
import json
import logging
import smtplib
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

import hospes
from hospes.billing.models import Invoice
from hospes.config import logs
from hospes.kernel import clock, money, outside
from hospes.kernel.acting import Actor, acting
from hospes.kernel.failures import MOST_FRAMES, MOST_IN_A_CHAIN, class_of, told
from hospes.kernel.logged import LEFT_OUT, only_mapped_fields
from hospes.kernel.outside import Holds
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.payments.providers import ProviderUnavailable
from tests.support import make

CANARY = "canary.kraakhof@example.com"
NAME = "Wilhelmina Kanarie"

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What was written to the log; nothing of it names the canary."""
    (handler,) = [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]
    written = io.StringIO()
    monkeypatch.setattr(handler, "stream", written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    for word in (CANARY, *NAME.split(), "canary", "kraakhof"):
        assert word not in written.getvalue()


def _line(lines: Lines) -> dict[str, Any]:
    (line,) = lines()
    return {name: value for name, value in line.items() if name != "timestamp"}


def _raise(error: BaseException) -> None:
    raise error


def _deep(depth: int = 3) -> None:
    if depth:
        return _deep(depth - 1)
    raise ValueError(f"{NAME} <{CANARY}> is not a number")


# --- exceptions ---


def test_of_an_exception_class_and_own_frames_are_kept(lines: Lines) -> None:
    try:
        money.Money(CANARY, "EUR")  # type: ignore[arg-type]  # what somebody typed
    except Exception as error:
        expected = class_of(error)
        logging.getLogger("hospes.test").exception("could not do it")
    kept = _line(lines)
    (failure,) = kept.pop("exception")
    assert kept == {"event": "could not do it", "level": "error", "logger": "hospes.test"}
    assert failure["class"] == expected
    (*_, last) = failure["at"]
    file, number, function = last.rsplit(":", 2)
    assert (file, function) == ("hospes/kernel/money.py", "__post_init__")
    assert number.isdecimal()


def test_frames_that_are_not_ours_are_left_out() -> None:
    with pytest.raises(ValueError, match=CANARY) as caught:
        _deep()
    assert told(caught.value) == [{"class": "ValueError"}]


def test_the_whole_chain_is_told_in_its_order_and_without_a_word_of_it() -> None:
    def with_cause() -> None:
        try:
            try:
                raise KeyError(CANARY)
            except KeyError:
                raise OSError(5, CANARY)  # noqa: B904  # the context is what is tried
        except OSError as error:
            raise RuntimeError(CANARY) from error

    with pytest.raises(RuntimeError) as caught:
        with_cause()
    caught.value.add_note(CANARY)
    assert told(caught.value) == [
        {"class": "RuntimeError"},
        {"class": "OSError", "how": "cause", "code": 5},
        {"class": "KeyError", "how": "context"},
    ]
    hidden = ValueError("new")
    hidden.__context__, hidden.__suppress_context__ = KeyError(CANARY), True  # as `from None` makes it
    assert told(hidden) == [{"class": "ValueError"}]


def test_the_parts_of_a_group_are_told() -> None:
    group = ExceptionGroup(CANARY, [ValueError(CANARY), ExceptionGroup("x", [KeyError(CANARY)])])
    assert [(one["class"], one.get("how", "")) for one in told(group)] == [
        ("ExceptionGroup", ""), ("ValueError", "part"), ("ExceptionGroup", "part"), ("KeyError", "part"),
    ]  # fmt: skip


def test_a_chain_that_bites_its_tail_and_one_without_end_are_cut() -> None:
    one, two = ValueError("1"), ValueError("2")
    one.__cause__, two.__cause__ = two, one
    assert len(told(one)) == 2
    last: BaseException = ValueError("end")
    for _ in range(3 * MOST_IN_A_CHAIN):
        error = ValueError("link")
        error.__cause__, last = last, error
    assert len(told(last)) == MOST_IN_A_CHAIN


def test_of_very_many_frames_the_nearest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hospes.kernel.failures._PACKAGE", Path(__file__).parent)
    with pytest.raises(ValueError, match=CANARY) as caught:
        _deep(3 * MOST_FRAMES)
    (failure,) = told(caught.value)
    assert len(failure["at"]) == MOST_FRAMES
    assert failure["at"][-1] == f"kernel/test_logged.py:{_deep.__code__.co_firstlineno + 3}:_deep"


class _Loud(Exception):
    code = 4711
    status_code = "Wilhelmina"
    errno = True


def test_only_small_numbers_are_codes() -> None:
    assert told(_Loud()) == [{"class": "tests.kernel.test_logged._Loud", "code": 1}]
    assert told(ProviderUnavailable(CANARY, code=503)) == [
        {"class": "hospes.payments.providers.ProviderUnavailable", "code": 503}
    ]
    assert told(smtplib.SMTPDataError(552, CANARY.encode())) == [
        {"class": "smtplib.SMTPDataError", "code": 552}
    ]
    assert told(smtplib.SMTPRecipientsRefused({CANARY: (550, b"no")})) == [
        {"class": "smtplib.SMTPRecipientsRefused"}
    ]


@pytest.mark.database
@pytest.mark.django_db
def test_of_the_database_state_and_constraint_are_kept_and_not_the_values(lines: Lines) -> None:
    make.person(email=CANARY)
    with pytest.raises(IntegrityError, match=CANARY) as caught, transaction.atomic():  # so says PostgreSQL
        make.person(email=CANARY)
    logging.getLogger("hospes.test").error(
        "could not do it", exc_info=caught.value, extra={"customer_name": NAME}
    )
    outer, inner = _line(lines)["exception"]
    assert (outer["class"], inner["class"]) == (
        "django.db.utils.IntegrityError",
        "psycopg.errors.UniqueViolation",
    )
    assert (inner["sqlstate"], inner["constraint"], inner["how"]) == (
        "23505", "one_person_per_email_address", "cause",
    )  # fmt: skip
    assert set(outer) | set(inner) <= {"class", "at", "sqlstate", "constraint", "how"}


@pytest.mark.database
@pytest.mark.django_db
def test_a_constraint_that_is_called_like_a_person_is_left_out() -> None:
    with pytest.raises(Exception, match="no") as caught, acting(Purpose.BILLING, actor=Actor.staff(1)):
        connection.cursor().execute(
            f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514', CONSTRAINT = '{NAME}'; END $$"
        )
    *_, inner = told(caught.value)
    assert (inner["sqlstate"], "constraint" in inner) == ("23514", False)


@pytest.mark.database
@pytest.mark.django_db
def test_a_refusal_of_ours_says_purpose_table_and_columns(lines: Lines) -> None:
    try:
        with acting(Purpose.SUPPORT, actor=Actor.staff(1)):
            list(Invoice.objects.filter(buyer_name=CANARY).values_list("number"))
    except Refused:
        structlog.get_logger("hospes.test").exception("refused", customer_id=7)
    kept = _line(lines)
    refusal = kept["exception"][0]
    assert (refusal["class"], refusal["purpose"], refusal["table"], refusal["columns"]) == (
        "hospes.kernel.refusals.Refused", "hospes_test_support", "billing_invoice", ["buyer_name", "number"],
    )  # fmt: skip
    assert kept["customer_id"] == 7
    assert kept["exception"][-1]["sqlstate"] == "42501"


# --- words ---


def test_words_that_stand_in_the_code_are_kept_with_their_places_open(lines: Lines) -> None:
    log = logging.getLogger("a.library")
    log.warning("could not reach %s", CANARY)
    log.warning(f"could not reach {CANARY}")
    log.warning("could not reach " + CANARY, stack_info=True)
    log.error(ValueError(CANARY))
    found = lines()
    assert [line["event"] for line in found] == ["could not reach %s", LEFT_OUT, LEFT_OUT, LEFT_OUT]
    assert [line.get("place", "").rpartition(":")[2] for line in found] == [
        "", *["test_words_that_stand_in_the_code_are_kept_with_their_places_open"] * 3,
    ]  # fmt: skip
    assert found[3]["exception"] == [{"class": "ValueError"}]
    assert all(set(line) <= {"event", "level", "logger", "timestamp", "place", "exception"} for line in found)


def test_our_own_logger_is_held_to_the_same(lines: Lines) -> None:
    log = structlog.get_logger("hospes.test")
    log.info(
        "done", name=NAME, email=CANARY, count=3, route=f"/k/{CANARY}/", person_id=CANARY, order_id="tr_7"
    )
    log.info(f"done for {CANARY}")
    try:
        _deep()
    except ValueError as error:
        log.error("failed", error=error, exception=str(error), exc_info=True, stack_info=False)
        log.error("failed", error=str(error), exc_info=error)
        log.error("failed", error=ValueError, exc_info=(type(error), error, error.__traceback__))
    found = lines()
    assert found[0] | {"timestamp": ""} == {
        "event": "done", "level": "info", "logger": "hospes.test", "timestamp": "", "count": 3, "route": LEFT_OUT,
        "person_id": LEFT_OUT, "order_id": "tr_7",
    }  # fmt: skip
    assert found[1]["event"] == LEFT_OUT
    assert [line["error"] for line in found[2:]] == ["ValueError", LEFT_OUT, "ValueError"]
    assert [line["exception"] for line in found[2:]] == [[{"class": "ValueError"}]] * 3


def test_a_page_that_fails_is_told_without_its_address(lines: Lines) -> None:
    from django.utils.log import log_response

    request = RequestFactory().get(f"/k/{CANARY}/")
    log_response("%s: %s", "Internal Server Error", request.path, request=request, exception=ValueError(CANARY),
                 response=type("Answer", (), {"status_code": 500})())  # fmt: skip
    assert _line(lines) == {
        "event": "answered 500 Internal Server Error", "level": "error", "logger": "django.request",
        "exception": [{"class": "ValueError"}],
    }  # fmt: skip


def test_the_queues_lines_say_which_job_and_not_what_its_arguments_were(lines: Lines) -> None:
    job = {"task_name": "sales.jobs.deliver", "id": 9, "attempts": 2, "task_kwargs": {"email": CANARY}}
    extra = {"action": "job_error", "job": job, "result": CANARY}
    logging.getLogger("procrastinate.worker").error(
        f"Job ({CANARY}) failed", extra=extra, exc_info=ValueError(CANARY)
    )
    kept = _line(lines)
    assert kept.pop("place").endswith(":test_the_queues_lines_say_which_job_and_not_what_its_arguments_were")
    assert kept == {
        "event": "job_error", "level": "error", "logger": "procrastinate.worker", "job": "sales.jobs.deliver",
        "job_id": 9, "attempt": 2, "exception": [{"class": "ValueError"}],
    }  # fmt: skip


# --- fields ---


@given(
    st.dictionaries(
        st.text(max_size=12) | st.sampled_from(sorted(outside.log_fields)),
        st.text(max_size=12) | st.integers(),
    )
)
def test_only_declared_fields_are_logged_each_with_what_it_may_hold(event: dict[str, Any]) -> None:
    kept = only_mapped_fields(None, "info", dict(event))
    assert set(kept) == set(event) & set(outside.log_fields)
    for name, value in kept.items():
        assert value in (event[name], LEFT_OUT)
        if outside.log_fields[name].holds is not Holds.WORDS and isinstance(value, str) and value != LEFT_OUT:
            assert not set(value) & set(" @\n'\"")


def test_no_log_field_holds_more_than_ids_of_people() -> None:
    for field in outside.log_fields.values():
        assert field.category is None or (field.name.endswith("_id") and field.holds is Holds.ID)


def test_every_line_that_our_code_logs_has_fixed_words_and_fields_of_the_map() -> None:
    found = 0
    for path in Path(hospes.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _is_a_log_call(node.func):
                found += 1
                assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}"
                named = {keyword.arg for keyword in node.keywords} - {"exc_info"}
                assert named <= set(outside.log_fields), f"{path.name}:{node.lineno}"
    assert found >= 4


def _is_a_log_call(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in {"debug", "info", "warning", "error", "exception", "critical", "log"}
        and isinstance(function.value, ast.Name)
        and function.value.id.strip("_") in {"log", "logger"}
    )


# --- what Python prints by itself ---


@pytest.fixture
def _caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as one of ours; put back afterwards."""
    for module, name in (
        (sys, "excepthook"),
        (sys, "unraisablehook"),
        (threading, "excepthook"),
        (warnings, "showwarning"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(logging.root.manager, "loggerDict", {"_granian": logging.getLogger("_granian")})
    logs.catch_everything()


@pytest.mark.usefixtures("_caught")
def test_what_nobody_handles_is_logged_and_not_printed(
    lines: Lines, capfd: pytest.CaptureFixture[str]
) -> None:
    try:
        _deep()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=_deep)
    thread.start()
    thread.join()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    found = lines()
    assert [line["event"] for line in found] == ["nobody handled an exception"] * 2
    assert [line["exception"] for line in found] == [[{"class": "ValueError"}]] * 2
    assert CANARY not in "".join(capfd.readouterr())


class _Falls:
    def __del__(self) -> None:
        raise ValueError(CANARY)


@pytest.mark.usefixtures("_caught")
def test_an_error_that_cannot_be_raised_is_logged(lines: Lines, capfd: pytest.CaptureFixture[str]) -> None:
    falls = _Falls()
    del falls
    assert _line(lines)["exception"] == [{"class": "ValueError"}]
    assert CANARY not in "".join(capfd.readouterr())


@pytest.mark.usefixtures("_caught")
def test_a_warning_is_logged_by_its_class(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._warned
        warnings.warn(f"what did {CANARY} do", RuntimeWarning, stacklevel=1)
    kept = _line(lines)
    assert kept.pop("place").startswith(".../kernel/test_logged.py:")
    assert kept == {
        "event": "Python warns",
        "level": "warning",
        "logger": "hospes.logs",
        "error": "RuntimeWarning",
    }


@pytest.mark.usefixtures("_caught")
def test_a_task_that_nobody_awaits_is_logged_by_its_class(lines: Lines) -> None:
    async def forgotten() -> None:
        raise ValueError(CANARY)

    async def run() -> None:
        task = asyncio.create_task(forgotten(), name=CANARY)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(run())
    kept = _line(lines)
    assert (kept["logger"], kept["event"], kept["exception"]) == (
        "asyncio",
        LEFT_OUT,
        [{"class": "ValueError"}],
    )


@pytest.mark.usefixtures("_caught")
def test_the_web_servers_own_handlers_are_gone(lines: Lines) -> None:
    server = logging.getLogger("_granian")
    assert (server.handlers, server.propagate) == ([], True)
    server.error("Application callable raised an exception\n%s", CANARY)
    assert _line(lines)["event"] == "Application callable raised an exception\n%s"


def test_time_is_told_in_utc(lines: Lines) -> None:
    structlog.get_logger("hospes.test").info("done")
    (line,) = lines()
    assert abs((clock.now() - clock.datetime.fromisoformat(line["timestamp"])).total_seconds()) < 60
