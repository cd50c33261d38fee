"""How long and since when: the periods and dates that users write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from fmqa.errors import UsageError

_LONGEST = timedelta(days=3650)
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PERIOD = re.compile(r"(?:[0-9]{1,10}[wdhms] ?)+", re.ASCII)
_PART = re.compile(r"([0-9]+)([wdhms])")
_PERIOD_HINT = "Write 30m, 12h, 1d, 2w or 1d12h (weeks, days, hours, minutes, seconds)."
_SINCE_HINT = "Write a date such as 2026-11-01, a time such as 2026-11-01T10:00 (UTC), or 7d."


def parse_period(text: str) -> timedelta:
    """The length that ``text`` says, such as ``7d``, ``12h``, ``30m``, ``2w`` or ``1d12h``.

    Units are w, d, h, m (minutes) and s, each at most once.

    Raises:
        UsageError: it says none, or one of zero or of more than ten years.
    """
    cleaned = text.strip().lower()
    parts = _PART.findall(cleaned) if _PERIOD.fullmatch(cleaned) else []
    if not parts or len({unit for _, unit in parts}) != len(parts):
        raise UsageError(f"{text[:80]!r} is no length of time.", hint=_PERIOD_HINT)
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if not seconds:
        raise UsageError("A period of zero is too short.", hint=_PERIOD_HINT)
    if seconds > _LONGEST.total_seconds():
        raise UsageError(f"{text[:80]!r} is more than ten years.", hint=_PERIOD_HINT)
    return timedelta(seconds=seconds)


def period_in_words(period: timedelta) -> str:
    """The shortest way to write ``period``, which `parse_period` reads back, such as ``1d12h``."""
    rest, said = int(period.total_seconds()), ""
    for unit, seconds in _SECONDS.items():
        if unit == "w" and rest % seconds:
            continue  # 10d reads better than 1w3d
        count, rest = divmod(rest, seconds)
        said += f"{count}{unit}" if count else ""
    return said or "0s"


def parse_since(text: str, now: datetime | None = None) -> datetime:
    """The moment that ``text`` says, in UTC: a period back from ``now``, a date, or a time.

    A date is its midnight; where no time zone is said, UTC is meant.

    Raises:
        UsageError: it says none, or one that is still to come.
    """
    now = now or datetime.now(UTC)
    cleaned = text.strip()
    if _PERIOD.fullmatch(cleaned.lower()):
        return now - parse_period(cleaned)
    try:
        moment = datetime.fromisoformat(cleaned)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text[:80]!r} is no date or period.", hint=_SINCE_HINT) from error
    if moment > now:
        raise UsageError(f"{text[:80]!r} is still to come.", hint=_SINCE_HINT)
    return moment
