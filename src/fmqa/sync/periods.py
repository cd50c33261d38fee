"""How long, since when and how often: the periods, dates and cron expressions that users write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import product

from fmqa.errors import UsageError

_LONGEST = timedelta(days=3650)
_LONGEST_WAIT_DAYS = 41 * 366  # until a 29 February falls on a given day of the week
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PERIOD = re.compile(r"(?:[0-9]{1,10}[wdhms] ?)+", re.ASCII)
_PART = re.compile(r"([0-9]+)([wdhms])")
_PERIOD_HINT = "Write 30m, 12h, 1d, 2w or 1d12h (weeks, days, hours, minutes, seconds)."
_SINCE_HINT = "Write a date such as 2026-11-01, a time such as 2026-11-01T10:00 (UTC), or 7d."
_CRON_HINT = (
    "Write minute, hour, day of month, month and day of week, such as '0 3 * * *' for each night "
    "at 3:00 or '30 6 * * mon' for Mondays at 6:30."
)


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


@dataclass(frozen=True, slots=True)
class _Field:
    """One of a cron expression's five fields: its name, range and names of values."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many different values there are; Sunday is both 0 and 7."""
        return 7 if self.name == "day of week" else self.high - self.low + 1


WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = tuple("jan feb mar apr may jun jul aug sep oct nov dec".split())
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, WEEKDAYS),
)
_ITEM = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression, understood as cron(8) does: Sunday is 0 and 7.

    ``text`` is the expression with single spaces. The tuples hold the values that match, in order.
    ``either_day`` says that days of the month and of the week are both given, in which case cron
    runs on days that match either.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either_day: bool

    def day_rules(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """Pairs of days of the month and of the week; a day that matches one pair's both runs."""
        if not self.either_day:
            return ((self.days, self.weekdays),)
        return ((self.days, tuple(range(7))), (tuple(range(1, 32)), self.weekdays))

    def next_after(self, now: datetime) -> datetime | None:
        """The first minute after ``now``, in its time zone, that matches; None if none does."""
        start = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for ahead in range(_LONGEST_WAIT_DAYS):
            day = start.date() + timedelta(days=ahead)
            if day.month not in self.months or not any(
                day.day in days and day.isoweekday() % 7 in weekdays
                for days, weekdays in self.day_rules()
            ):
                continue
            for hour, minute in product(self.hours, self.minutes):
                moment = datetime.combine(day, time(hour, minute), now.tzinfo)
                if moment >= start:
                    return moment
        return None


def parse_cron(text: str) -> Cron:
    """The cron expression in ``text``: five fields of numbers, names, ranges, lists and steps.

    Raises:
        UsageError: it is none, or no day ever matches it (30 February).
    """
    fields = text.lower().split()
    if len(fields) != len(_FIELDS):
        raise UsageError(
            f"{text[:80]!r} has {len(fields)} fields; a cron expression has 5.", hint=_CRON_HINT
        )
    minutes, hours, days, months, weekdays = (
        _values(field, said) for field, said in zip(_FIELDS, fields, strict=True)
    )
    cron = Cron(
        text=" ".join(fields),
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=tuple(sorted({day % 7 for day in weekdays})),
        either_day=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )
    if cron.next_after(datetime.now(UTC)) is None:
        raise UsageError(f"{cron.text!r} never comes: there is no such day.", hint=_CRON_HINT)
    return cron


def _values(field: _Field, said: str) -> tuple[int, ...]:
    """All values that a field matches.

    Raises:
        UsageError: it isn't one of cron's forms, or leaves the field's range.
    """
    found: set[int] = set()
    for item in said.split(","):
        match = _ITEM.fullmatch(item)
        if match is None or (match[3] and match[1] and not match[2]):
            raise UsageError(
                f"{item[:40]!r} is no {field.name} of a cron expression.", hint=_CRON_HINT
            )
        top = field.low + field.size - 1
        low = _number(field, match[1]) if match[1] else field.low
        high = _number(field, match[2]) if match[2] else low if match[1] else top
        step = int(match[3] or 1)
        if low > high or not 1 <= step <= field.high:
            raise UsageError(
                f"{item!r} matches nothing as {field.name} of a cron expression.", hint=_CRON_HINT
            )
        found.update(range(low, high + 1, step))
    return tuple(sorted(found))


def _number(field: _Field, word: str) -> int:
    if word in field.names:
        return field.names.index(word) + field.low
    if not word.isdigit() or not field.low <= int(word) <= field.high:
        raise UsageError(
            f"{word!r} is no {field.name}: it goes from {field.low} to {field.high}.",
            hint=_CRON_HINT,
        )
    return int(word)
