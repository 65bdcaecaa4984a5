"""The clock, and how tests and the story move it."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from hospes.kernel import clock


def test_now_is_this_moment_in_utc() -> None:
    before = datetime.now(UTC)
    moment = clock.now()
    assert moment.utcoffset() == timedelta(0)
    assert before <= moment <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 1, 31, 22, 59, 59, tzinfo=UTC), date(2026, 1, 31)),  # winter: UTC+1
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), date(2026, 6, 30)),  # summer: UTC+2
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_today_is_the_day_in_amsterdam(moment: datetime, day: date) -> None:
    with clock.moved_to(moment):
        assert clock.today() == day


def test_a_moved_clock_stands_still_and_comes_back() -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=1)))
    with clock.moved_to(moment):
        assert clock.now() == clock.now() == moment
        assert clock.now().utcoffset() == timedelta(0)
    assert clock.now() > datetime(2026, 3, 2, tzinfo=UTC)


def test_a_moment_needs_its_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.moved_to(datetime(2026, 3, 1)):  # noqa: DTZ001
        pass


def test_a_shifted_clock_runs_on() -> None:
    with clock.shifted(timedelta(days=-30)):
        first = clock.now()
        assert timedelta(0) <= datetime.now(UTC) - timedelta(days=30) - first < timedelta(minutes=1)
        assert clock.now() >= first


def test_moves_nest() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with clock.moved_to(moment):
        with clock.shifted(timedelta(hours=1)), clock.shifted(timedelta(minutes=1)):
            assert clock.now() == datetime(2026, 3, 1, 1, 1, tzinfo=UTC)
        with pytest.raises(KeyError), clock.moved_to(datetime(2020, 1, 1, tzinfo=UTC)):
            raise KeyError
        assert clock.now() == moment


def test_other_threads_keep_the_real_time() -> None:
    seen: list[datetime] = []
    with clock.moved_to(datetime(2020, 1, 1, tzinfo=UTC)):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0].year >= 2026


def test_a_whole_process_can_run_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.OFFSET_VARIABLE, "86400.5")
    assert timedelta(days=1) <= clock.now() - datetime.now(UTC) < timedelta(days=1, minutes=1)
    with clock.shifted(timedelta(days=1)):
        assert clock.now() - datetime.now(UTC) > timedelta(days=1, hours=23)
    with clock.moved_to(datetime(2026, 3, 1, tzinfo=UTC)):
        assert clock.now() == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("wrong", ["tomorrow", "nan", "1e99"])
def test_an_offset_that_is_no_number_of_seconds_is_refused(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(clock.OFFSET_VARIABLE, wrong)
    with pytest.raises(ValueError, match=clock.OFFSET_VARIABLE):
        clock.now()
