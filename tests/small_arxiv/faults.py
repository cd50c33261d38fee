"""Faults that the small arXiv makes on demand, each as services on the real net make them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from types import MappingProxyType

from .answers import Answer, Body, Delivery, page
from .feed import feed

Action = Callable[[Answer], Answer]
"""Turns the right answer into the one that is sent."""


@dataclass
class Fault:
    """When an answer is spoiled, and how.

    Args:
        kind: ``api``, ``pdf``, ``scholar``, or empty for all of them.
        action: one of those below.
        match: part of the path with its query, or a function that says whether the path is meant.
        times: how often it strikes at most; None is without end.
        every: it strikes the first of every so many requests that it could strike.
        once_per_path: it leaves a path alone that it has struck, so that a second try succeeds.
        probability: of striking where it could, drawn by a generator of ``seed``.
    """

    kind: str
    action: Action
    match: str | Callable[[str], bool] = ""
    times: int | None = None
    every: int = 1
    once_per_path: bool = False
    probability: float = 1.0
    seed: int = 0
    name: str = ""
    struck: list[str] = field(default_factory=list)
    _seen: int = 0

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def strikes(self, kind: str, path: str) -> bool:
        """Whether this request is struck; counts it."""
        if self.kind not in ("", kind) or not self._meant(path):
            return False
        if self.times is not None and len(self.struck) >= self.times:
            return False
        if self.once_per_path and path in self.struck:
            return False
        self._seen += 1
        if (self._seen - 1) % self.every or self._random.random() >= self.probability:
            return False
        self.struck.append(path)
        return True

    def _meant(self, path: str) -> bool:
        return self.match(path) if callable(self.match) else self.match in path


class Faults:
    """The faults in force; the first that strikes a request is the one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Puts a fault in force."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Takes all faults away."""
        with self._lock:
            self._faults.clear()

    def choose(self, kind: str, path: str) -> Fault | None:
        """The fault that strikes this request."""
        with self._lock:
            return next((f for f in self._faults if f.strikes(kind, path)), None)


def refuse(status: int, retry_after: float | None = None, *, as_date: bool = False) -> Action:
    """A status and a short text; Retry-After in seconds, or as a date so many seconds ahead."""

    def action(_: Answer) -> Answer:
        made = page(status, str(status), "Rate exceeded." if status == 429 else "Unavailable.")
        if retry_after is None:
            return made
        # A date has whole seconds: rounded up, so that waiting for it is waiting long enough.
        then = (datetime.now(UTC) + timedelta(seconds=retry_after + 1)).replace(microsecond=0)
        told = format_datetime(then, usegmt=True) if as_date else f"{retry_after:g}"
        return replace(made, headers={**made.headers, "Retry-After": told})

    return action


def stall(seconds: float, at: float = 0.5) -> Action:
    """Nothing more for so many seconds: before the headers (-1), after them (0), in the body."""
    return lambda answer: replace(answer, delivery=Delivery(at=at, stall=seconds))


def reset(at: float = 0.5) -> Action:
    """The connection is reset (RST): before the headers (-1), after them (0), in the body."""
    return lambda answer: replace(answer, delivery=Delivery(at=at, reset=True))


def short_of_length(share: float = 0.5) -> Action:
    """Fewer bytes than Content-Length says, then the connection is closed."""
    return lambda answer: replace(answer, delivery=Delivery(at=share, stop=True))


def cut_short(share: float = 0.5) -> Action:
    """A body without its end, whose Content-Length is that of what is sent."""
    return lambda answer: replace(answer, body=answer.body.cut(0, int(share * len(answer.body))))


def wrong_type() -> Action:
    """Status 200 and a page of HTML."""
    return lambda _: page(200, "One moment", "Checking that you are not a robot.")


def empty_feed() -> Action:
    """A feed without entries, as arXiv sends now and then for queries that have results."""
    return lambda _: feed([], 0, 0, 10, "")


def garbage() -> Action:
    """Status 200 and XML that breaks off within a tag, with bytes that aren't UTF-8."""
    broken = b'<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><entry><id\xff\xfe<'
    kind = {"Content-Type": "application/atom+xml; charset=utf-8"}
    return lambda _: Answer(200, Body(broken), kind)


def drip(piece: int = 2048, pause: float = 0.01) -> Action:
    """A few bytes at a time, ``pause`` seconds after each piece."""
    return lambda answer: replace(answer, delivery=Delivery(piece=piece, pause=pause))


def _preset(name: str, kind: str, make: Callable[[], Action]) -> Callable[..., Fault]:
    def fault(kind: str = kind, every: int = 3) -> Fault:
        return Fault(kind, make(), every=every, once_per_path=True, name=name)

    return fault


def _presets() -> dict[str, Callable[..., Fault]]:
    makers: dict[str, tuple[str, Callable[[], Action]]] = {
        "429 with seconds": ("", lambda: refuse(429, 1)),
        "429 with a date": ("", lambda: refuse(429, 1, as_date=True)),
        "429 without a time": ("", lambda: refuse(429)),
        "503": ("", lambda: refuse(503)),
        "stall before the headers": ("", lambda: stall(3.0, -1)),
        "stall in the body": ("", lambda: stall(3.0)),
        "reset before the headers": ("", lambda: reset(-1)),
        "reset in the body": ("", reset),
        "short of its length": ("", short_of_length),
        "PDF cut short": ("pdf", cut_short),
        "HTML in place of a PDF": ("pdf", wrong_type),
        "HTML in place of a feed": ("api", wrong_type),
        "empty feed": ("api", empty_feed),
        "garbage in place of a feed": ("api", garbage),
        "slow drip": ("pdf", drip),
    }
    return {name: _preset(name, kind, make) for name, (kind, make) in makers.items()}


FAULTS: Mapping[str, Callable[..., Fault]] = MappingProxyType(_presets())
"""Faults by name: ``FAULTS[name](kind=…, every=3)`` strikes the first of three requests, each path
once, so that a client that tries again gets through. Stalls last three seconds."""
