"""The small arXiv itself: an HTTP/1.1 server on loopback, one thread a connection."""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .answers import Answer, page
from .crossref import answer_crossref
from .faults import Fault, Faults
from .files import answer_html, answer_pdf
from .papers import World
from .query import answer_query
from .scholar import answer_scholar

_API, _PDF, _HTML, _SCHOLAR, _CROSSREF = "/api/query", "/pdf", "/html", "/graph/v1", "/works"


@dataclass
class Request:
    """What was asked and answered. ``at`` is `time.monotonic()` at its arrival.

    It is listed from its arrival on; ``status`` is 0 until the answer is known. ``sent`` counts
    bytes of the body. ``fault`` names what struck it.
    """

    at: float
    kind: str
    method: str
    path: str
    user_agent: str
    status: int = 0
    sent: int = 0
    fault: str | None = None


class SmallArxiv:
    """Serves a world while its ``with`` block lasts.

    Args:
        world: what is on it; may be changed meanwhile.
        port: of loopback; 0 is any that is free.
        pace: the seconds between requests that `environment` tells fmqa to keep.
    """

    def __init__(self, world: World, *, port: int = 0, pace: float = 0.01) -> None:
        self.world = world
        self.faults = Faults()
        self.pace = pace
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._open: dict[str, int] = {}
        self._most: dict[str, int] = {}
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.small = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="small-arxiv", daemon=True
        )
        self._pace_dir = tempfile.TemporaryDirectory(prefix="small-arxiv-")

    def __enter__(self) -> SmallArxiv:
        self._thread.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops serving; answers that stall are cut off."""
        self.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.drop_connections()
        self._pace_dir.cleanup()

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def api_url(self) -> str:
        return self.url + _API

    @property
    def pdf_url(self) -> str:
        return self.url + _PDF

    @property
    def scholar_url(self) -> str:
        return self.url + _SCHOLAR

    def environment(self) -> dict[str, str]:
        """The settings that lead fmqa here, as environment variables."""
        return {
            "FMQA_ARXIV_API_URL": self.api_url,
            "FMQA_ARXIV_PDF_URL": self.pdf_url,
            "FMQA_SEMANTIC_SCHOLAR_URL": self.scholar_url,
            "FMQA_CROSSREF_URL": self.url,
            "FMQA_ARXIV_PACE": str(self.pace),
            "FMQA_PACE_DIR": self._pace_dir.name,
        }

    @property
    def requests(self) -> list[Request]:
        """All requests so far, by arrival."""
        with self._lock:
            return list(self._requests)

    def requests_of(self, kind: str) -> list[Request]:
        """The requests of one kind: ``api``, ``pdf``, ``html``, ``scholar``, ``crossref``."""
        return [request for request in self.requests if request.kind == kind]

    def forget(self) -> None:
        """Empties the list of requests and the counts of open ones."""
        with self._lock:
            self._requests.clear()
            self._most.clear()

    @property
    def connections_at_once(self) -> dict[str, int]:
        """By kind, the most requests that were open at once; ``arxiv`` is all of arXiv."""
        with self._lock:
            return dict(self._most)

    def arrived(self, request: Request) -> Callable[[], None]:
        """Lists a request as open; what it returns is to be called when it is answered."""
        kinds = [request.kind, *(["arxiv"] if request.kind in ("api", "pdf", "html") else [])]
        with self._lock:
            self._requests.append(request)
            for kind in kinds:
                self._open[kind] = self._open.get(kind, 0) + 1
                self._most[kind] = max(self._most.get(kind, 0), self._open[kind])
        done = threading.Event()

        def leave() -> None:
            with self._lock:
                if not done.is_set():
                    done.set()
                    for kind in kinds:
                        self._open[kind] -= 1

        return leave

    def answer(self, path: str) -> Answer:
        """The right answer to a GET."""
        parts = urlsplit(path)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path == _API:
            return answer_query(self.world, asked)
        if parts.path.startswith(f"{_PDF}/"):
            return answer_pdf(self.world, unquote(parts.path[len(_PDF) + 1 :]))
        if parts.path.startswith(f"{_HTML}/"):
            return answer_html(self.world, unquote(parts.path[len(_HTML) + 1 :]))
        if parts.path.startswith(f"{_SCHOLAR}/"):
            return answer_scholar(self.world, parts.path[len(_SCHOLAR) :], asked)
        if parts.path.startswith(f"{_CROSSREF}/"):
            return answer_crossref(self.world, unquote(parts.path[len(_CROSSREF) + 1 :]))
        return page(404, "Not found", "There is nothing here.")


def kind_of(path: str) -> str:
    """Which service a path belongs to."""
    for start, kind in (
        (_API, "api"),
        (_PDF, "pdf"),
        (_HTML, "html"),
        (_SCHOLAR, "scholar"),
        (_CROSSREF, "crossref"),
    ):
        if path.startswith(start):
            return kind
    return "other"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    small: SmallArxiv

    def __init__(self, *args: Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Ends what clients keep open, so that no thread waits for them."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are none of our concern; all else is."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "small-arxiv"
    sys_version = ""
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *args: Any) -> None:
        """Requests are listed, not printed."""

    def do_GET(self) -> None:
        small = self.server.small
        request = Request(
            time.monotonic(),
            kind_of(self.path),
            self.command,
            self.path,
            self.headers.get("User-Agent", ""),
        )
        self.leave = small.arrived(request)
        try:
            fault = small.faults.choose(request.kind, self.path)
            answer = small.answer(self.path)
            if fault is not None:
                request.fault = _name(fault)
                answer = fault.action(answer)
            self._send(request, answer)
        except ConnectionError:
            self.close_connection = True
        finally:
            self.leave()

    do_HEAD = do_GET  # noqa: N815

    def _send(self, request: Request, answer: Answer) -> None:
        delivery = answer.delivery
        if delivery.at < 0 and self._broken(answer):
            return
        request.status = answer.status
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.command == "HEAD" or not len(answer.body):
            self.leave()
            self.end_headers()
            return
        self.end_headers()
        self._send_body(request, answer)

    def _send_body(self, request: Request, answer: Answer) -> None:
        delivery, size = answer.delivery, len(answer.body)
        before = int(max(0.0, delivery.at) * size)
        for chunk in answer.body.cut(0, before).chunks(delivery.piece):
            self._write(request, answer, chunk, last=False)
        if delivery.at >= 0 and self._broken(answer):
            return
        for chunk in answer.body.cut(before, size).chunks(delivery.piece):
            self._write(request, answer, chunk, last=request.sent + len(chunk) == size)

    def _write(self, request: Request, answer: Answer, chunk: bytes, *, last: bool) -> None:
        if last:
            self.leave()  # before the client has all of it and may ask for the next
        request.sent += len(chunk)
        try:
            self.wfile.write(chunk)
        except OSError:
            request.sent -= len(chunk)
            raise
        if answer.delivery.pause:
            self.server.small.stopping.wait(answer.delivery.pause)

    def _broken(self, answer: Answer) -> bool:
        """Waits or breaks off as the fault says; whether the answer is over."""
        delivery = answer.delivery
        if delivery.stall:
            self.server.small.stopping.wait(delivery.stall)
        if not delivery.breaks:
            return False
        self.close_connection = True
        self.leave()
        if delivery.reset:
            # Closing with a linger time of zero sends RST in place of FIN.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        return True


def _name(fault: Fault) -> str:
    return fault.name or getattr(fault.action, "__qualname__", "fault").split(".")[0]
