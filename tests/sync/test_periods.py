"""Periods, dates and cron expressions, as users write them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.errors import UsageError
from fmqa.sync.periods import parse_cron, parse_period, parse_since, period_in_words
from fmqa.sync.schedules.systemd import on_calendar

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", timedelta(days=7)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
        ("2w", timedelta(weeks=2)),
        ("1d12h", timedelta(hours=36)),
        ("90s", timedelta(seconds=90)),
        (" 1D 12H ", timedelta(hours=36)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_periods(text: str, expected: timedelta) -> None:
    assert parse_period(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "7", "d", "0d", "0h0m", "-1d", "1.5d", "1d1d", "7 days", "1y", "٣d", "3651d", "9" * 5000],
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_period(text)
    assert caught.value.hint
    assert len(str(caught.value)) < 200


@given(st.integers(1, 3650 * 86_400))
def test_periods_in_words_are_read_back(seconds: int) -> None:
    period = timedelta(seconds=seconds)
    assert parse_period(period_in_words(period)) == period


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", datetime(2026, 11, 17, 2, 30, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T10:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01T10:00+02:00", datetime(2026, 11, 1, 8, tzinfo=UTC)),
        ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
    ],
)
def test_since(text: str, expected: datetime) -> None:
    found = parse_since(text, NOW)
    assert found == expected
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-11-25", "0d", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_since(text: str) -> None:
    with pytest.raises(UsageError):
        parse_since(text, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 3 * * *", datetime(2026, 11, 24, 3, tzinfo=UTC)),
        ("*/20  2-3 * * *", datetime(2026, 11, 24, 2, 40, tzinfo=UTC)),
        ("0 0 * * 0", datetime(2026, 11, 29, tzinfo=UTC)),  # Sunday
        ("0 0 * * 7", datetime(2026, 11, 29, tzinfo=UTC)),
        ("0 0 * * MON", datetime(2026, 11, 30, tzinfo=UTC)),
        ("0 0 * * 5-7", datetime(2026, 11, 27, tzinfo=UTC)),
        ("5 4 1 jan,mar *", datetime(2027, 1, 1, 4, 5, tzinfo=UTC)),
        ("0 0 13 * fri", datetime(2026, 11, 27, tzinfo=UTC)),  # either suffices
        ("0 0 */2 * fri", datetime(2026, 11, 27, tzinfo=UTC)),  # both must match
        ("0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_when_a_cron_expression_comes_next(text: str, expected: datetime) -> None:
    assert parse_cron(text).next_after(NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0 3 * *",
        "0 3 * * * *",
        "60 3 * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "0 0 * * monday",
        "0 0 * * mon/2",
        "0 0 30 2 *",
        "5-1 0 * * *",
        "5/10 0 * * *",
        "*/0 0 * * *",
        "*/90 0 * * *",
        "0,,1 0 * * *",
        "0 0 last * *",
        "@daily",
        "0 3 * * *\n* * * * * rm",
        "٠ 3 * * *",
    ],
)
def test_what_is_no_cron_expression(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_cron(text)
    assert caught.value.hint


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    step = st.integers(1, high)
    item = st.one_of(number.map(str), span, st.builds("{}/{}".format, span, step))
    return st.one_of(st.just("*"), st.lists(item, min_size=1, max_size=3).map(",".join))


def _matches(item: str, value: int, sunday: bool = False) -> bool:
    """Whether cron(8) says that one field's text matches: our own word for it, one value a time."""
    if item == "*":
        return True
    for part in item.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        values = range(int(low), int(high or low) + 1, int(step or 1))
        if value in values or (sunday and value == 0 and 7 in values):
            return True
    return False


@given(_field(0, 59), _field(0, 23), _field(1, 28), _field(1, 12), _field(0, 7))
def test_the_next_time_is_the_first_that_matches(
    minute: str, hour: str, day: str, month: str, weekday: str
) -> None:
    cron = parse_cron(f"{minute} {hour} {day} {month} {weekday}")
    found = cron.next_after(NOW)
    assert found is not None

    def runs(on: datetime) -> bool:
        of_month = _matches(day, on.day)
        of_week = _matches(weekday, on.isoweekday() % 7, sunday=True)
        either = "*" not in (day, weekday)
        return _matches(month, on.month) and (
            of_month or of_week if either else of_month and of_week
        )

    assert runs(found)
    assert _matches(hour, found.hour)
    assert _matches(minute, found.minute)
    first = NOW.replace(hour=0, minute=0) + timedelta(days=1)
    between = (first + timedelta(days=n) for n in range((found - first).days))
    assert not any(runs(on) for on in between)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
@pytest.mark.parametrize(
    "text",
    [
        "0 3 * * *",
        "*/15 * * * *",
        "30 6 * * mon",
        "0 0 1,15 * 0",
        "7 */6 2-4 feb,mar *",
        "* * * * *",
    ],
)
def test_systemd_reads_the_calendar_events_as_the_expression(text: str) -> None:
    cron = parse_cron(text)
    base = NOW.replace(minute=29, second=59, tzinfo=None)
    told = subprocess.run(
        ["systemd-analyze", "calendar", f"--base-time={base} UTC", *on_calendar(cron)],
        env=os.environ | {"TZ": "UTC", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    if "base-time" in told.stderr:
        pytest.skip("this systemd is too old to be asked")
    times = re.findall(r"Next elapse: \w+ (\S+ \S+) UTC", told.stdout)
    assert len(times) == len(on_calendar(cron)), told.stdout + told.stderr
    soonest = min(datetime.fromisoformat(time).replace(tzinfo=UTC) for time in times)
    assert soonest == cron.next_after(base.replace(tzinfo=UTC))
