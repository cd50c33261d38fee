"""How a service is asked: who asks, at what pace, and what its answers and refusals say.

The pace is kept over all processes of the machine: a file lock lets one talk to the service at a
time, and a stamp beside it says when it was written and from when on the next request may be sent.
Both files may belong to another user of the machine.
"""

from __future__ import annotations

import html
import json
import math
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from fmqa.errors import SettingsError

if TYPE_CHECKING:
    from filelock import FileLock

LONGEST_HOLD = 3600.0
"""The longest time in seconds that a service may ask to be left alone."""

_HINT = "Set FMQA_PACE_DIR to a folder that you may write to."
_STAMP_BYTES = 64
_CONTACT = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """A whole answer; the headers' names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def is_host_of(host: str | None, domain: str) -> bool:
    """Whether ``host`` is ``domain`` or a name under it."""
    name = (host or "").lower().rstrip(".")
    return name == domain or name.endswith(f".{domain}")


def user_agent(contact: str) -> str:
    """Says who asks: the program, and how to reach who runs it.

    Raises:
        SettingsError: ``contact`` can't stand in a header.
    """
    try:
        number = version("fmqa")
    except PackageNotFoundError:
        number = "0"
    contact = contact.strip()
    if _CONTACT.fullmatch(contact) is None or set(contact) & set("()"):
        raise SettingsError("The setting 'contact' doesn't hold: it must be an e-mail address.")
    return f"fmqa/{number} (+mailto:{contact})" if contact else f"fmqa/{number}"


def explanation(body: bytes) -> str:
    """What a refusal says: the summary of an Atom error, or the error of a JSON answer."""
    text = body.decode("utf-8", errors="replace")
    match = re.search(r"<summary[^>]*>(.*?)</summary>", text, re.DOTALL)
    reason = html.unescape(match[1]) if match else ""
    if not reason:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            reason = str(value.get("error") or value.get("message") or "")
    return " ".join(reason.split())[:300].rstrip(".")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for, at most an hour; None without a usable one."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return min(float(value), LONGEST_HOLD)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    try:  # by the server's own clock, whatever ours says
        now = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        now = datetime.now(UTC)
    seconds = (_aware(until) - _aware(now)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_HOLD)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def format_seconds(seconds: float) -> str:
    """A time to wait, for messages."""
    return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.2g} s"


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
        self._free = -math.inf  # by the monotonic clock, which nobody sets
        self._heard = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until this process may send, and holds the service for it meanwhile.

        A turn must not be asked for inside another one of the same service.

        Raises:
            SettingsError: the folder can't be used.
        """
        lock = self._take()
        try:
            # A kill in mid-request leaves this stamp, so that the next process waits all the same.
            self.hold_off()
            self._heard = False
            try:
                yield
            finally:
                if not self._heard:
                    self.hold_off()
        finally:
            lock.release()

    def hold_off(self, seconds: float = 0.0) -> None:
        """No process sends anything for the interval, or for longer where the service asks for it.

        To be called inside a turn, once the headers of the answer are here.

        Args:
            seconds: that the service asks for; at most `LONGEST_HOLD` count.
        """
        wait = max(self.interval, min(seconds, LONGEST_HOLD))
        self._free = time.monotonic() + wait
        self._heard = True
        self._write(time.time() + wait)

    def _take(self) -> FileLock:
        """The lock, when it is held and the interval is over.

        The interval is waited for without the lock, and then the lock is taken again: who keeps it
        while waiting would starve the others, because file locks have no queue.
        """
        self._prepare_folder()
        while True:
            lock = self._acquire()
            try:
                wait = self._due_in()
            except BaseException:
                lock.release()
                raise
            if wait <= 0:
                return lock
            lock.release()
            time.sleep(wait)

    def _acquire(self) -> FileLock:
        from filelock import FileLock

        path = self.folder / f"{self.service}.lock"
        lock = FileLock(path, mode=0o666, poll_interval=min(max(self.interval / 10, 0.005), 0.2))
        try:
            lock.acquire()
        except OSError as error:
            raise SettingsError(
                f"The lock {path} can't be used: {error.strerror}.", hint=_HINT
            ) from error
        return lock

    def _due_in(self) -> float:
        """Seconds until the next request may be sent; under the lock."""
        now, (written, free) = time.time(), self._read()
        if math.isnan(free) or written > now:
            # Torn, or the clock was set back: whatever it said, one interval is enough.
            written, free = now, now + self.interval
            self._write(free)
        free = max(free, written + self.interval)  # who wrote it may keep a shorter one, or none
        wait = min(free - now, max(self.interval, LONGEST_HOLD))
        return max(wait, self._free - time.monotonic())

    def _read(self) -> tuple[float, float]:
        """When the stamp was written, and when the next request may be sent (Unix times).

        (0, 0) when there is no stamp yet; NaN where it can't be understood. The file's own time
        isn't asked: a server's clock may go before this machine's, for good.
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
            written, free = map(float, raw.split())
        except ValueError:
            return math.nan, math.nan
        return (written, free) if math.isfinite(written + free) else (math.nan, math.nan)

    def _write(self, free: float) -> None:
        # In place and always as long: in a sticky folder another user's file can't be replaced.
        text = f"{time.time():.6f} {free:.6f}".ljust(_STAMP_BYTES - 1) + "\n"
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
