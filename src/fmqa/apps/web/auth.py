"""Who may log in, and who is logged in, by a cookie or by HTTP Basic.

Users stand in a file of names and hashed passwords, one `name:hash` a line. The hashes are argon2id
with the parameters of RFC 9106's second recommendation, made and checked by argon2-cffi.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
import time
from binascii import Error as NotBase64
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore, Lock

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from fmqa.errors import UsageError
from fmqa.files import replacing

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256  # in characters; hashing is dear, and a longer one is no password
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_COMMENT = "#"


class Users:
    """Reads and writes the file. A change made by another process counts from the next look on.

    Args:
        path: the file; it needn't exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def hashes(self) -> Mapping[str, str]:
        """The hash of each name's password, as the file says now.

        Raises:
            UsageError: the file can't be read, or others may write it.
        """
        try:
            mode = self.path.stat().st_mode
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{self.path} can't be read: {error}.") from error
        if os.name == "posix" and mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise UsageError(
                f"Others may write {self.path}, and so could give themselves a login.",
                hint=f"Run `chmod 600 {self.path}`.",
            )
        held: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith(_COMMENT):
                continue
            name, mark, hashed = line.strip().partition(":")
            if not (mark and _NAME.fullmatch(name) and hashed.startswith("$argon2")):
                raise UsageError(
                    f"Line {number} of {self.path} is no `name:hash`.",
                    hint="Take it out, and write users with `fmqa users add`.",
                )
            held[name] = hashed
        return held

    def check(self, name: str, password: str) -> bool:
        """Whether the password is that name's. Takes as long for a name that isn't there."""
        known = self.hashes.get(name)
        if len(password) > LONGEST_PASSWORD:
            return False
        try:
            PasswordHasher().verify(self._nobody if known is None else known, password)
        except (Argon2Error, InvalidHashError):
            return False
        return known is not None

    def put(self, name: str, password: str) -> None:
        """Write a name's password, anew where it has one.

        Raises:
            UsageError: the name or the password can't be taken.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} can't be a user's name.",
                hint="Letters, digits and . _ @ + - are taken, 64 at most.",
            )
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise UsageError(
                f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.",
                hint="A few words in a row are easy to keep and hard to guess.",
            )
        hashed = PasswordHasher().hash(password)
        with self._writing() as held:
            held[name] = hashed

    def remove(self, name: str) -> None:
        """Take a name out.

        Raises:
            UsageError: it isn't there.
        """
        with self._writing() as held:
            if held.pop(name, None) is None:
                raise UsageError(
                    f"There is no user {name!r}.", hint="`fmqa users list` shows who there is."
                )

    @cached_property
    def _nobody(self) -> str:
        """A hash that no password has, for names that aren't there."""
        return PasswordHasher().hash(os.urandom(32).hex())

    @contextmanager
    def _writing(self) -> Iterator[dict[str, str]]:
        """The file's users, to be changed; written whole, by one process at a time."""
        from filelock import FileLock

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", mode=0o600):
                held = dict(self.hashes)
                yield held
                with replacing(self.path, mode=0o600) as file:
                    file.write("".join(f"{name}:{held[name]}\n" for name in sorted(held)).encode())
        except OSError as error:
            raise UsageError(f"{self.path} can't be written: {error}.") from error


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
        """The name that a token was given to, or a header that was right of late; else empty."""
        with self._guard:
            login = self._held.get(self._key(token))
        if login is None or login.until < self._clock():
            return ""
        return login.name if self.users.hashes.get(login.name) == login.hashed else ""

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
