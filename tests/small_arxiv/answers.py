"""An HTTP answer before it is sent: what a service says, and how a fault lets it arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Body:
    """Bytes, then ``padding`` zeros that are never held in memory."""

    data: bytes = b""
    padding: int = 0

    def __len__(self) -> int:
        return len(self.data) + self.padding

    def cut(self, start: int, end: int) -> Body:
        """The bytes from ``start`` to ``end``."""
        whole = len(self.data)
        zeros = max(0, min(end, len(self)) - max(start, whole))
        return Body(self.data[start:end], zeros)

    def chunks(self, size: int = _CHUNK) -> Iterator[bytes]:
        """Its bytes in pieces of at most ``size``."""
        for at in range(0, len(self.data), size):
            yield self.data[at : at + size]
        for at in range(0, self.padding, size):
            yield bytes(min(size, self.padding - at))


@dataclass(frozen=True)
class Delivery:
    """What happens on the wire. ``at`` is the share of the body sent before; -1 is before headers.

    ``stall`` seconds pass there, then the answer goes on; with ``reset`` the connection is reset
    there, with ``stop`` closed. ``pause`` seconds pass after every ``piece`` bytes of the body.
    """

    at: float = 0.0
    stall: float = 0.0
    reset: bool = False
    stop: bool = False
    piece: int = _CHUNK
    pause: float = 0.0

    @property
    def breaks(self) -> bool:
        """Whether the answer ends early."""
        return self.reset or self.stop


@dataclass(frozen=True)
class Answer:
    """Status, headers but for Content-Length, and body."""

    status: int
    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = field(default_factory=Delivery)


def page(status: int, title: str, text: str) -> Answer:
    """A page of HTML."""
    html = (
        f"<!DOCTYPE html>\n<html><head><title>{escape(title)}</title></head>\n"
        f"<body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>\n"
    )
    return Answer(status, Body(html.encode()), {"Content-Type": "text/html; charset=utf-8"})
