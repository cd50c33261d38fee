"""A loopback server that answers as a test says, and keeps account of what it is asked."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF\n"
PDF_HEADERS = {"Content-Type": "application/pdf"}


@dataclass(frozen=True)
class Asked:
    at: float
    path: str
    headers: dict[str, str]


Script = Callable[["Handler", int], None]


class Scripted:
    """``script`` gets the handler and the request's number from 0."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.open = 0
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.scripted = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def gaps(self) -> list[float]:
        """Seconds between the arrivals of one request and the next."""
        at = [asked.at for asked in self.asked]
        return [later - earlier for earlier, later in itertools.pairwise(at)]

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    scripted: Scripted

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away in some tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        scripted = self.server.scripted
        with scripted.lock:
            scripted.open += 1
            scripted.most_at_once = max(scripted.most_at_once, scripted.open)

    def finish(self) -> None:
        with self.server.scripted.lock:
            self.server.scripted.open -= 1
        super().finish()

    def do_GET(self) -> None:
        scripted = self.server.scripted
        headers = {name.lower(): value for name, value in self.headers.items()}
        with scripted.lock:
            scripted.asked.append(Asked(time.monotonic(), self.path, headers))
            number = len(scripted.asked) - 1
        scripted.script(self, number)

    def log_message(self, *args: Any) -> None:
        """Nothing is printed."""

    def say(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        length: int | None = None,
    ) -> None:
        """Answers; a ``length`` beyond the body's cuts it off by closing the connection."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        self.close_connection = True

    def say_pdf(self, body: bytes = PDF) -> None:
        self.say(200, body, PDF_HEADERS)
