"""A download under way: ``<file>.part``, and what is needed to go on with it after a kill."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmqa.errors import DiskFull, StoreError

_RANGE = re.compile(r"bytes (?P<start>\d+)-\d+/(?:\d+|\*)")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched whole; ``size`` in bytes."""

    path: Path
    sha256: str
    size: int


class PartFile:
    """The part of ``target`` that is here, and its validator in ``<file>.part.json``.

    Only one process may use it at a time; the pacer's turn sees to that.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_suffix(target.suffix + ".part")
        self._facts = target.with_suffix(target.suffix + ".part.json")

    def headers(self, url: str) -> dict[str, str]:
        """Headers that ask for the rest of ``url``; none when it must be fetched from its start."""
        facts, length = self._read_facts(), self.length()
        validator = facts.get("validator")
        if not length or facts.get("url") != url or not isinstance(validator, str):
            return {}
        return {"Range": f"bytes={length}-", "If-Range": validator}

    def length(self) -> int:
        """Bytes that are here."""
        try:
            return self.path.stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return 0

    def continues(self, headers: Mapping[str, str]) -> bool:
        """Whether a 206 answer's headers say that it goes on exactly where the part ends."""
        match = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if match is None or int(match["start"]) != self.length():
            return False
        known = self._read_facts().get("validator")
        # Some servers send ranges of another version too; only one kind of validator is stored.
        validators = (headers.get("etag"), headers.get("last-modified"))
        return known in validators or validators == (None, None)

    def restart(self, url: str, headers: Mapping[str, str]) -> None:
        """Empties the part and notes what the answer to ``url`` can be recognised by."""
        with room_is_needed(self.target.parent):
            self.target.parent.mkdir(parents=True, exist_ok=True)
            # The part first: a kill in between must not join old bytes and a new validator.
            self.path.write_bytes(b"")
            etag = headers.get("etag", "")
            strong = etag if etag.startswith('"') else ""  # If-Range takes no weak ones
            facts = {"url": url, "validator": strong or headers.get("last-modified")}
            self._facts.write_text(json.dumps(facts), encoding="utf-8")

    @contextmanager
    def appending(self) -> Iterator[Any]:
        """The part opened for more bytes; on the disk when the block ends well."""
        with room_is_needed(self.target.parent), self.path.open("ab") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())

    def ends(self, head: int, tail: int) -> tuple[bytes, bytes]:
        """The first ``head`` and the last ``tail`` bytes."""
        with self.path.open("rb") as stream:
            first = stream.read(head)
            stream.seek(max(0, self.length() - tail))
            return first, stream.read()

    def finish(self) -> Fetched:
        """Moves the part into place."""
        fetched = describe(self.path)
        with room_is_needed(self.target.parent):
            self.path.replace(self.target)
        self._facts.unlink(missing_ok=True)
        return Fetched(self.target, fetched.sha256, fetched.size)

    def discard(self) -> None:
        """Takes away all that is here of it."""
        self.path.unlink(missing_ok=True)
        self._facts.unlink(missing_ok=True)

    def _read_facts(self) -> dict[str, Any]:
        try:
            facts = json.loads(self._facts.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return facts if isinstance(facts, dict) else {}


def describe(path: Path) -> Fetched:
    """The file at ``path`` with its SHA-256 and size."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return Fetched(path, digest, stream.tell())


@contextmanager
def room_is_needed(folder: Path) -> Iterator[None]:
    """Says in our own words why ``folder`` can't be written to.

    Raises:
        DiskFull: there is no room.
        StoreError: it can't be written for another reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk that holds {folder} is full.") from error
        raise StoreError(
            f"{folder} can't be written to: {error.strerror or error}.",
            hint="Check the folder's permissions, or set FMQA_HOME.",
        ) from error
