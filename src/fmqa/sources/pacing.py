"""Keeps the pace that a service asks for, over all processes of the machine.

A file lock lets one process talk to the service at a time, and a stamp beside it says when the last
answer came. Both files may belong to another user of the machine.
"""

from __future__ import annotations

import math
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fmqa.errors import SettingsError, SourceUnreachable

if TYPE_CHECKING:
    from filelock import FileLock

LONGEST_HOLD = 3600.0
"""The longest time in seconds that a service may ask to be left alone."""

_HINT = "Set FMQA_PACE_DIR to a folder that you may write to."
_STAMP_BYTES = 64


class RequestTurn:
    """The right to send one request, held from before it is sent until its answer is read."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._hold = 0.0
        self.is_stamped = False

    def answered(self) -> None:
        """Says that the headers of the answer are here: the interval counts from now."""
        self.is_stamped = True
        self._pacer.stamp(self._hold)

    def hold_off(self, seconds: float) -> None:
        """No process sends anything for ``seconds`` (at most `LONGEST_HOLD`)."""
        self._hold = time.time() + min(max(seconds, 0.0), LONGEST_HOLD)
        self.answered()


class Pacer:
    """One service's pace.

    Args:
        folder: of the lock and the stamp; made when it isn't there, for all users of the machine.
        interval: seconds from one answer to the next request.
    """

    def __init__(self, folder: Path, service: str, interval: float) -> None:
        self.folder = folder
        self.service = service
        self.interval = interval
        self._stamp_path = folder / f"{service}.stamp"
        self._last: float | None = None  # of the monotonic clock, which nobody sets

    @contextmanager
    def turn(self, stop: threading.Event | None = None) -> Iterator[RequestTurn]:
        """Waits until this process may send, and holds the service for it meanwhile.

        A turn must not be asked for inside another one of the same service.

        Raises:
            SettingsError: the folder can't be used.
            SourceUnreachable: ``stop`` was set during the wait.
        """
        lock = self._take(stop)
        try:
            # A kill in mid-request leaves this stamp, so that the next process waits all the same.
            self.stamp()
            turn = RequestTurn(self)
            try:
                yield turn
            finally:
                if not turn.is_stamped:
                    turn.answered()
        finally:
            lock.release()

    def stamp(self, hold: float = 0.0) -> None:
        """Writes that the service was last heard now, and rests until ``hold`` (Unix time)."""
        self._last = time.monotonic()
        self._write(time.time(), hold)

    def _take(self, stop: threading.Event | None) -> FileLock:
        """The lock, when it is held and the interval is over.

        The interval is waited for without the lock, and then the lock is taken again: who keeps it
        while waiting would starve the others, because file locks have no queue.
        """
        self._prepare_folder()
        while True:
            self._sleep(0, stop)
            lock = self._acquire(stop)
            try:
                wait = self._due_in()
            except BaseException:
                lock.release()
                raise
            if wait <= 0:
                return lock
            lock.release()
            self._sleep(wait, stop)

    def _acquire(self, stop: threading.Event | None) -> FileLock:
        from filelock import FileLock, Timeout

        lock = FileLock(
            self.folder / f"{self.service}.lock",
            mode=0o666,
            poll_interval=min(max(self.interval / 10, 0.005), 0.2),
        )
        try:
            lock.acquire(cancel_check=stop.is_set if stop else None)
        except Timeout:
            raise _stopped(self.service) from None
        except OSError as error:
            raise SettingsError(
                f"The lock {self.folder / self.service}.lock can't be used: {error.strerror}.",
                hint=_HINT,
            ) from error
        return lock

    def _sleep(self, seconds: float, stop: threading.Event | None) -> None:
        if stop is None:
            time.sleep(seconds)
        elif stop.wait(seconds):
            raise _stopped(self.service)

    def _due_in(self) -> float:
        """Seconds until the next request may be sent; under the lock."""
        now = time.time()
        longest = max(self.interval, LONGEST_HOLD)
        answered, hold = self._read()
        wait = 0.0 if self._last is None else self._last + self.interval - time.monotonic()
        if now < hold <= now + longest:
            wait = max(wait, hold - now)
        else:
            hold = 0.0
        if math.isnan(answered) or now < answered <= now + longest:
            # Torn, or the clock was set back: whatever it said, it isn't longer ago than now.
            self._write(now, hold)
            answered = now
        if answered <= now:
            wait = max(wait, answered + self.interval - now)
        return wait

    def _read(self) -> tuple[float, float]:
        """When the service was last heard and until when it rests (Unix times).

        (0, 0) when there is no stamp yet, (NaN, 0) when it can't be understood.
        """
        try:
            descriptor = self._open(os.O_RDONLY)
        except FileNotFoundError:
            return 0.0, 0.0
        try:
            raw = os.read(descriptor, _STAMP_BYTES)
        finally:
            os.close(descriptor)
        try:
            answered, hold = (float(part) for part in raw.split())
        except ValueError:
            return math.nan, 0.0
        known = math.isfinite(answered) and math.isfinite(hold)
        return (answered, hold) if known else (math.nan, 0.0)

    def _write(self, answered: float, hold: float) -> None:
        # In place and always as long: in a sticky folder another user's file can't be replaced.
        text = f"{answered:.6f} {hold:.6f}".ljust(_STAMP_BYTES - 1) + "\n"
        descriptor = self._open(os.O_RDWR)
        try:
            os.write(descriptor, text.encode("ascii"))
        except OSError as error:
            raise self._unusable(error) from error
        finally:
            os.close(descriptor)

    def _open(self, flags: int) -> int:
        """Opens the stamp, and makes it when it is to be written; links are refused."""
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            try:
                # Without O_CREAT: the kernel refuses that for others' files in sticky folders.
                descriptor = os.open(self._stamp_path, flags)
            except FileNotFoundError:
                if not flags & os.O_RDWR:
                    raise
                descriptor = os.open(self._stamp_path, flags | os.O_CREAT | os.O_EXCL, 0o666)
                self._stamp_path.chmod(0o666)  # whatever the umask is
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._unusable(error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise SettingsError(f"{self._stamp_path} is no file.", hint=_HINT)
        return descriptor

    def _prepare_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True)
            self.folder.chmod(0o1777)
        except FileExistsError:
            pass
        except OSError as error:
            raise SettingsError(
                f"The folder {self.folder} can't be made: {error.strerror}.", hint=_HINT
            ) from error
        if self.folder.is_symlink() or not self.folder.is_dir():
            raise SettingsError(f"{self.folder} must be a folder, and no link.", hint=_HINT)

    def _unusable(self, error: OSError) -> SettingsError:
        return SettingsError(
            f"The stamp {self._stamp_path} can't be used: {error.strerror}.", hint=_HINT
        )


def _stopped(service: str) -> SourceUnreachable:
    return SourceUnreachable(f"Stopped while waiting for {service}.")
