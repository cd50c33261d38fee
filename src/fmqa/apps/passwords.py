"""Who may log in: a file of names and hashed passwords, one `name:hash` a line.

The hashes are argon2id with the parameters of RFC 9106's second recommendation, made and checked
by argon2-cffi.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

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
        self._guard = Lock()
        self._mark: tuple[int, int, int] | None = None
        self._held: dict[str, str] = {}
        self._nobody = ""

    @property
    def hashes(self) -> Mapping[str, str]:
        """The hash of each name's password, as the file says now.

        Raises:
            UsageError: the file can't be read, or others may write it.
        """
        with self._guard:
            mark = self._state()
            if mark != self._mark:
                self._held = self._read() if mark is not None else {}
                self._mark = mark
            return self._held

    def check(self, name: str, password: str) -> bool:
        """Whether the password is that name's. Takes as long for a name that isn't there."""
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        hasher = PasswordHasher()
        known = self.hashes.get(name)
        if len(password) > LONGEST_PASSWORD:
            return False
        try:
            hasher.verify(known if known is not None else self._dummy(), password)
        except (Argon2Error, InvalidHashError):
            return False
        return known is not None

    def put(self, name: str, password: str) -> None:
        """Write a name's password, anew where it has one.

        Raises:
            UsageError: the name or the password can't be taken.
        """
        from argon2 import PasswordHasher

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

    def _dummy(self) -> str:
        """A hash that no password has, for names that aren't there."""
        from argon2 import PasswordHasher

        if not self._nobody:
            self._nobody = PasswordHasher().hash(os.urandom(32).hex())
        return self._nobody

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{self.path} can't be read: {error.strerror}.") from error
        if os.name == "posix" and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise UsageError(
                f"Others may write {self.path}, and so could give themselves a login.",
                hint=f"Run `chmod 600 {self.path}`.",
            )
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _read(self) -> dict[str, str]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{self.path} can't be read: {error}.") from error
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
