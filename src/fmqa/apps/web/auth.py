"""Logins: who is logged in, by a cookie or by HTTP Basic, and how often that may go wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from binascii import Error as NotBase64
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock

from fmqa.apps.passwords import Users

LOGIN_SECONDS = 7 * 24 * 3600
BASIC_SECONDS = 300  # how long a password in a header counts without being hashed anew
_LOGINS_KEPT = 10_000
_HASHED_AT_ONCE = 2  # each takes 64 MiB for its time
_FAILURES = 10
_FAILURE_SECONDS = 300.0
_COUNTERS_KEPT = 10_000

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Login:
    name: str
    hashed: str
    until: float


class TooManyFailures(Exception):
    """Too many wrong passwords of late. ``seconds`` is how long to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Failures:
    """Counts wrong passwords by address and by name; both can be made to wait.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._guard = Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, *keys: str) -> None:
        """Raises `TooManyFailures` when one of the keys has to wait."""
        with self._guard:
            now = self._clock()
            waits = [self._wait(key, now) for key in keys]
        if max(waits) > 0:
            raise TooManyFailures(max(waits))

    def add(self, *keys: str) -> None:
        """Count a failure for each of the keys."""
        with self._guard:
            for key in keys:
                times = self._times.setdefault(key, deque(maxlen=_FAILURES))
                times.append(self._clock())
                self._times.move_to_end(key)
            while len(self._times) > _COUNTERS_KEPT:
                self._times.popitem(last=False)

    def forget(self, *keys: str) -> None:
        """A right password clears the count."""
        with self._guard:
            for key in keys:
                self._times.pop(key, None)

    def _wait(self, key: str, now: float) -> float:
        times = self._times.get(key)
        if times is None or len(times) < _FAILURES:
            return 0.0
        return times[0] + _FAILURE_SECONDS - now


class Logins:
    """Who is logged in. A login ends when its user is removed or gets another password.

    Logins are kept in memory, by the hash of their token: a restart ends them all.

    Args:
        users: who may log in.
        clock: seconds that only go forward.
    """

    def __init__(self, users: Users, clock: Clock = time.monotonic) -> None:
        self.users = users
        self.failures = Failures(clock)
        self._clock = clock
        self._guard = Lock()
        self._held: OrderedDict[str, _Login] = OrderedDict()
        self._secret = secrets.token_bytes(32)
        self._hashing = BoundedSemaphore(_HASHED_AT_ONCE)

    def log_in(self, name: str, password: str, address: str) -> str | None:
        """A token for the right password; None for a wrong one. Takes a tenth of a second.

        Raises:
            TooManyFailures: this address or this name has to wait.
        """
        if not self._right(name, password, address):
            return None
        token = secrets.token_urlsafe(32)
        self._keep(token, name, LOGIN_SECONDS)
        return token

    def named(self, token: str) -> str:
        """The name that a token was given to; empty when it counts no longer."""
        with self._guard:
            login = self._held.get(self._key(token))
        if login is None or login.until < self._clock():
            return ""
        return login.name if self.users.hashes.get(login.name) == login.hashed else ""

    def known_basic(self, header: str) -> str:
        """The name of an `Authorization: Basic` header that was right a moment ago, or empty."""
        return self.named(header)

    def basic(self, header: str, address: str) -> str:
        """The name of an `Authorization: Basic` header, or empty. Takes a tenth of a second.

        Raises:
            TooManyFailures: this address or this name has to wait.
        """
        kind, _, packed = header.partition(" ")
        if kind.lower() != "basic":
            return ""
        try:
            name, mark, password = base64.b64decode(packed, validate=True).decode().partition(":")
        except (NotBase64, UnicodeDecodeError):
            return ""
        if not mark or not self._right(name, password, address):
            return ""
        self._keep(header, name, BASIC_SECONDS)
        return name

    def log_out(self, token: str) -> None:
        """End the login of a token."""
        with self._guard:
            self._held.pop(self._key(token), None)

    def _right(self, name: str, password: str, address: str) -> bool:
        keys = (f"address:{address}", f"name:{name[:64]}")
        with self._hashing:
            self.failures.check(*keys)
            if self.users.check(name, password):
                self.failures.forget(*keys)
                return True
            self.failures.add(*keys)
            return False

    def _keep(self, token: str, name: str, seconds: float) -> None:
        login = _Login(name, self.users.hashes.get(name, ""), self._clock() + seconds)
        with self._guard:
            self._held[self._key(token)] = login
            while len(self._held) > _LOGINS_KEPT:
                self._held.popitem(last=False)

    def _key(self, token: str) -> str:
        return hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()
