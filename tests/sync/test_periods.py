"""Periods and dates, as users write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.errors import UsageError
from fmqa.sync.periods import parse_period, parse_since, period_in_words

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
