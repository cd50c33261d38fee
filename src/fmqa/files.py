"""Files that are replaced whole: a reader, or a loss of power, meets the old one or the new one."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fmqa.errors import DiskFull, UsageError


@contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file beside ``path`` that takes its place, on the disk, when the block ends well.

    Args:
        path: in a folder that exists.
        mode: the new file's permissions, from which the process's umask is taken.

    Raises:
        OSError: it can't be written; ``path`` is as it was, and nothing is left beside it.
    """
    scratch = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.tmp")
    try:
        with open(scratch, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    with suppress(OSError):  # not every system can sync a folder, so that the rename lasts
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def telling_full_disk(place: Path) -> Iterator[None]:
    """Where files are written in or at ``place``; other errors pass as they are.

    Raises:
        DiskFull: there is no room.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk that holds {place} is full.") from error
        raise


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes text (UTF-8) or bytes to ``path``; a reader sees the old file or the new one, whole.

    Raises:
        DiskFull: there is no room.
        UsageError: the file can't be written there.
    """
    try:
        with telling_full_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as stream:
                stream.write(content.encode("utf-8") if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror}.", hint="Choose another file."
        ) from error
