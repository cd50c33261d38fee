"""Requests that don't give up: at the pace a service asks for, with tries, and whole downloads.

Each request is one connection, closed with its answer: a connection that one process keeps open
would be a second one as soon as another process sends.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from fmqa.errors import (
    NotServed,
    SettingsError,
    SourceError,
    SourceRefused,
    SourceUnreachable,
    StoreError,
)
from fmqa.files import telling_full_disk
from fmqa.sources.service import (
    Pacer,
    ServiceAnswer,
    explanation,
    format_seconds,
    is_host_of,
    retry_after,
    user_agent,
)

if TYPE_CHECKING:
    import httpx

    from fmqa.settings import Settings

T = TypeVar("T")

# Hosts of one owner: a redirect from one to another of them is followed.
_FAMILIES = ("arxiv.org", "semanticscholar.org")
_HOPS = 5
_PDF_TYPES = frozenset({"application/pdf", "application/octet-stream"})
_PAGE_TRIES = 3
_HEAD_BYTES, _TAIL_BYTES = 1024, 2048
_ANSWER_BYTES = 64 << 20
# A server that sends a byte now and then never times out; after so many timeouts a try is over.
_PATIENCE = 30
_BASE_DOUBLINGS = 20
_CAP_PACES = 100  # 300 s at a pace of 3 s
_AGAIN = frozenset({408, 425})


class _TryAgain(Exception):
    """One try failed. ``final`` is raised once there are no tries left."""

    def __init__(
        self,
        reason: str,
        *,
        wait: float | None = None,
        final: SourceError | None = None,
        tries: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.wait = wait
        self.final = final
        self.tries = tries


class _TooMany(Exception):
    """The service asks to wait (429); the pacer makes all processes wait."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched whole; ``size`` in bytes."""

    path: Path
    sha256: str
    size: int

    @classmethod
    def of(cls, path: Path) -> Fetched:
        """A file that is there already."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return cls(path, digest, stream.tell())


@contextmanager
def room_is_needed(folder: Path) -> Iterator[None]:
    """Says in our own words why ``folder`` can't be written to.

    Raises:
        DiskFull: there is no room.
        StoreError: it can't be written for another reason.
    """
    try:
        with telling_full_disk(folder):
            yield
    except OSError as error:
        raise StoreError(
            f"{folder} can't be written to: {error.strerror or error}.",
            hint="Check the folder's permissions, or set FMQA_HOME.",
        ) from error


def silent(message: str) -> None:
    """Nobody wants to hear it."""


@dataclass(eq=False)
class Transport:
    """The way to one service.

    Args:
        pacer: keeps the service's pace, over all processes.
        contact: e-mail address for the User-Agent; may be empty.
        timeout: seconds without a byte before a try is given up.
        tries: tries of one request, answers of 429 not counted.
        refusals: answers of 429 in a row after which the service counts as down; None for never.
    """

    pacer: Pacer
    _: KW_ONLY
    contact: str
    timeout: float
    tries: int
    notify: Callable[[str], None] = silent
    name: str = "arXiv"
    refusals: int | None = None
    _client: httpx.Client = field(init=False)
    _refusals: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        import httpx

        self._client = httpx.Client(
            headers={"User-Agent": user_agent(self.contact), "Connection": "close"},
            timeout=self.timeout,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
            follow_redirects=False,
        )

    def close(self) -> None:
        """Ends it; nothing can be sent any more."""
        self._client.close()

    def get(
        self,
        url: str,
        params: Mapping[str, str | int] | None = None,
        *,
        whole: Callable[[bytes], bool] = bool,
        tries: int | None = None,
    ) -> ServiceAnswer:
        """The answer to a GET request.

        Args:
            url: of http or https; without a query when ``params`` are given.
            whole: says whether a body is complete; a try whose body isn't has failed.
            tries: at most; the transport's own when None.

        Raises:
            SourceUnreachable: no answer after all tries.
            SourceRefused: the service says that the request is wrong.
            NotServed: the service has no such thing (404, 410).
        """
        if params:
            url = f"{url}?{urlencode(params)}"

        def receive(response: httpx.Response) -> ServiceAnswer:
            body = self._body(response)
            if not whole(body):
                raise _TryAgain("its answer is incomplete or isn't of the form expected")
            return ServiceAnswer(response.status_code, dict(response.headers), body)

        return self._persist(lambda: self._request(url, {}, receive), tries)

    def download(self, url: str, target: Path, max_bytes: int) -> Fetched:
        """Fetches a PDF to ``target``, which is there whole or not at all.

        Args:
            target: a path made by our own code.
            max_bytes: the largest size that is fetched.

        Raises:
            SourceUnreachable: as `get`.
            SourceRefused: as `get`.
            NotServed: there is no such PDF, or no usable one.
            DiskFull: there is no room for it.
            StoreError: its folder can't be written to.
        """

        def receive(response: httpx.Response) -> Fetched:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            coding = response.headers.get("content-encoding", "identity")
            if kind not in _PDF_TYPES or coding != "identity":
                raise self._no_pdf(url)
            return self._store(response, target, max_bytes)

        headers = {"Accept-Encoding": "identity"}  # its length is the file's then
        return self._persist(lambda: self._request(url, headers, receive))

    def _persist(self, attempt: Callable[[], T], tries: int | None = None) -> T:
        """Calls ``attempt`` until it succeeds or the tries are used up."""
        failures, most = 0, min(self.tries, tries or self.tries)
        while True:
            try:
                result = attempt()
            except _TooMany as refused:
                if self.refusals is not None and self._refusals >= self.refusals:
                    raise SourceUnreachable(f"{self.name} only asks to wait.") from refused
                continue  # the pacer waits
            except _TryAgain as failure:
                failures += 1
                if failures >= min(most, failure.tries or most):
                    raise failure.final or SourceUnreachable(
                        f"{self.name} can't be reached: {failure} (tries: {failures})."
                    ) from failure
                wait = self._backoff(failures) if failure.wait is None else failure.wait
                self.notify(f"{self.name}: {failure}; next try in {format_seconds(wait)}")
                time.sleep(wait)
            else:
                self._refusals = 0
                return result

    def _request(
        self, url: str, headers: Mapping[str, str], receive: Callable[[httpx.Response], T]
    ) -> T:
        """One try, with the redirects it takes, each in a turn of its own."""
        for _ in range(_HOPS):
            with self.pacer.turn(), self._sent(url, headers) as response:
                if not response.has_redirect_location:
                    self._judge(response)
                    return receive(response)
                location = response.headers["location"]
            url = self._redirected(url, location)
        raise SourceRefused(f"{self.name} redirects in circles at {url}.")

    @contextmanager
    def _sent(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Sends, and turns what can go wrong on the way into `_TryAgain`."""
        import httpx

        try:
            with self._client.stream("GET", url, headers=headers) as response:
                self.pacer.hold_off()
                yield response
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise SettingsError(f"The address {url!r} of {self.name} doesn't hold.") from error
        except httpx.TimeoutException as error:
            raise _TryAgain(f"no answer within {format_seconds(self.timeout)}") from error
        except (httpx.RequestError, httpx.StreamError) as error:
            raise _TryAgain(str(error) or type(error).__name__) from error

    def _judge(self, response: httpx.Response) -> None:
        """Returns when the answer's body is what was asked for (2xx)."""
        status = response.status_code
        asked = retry_after(response.headers)
        if status == 429:
            self._refusals += 1
            wait = self._backoff(self._refusals) if asked is None else asked
            self.pacer.hold_off(wait)
            self.notify(
                f"{self.name} asks to wait {format_seconds(max(wait, self.pacer.interval))}"
            )
            raise _TooMany
        if status >= 500 or status in _AGAIN:
            if asked is not None:
                self.pacer.hold_off(asked)
            raise _TryAgain(f"it answers {status}", wait=asked)
        if status in {404, 410}:
            raise NotServed(f"{self.name} has nothing at {response.url}.")
        if status in {401, 403}:
            raise SourceRefused(
                f"{self.name} denies access to {response.url} ({status}).",
                hint="It may have blocked this machine for a while. Set FMQA_CONTACT, so that it "
                "can tell you, and try again tomorrow.",
            )
        if not 200 <= status < 300:
            reason = explanation(self._body(response)) or f"status {status}"
            raise SourceRefused(f"{self.name} refuses the request: {reason}.")

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in self._chunks(response.iter_bytes()):
            body += chunk
            if len(body) > _ANSWER_BYTES:
                raise _TryAgain("its answer doesn't end")
        return bytes(body)

    def _chunks(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """``chunks`` as they come in: collected to larger ones, a break would lose them."""
        deadline = time.monotonic() + _PATIENCE * self.timeout
        for chunk in chunks:
            if time.monotonic() > deadline:
                raise _TryAgain("it sends too slowly")
            yield chunk

    def _store(self, response: httpx.Response, target: Path, max_bytes: int) -> Fetched:
        """Writes the body to ``target``, if it is a whole PDF.

        It is written beside it first, by one process at a time: the pacer's turn sees to that.
        """
        url = str(response.url)
        too_large = NotServed(f"The PDF at {url} is over {max_bytes >> 20} MiB.")
        if int(response.headers.get("content-length", 0)) > max_bytes:
            raise too_large
        part = target.with_suffix(target.suffix + ".part")
        size, digest, head, tail = 0, hashlib.sha256(), b"", b""
        with room_is_needed(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("wb") as stream:
                    for chunk in self._chunks(response.iter_raw()):
                        size += len(chunk)
                        if size > max_bytes:
                            raise too_large
                        stream.write(chunk)
                        digest.update(chunk)
                        head, tail = (head + chunk)[:_HEAD_BYTES], (tail + chunk)[-_TAIL_BYTES:]
                    stream.flush()
                    os.fsync(stream.fileno())
                self._check_whole(url, head, tail)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        return Fetched(target, digest.hexdigest(), size)

    def _check_whole(self, url: str, head: bytes, tail: bytes) -> None:
        if b"%PDF-" not in head:
            raise self._no_pdf(url)
        if b"%%EOF" not in tail:
            cut = NotServed(f"The PDF at {url} is cut short at {self.name} itself.")
            raise _TryAgain("the PDF is cut short", final=cut)

    def _no_pdf(self, url: str) -> _TryAgain:
        final = NotServed(f"{self.name} sends a page instead of the PDF at {url}.")
        return _TryAgain("it sends no PDF", final=final, tries=_PAGE_TRIES)

    def _redirected(self, url: str, location: str) -> str:
        """Where a redirect leads.

        Raises:
            SourceRefused: to another owner's host, or away from https.
        """
        target = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(target)
        same = old.netloc == new.netloc or any(
            is_host_of(old.hostname, family) and is_host_of(new.hostname, family)
            for family in _FAMILIES
        )
        if not same or new.scheme not in {"https", old.scheme}:
            raise SourceRefused(
                f"{self.name} redirects {url} to {new.scheme}://{new.netloc}, which isn't followed."
            )
        return target

    def _backoff(self, failures: int) -> float:
        """Full jitter (M. Brooker, "Exponential Backoff and Jitter"), scaled by the pace."""
        pace = self.pacer.interval
        return random.uniform(0, min(pace * 2 ** min(failures, _BASE_DOUBLINGS), pace * _CAP_PACES))  # noqa: S311


class ServiceClient:
    """A client of one service; use it as a context manager, or close it.

    Args:
        settings: contact and limits.
        options: of the `Transport`, where they differ from the settings.
    """

    def __init__(self, settings: Settings, pacer: Pacer, **options: Any) -> None:
        limits = {"timeout": settings.fetch_timeout, "tries": settings.fetch_tries}
        self._transport = Transport(pacer, contact=settings.contact, **limits | options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends it; nothing can be asked any more."""
        self._transport.close()
